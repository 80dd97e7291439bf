"""What messages say, before anything is asked of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.formats import read_value, write_json
from careweave.intake._arrival import MessageState
from careweave.intake._fold import Contribution, Marker, Moment, Place, turn_of
from careweave.intake._lanes import Taken
from careweave.intake._receive import as_json
from careweave.intake._work import Ref
from careweave.intake._worker_settle import Failed
from careweave.sources import (
    Failure,
    Head,
    OrderRule,
    Reading,
    Reason,
    Source,
    Write,
    peek,
    read,
)
from careweave.terms import Finding, SourceId

_PASSED = frozenset(
    {
        Reason.TYPE_NOT_MAPPED,
        Reason.MERGE_NOT_ENTITLED,
        Reason.SENDER_MISMATCH,
        Reason.TRUNCATED,
        Reason.EMPTY,
    }
)
"""Reasons that hold no lane: nobody shall stop a patient's line by what is no message for it."""


@dataclass(frozen=True, slots=True)
class Read:
    """One message and what it says; `source` None where nobody describes its source any more."""

    message: Taken
    source: Source | None
    number: SourceId
    head: Head
    reading: Reading

    @property
    def mapping(self) -> str | None:
        """Returns the mapping that read it: id@version."""
        source = self.source
        return source.mapping.name if source is not None and source.mapping is not None else None

    @property
    def may_have_spoken(self) -> bool:
        """Says that it may have become part of the record before: that is taken back."""
        return self.message.is_replay or self.message.n_attempts > 0

    @property
    def refs(self) -> set[Ref]:
        """Returns the entries that it speaks of."""
        return {(one.type, one.id) for one in self.reading.resources}

    @property
    def moment(self) -> Moment:
        """Returns its place: never when it arrived, unless it says nothing of when it was."""
        message, head = self.message, self.head
        event_at = head.event_at or head.sent_at or message.received_at
        return Moment(
            event_at,
            head.sent_at or event_at,
            turn_of(message.control_id),
            message.sha256[:16],
        )

    def contributions(self) -> list[Contribution]:
        """Returns what it says of each entry."""
        moment, message = self.moment, self.message
        return [
            Contribution(
                Place(0 if said.write is Write.SEED else 1, *moment, part),
                message.id,
                message.received_at,
                self.number,
                message.source,
                said,
            )
            for part, said in enumerate(self.reading.resources)
        ]

    def lists(self) -> list[tuple[str, int, Marker]]:
        """Returns the lists that it gives whole."""
        marker = self.message.received_at
        return [
            (name, self.message.id, Marker(self.moment, marker, ids))
            for name, ids in self.reading.snapshots
        ]

    def findings(self, more: Sequence[Finding] = ()) -> str | None:
        """Returns its findings as they are kept, with those of its receipt and `more`."""
        found = as_json((*self.reading.findings, *more))
        kept = self.message.noticed
        if kept is None or self.message.n_attempts:
            return found
        noticed = read_value(kept)
        own = read_value(found.encode()) if found else []
        if not isinstance(noticed, list) or not isinstance(own, list):
            return found
        return write_json([*noticed, *own]).decode()


def read_message(message: Taken, source: Source | None, number: SourceId) -> Read:
    """Returns what a message says; a mapping that breaks is a failure of the message."""
    if source is None:
        failure = Failure(Reason.MAPPING_ERROR, "", "Describe its source again, or refuse it.")
        return Read(message, None, number, Head(), Reading(failure=failure))
    head = Head()
    try:
        head = _head(message, source)
        reading = read(source, message.body, head=head)
    except Exception:  # noqa: BLE001  one message waits, whatever its mapping does
        failure = Failure(Reason.MAPPING_ERROR, "", "The mapping broke; mend it and replay.")
        return Read(message, source, number, head, Reading(failure=failure))
    if head.quarantine is not None and reading.failure is None:
        failure = Failure(Reason(head.quarantine.code), head.quarantine.where, "Ask its sender.")
        reading = Reading(findings=reading.findings, failure=failure)
    return Read(message, source, number, head, reading)


def _head(message: Taken, source: Source) -> Head:
    """Returns the head of a message: as it was received, or looked at anew after a failure.

    A mended mapping may find the time of the event elsewhere; who asks again may have mended it.
    """
    if message.n_attempts or message.is_replay or message.noticed is not None:
        return peek(source, message.body)
    return Head(
        control_id=message.control_id,
        kind=message.kind,
        event_at=message.event_at,
        sent_at=message.sent_at,
    )


def failed(one: Read, failure: Failure, now: datetime, more: Sequence[Finding] = ()) -> Failed:
    """Returns what becomes of a message that failed: its source says whether its lanes wait."""
    state, until = MessageState.QUARANTINED, None
    order = one.source.order if one.source is not None else None
    if order is not None and failure.reason not in _PASSED:
        if order.rule is OrderRule.HOLD:
            state = MessageState.HELD
        elif order.rule is OrderRule.HOLD_FOR and one.message.state != MessageState.HELD:
            state = MessageState.HELD
            until = None if order.wait is None else now + order.wait
    return Failed(
        message=one.message,
        state=state,
        reason=str(failure.reason),
        where=failure.where,
        suggestion=failure.suggestion,
        until=until,
        mapping=one.mapping,
        findings=one.findings(more),
    )
