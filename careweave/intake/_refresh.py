"""Asking live sources about a person at the moment of need; what comes is an arrival like any other.

Source: reference/interop.md 9.1.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Lock

from careweave.db import Database, Session
from careweave.intake._refresh_people import known_people
from careweave.intake._refresh_take import Asking, Desk, take
from careweave.intake._worker import Worker
from careweave.sources import (
    Answered,
    LiveCheck,
    LiveClients,
    LiveOutcome,
    LiveQuestion,
    Silent,
    Sources,
    Why,
    claim_live,
    live_checks,
)
from careweave.terms import CareweaveError, Clock, Heading, Sight, SubjectId

_PAUSE = timedelta(seconds=60)
_DEADLINE_S = 1.5


@dataclass(frozen=True, slots=True)
class Live:
    """What one process needs to ask live sources: used by many threads.

    `worker` makes entries of what comes when no other does so first; nobody else may use it.
    """

    database: Database
    sources: Callable[[], Sources]
    clients: LiveClients
    worker: Worker
    clock: Clock
    turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def desk(self) -> Desk:
        """Returns what takes in an answer."""
        return Desk(self.database, self.sources, self.worker, self.clock, self.turn)


def refresh(
    session: Session,
    subjects: Sequence[SubjectId],
    *,
    headings: Collection[Heading],
    sight: Sight,
    live: Live,
    within: float = _DEADLINE_S,
) -> tuple[Answered | Silent, ...]:
    """Returns which live sources answered within so many seconds, for whom the sight allows.

    Only sources that hold one of these subjects and only headings that the sight allows of them are
    asked, none twice in a minute. What comes is in the record by then; what comes later goes in
    all the same. Who is Silent was not checked. Nothing of what came is returned: disclose anew.
    """
    askings = tuple(_askings(session, subjects, headings, sight, live))
    recent = {
        (check.source, check.subject, check.heading): check
        for check in live_checks(session, subjects, since=live.clock() - _PAUSE)
    }
    answers = [_remembered(recent[one.key]) for one in askings if one.key in recent]
    mine = _claimed([one for one in askings if one.key not in recent], live)
    return (*answers, *_ask(mine, live, within))


def _askings(
    session: Session,
    subjects: Sequence[SubjectId],
    headings: Collection[Heading],
    sight: Sight,
    live: Live,
) -> Iterator[Asking]:
    at = live.clock()
    for one in known_people(session, subjects, live.sources(), sight):
        for heading in sorted(one.source.live & one.headings & set(headings)):
            yield Asking(one.source, one.subject, heading, one.patient, one.identifier, at)


def _remembered(check: LiveCheck) -> Answered | Silent:
    if check.outcome is LiveOutcome.ANSWERED:
        return Answered(check.source, check.heading)
    why = Why.FAILED if check.outcome is LiveOutcome.FAILED else Why.LATE
    return Silent(check.source, check.heading, why)


def _claimed(askings: Sequence[Asking], live: Live) -> list[Asking]:
    """Returns the askings that nobody else has begun; they count as not checked from now on."""
    if not askings:
        return []
    with live.database.session() as session:
        claimed = claim_live(session, [one.check(LiveOutcome.SILENT) for one in askings])
    keys = {(check.source, check.subject, check.heading) for check in claimed}
    return [one for one in askings if one.key in keys]


def _ask(askings: Sequence[Asking], live: Live, within: float) -> Iterator[Answered | Silent]:
    """Asks all at once and gives what each said in time."""
    desk = live.desk
    futures = [
        live.clients.ask(
            LiveQuestion(one.source, one.heading, one.identifier),
            partial(take, desk, one),
        )
        for one in askings
    ]
    done, _ = wait(futures, timeout=within)
    for one, future in zip(askings, futures, strict=True):
        try:
            yield future.result() if future in done else _silent(one, Why.LATE)
        except CareweaveError:
            yield _silent(one, Why.FAILED)


def _silent(asking: Asking, why: Why) -> Silent:
    return Silent(asking.source.name, asking.heading, why)
