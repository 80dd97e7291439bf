"""Taking in what a live source answered: received, worked, and noted, whenever it comes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic, sleep

from careweave.db import Database
from careweave.intake._arrival import LIVE, Arrival, Duplicate, Kept, MessageState
from careweave.intake._receive import receive
from careweave.intake._replay_lines import settled
from careweave.intake._worker import Worker
from careweave.sources import (
    Answered,
    Asked,
    FeedNote,
    LiveCheck,
    LiveOutcome,
    Silent,
    Source,
    Sources,
    Why,
    check_answer,
    is_whole,
    note_feeds,
    note_live,
)
from careweave.terms import Clock, Heading, SubjectId

_PATIENCE_S = 10.0
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class Asking:
    """One source, asked for one heading of one subject."""

    source: Source
    subject: SubjectId
    heading: Heading
    patient: str
    identifier: str
    asked_at: datetime

    @property
    def key(self) -> tuple[str, SubjectId, Heading]:
        """Returns what is asked once a minute."""
        return self.source.name, self.subject, self.heading

    def check(self, outcome: LiveOutcome) -> LiveCheck:
        """Returns what is noted of it."""
        return LiveCheck(self.source.name, self.subject, self.heading, self.asked_at, outcome)


@dataclass(frozen=True, slots=True)
class Desk:
    """What takes in an answer; the worker is used in turn."""

    database: Database
    sources: Callable[[], Sources]
    worker: Worker
    clock: Clock
    turn: Lock


def take(desk: Desk, asking: Asking, answer: Answered | Silent) -> Answered | Silent:
    """Returns the answer without its bytes, once they are in the record; Silent if they are not."""
    failure = answer.why if isinstance(answer, Silent) else None
    if isinstance(answer, Answered) and not _take_in(desk, asking, answer.bodies):
        failure = Why.FAILED
    outcome = LiveOutcome.ANSWERED if failure is None else LiveOutcome.FAILED
    with desk.database.session() as session:
        note_live(session, [asking.check(outcome)])
        note_feeds(session, [_feed_note(asking.source, desk.clock(), failure)])
    if failure is not None:
        return Silent(asking.source.name, asking.heading, failure)
    return Answered(asking.source.name, asking.heading)


def _feed_note(source: Source, at: datetime, failure: Why | None) -> FeedNote:
    feed = source.feed or str(source.transport.kind)
    if failure is None:
        return FeedNote(source.name, feed, at, answered=True)
    return FeedNote(source.name, feed, at, failed="no answer to a live question that could be used")


def _take_in(desk: Desk, asking: Asking, bodies: Sequence[bytes]) -> bool:
    """Receives the answers and sees them worked; says whether all there is is in the record."""
    with desk.database.session() as session:
        received = receive(session, _arrivals(desk, asking, bodies), sources=desk.sources())
    numbers = [one.message for one in received if isinstance(one, Kept | Duplicate)]
    states = _worked(desk, numbers)
    is_taken = len(numbers) == len(received) and all(
        states.get(number) is MessageState.DONE for number in numbers
    )
    return is_taken and all(map(is_whole, bodies))


def _arrivals(desk: Desk, asking: Asking, bodies: Sequence[bytes]) -> list[Arrival]:
    asked = Asked(asking.heading, asking.patient, asking.identifier)
    return [
        Arrival(
            source=asking.source.name,
            channel=LIVE,
            body=body,
            received_at=desk.clock(),
            # One asking is one message, also when the source says again what it said before.
            name=f"{asking.asked_at.isoformat()}/{asking.subject}/{asking.heading}/{number}",
            fault=check_answer(asking.source, body, asked),
        )
        for number, body in enumerate(bodies)
    ]


def _worked(desk: Desk, numbers: Sequence[int]) -> dict[int, MessageState]:
    """Returns the states of these messages once nothing waits, or when it has been long."""
    end = monotonic() + _PATIENCE_S
    while True:
        with desk.database.reading() as session:
            states = dict(settled(session, numbers))
        if len(states) == len(set(numbers)) or monotonic() > end:
            return states
        with desk.turn:
            n_worked = desk.worker.work_once()
        if not n_worked:
            # Another worker has them in hand.
            sleep(_PAUSE_S)
