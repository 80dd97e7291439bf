"""A person read as one: the subjects that belong to it, as far as the caller may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._accounts import Whose
from careweave.record import Member, Row
from careweave.terms import Issue, PersonId, Severity, Sight, SubjectId

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
    """A person as a caller may read it: `members` are visible ones, `held_back` of them frozen."""

    id: PersonId
    members: tuple[Member, ...]
    held_back: tuple[Member, ...] = ()

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

    def whose(self, rows: Iterable[Row]) -> Mapping[SubjectId, Whose]:
        """Returns by which links the subjects of these rows were read.

        An entry of a subject that is no member is there because it names one: by any of the links.
        """
        links = {member.subject: (member.decision,) for member in self.members}
        every = tuple(member.decision for member in self.members)
        return {row.subject: Whose(self.id, links.get(row.subject, every)) for row in rows}


def person_id(text: str) -> PersonId | None:
    """Returns the id of a person that a text is, None where it is none."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return PersonId(found) if found.version == _CUSTOM and str(found) == text else None


def person_seen(session: Session, asked: PersonId, view: Sight) -> Person | None:
    """Returns a person with the subjects whose Patient the caller may see; None without any.

    An id that was given up answers as the person that took its place. What an alarm has frozen is
    kept and not read with the others. Source: reference/store.md 3.
    """
    found = _members(session, asked)
    refs = [(_PATIENT, member.local_id) for member in found]
    shown = {row.id for row in record.located(session, refs, sight=view)} if refs else set()
    visible = [member for member in found if member.local_id in shown]
    members = tuple(member for member in visible if not member.is_frozen)
    if not members:
        return None
    held_back = tuple(member for member in visible if member.is_frozen)
    return Person(members[0].person, members, held_back)


def _members(session: Session, asked: PersonId) -> Sequence[Member]:
    found = record.members(session, asked)
    if found:
        return found
    now = identity.current(session, asked)
    return record.members(session, now) if now is not None and now != asked else ()
