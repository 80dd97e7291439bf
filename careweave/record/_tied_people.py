"""Whom an organisation has to do with now: lists of people by ties, and by what has changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.db import FOREVER, NEVER, Queries, Session
from careweave.record._policy import seen
from careweave.record._ties import number_of_kind
from careweave.terms import PersonId, Sight, Tie

_QUERIES = Queries("careweave.record")
_FIRST = PersonId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class After:
    """Where a page of people ended: at what moment, and with whom."""

    at: datetime = FOREVER
    person: PersonId = _FIRST


@dataclass(frozen=True, slots=True)
class Tied:
    """One person in a list; `at` is when the tie began, or when something changed."""

    person: PersonId
    at: datetime


def people_tied(
    session: Session,
    sight: Sight,
    kinds: Collection[Tie],
    *,
    begun: datetime | None = None,
    after: After | None = None,
    most: int = 50,
) -> tuple[Tied, ...]:
    """Returns whom the asker's organisation has such a tie with now, the newest tie first.

    It says who they are to the organisation and nothing of them: whether they may be shown is
    another question. `begun` leaves out ties that are older.
    """
    if sight.at is None:
        return ()
    values = _values(sight, sight.at, kinds, begun, after or After())
    rows = session.rows(_QUERIES["people_tied"], **values, most=most)
    return tuple(Tied(PersonId(row[0]), row[1]) for row in rows)


def people_changed(
    session: Session,
    sight: Sight,
    kinds: Collection[Tie],
    *,
    begun: datetime,
    after: After | None = None,
    most: int = 50,
) -> tuple[Tied, ...]:
    """Returns those of them of whom something that the sight lets through has changed since."""
    if sight.at is None or not sight.branches:
        return ()
    values = {**_values(sight, sight.at, kinds, begun, after or After()), "most": most}
    rows = seen(session, sight, _QUERIES["people_changed"], values)
    return tuple(Tied(PersonId(row[0]), row[1]) for row in rows)


def _values(
    sight: Sight, at: datetime, kinds: Collection[Tie], begun: datetime | None, after: After
) -> Mapping[str, object]:
    return {
        "names": sorted(sight.known_as),
        "kinds": sorted(number_of_kind(kind) for kind in kinds),
        "at": at,
        "begun": begun or NEVER,
        "before": after.at,
        "after": after.person,
    }
