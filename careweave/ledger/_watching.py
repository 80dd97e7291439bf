"""The ledger gone through for what an officer should know. Only `disclosure` asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.db import Queries, Session
from careweave.ledger._account import Account
from careweave.ledger._shown import Period, account_of_row
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.ledger")
_WRITES = ("create", "update", "patch", "delete")

Place = tuple[int, UUID]
"""A place in the ledger: a transaction, and an account of it."""

FIRST: Place = (0, UUID(int=0))
"""The place before all accounts."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which an organisation may have written something of a subject."""

    number: int
    subject: SubjectId
    organisation: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Broken:
    """How often people of an organisation looked in a role, and how often by broken glass."""

    organisation: str
    role: str
    n_looks: int
    n_broken: int

    @property
    def share(self) -> float:
        """Returns the share of looks by broken glass, 0 to 1."""
        return self.n_broken / self.n_looks if self.n_looks else 0.0


def after(session: Session, place: Place, *, most: int) -> tuple[tuple[Account, ...], Place]:
    """Returns the accounts after a place and the place that they reach, at most so many.

    Only of transactions that no running one can come before: so each account comes once.
    """
    rows = session.rows(_QUERIES["settled"], tx=place[0], id=place[1], most=most)
    reached = (rows[-1][0], rows[-1][1]) if rows else place
    return tuple(account_of_row(row[1:]) for row in rows), reached


def written(session: Session, stretches: Sequence[Stretch]) -> frozenset[int]:
    """Returns the numbers of the stretches in which the organisation wrote something."""
    rows = session.rows(
        _QUERIES["written"],
        numbers=[one.number for one in stretches],
        subjects=[one.subject for one in stretches],
        organisations=[one.organisation for one in stretches],
        since=[one.since for one in stretches],
        until=[one.until for one in stretches],
        actions=list(_WRITES),
    )
    return frozenset(row[0] for row in rows)


def broken(
    session: Session, period: Period, *, organisation: str | None = None
) -> tuple[Broken, ...]:
    """Returns for each organisation and role how often glass was broken to look, in a period.

    Source: `reference/agreements.md` 12.2, G10.
    """
    rows = session.rows(
        _QUERIES["broken"],
        since=period.since,
        until=period.until,
        organisation=organisation,
    )
    return tuple(Broken(*row) for row in rows)
