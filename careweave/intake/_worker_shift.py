"""What workers have in hand, so that a message that kills its worker is known the next time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from careweave.db import Database, Queries, Session

_QUERIES = Queries("careweave.intake")
_SMALL = 32767


class Left(NamedTuple):
    """A message that a lost worker had in hand; `n_lost` were lost over it alone, that one too."""

    message: int
    n_lost: int


def begin(database: Database, worker: str, messages: Sequence[int], now: datetime) -> None:
    """Writes down what a worker takes in hand, at once and by itself: it outlives the worker."""
    with database.session() as session:
        session.defer(_QUERIES["shift_hasty"])
        session.run(_QUERIES["shift_begin"], worker=worker, messages=list(messages), now=now)


def lost(session: Session, worker: str, now: datetime) -> list[Left]:
    """Returns what a worker of this name left undone; counts an attempt on what it had alone.

    One of several is no more than a suspect: most of them are innocent. All are in nobody's hand
    from then on: who asks again finds, and counts, nothing.
    """
    rows = session.rows(_QUERIES["shift_left"], worker=worker)
    session.defer(_QUERIES["shift_end"], worker=worker)
    left = []
    for message, received_at, n_attempts, mapping, is_alone, n_lost in rows:
        left.append(Left(message, n_lost + is_alone))
        if is_alone:
            session.defer(_QUERIES["shift_lost"], ids=[message], received_at=[received_at])
            session.defer(
                _QUERIES["attempts_add"],
                ids=[message],
                n=[min(n_attempts + 1, _SMALL)],
                mapping=[mapping],
                outcome=["lost"],
                reason=["unknown-outcome"],
                started_at=now,
                finished_at=None,
                worker=worker,
            )
    return left


def keep_partitions(session: Session, *, now: datetime, months: int = 3) -> int:
    """Makes the partitions of this month and the coming ones; returns how many were made."""
    row = session.row(_QUERIES["partitions_keep"], now=now, months=months)
    return 0 if row is None else int(row[0])
