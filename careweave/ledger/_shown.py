"""The way back out of the ledger: who was shown what. Only `disclosure` asks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.ledger._account import NAMES, Account, Outcome
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.ledger")
_AT_ONCE = 1000
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Period:
    """From when on, and before when."""

    since: datetime
    until: datetime


def shown(
    session: Session, persons: Collection[PersonId], links: Collection[int]
) -> tuple[Account, ...]:
    """Returns the accounts of what was shown of these persons by one of these links, oldest first.

    A link is named by its decision, not by a time: a reader that saw it while its end was not yet
    committed is found too. Only `disclosure` asks. Source: `reference/identity.md` section 11.
    """
    if not persons or not links:
        return ()
    rows = session.rows(_QUERIES["shown"], persons=sorted(persons, key=str), links=sorted(links))
    return tuple(map(account_of_row, rows))


def about(
    session: Session,
    persons: Collection[PersonId],
    subjects: Collection[SubjectId],
    period: Period,
    *,
    most: int,
) -> tuple[Account, ...]:
    """Returns what was done with these persons or subjects in a period, the newest first.

    At most `most` accounts, the newest. Whatever a subject belonged to when it was looked at.
    """
    rows = session.rows(
        _QUERIES["about"],
        persons=sorted(persons),
        subjects=sorted(subjects),
        since=period.since,
        until=period.until,
        most=most,
    )
    return tuple(map(account_of_row, rows))


def last_look(
    session: Session,
    persons: Collection[PersonId],
    *,
    organisation: str,
    user: str,
    before: datetime,
) -> datetime | None:
    """Returns when a user was last shown one of these persons' page before a moment; None: never."""
    row = session.row(
        _QUERIES["last_look"],
        persons=sorted(persons),
        organisation=organisation,
        user=user,
        before=before,
    )
    return None if row is None else row[0]


def seen_by(
    session: Session, period: Period, *, organisation: str, user: str, most: int
) -> tuple[tuple[PersonId, datetime], ...]:
    """Returns whom a user was shown the page of in a period and when last, the newest first."""
    rows = session.rows(
        _QUERIES["seen_by"],
        organisation=organisation,
        user=user,
        since=period.since,
        until=period.until,
        most=most,
    )
    return tuple((PersonId(person), at) for person, at in rows)


def done_by(
    session: Session, period: Period, *, organisation: str, user: str, most: int
) -> tuple[Account, ...]:
    """Returns what a user of an organisation did in a period, the newest first."""
    rows = session.rows(
        _QUERIES["done_by"],
        organisation=organisation,
        user=user,
        since=period.since,
        until=period.until,
        most=most,
    )
    return tuple(map(account_of_row, rows))


def answer_of(session: Session, account: UUID) -> tuple[Account, ...]:
    """Returns the accounts of the answer that one of them names; none for an id of nothing.

    Only what a user at work was answered: technical systems have no page.
    """
    rows = session.rows(_QUERIES["answer_of"], id=account)
    return tuple(map(account_of_row, rows))


def between(
    session: Session, period: Period, *, organisation: str | None = None
) -> Iterator[Account]:
    """Yields what was done in a period, by one organisation or all, in the order of the ledger.

    Reads a thousand at a time; wants a snapshot session.
    """
    tx, id_ = 0, _FIRST
    while rows := session.rows(
        _QUERIES["between"],
        tx=tx,
        id=id_,
        since=period.since,
        until=period.until,
        organisation=organisation,
        most=_AT_ONCE,
    ):
        yield from (account_of_row(row[1:]) for row in rows)
        tx, id_ = rows[-1][:2]


def account_of_row(row: Row) -> Account:
    """Returns the account of a row that names all columns in their order."""
    values = dict(zip(NAMES, row, strict=True))
    values |= {"subjects": tuple(values["subjects"]), "links": tuple(values["links"] or ())}
    return Account(**values | {"outcome": Outcome(values["outcome"])})
