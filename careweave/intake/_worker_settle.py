"""Writing down what became of messages, in the transaction of what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Session
from careweave.intake._arrival import MessageState
from careweave.intake._lanes import Taken

_QUERIES = Queries("careweave.intake")
_SMALL = 32767


@dataclass(frozen=True, slots=True)
class Done:
    """A message that is part of the record now."""

    message: Taken
    mapping: str | None
    n_entries: int
    findings: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that is not: why, where in it, and what to do.

    `state` new is tried again at `until`; held waits until then, or for somebody, with its lanes.
    """

    message: Taken
    state: MessageState
    reason: str
    where: str = ""
    suggestion: str = ""
    until: datetime | None = None
    mapping: str | None = None
    findings: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a worker: who, from when to when."""

    worker: str
    started_at: datetime
    now: datetime


def settle(session: Session, done: Sequence[Done], failed: Sequence[Failed], turn: Turn) -> None:
    """Writes down what became of messages; a first success by one statement for all."""
    if done:
        session.defer(
            _QUERIES["messages_done"],
            ids=[one.message.id for one in done],
            received_at=[one.message.received_at for one in done],
            mapping=[one.mapping for one in done],
            n_entries=[min(one.n_entries, _SMALL) for one in done],
            findings=[one.findings for one in done],
            now=turn.now,
        )
    marked = [one.message.id for one in done if one.message.n_attempts or one.message.is_replay]
    if marked:
        session.defer(_QUERIES["lanes_free"], ids=marked)
        session.defer(_QUERIES["messages_unpark"], ids=marked)
    if failed:
        _fail(session, failed, turn)
    _note_attempts(session, done, failed, turn)


def _fail(session: Session, failed: Sequence[Failed], turn: Turn) -> None:
    ids = [one.message.id for one in failed]
    received_at = [one.message.received_at for one in failed]
    session.defer(
        _QUERIES["messages_failed"],
        ids=ids,
        received_at=received_at,
        state=[str(one.state) for one in failed],
        reason=[None if one.state is MessageState.NEW else one.reason for one in failed],
        place=[one.where or None for one in failed],
        suggestion=[one.suggestion or None for one in failed],
        mapping=[one.mapping for one in failed],
        findings=[one.findings for one in failed],
    )
    session.defer(_QUERIES["messages_park"], ids=ids, received_at=received_at, now=turn.now)
    waiting = [one for one in failed if one.state in (MessageState.NEW, MessageState.HELD)]
    if waiting:
        session.defer(
            _QUERIES["lanes_hold"],
            ids=[one.message.id for one in waiting],
            received_at=[one.message.received_at for one in waiting],
            source=[one.message.source for one in waiting],
            reason=[one.reason for one in waiting],
            until=[one.until for one in waiting],
            now=turn.now,
        )
    passed = [one.message.id for one in failed if one not in waiting]
    if passed:
        session.defer(_QUERIES["lanes_free"], ids=passed)
        session.defer(_QUERIES["lines_remove"], ids=passed)


def _note_attempts(
    session: Session, done: Sequence[Done], failed: Sequence[Failed], turn: Turn
) -> None:
    """Notes attempts, but for a first one that succeeded: the message tells of that."""
    told: list[tuple[Taken, str | None, str, str | None]] = [
        (one.message, one.mapping, "done", None) for one in done if one.message.n_attempts
    ]
    for one in failed:
        outcome = "again" if one.state is MessageState.NEW else str(one.state)
        told.append((one.message, one.mapping, outcome, one.reason))
    if told:
        session.defer(
            _QUERIES["attempts_add"],
            ids=[message.id for message, _, _, _ in told],
            n=[min(message.n_attempts + 1, _SMALL) for message, _, _, _ in told],
            mapping=[mapping for _, mapping, _, _ in told],
            outcome=[outcome for _, _, outcome, _ in told],
            reason=[reason for _, _, _, reason in told],
            started_at=turn.started_at,
            finished_at=turn.now,
            worker=turn.worker,
        )
