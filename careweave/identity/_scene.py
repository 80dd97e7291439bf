"""Everybody whom an act concerns, read after they are locked: members, barriers, former persons."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from careweave.db import Queries, Row, Session
from careweave.identity._journal import Wall
from careweave.identity._locks import lock_persons
from careweave.identity._member import Member
from careweave.identity._pack import unpack
from careweave.terms import NotFound, PersonId, SubjectId, Unavailable

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Placed:
    """A local identity in the person that it belongs to now: since when, and how it came there."""

    member: Member
    person: PersonId
    from_seq: int
    method: str
    replaced_by: SubjectId | None

    @property
    def subject(self) -> SubjectId:
        """Returns the number of the local identity."""
        return self.member.subject


@dataclass(frozen=True, slots=True)
class Root:
    """A person that answers for itself, and the event that made it."""

    person: PersonId
    created_seq: int


@dataclass(frozen=True, slots=True)
class Stay:
    """One membership: `until_seq` None while it lasts."""

    person: PersonId
    from_seq: int
    until_seq: int | None


def roots(session: Session, persons: Collection[PersonId]) -> dict[PersonId, Root]:
    """Returns for each id the person that answers for it now; unknown ids are left out."""
    rows = session.rows(_QUERIES["act_roots"], persons=sorted(set(persons)))
    return {PersonId(asked): Root(PersonId(person), seq) for asked, person, seq in rows}


@dataclass(frozen=True, slots=True)
class Scene:
    """All persons whom an act concerns, locked, with all their members and the walls between."""

    roots: Mapping[PersonId, Root]
    placed: tuple[Placed, ...]
    walls: tuple[Wall, ...]

    @property
    def forwarding(self) -> frozenset[PersonId]:
        """Returns those of the ids that answer as another person."""
        return frozenset(asked for asked, root in self.roots.items() if asked != root.person)

    def root(self, person: PersonId) -> PersonId:
        """Returns the person that answers for an id."""
        return self.roots[person].person

    def members(self, person: PersonId) -> tuple[Placed, ...]:
        """Returns who belongs to a person."""
        return tuple(one for one in self.placed if one.person == person)

    def only(self, subjects: Collection[SubjectId]) -> tuple[Placed, ...]:
        """Returns these of the members; Unavailable when one is there no more."""
        found = tuple(one for one in self.placed if one.subject in subjects)
        if len(found) != len(set(subjects)):
            raise anew()
        return found


def scene_of(session: Session, persons: Collection[PersonId]) -> Scene:
    """Returns the persons that answer for these ids, locked until the transaction ends.

    NotFound for an id that was never given; Unavailable when they changed while they were waited for.
    """
    found = roots(session, persons)
    if set(found) != set(persons):
        raise unknown()
    lock_persons(session, sorted({*persons, *(root.person for root in found.values())}))
    if roots(session, persons) != found:
        raise anew()
    placed = members_of(session, [root.person for root in found.values()])
    return Scene(found, placed, walls_between(session, [one.subject for one in placed]))


def anew() -> Unavailable:
    """Returns the refusal of an act on what has just been decided otherwise."""
    return Unavailable("Who they are was decided anew at this moment; try again.")


def unknown() -> NotFound:
    """Returns the one answer for what is not there and for what nobody may learn of."""
    return NotFound("There is no such person or record that you may decide on.")


def whose(session: Session, subjects: Collection[SubjectId]) -> dict[SubjectId, PersonId]:
    """Returns the person of each subject; NotFound when one belongs to nobody."""
    found = belonging(session, subjects)
    if len(found) != len(set(subjects)):
        raise unknown()
    return found


def belonging(session: Session, subjects: Collection[SubjectId]) -> dict[SubjectId, PersonId]:
    """Returns the person of each subject that belongs to somebody."""
    rows = session.rows(_QUERIES["act_whose"], subjects=sorted(set(subjects)))
    return {SubjectId(subject): PersonId(person) for subject, person in rows}


def members_of(session: Session, persons: Collection[PersonId]) -> tuple[Placed, ...]:
    """Returns the members of these persons, in the order of their numbers."""
    rows = session.rows(_QUERIES["act_members"], persons=sorted(set(persons)))
    return tuple(_placed(row) for row in rows)


def walls_between(session: Session, subjects: Collection[SubjectId]) -> tuple[Wall, ...]:
    """Returns the barriers that stand between any two of these."""
    rows = session.rows(_QUERIES["act_barriers"], subjects=sorted(set(subjects)))
    return tuple(
        Wall(SubjectId(left), SubjectId(right), kind, basis) for left, right, kind, basis in rows
    )


def trails(
    session: Session, subjects: Collection[SubjectId]
) -> Mapping[SubjectId, tuple[Stay, ...]]:
    """Returns where each of these has belonged, the newest first."""
    found: dict[SubjectId, tuple[Stay, ...]] = {}
    for subject, person, from_seq, until_seq in session.rows(
        _QUERIES["act_trails"], subjects=sorted(set(subjects))
    ):
        stay = Stay(PersonId(person), from_seq, until_seq)
        found[subject] = (*found.get(subject, ()), stay)
    return found


def _placed(row: Row) -> Placed:
    (subject, person, from_seq, decision, method, state, replaced_by, *known) = row
    source, authority, is_provisional, version, norm, seen_at, alive_at = known
    member = Member(
        subject,
        authority,
        source,
        unpack(norm),
        seen_at,
        alive_at,
        state,
        is_provisional,
        version=version,
        decision=decision,
    )
    return Placed(member, person, from_seq, method, replaced_by)
