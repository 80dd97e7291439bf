"""Lanes: what waits, taken in order for each patient, held where it failed, let go again.

One lane is never in two hands, and a message of several lanes goes when it is the first of each.
Source: reference/events.md 3, reference/interop.md 4.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Session

_QUERIES = Queries("careweave.intake")
_MOST_LANES = 1024
"""Lanes that one claim looks into: each is a lock, of which PostgreSQL has some thousands."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that waits, with all its lanes."""

    message: int
    received_at: datetime
    lanes: tuple[int, ...]
    size: int
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that this transaction holds, with its bytes.

    `is_replay` says that what it said before is to be taken back; `noticed` are the findings that
    it was received with, as they are kept.
    """

    id: int
    received_at: datetime
    source: str
    channel: str
    control_id: str | None
    kind: str
    event_at: datetime | None
    sent_at: datetime | None
    sha256: bytes
    state: str
    n_attempts: int
    noticed: bytes | None
    body: bytes
    lanes: tuple[int, ...]
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What may be taken: how many messages and bytes, from how far a look ahead, at what time."""

    most: int
    most_bytes: int
    window: int
    now: datetime
    stopped: frozenset[str] = frozenset()
    without: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Claim:
    """What was taken; `is_crowded` says that the look ahead was full and gave too little."""

    taken: tuple[Taken, ...]
    is_crowded: bool


def claim(session: Session, wish: Wish) -> Claim:
    """Returns messages that this transaction may do, in the order in which to do them."""
    rows = session.rows(
        _QUERIES["lines_window"],
        stopped=sorted(wish.stopped),
        without=sorted(wish.without),
        now=wish.now,
        most=wish.window,
    )
    is_full = len(rows) == wish.window
    waiting = _found(session, list(dict.fromkeys(lane for row in rows for lane in row[0])), wish)
    taken = _fetch(session, _affordable(waiting, wish))
    return Claim(taken, is_crowded=is_full and len(taken) * 2 < wish.most)


def _found(session: Session, lanes: Sequence[int], wish: Wish) -> list[Waiting]:
    """Returns what may be done in these lanes, of which no more are locked than that needs.

    Lanes whose first message waits for another lane, or that are in other hands, give nothing: the
    look goes on behind them, ever further, so that they never keep back the others.
    """
    locked: set[int] = set()
    lines: list[tuple[int, Waiting]] = []
    waiting: list[Waiting] = []
    start, step = 0, max(wish.most, 1)
    while start < min(len(lanes), _MOST_LANES) and len(waiting) * 2 < wish.most:
        fresh = _lock(session, lanes[start : start + step])
        lines += _lines(session, fresh, wish)
        locked |= fresh
        waiting = runnable(lines, locked)
        start, step = start + step, step * 2
    return waiting


def claim_one(session: Session, message: int, now: datetime) -> Taken | None:
    """Returns a message to be done by itself; None while others of its lanes come first."""
    rows = session.rows(_QUERIES["line_lanes"], message=message)
    if not rows:
        return None
    lanes = list(rows[0][0])
    locked = _lock(session, lanes)
    wish = Wish(most=1, most_bytes=0, window=1, now=now)
    waiting = runnable(_lines(session, locked, wish), locked)
    found = _fetch(session, [one for one in waiting if one.message == message])
    return found[0] if found else None


def runnable(lines: Iterable[tuple[int, Waiting]], free: Collection[int]) -> list[Waiting]:
    """Returns which of the waiting may be done, in order: each the first of all its lanes.

    `lines` are the first messages of the lanes that are `free`, by lane. Doing those that come
    before counts, for they are done in the same transaction.
    """
    by_message: dict[int, tuple[Waiting, set[int]]] = {}
    for lane, one in lines:
        by_message.setdefault(one.message, (one, set()))[1].add(lane)
    stuck: set[int] = set()
    found = []
    for _, (one, seen) in sorted(by_message.items()):
        # A lane that does not show the message here has more before it than was looked at.
        if seen.issuperset(one.lanes) and stuck.isdisjoint(one.lanes) and _all(one.lanes, free):
            found.append(one)
        else:
            stuck.update(one.lanes)
    return found


def _all(lanes: Iterable[int], free: Collection[int]) -> bool:
    return all(lane in free for lane in lanes)


def _lock(session: Session, lanes: Sequence[int]) -> set[int]:
    """Locks lanes until the transaction ends; passes by those that are in other hands."""
    return {row[0] for row in session.rows(_QUERIES["lanes_try"], lanes=list(lanes))}


def _lines(session: Session, lanes: Collection[int], wish: Wish) -> list[tuple[int, Waiting]]:
    """Returns the first messages of these lanes, read after they were locked."""
    if not lanes:
        return []
    rows = session.rows(
        _QUERIES["lines_first"], lanes=sorted(lanes), now=wish.now, most=max(wish.most, 1)
    )
    return [
        (lane, Waiting(message, received_at, tuple(all_), size, is_replay))
        for lane, message, received_at, all_, size, is_replay in rows
        if message not in wish.without
    ]


def _affordable(waiting: Sequence[Waiting], wish: Wish) -> list[Waiting]:
    found: list[Waiting] = []
    n_bytes = 0
    for one in waiting[: wish.most]:
        n_bytes += one.size
        if found and n_bytes > wish.most_bytes:
            break
        found.append(one)
    return found


def _fetch(session: Session, waiting: Sequence[Waiting]) -> tuple[Taken, ...]:
    if not waiting:
        return ()
    rows = session.rows(
        _QUERIES["messages_taken"],
        ids=[one.message for one in waiting],
        received_at=[one.received_at for one in waiting],
    )
    by_id = {one.message: one for one in waiting}
    return tuple(
        Taken(*row, by_id[row[0]].lanes, by_id[row[0]].is_replay)  # type: ignore[call-arg]
        for row in rows
    )
