"""A person read as one: the subjects that belong to it, as far as the caller may see them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._accounts import ByPerson, Whose
from careweave.disclosure._asking import Asking
from careweave.identity import Standing
from careweave.record import Member, Row
from careweave.terms import Issue, PersonId, Role, Severity, Sight, SubjectId

_PATIENT = "Patient"
_CUSTOM = 8
"""Ids of persons are UUIDs of version 8, so that an id of an entry is never looked for among them."""

HELD_BACK = Issue(
    Severity.WARNING,
    "incomplete",
    "One record of this person is held back until somebody has looked: it may be incomplete.",
)
"""Source: reference/identity.md 20, H2 and H3."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a caller may read it: `members` are visible ones, `held_back` of them frozen.

    `standings` tell how its records stand, those too that are not read.
    """

    id: PersonId
    members: tuple[Member, ...]
    held_back: tuple[Member, ...] = ()
    standings: tuple[Standing, ...] = ()

    @property
    def subjects(self) -> tuple[SubjectId, ...]:
        """Returns the subjects that are read."""
        return tuple(member.subject for member in self.members)

    @property
    def patients(self) -> tuple[str, ...]:
        """Returns the public Patient ids of what is read."""
        return tuple(member.local_id for member in self.members)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Returns what has to be told of what was left out."""
        return (HELD_BACK,) if self.held_back else ()

    @property
    def links(self) -> Mapping[SubjectId, int]:
        """Returns the decision that makes each subject one of the person's."""
        return {member.subject: member.decision for member in self.members}


def person_id(text: str) -> PersonId | None:
    """Returns the id of a person that a text is, None where it is none."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return PersonId(found) if found.version == _CUSTOM and str(found) == text else None


def people_seen(
    session: Session, asking: Asking, asked: Collection[PersonId], view: Sight
) -> dict[PersonId, Person]:
    """Returns these persons, by the id asked for, with the subjects whose Patient may be seen.

    An id that was given up answers as the person that took its place; without a visible subject
    there is no person. What an alarm has frozen is kept and not read with the others. A person at
    work may be shared a provider's entries and not its Patient: for them every subject counts,
    and what is seen of it is the sight's to say for each entry.
    Source: reference/store.md 3.
    """
    together = identity.together(session, asked)
    now = {one: standings[0].person for one, standings in together.items()}
    found = record.members(session, *now.values()) if now else ()
    shown = _shown(session, asking, found, view)
    visible: dict[PersonId, list[Member]] = {}
    for member in found:
        if member.local_id in shown:
            visible.setdefault(member.person, []).append(member)
    standings = {its[0].person: its for its in together.values()}
    people = {one: _person(one, its, standings[one]) for one, its in visible.items()}
    return {one: people[to] for one, to in now.items() if to in people and people[to].members}


def _shown(
    session: Session, asking: Asking, found: Sequence[Member], view: Sight
) -> frozenset[str]:
    """Returns the Patient ids of the members that count for the asker."""
    is_at_work = asking.actor.role is not Role.SYSTEM
    asked = [one for one in found if one.is_frozen or not is_at_work]
    refs = [(_PATIENT, one.local_id) for one in asked]
    seen = {row.id for row in record.located(session, refs, sight=view)}
    return frozenset(seen | {one.local_id for one in found if one not in asked})


def _person(person: PersonId, visible: Sequence[Member], standings: tuple[Standing, ...]) -> Person:
    return Person(
        person,
        tuple(member for member in visible if not member.is_frozen),
        tuple(member for member in visible if member.is_frozen),
        standings,
    )


def whose(people: Sequence[Person], rows: Iterable[Row]) -> ByPerson:
    """Returns by which links of these persons the subjects of the rows were read.

    An entry of a subject that is nobody's is there because it names one: by any of the links.
    """
    found: dict[SubjectId, tuple[Whose, ...]] = {}
    for subject in {row.subject for row in rows}:
        own = [one for one in people if subject in one.links]
        found[subject] = tuple(
            Whose(one.id, (one.links[subject],))
            if own
            else Whose(one.id, tuple(one.links.values()))
            for one in own or people
        )
    return found
