"""What the store holds of the records that came, and of the persons they may be."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Row, Session
from careweave.identity._incoming import Incoming
from careweave.identity._member import Barrier, Group, Member, Pair
from careweave.identity._norm import Norm
from careweave.identity._pack import unpack
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Held:
    """A local identity as the store has it: its person, None while it belongs to nobody.

    `content_hash` is of its newest version; `walls` are those whose verified numbers differ.
    `is_single`: the machine made its person of it, nobody else ever was that person, and neither a
    human nor an alarm has spoken of it.
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
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is held of records that came: those known before, and those that sources link."""

    known: dict[SubjectId, Held]
    linked: frozenset[SubjectId]


def held(session: Session, subjects: Collection[SubjectId]) -> dict[SubjectId, Held]:
    """Returns what is held of these local identities; one that never came is left out."""
    nobody = [""] * len(subjects)
    return _arrived(session, sorted(subjects), nobody, nobody).known


def arrived(session: Session, records: Sequence[Incoming]) -> Arrived:
    """Returns what is held of records that came, and which of them a source links to others."""
    return _arrived(
        session,
        [one.subject for one in records],
        [one.authority for one in records],
        [one.local_id for one in records],
    )


def _arrived(
    session: Session,
    subjects: Sequence[SubjectId],
    authorities: Sequence[str],
    local_ids: Sequence[str],
) -> Arrived:
    rows = session.rows(
        _QUERIES["held"], subjects=subjects, authorities=authorities, local_ids=local_ids
    )
    known = {row[0]: _held(tuple(row[:-1])) for row in rows if row[1] is not None}
    return Arrived(known, frozenset(row[0] for row in rows if row[-1]))


def _held(row: Row) -> Held:
    subject, state, replaced_by, is_provisional, version, norm, content, *rest = row
    person, decision, since, method, confidence, walls, is_single = rest
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
        is_single=is_single,
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
        member = _member(tuple(rest[:10]))
        members.setdefault(person, []).append(member)
        for other, kind, basis in zip(*rest[10:], strict=True):
            place = (member.subject, SubjectId(other))
            barriers[place] = (*barriers.get(place, ()), Barrier(kind, basis))
    groups = [Group(one, created[one], tuple(members[one])) for one in members]
    return People(tuple(groups), barriers)


def _member(row: Row) -> Member:
    subject, authority, source, norm, seen_at, alive_at, state, is_provisional, *rest = row
    version, is_doubted = rest
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
        is_doubted=is_doubted,
    )
