"""Who is whose: the map of subjects to persons, as identity decides it, and the facts of a subject.

The way in copies each change of membership here in the transaction that decides it, so that a person
is read without asking identity. Source: `reference/store.md` section 3.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from careweave.db import Queries, Session
from careweave.record._dictionaries import number_of
from careweave.record._types import rt_of
from careweave.terms import Heading, PersonId, SubjectId

_QUERIES = Queries("careweave.record")
_PATIENT = "Patient"
_VISITS = ("Appointment", "Encounter", "EpisodeOfCare")


@dataclass(frozen=True, slots=True)
class Link:
    """To whom a subject belongs from now on; `person` None: to nobody.

    `decision` is that of identity. While `is_frozen`, what a source says of the subject is kept and
    not shared. Source: `reference/identity.md` section 6, step 2.
    """

    subject: SubjectId
    person: PersonId | None
    decision: int
    since: datetime
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One subject of a person, by the decision that put it there; `local_id` is its Patient id."""

    subject: SubjectId
    person: PersonId
    authority: str
    local_id: str
    decision: int
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class Stake:
    """What is held of a subject: entries of the headings asked for, a visit, anything lately."""

    has_heading: bool
    has_visit: bool
    is_active: bool


class Fact(IntEnum):
    """Facts of a subject that mask or oblige when a disclosure is decided.

    Never renumbered: rows carry the number. Source: `reference/record.md` section 6, S11 and S12.
    """

    PROTECTED_ADDRESS = 1
    WATCHED = 2


def link(session: Session, links: Sequence[Link], *, at: datetime) -> None:
    """Writes to whom subjects belong, in a statement that travels with the next one or the commit.

    All subjects of the persons that lose or gain one are told to those who act on changes, by
    outbox rows of op L. Where a subject stands twice, the last one counts.
    """
    last = {one.subject: one for one in links}
    ordered = [last[subject] for subject in sorted(last)]
    if not ordered:
        return
    joined = [one for one in ordered if one.person is not None]
    session.defer(
        _QUERIES["links_set"],
        subject=[one.subject for one in ordered],
        frozen=[one.is_frozen for one in ordered],
        linked=[one.subject for one in joined],
        person=[one.person for one in joined],
        since=[one.since for one in joined],
        decision=[one.decision for one in joined],
        at=at,
    )


def members(session: Session, *persons: PersonId) -> tuple[Member, ...]:
    """Returns the subjects of these persons, frozen ones too, in the order of their numbers."""
    rows = session.rows(_QUERIES["members"], persons=sorted(persons))
    return tuple(Member(*row) for row in rows)


def persons_of(session: Session, subjects: Collection[SubjectId]) -> Mapping[SubjectId, Member]:
    """Returns to whom these subjects belong; those without a person are left out."""
    rows = session.rows(_QUERIES["persons_of"], subjects=sorted(subjects))
    return {row[0]: Member(*row) for row in rows}


def stakes(
    session: Session,
    subjects: Collection[SubjectId],
    *,
    headings: Collection[Heading],
    visit_since: datetime,
    active_since: datetime,
) -> Mapping[SubjectId, Stake]:
    """Returns what is held of each subject, for how dangerous a wrong link would be; no content."""
    rows = session.rows(
        _QUERIES["stakes"],
        subjects=sorted(subjects),
        headings=sorted(map(number_of, headings)),
        visits=sorted(map(rt_of, _VISITS)),
        visit_since=visit_since,
        active_since=active_since,
    )
    return {row[0]: Stake(*row[1:]) for row in rows}


def note_facts(session: Session, fact: Fact, stated: Mapping[str, bool], *, at: datetime) -> None:
    """Keeps whether these Patient entries state a fact, by public id; travels with the commit.

    A fact that is no longer stated ends; it is never forgotten that it was so.
    """
    if stated:
        session.defer(
            _QUERIES["facts_note"],
            rt=rt_of(_PATIENT),
            ids=list(stated),
            stated=list(stated.values()),
            kind=int(fact),
            at=at,
        )


def with_fact(
    session: Session, fact: Fact, subjects: Collection[SubjectId], *, at: datetime
) -> frozenset[SubjectId]:
    """Returns those of these subjects of which a fact holds, by any subject of the same person."""
    rows = session.rows(_QUERIES["facts_of"], kind=int(fact), subjects=sorted(subjects), at=at)
    return frozenset(SubjectId(row[0]) for row in rows)


def links_sum(session: Session) -> tuple[int, str]:
    """Returns how many subjects belong to somebody, and a sum over who to whom."""
    row = session.row(_QUERIES["links_sum"])
    return (0, "0") if row is None else (row[0], row[1])
