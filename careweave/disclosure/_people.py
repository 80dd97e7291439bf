"""People as a caller may see them: the patient records of its sight, and what is made of them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._accounts import ByPerson, Whose, account_for, account_of
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._leaving import Leaving, hidden, leaving
from careweave.disclosure._narrowed import narrowed
from careweave.disclosure._portrait import portrait
from careweave.disclosure._sight import seen
from careweave.identity import Standing
from careweave.record import Fact, Row
from careweave.terms import (
    Action,
    Branch,
    Heading,
    Label,
    PersonId,
    Purpose,
    Role,
    Sight,
    SubjectId,
)

_PATIENT = frozenset({"Patient"})
_DEM = frozenset({Heading.DEM})
_MOST = 5000
_LIVE = "live"

_BARRED = frozenset({Label.S4, Label.S8, Label.VERY_RESTRICTED})
"""What finding never meets: sealed and former identities, entries that nobody may use.

Source: reference/agreements.md 6.5, "law bars, masks".
"""

T = TypeVar("T")


def finding(session: Session, view: Sight) -> Sight:
    """Returns what of a sight serves to find a person: demographics only, nothing sealed."""
    return narrowed(session, view, "finding", _finding)


def _finding(branches: Iterable[Branch]) -> Iterator[Branch]:
    for branch in branches:
        if branch.headings & _DEM:
            yield replace(branch, headings=branch.headings & _DEM, labels=branch.labels - _BARRED)


def as_finding(asking: Asking) -> Asking:
    """Returns the question as one for a person, whatever the caller's own purpose.

    Source: `reference/agreements.md` 6.5: action `find`, purpose PATADMIN.
    """
    return replace(asking, purpose=Purpose.PATIENT_ADMINISTRATION, action=Action.FIND)


def found_by(session: Session, asking: Asking, ask: Callable[[Sight], T]) -> T:
    """Returns what `ask` finds under the part of the asker's sight that serves finding."""
    return seen(session, as_finding(asking), lambda view: ask(finding(session, view)))


class Gate:
    """Lets through the subjects whose Patient the caller may see, and keeps those rows."""

    def __init__(self, session: Session, view: Sight) -> None:
        """Takes the session of the answer and what its caller may see."""
        self._session, self.view = session, view
        self.rows: dict[SubjectId, Row] = {}

    def __call__(self, subjects: Collection[SubjectId]) -> frozenset[SubjectId]:
        """Returns those of the subjects that the caller may see."""
        missing = [subject for subject in sorted(subjects) if subject not in self.rows]
        self.rows |= _patients(self._session, self.view, missing)
        return frozenset(subject for subject in subjects if subject in self.rows)


def _patients(session: Session, view: Sight, subjects: Sequence[SubjectId]) -> dict[SubjectId, Row]:
    held = record.entries_of(session, subjects, sight=view, types=_PATIENT, count=_MOST)
    wanted = set(subjects)
    return {row.subject: row for row in held.rows if row.subject in wanted and not row.gone}


@dataclass(frozen=True, slots=True)
class Shown:
    """One person as far as the caller may see: the rows of its sources, and their portrait.

    `whose` tells by which decisions the rows are of this person.
    """

    person: PersonId
    left: Leaving
    whose: ByPerson
    portrait: Row

    @property
    def rows(self) -> tuple[Row, ...]:
        """Returns the rows of its sources, as far as they are shown."""
        return self.left.rows


def protected(
    session: Session, subjects: Collection[SubjectId], at: datetime
) -> frozenset[SubjectId]:
    """Returns those of the subjects whose whereabouts nobody is told, by any record of the person.

    Source: `reference/record.md` section 6, S12.
    """
    return record.with_fact(session, Fact.PROTECTED_ADDRESS, subjects, at=at)


def shown(
    session: Session, asking: Asking, gate: Gate, persons: Collection[PersonId]
) -> dict[PersonId, Shown]:
    """Returns these persons, by the id asked for, as far as the gate lets any of their records by.

    What a source has given up or sealed is not in a portrait, nor what an alarm has frozen: it may
    be of somebody else by now. Where any record says that the whereabouts are protected, seen or
    not, the portrait has none, but for a reader with a tie. The same statements are made whether
    there is anybody or not.
    """
    members = identity.together(session, persons)
    standings = [one for ones in members.values() for one in ones]
    guarded = _guarded(session, asking, gate.view, standings)
    visible = gate({one.subject for one in standings if _counts(one)})
    found: dict[PersonId, Shown] = {}
    for asked, its in members.items():
        if counting := [one for one in its if one.subject in visible]:
            is_restricted = any(one.subject in guarded for one in its)
            found[asked] = _shown(session, asking, gate, counting, is_restricted=is_restricted)
    return {asked: one for asked, one in found.items() if one.rows}


def _guarded(
    session: Session, asking: Asking, view: Sight, standings: Collection[Standing]
) -> frozenset[SubjectId]:
    """Returns the subjects whose person's whereabouts the portrait does not tell."""
    subjects = {one.subject for one in standings}
    restricted = frozenset(one.subject for one in standings if one.is_restricted)
    if asking.actor.role is Role.SYSTEM:
        return restricted | protected(session, subjects, asking.at)
    return hidden(session, asking, view, subjects, restricted=restricted)


def _shown(
    session: Session,
    asking: Asking,
    gate: Gate,
    counting: Sequence[Standing],
    *,
    is_restricted: bool,
) -> Shown:
    person = counting[0].person
    left = leaving(session, asking, gate.view, [gate.rows[one.subject] for one in counting])
    whose = {one.subject: (Whose(person, (one.decision,)),) for one in counting}
    is_bare = asking.action is Action.FIND and asking.actor.role is not Role.SYSTEM
    made = portrait(
        person,
        left.rows or [gate.rows[counting[0].subject]],
        is_restricted=is_restricted,
        today=asking.at.date(),
        is_bare=is_bare,
    )
    return Shown(person, left, whose, made)


def _counts(one: Standing) -> bool:
    return one.state == _LIVE


def account_people(way: Way, asking: Asking, what: str, people: Sequence[Shown]) -> None:
    """Makes the accounts of a search durable that shows these people, or nobody."""
    looking = as_finding(asking)
    if asking.actor.role is not Role.SYSTEM:
        # One of the search itself, besides those of the people that it shows.
        search = account_of(looking, "find", what, (), len(people))
        way.account((search,))
    if not people:
        if asking.actor.role is Role.SYSTEM:
            account_for(way, looking, "find", what, None)
        return
    left = people[0].left.of(row for one in people for row in one.rows)
    whose = {subject: by for one in people for subject, by in one.whose.items()}
    account_for(way, looking, "find", what, left, whose)
