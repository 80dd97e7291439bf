"""People as a caller may see them: the patient records of its sight, and what is made of them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._accounts import ByPerson, Whose, account_finding
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._portrait import portrait
from careweave.disclosure._sight import seen
from careweave.identity import Standing
from careweave.record import Fact, Row
from careweave.terms import Heading, Label, PersonId, Sight, SubjectId

_PATIENT = frozenset({"Patient"})
_DEM = frozenset({Heading.DEM})
_MOST = 5000
_LIVE = "live"

_BARRED = frozenset({Label.S4, Label.S8, Label.VERY_RESTRICTED})
"""What finding never meets: sealed and former identities, entries that nobody may use.

Source: reference/agreements.md 6.5, "law bars, masks".
"""

T = TypeVar("T")


@lru_cache(maxsize=256)
def finding(view: Sight) -> Sight:
    """Returns what of a sight serves to find a person: demographics only, nothing sealed."""
    branches = tuple(
        replace(branch, headings=branch.headings & _DEM, labels=branch.labels - _BARRED)
        for branch in view.branches
    )
    return replace(view, branches=branches)


def found_by(session: Session, asking: Asking, ask: Callable[[Sight], T]) -> T:
    """Returns what `ask` finds under the part of the asker's sight that serves finding."""
    return seen(session, asking, lambda view: ask(finding(view)))


class Gate:
    """Lets through the subjects whose Patient the caller may see, and keeps those rows."""

    def __init__(self, session: Session, view: Sight) -> None:
        """Takes the session of the answer and what its caller may see."""
        self._session, self._view = session, view
        self.rows: dict[SubjectId, Row] = {}

    def __call__(self, subjects: Collection[SubjectId]) -> frozenset[SubjectId]:
        """Returns those of the subjects that the caller may see."""
        missing = [subject for subject in sorted(subjects) if subject not in self.rows]
        self.rows |= _patients(self._session, self._view, missing)
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
    rows: tuple[Row, ...]
    whose: ByPerson
    portrait: Row


def protected(
    session: Session, subjects: Collection[SubjectId], at: datetime
) -> frozenset[SubjectId]:
    """Returns those of the subjects whose whereabouts nobody is told, by any record of the person.

    Source: `reference/record.md` section 6, S12.
    """
    return record.with_fact(session, Fact.PROTECTED_ADDRESS, subjects, at=at)


def shown(
    session: Session, gate: Gate, persons: Collection[PersonId], *, at: datetime
) -> dict[PersonId, Shown]:
    """Returns these persons, by the id asked for, as far as the gate lets any of their records by.

    What a source has given up or sealed is not in a portrait, nor what an alarm has frozen: it may
    be of somebody else by now. Where any record says that the whereabouts are protected, seen or
    not, the portrait has none. The same statements are made whether there is anybody or not.
    """
    members = identity.together(session, persons)
    subjects = {one.subject for standings in members.values() for one in standings}
    hidden = protected(session, subjects, at)
    visible = gate({one.subject for ones in members.values() for one in ones if _counts(one)})
    found: dict[PersonId, Shown] = {}
    for asked, standings in members.items():
        if counting := [one for one in standings if one.subject in visible]:
            is_restricted = any(one.is_restricted or one.subject in hidden for one in standings)
            rows = tuple(gate.rows[one.subject] for one in counting)
            person = counting[0].person
            whose = {one.subject: (Whose(person, (one.decision,)),) for one in counting}
            made = portrait(person, rows, is_restricted=is_restricted, today=at.date())
            found[asked] = Shown(person, rows, whose, made)
    return found


def _counts(one: Standing) -> bool:
    return one.state == _LIVE


def account_people(way: Way, asking: Asking, what: str, people: Sequence[Shown]) -> None:
    """Makes the accounts of a search durable that shows these people, or nobody."""
    rows = [row for one in people for row in one.rows]
    whose = {subject: by for one in people for subject, by in one.whose.items()}
    account_finding(way, asking, what, rows, whose)
