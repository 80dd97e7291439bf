"""Lists of people that somebody at work has to do with: action `list`, the least that tells them apart.

Whom a tie names is a candidate and nobody to be shown: what is shown of each is decided like any
other entry. Source: `reference/agreements.md` 1.3 and 6.5; `reference/interface.md` 12.1, W2, W3, W18.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from careweave import ledger, record
from careweave.db import Session
from careweave.disclosure._accounts import account_for
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._leaving import Leaving
from careweave.disclosure._people import Gate, Shown, finding, protected, shown
from careweave.disclosure._sight import sight
from careweave.disclosure._who import Who, who
from careweave.ledger import Period
from careweave.record import After, Tied
from careweave.terms import Action, PersonId, Role, Sight, Tie

_A_DAY, _A_WEEK, _A_MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
_MOST = 200


class ListKind(StrEnum):
    """Which list: by a tie of one's own organisation, or by what one has opened oneself."""

    CASELOAD = "caseload"
    HERE = "here"
    ARRIVALS = "arrivals"
    RESIDENTS = "residents"
    REGISTERED = "registered"
    RECENT = "recent"


_TIES: Mapping[ListKind, frozenset[Tie]] = {
    ListKind.CASELOAD: frozenset({Tie.CASELOAD, Tie.LA_EPISODE, Tie.ENQUIRY}),
    ListKind.HERE: frozenset({Tie.ENCOUNTER, Tie.PHARMACY}),
    ListKind.ARRIVALS: frozenset({Tie.ENCOUNTER, Tie.INCIDENT}),
    ListKind.RESIDENTS: frozenset({Tie.RESIDENCE}),
    ListKind.REGISTERED: frozenset({Tie.REGISTRATION}),
}
_BEGUN = {ListKind.ARRIVALS: _A_DAY}


@dataclass(frozen=True, slots=True)
class Listed:
    """One person in a list; `at` is when the tie began, something changed, or one last looked."""

    person: PersonId
    who: Who
    at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """A page of a list; `next` is where the next begins, None after the last."""

    kind: ListKind
    people: tuple[Listed, ...]
    next: After | None = None


def people_of(
    way: Way, asking: Asking, kind: ListKind, after: After | None = None, *, count: int = 50
) -> People:
    """Returns a page of a list as far as its people may be shown; each of them is accounted for.

    Who may not be shown is left out and not counted. Nobody's outward postcode is told whose
    whereabouts are protected. A technical system has no lists.
    """
    listing = replace(asking, action=Action.LIST)
    count = max(1, min(count, _MOST))
    with way.reading_pages() as session:
        view = _view(session, listing)
        found = _candidates(session, listing, view, kind, after, count + 1)
        page = found[:count]
        persons = [one.person for one in page]
        people = shown(session, listing, Gate(session, finding(session, view)), persons)
        rows = [row.subject for one in people.values() for row in one.rows]
        hidden = protected(session, rows, listing.at)
    _account(way, listing, f"Person?list={kind}", list(people.values()), view)
    told = (_listed(one, people[one.person], hidden) for one in page if one.person in people)
    last = page[-1] if len(found) > count else None
    return People(kind, tuple(told), After(last.at, last.person) if last else None)


def _view(session: Session, asking: Asking) -> Sight:
    return sight(session, asking.actor, asking.purpose, Action.LIST, at=asking.at)


def _candidates(
    session: Session, asking: Asking, view: Sight, kind: ListKind, after: After | None, most: int
) -> Sequence[Tied]:
    if asking.actor.role is Role.SYSTEM:
        return ()
    if kind is ListKind.RECENT:
        return () if after else _recent(session, asking, most)
    if kind is ListKind.REGISTERED:
        begun = asking.at - _A_WEEK
        return record.people_changed(
            session, view, _TIES[kind], begun=begun, after=after, most=most
        )
    back = _BEGUN.get(kind)
    begun_at = None if back is None else asking.at - back
    return record.people_tied(session, view, _TIES[kind], begun=begun_at, after=after, most=most)


def _recent(session: Session, asking: Asking, most: int) -> Sequence[Tied]:
    actor = asking.actor
    if not actor.user:
        return ()
    period = Period(asking.at - _A_MONTH, asking.at)
    found = ledger.seen_by(
        session, period, organisation=actor.organisation, user=actor.user, most=most
    )
    return tuple(Tied(person, at) for person, at in found)


def _listed(one: Tied, found: Shown, hidden: frozenset[int]) -> Listed:
    told = who(found.portrait)
    is_hidden = any(row.subject in hidden for row in found.rows)
    return Listed(found.person, replace(told, outward="") if is_hidden else told, one.at)


def _account(way: Way, asking: Asking, what: str, people: Sequence[Shown], view: Sight) -> None:
    rows = tuple(row for one in people for row in one.rows)
    whose = {subject: by for one in people for subject, by in one.whose.items()}
    left = people[0].left.of(rows) if people else Leaving(view, ())
    account_for(way, asking, "list", what, left, whose)
