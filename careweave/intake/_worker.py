"""The worker: takes what waits, makes entries of it, and never lets one message stop another.

Claim and effects are one transaction, so a worker that is killed leaves everything as it was.
Source: reference/events.md 3, reference/interop.md 4.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import cast

from careweave import record
from careweave.db import Database, Wake
from careweave.intake._arrival import INBOX, MessageState
from careweave.intake._draft import Drafter
from careweave.intake._lanes import Taken, Wish, claim, claim_one
from careweave.intake._rules import Rules, load_rules
from careweave.intake._worker_batch import Apart, Batch, Means, failure_of, work_on
from careweave.intake._worker_build import Known, know
from careweave.intake._worker_notes import Notes
from careweave.intake._worker_read import failed, read_message
from careweave.intake._worker_settle import Failed, Turn, settle
from careweave.intake._worker_shift import Left, begin, keep_partitions, lost
from careweave.sources import Failure, Reason, Sources, stopped_sources
from careweave.terms import (
    Busy,
    CareweaveError,
    Clock,
    Conflict,
    Fault,
    Incorrect,
    SourceId,
    Unavailable,
)

_LOG = logging.getLogger(__name__)
_MOST = 64
_MOST_BYTES = 8 * 1024 * 1024
_WINDOWS = (400, 1600, 6400)
_LONG = timedelta(milliseconds=500)
_SHORT = timedelta(milliseconds=250)
_MOST_AGAIN = 8
_MOST_LOST = 3
_FIRST_WAIT_S = 1.0
_MOST_WAIT_S = 300.0


@dataclass(slots=True)
class _Pace:
    """How much a worker takes at once, and how far it looks ahead."""

    most: int = 16
    window: int = 0

    def learn(self, took: timedelta, n: int) -> None:
        """Takes less after a long turn, more after a short one that was full."""
        if took > _LONG:
            self.most = max(1, self.most // 2)
        elif took < _SHORT and n >= self.most:
            self.most = min(_MOST, self.most * 2)

    def look(self, *, is_crowded: bool) -> None:
        """Looks further ahead where few busy lanes stand in front."""
        self.window = min(self.window + 1, len(_WINDOWS) - 1) if is_crowded else 0


@dataclass(slots=True)
class _Force:
    """The sources in force, with their numbers, for as long as they do not change."""

    sources: Sources | None = None
    known: Known | None = None


@dataclass(slots=True)
class Worker:
    """Makes entries of what waits; one thread uses it. `name` is its own among all workers."""

    database: Database
    sources: Callable[[], Sources]
    clock: Clock
    name: str = "worker"
    rules: Rules | None = None
    _drafter: Drafter | None = None
    _pace: _Pace = field(default_factory=_Pace)
    _force: _Force = field(default_factory=_Force)
    _notes: Notes = field(default_factory=Notes)
    _in_hand: tuple[int, ...] = ()
    _left: list[Left] | None = None

    def work_once(self) -> int:
        """Takes some of what waits, does it, and returns how many messages that were.

        Unavailable or Busy when the database is: everything then waits as it was.
        """
        self._look_back()
        started_at = self.clock()
        n, alone = self._together(started_at)
        self._pace.learn(self.clock() - started_at, n)
        for message in sorted(alone):
            self._alone(message)
        self._notes.flush(self.database, self.clock())
        return n

    def _together(self, started_at: datetime) -> tuple[int, frozenset[int]]:
        """Does a batch; returns how many were taken, and which are to be tried by themselves."""
        self._in_hand = ()
        try:
            batch = self._batch(started_at)
        except Apart as apart:
            return len(self._in_hand), apart.messages
        except (Unavailable, Busy):
            raise
        except Exception as error:  # noqa: BLE001  each is tried by itself, and judged there
            _LOG.warning("batch-failed", extra={"category": _category(error)})
            return len(self._in_hand), frozenset(self._in_hand)
        return len(self._in_hand), batch.alone

    def _batch(self, started_at: datetime) -> Batch:
        known = self._known()
        with self.database.session() as session:
            wish = Wish(
                most=self._pace.most,
                most_bytes=_MOST_BYTES,
                window=_WINDOWS[self._pace.window],
                now=started_at,
                stopped=stopped_sources(session),
            )
            found = claim(session, wish)
            self._pace.look(is_crowded=found.is_crowded)
            self._in_hand = tuple(one.id for one in found.taken)
            if not found.taken:
                return Batch((), (), frozenset())
            begin(self.database, self.name, self._in_hand, started_at)
            batch = work_on(session, found.taken, self._means(known, started_at))
        self._notes.add(batch, self.clock())
        return batch

    def _alone(self, message: int) -> None:
        """Does one message by itself; when it fails, says why, and lets the others go on."""
        started_at, known = self.clock(), self._known()
        try:
            with self.database.session() as session:
                taken = claim_one(session, message, started_at)
                if taken is None:
                    return
                begin(self.database, self.name, (message,), started_at)
                batch = work_on(session, [taken], self._means(known, started_at))
        except (Unavailable, Busy):
            raise
        except Exception as error:  # noqa: BLE001  it is written down with the message
            self._give_up(message, error, self._means(known, started_at))
        else:
            self._notes.add(batch, self.clock())

    def _give_up(self, message: int, error: Exception, means: Means) -> None:
        with self.database.session() as session:
            taken = claim_one(session, message, means.turn.now)
            if taken is not None:
                settle(session, [], [_judged(taken, error, means)], means.turn)

    def _look_back(self) -> None:
        """Tries what a worker of this name had in hand when it was killed, each by itself.

        That loss counts once, however often the database goes away before all are tried.
        """
        if self._left is None:
            now = self.clock()
            with self.database.session() as session:
                keep_partitions(session, now=now)
                left = lost(session, self.name, now)
            self._left = left[::-1]
        while self._left:
            one = self._left.pop()
            try:
                self._try_again(one)
            except (Unavailable, Busy):
                self._left.append(one)
                raise

    def _try_again(self, one: Left) -> None:
        if one.n_lost < _MOST_LOST:
            self._alone(one.message)
        else:
            self._give_up(one.message, Lost(), self._means(self._known(), self.clock()))

    def _known(self) -> Known:
        """Returns the sources in force with their numbers, asked anew when they have changed."""
        sources = self.sources()
        force = self._force
        if force.known is None or force.sources is not sources:
            with self.database.session() as session:
                force.known = know(session, sources)
            force.sources = sources
        return force.known

    def _means(self, known: Known, started_at: datetime) -> Means:
        if self._drafter is None:
            with self.database.reading() as session:
                rules = self.rules or load_rules()
                self._drafter = Drafter(rules, record.keys(session), session.zone)
        return Means(known, self._drafter, Turn(self.name, started_at, self.clock()))


class Lost(Exception):
    """Workers were lost again and again with this message in hand."""


def keep_arriving(worker: Worker, stop: Event) -> None:
    """Lets a worker work until told to stop; looks again after a second if nobody wakes it."""
    wake = Wake(worker.database.url, INBOX)
    try:
        while not stop.is_set():
            try:
                n = worker.work_once()
            except CareweaveError as error:
                # The database is away or busy: nothing is lost, all of it waits there.
                _LOG.warning("worker-waits", extra={"category": _category(error)})
                stop.wait(1.0)
                continue
            if not n and not wake.wait(1.0):
                stop.wait(0.01)
    finally:
        wake.close()


def _judged(taken: Taken, error: Exception, means: Means) -> Failed:
    """Returns what becomes of a message that failed by itself: again later, or somebody looks."""
    source = means.known.sources.by_name.get(taken.source)
    one = read_message(taken, source, means.known.numbers.get(taken.source, SourceId(0)))
    now = means.turn.now
    if _is_final(error):
        return failed(one, failure_of(cast(CareweaveError, error)), now)
    if isinstance(error, Lost) or taken.n_attempts + 1 >= _MOST_AGAIN:
        suggestion = "It was tried again and again; look at the log, then retry or refuse it."
        return failed(one, Failure(Reason.UNKNOWN_OUTCOME, "", suggestion), now)
    wait_s = min(_FIRST_WAIT_S * 2.0**taken.n_attempts, _MOST_WAIT_S)
    until = now + timedelta(seconds=wait_s)
    return Failed(taken, MessageState.NEW, _category(error), until=until, mapping=one.mapping)


def _is_final(error: Exception) -> bool:
    """Says whether trying again would end alike."""
    if isinstance(error, Conflict):
        return error.issues[0].code == "duplicate"
    return isinstance(error, Incorrect)


def _category(error: Exception) -> str:
    return error.code if isinstance(error, CareweaveError) else Fault.code
