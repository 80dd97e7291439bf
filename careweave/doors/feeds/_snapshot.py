"""A full extract beside the one before: what is new, what changed, and what went.

Source: reference/interop.md 8, snapshot processing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from careweave.db import Session
from careweave.doors.feeds._books import QUERIES
from careweave.intake import bodies_of
from careweave.sources import ExtractRow, Source, said_of

_BATCH = 1000
_STAGED = 20_000


@dataclass(frozen=True, slots=True)
class Difference:
    """What a full extract says that the one before did not.

    `changed` are lines of its file, `new` those of them that name what was not there. `n_before` rows were there, of which `n_lost` are not there now.
    """

    n_rows: int
    n_faults: int
    n_before: int
    n_lost: int
    changed: frozenset[int] = field(repr=False)
    new: frozenset[int] = field(repr=False)

    def loses_more_than(self, percent: float) -> bool:
        """Tells whether more of the rows went than the source says is usual."""
        return self.n_lost * 100 > percent * self.n_before


def compare(session: Session, source: Source, rows: Iterable[ExtractRow]) -> Difference:
    """Returns what differs; the rows stay staged until `unstage`."""
    session.run(QUERIES["unstage"], source=source.name)
    n_rows, n_faults = _stage(session, source.name, rows)
    n_before, n_lost = session.row(QUERIES["lost"], source=source.name) or (0, 0)
    changed = session.rows(QUERIES["differing"], source=source.name)
    lines = frozenset(line for line, _ in changed)
    new = frozenset(line for line, is_new in changed if is_new)
    return Difference(n_rows, n_faults, n_before, n_lost, lines, new)


def batches(rows: Iterable[ExtractRow], size: int = _BATCH) -> Iterator[list[ExtractRow]]:
    """Yields rows by so many."""
    batch: list[ExtractRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def keep(
    session: Session, source: Source, rows: Sequence[ExtractRow], numbers: Sequence[int | None]
) -> None:
    """Keeps that these arrivals told these rows, by keyed hashes and numbers: nothing of a person."""
    session.run(
        QUERIES["keep_rows"],
        source=source.name,
        keys=[item.key for item in rows],
        digests=[item.digest for item in rows],
        messages=[
            number if item.fault is None else None
            for item, number in zip(rows, numbers, strict=True)
        ],
    )


def gone(session: Session, source: Source, difference: Difference) -> tuple[list[bytes], int]:
    """Counts what is absent; returns the cells of rows that end now, and how many are forgotten.

    An extract with rows that could not be read ends nothing: any of them may be the absent one. A
    row is forgotten where its arrival has no bytes any more: its person was erased, or it is old.
    """
    session.run(QUERIES["find_rows"], source=source.name)
    if difference.n_faults:
        return [], 0
    rows = session.rows(QUERIES["miss_rows"], source=source.name, end_after=source.file.end_after)
    if not rows:
        return [], 0
    bodies = bodies_of(session, source.name, [number for _, number in rows])
    lost = [key for key, number in rows if number not in bodies]
    if lost:
        session.run(QUERIES["forget_rows"], source=source.name, keys=lost)
    return [said_of(bodies[number]) for _, number in rows if number in bodies], len(lost)


def finish(session: Session, source: Source, at: datetime) -> None:
    """Makes this extract the last accepted one."""
    session.run(QUERIES["unstage"], source=source.name)
    session.run(QUERIES["advance_feed"], source=source.name, snapshot_at=at, sequence=None)


def unstage(session: Session, source: Source) -> None:
    """Forgets the staged rows."""
    session.run(QUERIES["unstage"], source=source.name)


def _stage(session: Session, source: str, rows: Iterable[ExtractRow]) -> tuple[int, int]:
    n_rows = n_faults = 0
    for batch in batches(rows, _STAGED):
        n_rows += len(batch)
        n_faults += sum(row.fault is not None for row in batch)
        session.run(
            QUERIES["stage"],
            source=source,
            keys=[row.key for row in batch],
            digests=[row.digest for row in batch],
            lines=[row.line for row in batch],
        )
    return n_rows, n_faults
