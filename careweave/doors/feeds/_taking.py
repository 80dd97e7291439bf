"""Taking one file: stored as it came, its rows handed in, all of it or nothing of it.

Source: reference/interop.md 8.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from careweave.db import Database, Session
from careweave.doors.feeds._books import (
    QUERIES,
    Feed,
    FileState,
    Known,
    known_file,
    last_file,
    lock_feed,
)
from careweave.doors.feeds._desk import Desk
from careweave.doors.feeds._snapshot import (
    Difference,
    batches,
    compare,
    finish,
    gone,
    keep,
    unstage,
)
from careweave.doors.feeds._taken import Coming, Taken
from careweave.sources import ExtractRow, Sources, parts_of
from careweave.terms import Incorrect

_MOST_AT_ONCE = 20_000
"""Rows handed in in one transaction: what PostgreSQL knows of its tables is of before each."""

_FORGOTTEN = "Of {} rows that are no longer in it nothing is told: their content is not kept."


class Taker:
    """Takes files; each in one transaction with all that it brings."""

    def __init__(self, database: Database, sources: Callable[[], Sources]) -> None:
        """Takes the database, and what gives the sources in force."""
        self._database = database
        self._sources = sources

    def take(self, coming: Coming) -> Taken:
        """Returns what became of a file, durable. The same file again is told and has no effect.

        Unavailable and Busy leave everything as it was: try again later.
        """
        n_new = n_changed = 0
        try:
            while True:
                with self._database.session(bulk=True) as session:
                    taken = self.take_in(session, coming)
                n_new, n_changed = n_new + taken.n_new, n_changed + taken.n_changed
                if taken.state is not FileState.PARTLY:
                    return replace(taken, n_new=n_new, n_changed=n_changed)
        except Incorrect as error:
            return self.reject(coming, error)

    def take_in(self, session: Session, coming: Coming) -> Taken:
        """Takes a file in a session of the caller; Incorrect for one that is wrong as a whole.

        Of an extract with very many differences only a part is taken: take it again until it is
        no more PARTLY. Killed in between, what was taken is known, and the rest still differs.
        """
        desk = Desk(session, coming, self._sources())
        feed, known = _before(desk)
        is_back = known is not None and known.state is FileState.ACCEPTED and _is_back(desk, feed)
        if known is not None and not is_back and not _may_go_on(known, feed, coming):
            return _repeated(coming, known)
        is_decided = known is not None and known.state is FileState.CLEARED
        if not coming.has_rows:
            return _document(desk)
        if coming.source.file.is_snapshot:
            return _snapshot(desk, feed, is_decided=is_decided)
        return _delta(desk, feed, is_decided=is_decided)

    def reject(self, coming: Coming, error: Incorrect) -> Taken:
        """Notes that a file cannot be used, keeps its bytes for who looks into it, and says so."""
        with self._database.session(bulk=True) as session:
            return self.reject_in(session, coming, error)

    def reject_in(self, session: Session, coming: Coming, error: Incorrect) -> Taken:
        """Does the same in a session of the caller."""
        desk = Desk(session, coming, self._sources())
        _, known = _before(desk)
        if known is not None and known.state is FileState.ACCEPTED:
            return _repeated(coming, known)
        number = desk.store(error.message) if coming.data else None
        code = error.issues[0].code
        taken = _told(coming, FileState.REJECTED, number, code, error.message)
        return desk.note(taken, failed=error.message)


def _before(desk: Desk) -> tuple[Feed, Known | None]:
    """Returns where the source stands and what became of the same file before, and holds both."""
    coming = desk.coming
    feed = lock_feed(desk.session, coming.source.name)
    return feed, known_file(desk.session, coming.source.name, coming.name, coming.digest)


def _may_go_on(known: Known, feed: Feed, coming: Coming) -> bool:
    """Tells whether a file that is known is taken again.

    One that somebody decided on, one whose turn has come, and one that could not be used: its
    mapping may have been mended since.
    """
    match known.state:
        case FileState.CLEARED | FileState.REJECTED:
            return True
        case FileState.PARKED:
            return feed.sequence is not None and coming.sequence == feed.sequence + 1
        case _:
            return False


def _is_back(desk: Desk, feed: Feed) -> bool:
    """Tells whether a full extract says again what one of its name said before the last of it."""
    coming = desk.coming
    if not coming.source.file.is_snapshot or not coming.has_rows:
        return False
    if feed.snapshot_at is not None and coming.extract_at < feed.snapshot_at:
        return False
    last = last_file(desk.session, coming.source.name)
    return last is not None and last[0] == coming.name and last[1] != coming.digest


def _repeated(coming: Coming, known: Known) -> Taken:
    is_done = known.state is FileState.ACCEPTED
    return _told(coming, FileState.REPEATED if is_done else known.state, known.message)


def _told(
    coming: Coming, state: FileState, message: int | None, reason: str = "", about: str = ""
) -> Taken:
    return Taken(coming.source.name, coming.name, state, reason, about, message)


def _document(desk: Desk) -> Taken:
    """Takes a file that is a message, or a batch of them."""
    coming, secret = desk.coming, desk.session.secret
    parts = list(parts_of(coming.data, coming.source, secret=secret, at=coming.extract_at))
    number = desk.hand_in_whole(parts)
    taken = _told(coming, FileState.ACCEPTED, number)
    n_faults = sum(part.fault is not None for part in parts)
    return desk.note(replace(taken, n_rows=len(parts), n_new=len(parts), n_faults=n_faults))


def _snapshot(desk: Desk, feed: Feed, *, is_decided: bool) -> Taken:
    """Takes a full extract: what is new or changed is handed in, and what went."""
    coming, session = desk.coming, desk.session
    if feed.snapshot_at is not None and coming.extract_at < feed.snapshot_at:
        about = "A newer full extract was taken before; this one says nothing of today."
        return desk.note(_told(coming, FileState.LATE, desk.store(), "late", about))
    difference = compare(session, coming.source, desk.rows())
    most = coming.source.file.max_drop_percent
    if not is_decided and difference.loses_more_than(most):
        unstage(session, coming.source)
        about = (
            f"{difference.n_lost} of the {difference.n_before} rows of the last extract are "
            "missing, more than is usual; accept it if that is true."
        )
        return _parked(desk, "drop", about)
    number = desk.store()
    if len(difference.changed) > _MOST_AT_ONCE:
        return _partly(desk, difference, number)
    taken = _accepted(desk, difference, number)
    finish(session, coming.source, coming.extract_at)
    return desk.note(taken)


def _partly(desk: Desk, difference: Difference, number: int) -> Taken:
    """Takes the first of very many differences."""
    lines = frozenset(sorted(difference.changed)[:_MOST_AT_ONCE])
    _hand_in(desk, lines, number)
    unstage(desk.session, desk.coming.source)
    n_new = len(lines & difference.new)
    taken = _told(desk.coming, FileState.PARTLY, number)
    return replace(taken, n_new=n_new, n_changed=len(lines) - n_new)


def _hand_in(desk: Desk, lines: frozenset[int], number: int) -> None:
    for batch in batches(_of_lines(desk, lines)):
        numbers = desk.hand_in(batch, number)
        keep(desk.session, desk.coming.source, batch, numbers)


def _accepted(desk: Desk, difference: Difference, number: int) -> Taken:
    source = desk.coming.source
    _hand_in(desk, difference.changed, number)
    ended, n_forgotten = gone(desk.session, source, difference)
    desk.hand_in_ended(ended, number)
    about = _FORGOTTEN.format(n_forgotten) if n_forgotten else ""
    return replace(
        _told(desk.coming, FileState.ACCEPTED, number, about=about),
        n_rows=difference.n_rows,
        n_new=len(difference.new),
        n_changed=len(difference.changed - difference.new),
        n_ended=len(ended),
        n_faults=difference.n_faults,
    )


def _of_lines(desk: Desk, lines: frozenset[int]) -> Iterator[ExtractRow]:
    """Yields the rows of these lines. The file is read once more, so that none need be held."""
    if lines:
        yield from (row for row in desk.rows() if row.line in lines)


def _delta(desk: Desk, feed: Feed, *, is_decided: bool) -> Taken:
    """Takes a partial extract: every row is handed in, if no file before it is missing."""
    coming, session = desk.coming, desk.session
    wrong = None if is_decided else _out_of_order(coming.sequence, feed.sequence)
    if wrong is not None:
        return _parked(desk, *wrong)
    # The same rows under the next number: the sender repeats itself, so only the number counts.
    last = last_file(session, coming.source.name)
    is_repeated = last is not None and last[1] == coming.digest
    number = desk.store()
    n_rows = n_faults = 0
    for batch in batches(() if is_repeated else _in_order(desk)):
        desk.hand_in(batch, number)
        n_rows += len(batch)
        n_faults += sum(row.fault is not None for row in batch)
    session.run(
        QUERIES["advance_feed"],
        source=coming.source.name,
        snapshot_at=None,
        sequence=coming.sequence,
    )
    taken = _told(coming, FileState.ACCEPTED, number)
    return desk.note(replace(taken, n_rows=n_rows, n_new=n_rows, n_faults=n_faults))


def _out_of_order(number: int | None, last: int | None) -> tuple[str, str] | None:
    """Returns why a partial extract must wait: one before it is missing, or its number was used."""
    if number is None or last is None or number == last + 1:
        return None
    if number <= last:
        return "reused", "Its running number was used or passed; accept it if it is new."
    n_missing = number - last - 1
    return "gap", f"{n_missing} files before it are missing; it is taken when they have come."


def _parked(desk: Desk, reason: str, about: str) -> Taken:
    taken = _told(desk.coming, FileState.PARKED, desk.store(about), reason, about)
    return desk.note(taken, failed=about)


def _in_order(desk: Desk) -> Iterator[ExtractRow]:
    """Yields the rows of a partial extract as the source orders them, by the text of columns."""
    columns = desk.coming.source.file.order_by
    if not columns:
        return desk.rows()

    def place(row: ExtractRow) -> tuple[str, ...]:
        said = json.loads(row.said) if row.fault is None else {}
        return tuple(str(said.get(column, "")) for column in columns)

    return iter(sorted(desk.rows(), key=place))
