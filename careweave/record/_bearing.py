"""What is known of a person that bears on who may see: ties, choices and what cohorts ask, as values.

For what is told of a person, never for a row: rows are judged by the policy of each statement.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from careweave.agreements import Bond, Choice
from careweave.db import Queries, Row, Session
from careweave.record._choices import choice_of_number, headings_of_mask
from careweave.record._purposes import purposes_of_mask
from careweave.record._ties import kind_of_number
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.record")
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bearing:
    """Ties by the names under which entries know organisations, choices, birth date and outward.

    Of choices only those that ask nothing of an entry but its heading, by the same names.
    """

    bonds: tuple[Bond, ...] = ()
    choices: tuple[Choice, ...] = ()
    born: date | None = None
    outward: str = ""


def bearing(session: Session, subjects: Collection[SubjectId]) -> Bearing:
    """Returns what bears on these subjects of one person, from all of them."""
    wanted = sorted(subjects)
    traits = session.rows(_QUERIES["traits_of"], subjects=wanted)
    return Bearing(
        bonds=tuple(map(_bond, session.rows(_QUERIES["ties_of"], subjects=wanted))),
        choices=tuple(map(_choice, session.rows(_QUERIES["choices_of"], subjects=wanted))),
        born=next((row[0] for row in traits if row[0] is not None), None),
        outward=next((row[1] for row in traits if row[1]), ""),
    )


def _bond(row: Row) -> Bond:
    kind, slug, since, until = row
    return Bond(kind_of_number(kind), slug, since or _ALWAYS, until)


def _choice(row: Row) -> Choice:
    kind, since, until, to, to_others, users, user_others, purposes, others, headings, lifts = row
    # "Anybody" is kept as nobody but all others; a choice says it by naming nobody.
    return Choice(
        kind=choice_of_number(kind),
        since=since or _ALWAYS,
        until=until,
        to=frozenset(to),
        to_others=to_others and bool(to),
        users=frozenset(users),
        user_others=user_others and bool(users),
        purposes=purposes_of_mask(purposes),
        purpose_others=others and bool(purposes),
        headings=headings_of_mask(headings),
        is_liftable=lifts,
    )
