"""Receiving: the bytes as they came, known again when they come again, durable before any answer.

Source: reference/interop.md 1, 3.2.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from careweave.db import Database, Gather, Queries, Session
from careweave.formats import write_json
from careweave.intake._arrival import (
    LIVE,
    Arrival,
    Duplicate,
    Kept,
    MessageState,
    Received,
    TurnedAway,
)
from careweave.intake._receive_keys import lane_key, patient_key
from careweave.sources import Head, Reason, Source, Sources, peek
from careweave.terms import CareweaveError, Conflict, Finding, Json, Severity

_QUERIES = Queries("careweave.intake")
_MOST_LANES = 64
_MOST_KEYS = 64
_LONGEST_ID = 199
"""Characters of a control id. Source: HL7 v2.7, chapter 2, MSH-10."""


@dataclass(slots=True)
class _Coming:
    """One arrival on its way in: what is known of it, and what becomes of it."""

    arrival: Arrival
    source: Source
    head: Head
    digest: bytes
    state: MessageState
    findings: tuple[Finding, ...]
    answer: Received | None = None

    @property
    def identity(self) -> str:
        """Returns the id under which it is known again; that of a row is its place in its file."""
        if self.arrival.parent is not None:
            return f"{self.arrival.parent}:{self.arrival.line}"
        if self.arrival.channel == LIVE and self.arrival.name:
            # Each asking is a message: a source may say again what it said before another thing.
            return f"{LIVE} {self.arrival.name}"
        if any(finding.code == Reason.TRUNCATED for finding in self.findings):
            # The sender will send the whole of it under the same id: that is no reuse.
            return ""
        return self.head.control_id or ""

    @property
    def reason(self) -> str | None:
        """Returns the word that says why it is not new."""
        if self.state in (MessageState.NEW, MessageState.DONE):
            return None
        return self.findings[0].code

    def add(self, finding: Finding, state: MessageState) -> None:
        """Takes a finding, in front of the others when the arrival goes into another state for it."""
        if state is self.state:
            self.findings += (finding,)
        else:
            self.findings = (finding, *self.findings)
            self.state = state


def receive(session: Session, arrivals: Sequence[Arrival], *, sources: Sources) -> list[Received]:
    """Returns what became of each arrival; nothing is durable before the session has committed.

    Two statements, however many arrivals. A source that is not described raises NotFound.
    """
    coming = [_look(arrival, sources.named(arrival.source)) for arrival in arrivals]
    _recognise(session, [one for one in coming if one.state is not MessageState.REFUSED])
    _keep(session, [one for one in coming if one.answer is None])
    return [_answered(one) for one in coming]


class Receiver:
    """Receives for the doors of one process; used by many threads, who share commits."""

    def __init__(self, database: Database, sources: Callable[[], Sources]) -> None:
        """Takes the database, and what gives the sources in force."""
        self._database = database
        self._sources = sources
        self._gather: Gather[Arrival, Received] = Gather(self._receive_together)

    def receive(self, arrival: Arrival) -> Received:
        """Returns what became of an arrival, durable; Unavailable or Busy when nobody knows."""
        self._sources().named(arrival.source)
        return self._gather.submit(arrival)

    def _receive_together(self, arrivals: list[Arrival]) -> Sequence[Received | CareweaveError]:
        with self._database.session() as session:
            return receive(session, arrivals, sources=self._sources())


def expire_seen(session: Session, *, before: datetime) -> int:
    """Forgets what came before a time, and returns how much: it would be taken again, harmlessly."""
    return session.run(_QUERIES["seen_expire"], before=before)


def _look(arrival: Arrival, source: Source) -> _Coming:
    digest = sha256(arrival.body).digest()
    if arrival.is_container:
        head = Head(kind=arrival.channel)
        return _judged(_Coming(arrival, source, head, digest, MessageState.DONE, ()))
    head = _bounded(peek(source, arrival.body))
    return _judged(_Coming(arrival, source, head, digest, MessageState.NEW, ()))


def _bounded(head: Head) -> Head:
    """Returns the head with a control id that an index takes: of a longer one its digest."""
    text = head.control_id
    if text is None or len(text) <= _LONGEST_ID:
        return head
    return replace(head, control_id=f"sha256:{sha256(text.encode(errors='replace')).hexdigest()}")


def _judged(one: _Coming) -> _Coming:
    """Returns it with what the door and the look at its head say."""
    fault = one.arrival.fault or one.head.quarantine
    if one.head.refusal is not None:
        one.add(one.head.refusal, MessageState.REFUSED)
    elif fault is not None:
        one.add(fault, MessageState.QUARANTINED)
    return one


def _recognise(session: Session, coming: Sequence[_Coming]) -> None:
    """Answers what came before, and notes what only resembles it.

    Source: reference/interop.md 3.2, the table.
    """
    if not coming:
        return
    rows = session.rows(
        _QUERIES["arrivals_seen"],
        source=[one.source.name for one in coming],
        control_id=[one.identity for one in coming],
        sha256=[one.digest for one in coming],
    )
    for place, message, is_same_id, is_same_content in rows:
        one = coming[place - 1]
        if is_same_id and is_same_content:
            one.answer = Duplicate(message)
        elif is_same_id:
            _note_reuse(one)
        elif one.arrival.parent is None:
            one.add(Finding("same-content-new-id", Severity.INFORMATION), one.state)
    _note_reuse_among(one for one in coming if one.answer is None)


def _note_reuse(one: _Coming) -> None:
    is_told = any(finding.code == "control-id-reused" for finding in one.findings)
    is_known = bool(one.identity and one.head.control_id)
    if is_known and one.source.is_control_id_unique and not is_told:
        finding = Finding("control-id-reused", Severity.ERROR, "MSH-10")
        one.add(finding, MessageState.QUARANTINED)


def _note_reuse_among(coming: Iterable[_Coming]) -> None:
    first: dict[tuple[str, str], bytes] = {}
    for one in coming:
        if first.setdefault((one.source.name, one.identity), one.digest) != one.digest:
            _note_reuse(one)


def _keep(session: Session, coming: Sequence[_Coming]) -> None:
    if not coming:
        return
    rows = session.rows_of(_QUERIES["arrivals_keep"], _columns(coming, session.secret))
    lost: list[_Coming] = []
    for one, (_, number) in zip(coming, rows, strict=True):
        if number is None:
            lost.append(one)
        elif one.state is not MessageState.REFUSED:
            one.answer = Kept(number, one.state)
    if any(one.state is MessageState.NEW for one in coming):
        session.defer(_QUERIES["arrivals_wake"])
    _recognise(session, lost)


def _columns(coming: Sequence[_Coming], secret: bytes) -> dict[str, object]:
    """Returns the columns of what is kept; PostgreSQL has no arrays of arrays of several lengths."""
    lanes: list[int] = []
    ends: list[int] = []
    keys: list[int] = []
    places: list[int] = []
    for place, one in enumerate(coming, start=1):
        if not one.arrival.is_container:
            lanes += sorted({lane_key(secret, lane) for lane in one.head.lanes[:_MOST_LANES]})
        ends.append(len(lanes))
        own = {patient_key(secret, text) for text in one.head.patients[:_MOST_KEYS]}
        keys += sorted(own)
        places += [place] * len(own)
    return _facts(coming) | {
        "lane": lanes,
        "lane_from": [1, *(end + 1 for end in ends[:-1])],
        "lane_to": ends,
        "patient": keys,
        "patient_place": places,
    }


def _facts(coming: Sequence[_Coming]) -> dict[str, object]:
    arrivals = [one.arrival for one in coming]
    heads = [one.head for one in coming]
    first = [one.findings[0] if one.findings else None for one in coming]
    return {
        "received_at": [one.received_at for one in arrivals],
        "source": [one.source for one in arrivals],
        "channel": [one.channel for one in arrivals],
        "name": [one.name for one in arrivals],
        "parent": [one.parent for one in arrivals],
        "line": [one.line for one in arrivals],
        "identity": [one.identity for one in coming],
        "control_id": [head.control_id for head in heads],
        "kind": [head.kind for head in heads],
        "version": [head.version for head in heads],
        "event_at": [head.event_at for head in heads],
        "sent_at": [head.sent_at for head in heads],
        "sha256": [one.digest for one in coming],
        "body": [one.body for one in arrivals],
        "state": [str(one.state) for one in coming],
        "reason": [one.reason for one in coming],
        "spot": [
            found.where if found and one.reason else None
            for found, one in zip(first, coming, strict=True)
        ],
        "findings": [as_json(one.findings) for one in coming],
    }


def as_json(findings: Sequence[Finding]) -> str | None:
    """Returns findings as they are kept; None where there are none."""
    if not findings:
        return None
    value: list[Json] = [
        {
            "code": found.code,
            "severity": str(found.severity),
            "where": found.where,
            "about": found.about,
            "offset": found.offset,
        }
        for found in findings
    ]
    return write_json(value).decode()


def _answered(one: _Coming) -> Received:
    if one.answer is not None:
        return one.answer
    if one.state is MessageState.REFUSED:
        return TurnedAway(one.findings[0])
    # Somebody else was storing the same at that moment, and is gone again.
    raise Conflict("The same message was being stored at the same moment; send it again.")
