"""What is done with one frame: stored, and answered as its sender asks."""

import itertools
import logging
from dataclasses import dataclass, field
from typing import Protocol

from careweave.doors.mllp._answers import (
    TOO_LONG,
    TRUNCATED,
    UNAVAILABLE,
    Judged,
    Verdict,
    accept_code,
    answer,
    application_code,
    fault_of,
)
from careweave.doors.mllp._counts import Count, Counts
from careweave.doors.mllp._frames import Frame, Shape
from careweave.doors.mllp._limits import MllpLimits
from careweave.doors.mllp._log import Noted, fault_line, line
from careweave.doors.mllp._outcomes import Awaited, Outcomes
from careweave.formats import AckCode, Hl7Header, hl7_header, read_hl7
from careweave.intake import Arrival, Duplicate, Kept, MessageState, Received, TurnedAway
from careweave.sources import Source
from careweave.terms import CareweaveError, Clock, Finding, Severity

_LOG = logging.getLogger("careweave.doors.mllp")


class Receives(Protocol):
    """What stores arrivals: `intake.Receiver`."""

    def receive(self, arrival: Arrival) -> Received:
        """Returns what became of it, durable."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the sender: an answer or none; what is told later; whether all ends."""

    data: bytes | None = None
    later: "Later | None" = None
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """An application acknowledgement that is due when the mapping has ended."""

    header: Hl7Header
    awaited: Awaited


@dataclass(frozen=True, slots=True)
class Desk:
    """What all connections of this process share."""

    receiver: Receives
    clock: Clock
    limits: MllpLimits
    counts: Counts
    outcomes: Outcomes | None = None
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))


class Taking:
    """Takes the frames of one connection for one source."""

    def __init__(self, desk: Desk, source: Source, peer: str) -> None:
        """Takes what is shared, the source, and the address of the peer for the log."""
        self._desk = desk
        self._source = source
        self._peer = peer

    def take(self, frame: Frame) -> Reply:
        """Returns what the sender is told of a frame, when it is durable."""
        match frame.shape:
            case Shape.RESTARTED:
                return self._fragment(frame.body)
            case Shape.TOO_LONG:
                return self._too_long(frame.body)
            case Shape.WHOLE:
                return self._message(frame.body)

    def due(self, later: Later) -> bytes | None:
        """Returns the application acknowledgement when the mapping has ended, if it is wanted."""
        judged = later.awaited.judged
        if judged is None:
            return None
        self._count(Count.APPLIED if judged.verdict is Verdict.ACCEPT else Count.NOT_APPLIED)
        code = application_code(later.header, judged.verdict)
        return self._answer(later.header, code, judged)

    def _message(self, body: bytes) -> Reply:
        header = _header(body)
        if header is None:
            return self._headless(body)
        if header.type == "ACK":
            self._count(Count.ACKNOWLEDGEMENT)
            return Reply()
        received = self._receive(body)
        match received:
            case None:
                return self._unavailable(header)
            case TurnedAway(finding):
                self._count(Count.REFUSED, finding.code)
                judged = Judged(Verdict.REJECT, (fault_of(finding),))
                return Reply(self._final(header, judged))
            case Kept() | Duplicate():
                return self._stored(header, body, received)

    def _receive(self, body: bytes, fault: Finding | None = None) -> Received | None:
        """Returns what became of a message, None where nobody knows whether it is stored."""
        desk, source = self._desk, self._source.name
        arrival = Arrival(source, "mllp", body, desk.clock(), fault=fault)
        try:
            return desk.receiver.receive(arrival)
        except CareweaveError as error:
            _LOG.warning(line(Noted("unavailable", source, self._peer, error.code)))
        except Exception as error:  # noqa: BLE001  a fault of ours must not look like an answer
            _LOG.error(fault_line(error, source))
        return None

    def _stored(self, header: Hl7Header, body: bytes, received: Kept | Duplicate) -> Reply:
        match received:
            case Duplicate():
                self._count(Count.DUPLICATE)
            case Kept(state=MessageState.QUARANTINED):
                self._count(Count.QUARANTINED)
            case Kept():
                self._count(Count.ACCEPTED)
                return self._accepted(header, received.message)
        if _is_whole(body):
            return self._accepted(header, received.message)
        # It is kept, so that somebody sees it; the sender may still have all of it.
        judged = Judged(Verdict.ERROR, (TRUNCATED,), received.message)
        return Reply(self._final(header, judged))

    def _accepted(self, header: Hl7Header, message: int) -> Reply:
        judged = Judged(Verdict.ACCEPT, (), message)
        if self._source.transport.ack == "applied" and self._desk.outcomes is not None:
            return Reply(self._applied(header, judged, self._desk.outcomes))
        data = self._answer(header, accept_code(header, Verdict.ACCEPT), judged)
        return Reply(data, self._later(header, message))

    def _applied(self, header: Hl7Header, stored: Judged, outcomes: Outcomes) -> bytes | None:
        """Returns the one answer when the mapping has ended, or when its time is over."""
        awaited = outcomes.expect(stored.message or 0)
        judged = awaited.wait(self._desk.limits.apply_s) or stored
        outcomes.forget(awaited)
        verdict = judged.verdict
        code = application_code(header, verdict) or accept_code(header, verdict)
        return self._answer(header, code, judged)

    def _later(self, header: Hl7Header, message: int) -> Later | None:
        if header.application_ack in {"", "NE"} or self._desk.outcomes is None:
            return None
        return Later(header, self._desk.outcomes.expect(message))

    def _headless(self, body: bytes) -> Reply:
        if not body.strip():
            self._count(Count.EMPTY)
            return Reply()
        # There is nobody to name in an answer: somebody here looks at it.
        fault = Finding("empty", Severity.ERROR, "MSH", "there is no MSH segment")
        self._count(Count.FRAGMENT, fault.code)
        self._receive(body, fault)
        return Reply(closes=True)

    def _fragment(self, body: bytes) -> Reply:
        fault = Finding("truncated", Severity.ERROR, "", "a new frame began before its end")
        self._count(Count.FRAGMENT, fault.code)
        return Reply(closes=self._receive(body, fault) is None)

    def _too_long(self, body: bytes) -> Reply:
        self._count(Count.REFUSED, "too-long")
        header = _header(body)
        judged = Judged(Verdict.REJECT, (TOO_LONG,))
        return Reply(None if header is None else self._final(header, judged), closes=True)

    def _unavailable(self, header: Hl7Header) -> Reply:
        self._count(Count.UNAVAILABLE)
        if self._source.transport.on_unavailable != "AE":
            return Reply(closes=True)
        return Reply(self._final(header, Judged(Verdict.ERROR, (UNAVAILABLE,))))

    def _final(self, header: Hl7Header, judged: Judged) -> bytes | None:
        """Returns the answer to what will not be mapped."""
        verdict = judged.verdict
        code = accept_code(header, verdict) or application_code(header, verdict)
        return self._answer(header, code, judged)

    def _answer(self, header: Hl7Header, code: AckCode | None, judged: Judged) -> bytes | None:
        if code is None:
            return None
        desk = self._desk
        number = next(desk.numbers)
        return answer(header, code, judged, at=desk.clock(), number=number)

    def _count(self, count: Count, code: str = "") -> None:
        self._desk.counts.add(self._source.name, count)
        if code:
            _LOG.warning(line(Noted(count, self._source.name, self._peer, code)))


def _header(body: bytes) -> Hl7Header | None:
    try:
        return hl7_header(body)
    except CareweaveError:
        return None


def _is_whole(body: bytes) -> bool:
    try:
        findings = read_hl7(body).findings
    except CareweaveError:
        return True
    return all(finding.code != "truncated" for finding in findings)
