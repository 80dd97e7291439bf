"""What readers say is wrong with an entry: it goes to where the entry comes from, with a clock.

A report says something of a person, so reading reports is accounted for; nobody but the reader and
the officers of the entry's own organisation reads one. Source: `reference/interface.md` 12.1, W19.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from careweave.db import Database, Queries, Row
from careweave.disclosure._alerts import due_after
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._entry import ShownEntry
from careweave.disclosure._episode_accounts import acted
from careweave.ledger import Account, Outcome, append, new_id
from careweave.terms import Conflict, Incorrect, PersonId

_QUERIES = Queries("careweave.disclosure")
_MOST = 200
_KEPT = timedelta(days=365)
_NO_WORDS, _MOST_WORDS = 10, 2000


class Wrongness(StrEnum):
    """What is wrong with an entry."""

    WRONG_PERSON = "wrong-person"
    WRONG_VALUE = "wrong-value"
    OUT_OF_DATE = "out-of-date"
    MISSING_PART = "missing-part"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Remedy(StrEnum):
    """What came of a report."""

    CORRECTED = "corrected"
    RIGHT_AS_IT_IS = "right-as-it-is"
    NOT_OURS = "not-ours"


@dataclass(frozen=True, slots=True)
class Problem:
    """One report, as the reader and the officers of the entry's organisation see it."""

    id: UUID
    at: datetime
    user: str
    organisation: str
    role: str
    person: PersonId
    type: str
    entry: str
    version: int
    heading: str
    owner: str
    system: str
    kind: str
    words: str
    due_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    outcome: str | None
    remark: str | None


def report_problem(
    database: Database,
    asking: Asking,
    person: PersonId,
    shown: ShownEntry,
    *,
    kind: Wrongness,
    words: str,
) -> UUID:
    """Reports an entry that was just shown to its organisation, accounted for; returns the report.

    Raises Incorrect where the words do not say what is wrong.
    """
    plain, actor = " ".join(words.split()), asking.actor
    if not _NO_WORDS <= len(plain) <= _MOST_WORDS:
        raise Incorrect("Say what is wrong, in ten characters or more.", where="words")
    id_, row = new_id(asking.at), shown.row
    with database.session() as session:
        session.run(
            _QUERIES["add_problem"],
            id=id_,
            at=asking.at,
            user=actor.user,
            organisation=actor.organisation,
            role=str(actor.role),
            person=person,
            type=row.type,
            entry=row.id,
            version=row.version,
            heading=str(row.heading or ""),
            owner=shown.slug,
            system=shown.system,
            kind=str(kind),
            words=plain,
            due=due_after(asking.at, session.zone),
        )
        append(session, [_done(asking, "problem-report", person, 1)])
    return id_


def problems(way: Way, asking: Asking) -> tuple[Problem, ...]:
    """Returns what waits for the officers of the asker's organisation; accounted for."""
    with way.reading() as session:
        rows = session.rows(
            _QUERIES["problems_of_owner"], owner=asking.actor.organisation, most=_MOST
        )
    way.account((_done(asking, "problem-list", None, len(rows)),))
    return tuple(map(_problem, rows))


def problems_of(way: Way, asking: Asking) -> tuple[Problem, ...]:
    """Returns what the asker has reported in a year, with what came of it; accounted for."""
    actor = asking.actor
    with way.reading() as session:
        rows = session.rows(
            _QUERIES["problems_of_user"],
            user=actor.user,
            organisation=actor.organisation,
            since=asking.at - _KEPT,
            most=_MOST,
        )
    way.account((_done(asking, "own-problems", None, len(rows)),))
    return tuple(map(_problem, rows))


def answer_problem(
    database: Database, asking: Asking, id_: UUID, outcome: Remedy, remark: str
) -> None:
    """Writes down for good what came of a report, accounted for; the reader is told.

    Raises Conflict where it is another organisation's, or answered, or the officer's own report.
    """
    if not remark.strip():
        raise Incorrect("Say what was found, for the reader.", where="remark")
    with database.session() as session:
        row = session.row(
            _QUERIES["answer_problem"],
            id=id_,
            owner=asking.actor.organisation,
            officer=asking.actor.user or asking.actor.name,
            at=asking.at,
            outcome=str(outcome),
            remark=remark.strip(),
        )
        if row is None:
            raise Conflict("This report is not here, or it was answered, or it is your own.")
        append(session, [_done(asking, "problem-answer", row[0], 1)])


def _done(asking: Asking, action: str, person: PersonId | None, n: int) -> Account:
    outcome = Outcome.PERMIT if n else Outcome.ABSENT
    return replace(acted(asking, action, person), outcome=outcome, n_items=n)


def _problem(row: Row) -> Problem:
    names = [field.name for field in fields(Problem)]
    return Problem(**dict(zip(names, row, strict=True)))
