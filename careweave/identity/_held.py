"""What the store holds of the records that came, and of the persons they may be."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Row, Session
from careweave.identity._member import Barrier, Group, Member, Pair
from careweave.identity._norm import Norm
from careweave.identity._pack import unpack
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Held:
    """A local identity as the store has it: its person, None while it belongs to nobody.

    `content_hash` is of its newest version; `walls` are those whose verified numbers differ.
    """

    subject: SubjectId
    state: str
    replaced_by: SubjectId | None
    is_provisional: bool
    version: int
    norm: Norm
    content_hash: bytes | None
    person: PersonId | None
    decision: int
    since: datetime | None
    method: str
    confidence: str
    walls: tuple[SubjectId, ...]


def held(session: Session, subjects: Collection[SubjectId]) -> dict[SubjectId, Held]:
    """Returns what is held of these local identities; one that never came is left out."""
    rows = session.rows(_QUERIES["held"], subjects=sorted(subjects))
    found = (_held(row) for row in rows)
    return {one.subject: one for one in found}


def _held(row: Row) -> Held:
    subject, state, replaced_by, is_provisional, version, norm, content, *rest = row
    person, decision, since, method, confidence, walls = rest
    return Held(
        subject=SubjectId(subject),
        state=state,
        replaced_by=replaced_by,
        is_provisional=is_provisional,
        version=version,
        norm=unpack(norm),
        content_hash=content,
        person=person,
        decision=decision or 0,
        since=since,
        method=method or "",
        confidence=confidence or "",
        walls=tuple(SubjectId(wall) for wall in walls),
    )


@dataclass(frozen=True, slots=True)
class People:
    """Persons with all their members, and the barriers between any of them."""

    groups: tuple[Group, ...]
    barriers: dict[Pair, tuple[Barrier, ...]]


def people(session: Session, subjects: Iterable[SubjectId]) -> People:
    """Returns the persons of these subjects, whole, in the order of their events."""
    rows = session.rows(_QUERIES["people"], subjects=sorted(set(subjects)))
    members: dict[PersonId, list[Member]] = {}
    created: dict[PersonId, int] = {}
    barriers: dict[Pair, tuple[Barrier, ...]] = {}
    for person, created_seq, *rest in rows:
        created[person] = created_seq
        member = _member(tuple(rest[:9]))
        members.setdefault(person, []).append(member)
        for other, kind, basis in zip(*rest[9:], strict=True):
            place = (member.subject, SubjectId(other))
            barriers[place] = (*barriers.get(place, ()), Barrier(kind, basis))
    groups = [Group(one, created[one], tuple(members[one])) for one in members]
    return People(tuple(groups), barriers)


def _member(row: Row) -> Member:
    subject, authority, source, norm, seen_at, alive_at, state, is_provisional, version = row
    return Member(
        subject,
        authority,
        source,
        unpack(norm),
        seen_at,
        alive_at,
        state,
        is_provisional,
        version=version,
    )
