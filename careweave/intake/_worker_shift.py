"""What workers have in hand, so that a message that kills its worker is known the next time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from careweave.db import Database, Queries, Session

_QUERIES = Queries("careweave.intake")
_SMALL = 32767


class Left(NamedTuple):
    """A message that a lost worker had in hand; `n_attempts` counts that one."""

    message: int
    n_attempts: int


def begin(database: Database, worker: str, messages: Sequence[int], now: datetime) -> None:
    """Writes down what a worker takes in hand, at once and by itself: it outlives the worker."""
    with database.session() as session:
        session.defer(_QUERIES["shift_hasty"])
        session.run(_QUERIES["shift_begin"], worker=worker, messages=list(messages), now=now)


def lost(session: Session, worker: str, now: datetime) -> list[Left]:
    """Returns what a worker of this name left undone, and counts those attempts as lost."""
    rows = session.rows(_QUERIES["shift_left"], worker=worker)
    if rows:
        ids = [row[0] for row in rows]
        session.defer(_QUERIES["shift_lost"], ids=ids, received_at=[row[1] for row in rows])
        session.defer(
            _QUERIES["attempts_add"],
            ids=ids,
            n=[min(row[2] + 1, _SMALL) for row in rows],
            mapping=[row[3] for row in rows],
            outcome=["lost"] * len(rows),
            reason=["unknown-outcome"] * len(rows),
            started_at=now,
            finished_at=None,
            worker=worker,
        )
    return [Left(row[0], row[2] + 1) for row in rows]


def keep_partitions(session: Session, *, now: datetime, months: int = 3) -> int:
    """Makes the partitions of this month and the coming ones; returns how many were made."""
    row = session.row(_QUERIES["partitions_keep"], now=now, months=months)
    return 0 if row is None else int(row[0])
