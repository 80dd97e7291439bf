"""Who belonged to whom, now and at any event; what was decided; who was shown with whom.

Source: reference/identity.md sections 2, 3 and 11.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.identity._scene import unknown
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Belonging:
    """A local identity in a person: by which decision, how far it may be trusted, how it was made.

    `confidence` is verified, demographic, human or provisional.
    """

    subject: SubjectId
    person: PersonId
    decision: int
    confidence: str
    method: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """One decision of an event, in words; no demographics."""

    decision: int
    subject: SubjectId
    person: PersonId
    verdict: str
    method: str
    reason: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One event in the history of a person, with what it decided of it."""

    seq: int
    at: datetime
    kind: str
    actor: str
    cause: str
    group: UUID
    inverse_of: UUID | None
    rulings: tuple[Ruled, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """When a record was shown with those of another: from the one event until the other.

    `person` is whom it belonged to wrongly, `decision` by which; what bears a sequence number from
    `from_seq` on and below `until_seq` may have shown it.
    """

    subject: SubjectId
    person: PersonId
    decision: int
    from_seq: int
    from_at: datetime
    until_seq: int
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """One membership as the decisions make it."""

    subject: SubjectId
    person: PersonId
    from_seq: int
    until_seq: int | None
    decision: int


def person_of(
    session: Session, authority: str, local_id: str, *, at_seq: int | None = None
) -> Belonging | None:
    """Returns the person of a local identity, now or as it was at an event; None for nobody."""
    row = session.row(_QUERIES["history_place"], authority=authority, local_id=local_id, seq=at_seq)
    return None if row is None else Belonging(*row)


def current(session: Session, person: PersonId, *, at_seq: int | None = None) -> PersonId:
    """Returns the person that answers for an id, itself where it was not given up."""
    return _roots(session, (person,), at_seq)


def members(
    session: Session, person: PersonId, *, at_seq: int | None = None
) -> tuple[Belonging, ...]:
    """Returns who belongs to the person that answers for an id, now or at an event."""
    root = current(session, person, at_seq=at_seq)
    rows = session.rows(_QUERIES["history_members"], persons=[root], seq=at_seq)
    return tuple(Belonging(*row) for row in rows)


def confidence(session: Session, person: PersonId, subject: SubjectId) -> str:
    """Returns how far the link of a local identity to a person may be trusted."""
    found = {one.subject: one.confidence for one in members(session, person)}
    if subject not in found:
        raise unknown()
    return found[subject]


def history(session: Session, person: PersonId) -> tuple[Happened, ...]:
    """Returns all that was decided about a person and the ids that it answers for, in order."""
    rows = session.rows(_QUERIES["history_events"], person=person)
    events: dict[int, Happened] = {}
    for row in rows:
        before = events.get(row[0])
        rulings = (*(before.rulings if before else ()), Ruled(*row[7:]))
        seq, at, kind, actor, cause, group, inverse_of = row[:7]
        events[seq] = Happened(seq, at, kind, actor, cause, group, inverse_of, rulings)
    return tuple(events.values())


def misattributed(session: Session, group_id: UUID) -> tuple[Interval, ...]:
    """Returns when each record that a group took out was with those that it was taken from.

    Nothing where the group took nobody out of anything, as a join does.
    """
    rows = session.rows(_QUERIES["misattributed"], group_id=group_id)
    return tuple(Interval(*row) for row in rows)


def rebuilt_membership(session: Session) -> tuple[Membership, ...]:
    """Returns the memberships as the decisions alone make them, replayed in order."""
    return tuple(Membership(*row) for row in session.rows(_QUERIES["projection_rebuilt"]))


def check_projection(session: Session) -> int:
    """Returns how many memberships differ from what the decisions make of them: 0 when all is well."""
    row = session.row(_QUERIES["projection_faults"])
    return int(row[0]) if row else 0


def decision_of(session: Session, subject: SubjectId) -> int:
    """Returns the decision by which a local identity belongs to its person."""
    row = session.row(_QUERIES["history_of_subject"], subject=subject)
    if row is None:
        raise unknown()
    return int(row[0])


def row_of_decision(session: Session, decision: int) -> Row:
    """Returns the row of one decision with its event; NotFound when there is none."""
    row = session.row(_QUERIES["history_decision"], decision=decision)
    if row is None:
        raise unknown()
    return row


def _roots(session: Session, persons: Collection[PersonId], at_seq: int | None) -> PersonId:
    rows = session.rows(_QUERIES["history_roots"], persons=sorted(persons), seq=at_seq)
    if not rows:
        raise unknown()
    return PersonId(rows[0][1])
