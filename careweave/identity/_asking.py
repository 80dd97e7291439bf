"""What is put before people: asked once on the same evidence, and found again in order of danger.

Source: reference/identity.md section 14.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.identity._review_rules import review_rules
from careweave.identity._scene import unknown
from careweave.terms import Json, PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

CONTROL = "control"
"""An item whose answer is known, by which readers are measured."""

_SHOWN_AS = "candidate"


class _Told(TypedDict):
    """A candidate as the item keeps it."""

    person: str
    subjects: list[int]
    best: int
    w: float
    vetoes: list[str]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about a local identity, raised by an event.

    `candidates` are the persons that it may be, as `_explaining.persons_told` tells them; `basis`
    is the digest of the evidence; `value` the records that would come together, times the
    probability.
    """

    subject: SubjectId
    kind: str
    candidates: Sequence[Mapping[str, Json]]
    hazard: int
    value: float
    basis: bytes
    opened_seq: int
    at: datetime
    needs_two: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom the record may be: `vetoes` are the codes of what speaks against it."""

    person: PersonId
    subjects: tuple[SubjectId, ...]
    best: SubjectId
    weight: float
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class First:
    """What the first of two readers said; the second does not see it."""

    by: str
    verdict: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One question: `state` is open, claimed, second, asleep or closed."""

    number: int
    kind: str
    subject: SubjectId
    candidates: tuple[Candidate, ...]
    hazard: int
    value: float
    state: str
    needs_two: bool
    opened_at: datetime
    due_at: datetime | None
    claimed_by: str
    claimed_until: datetime | None
    closed_seq: int | None
    closed_at: datetime | None
    verdict: str = ""


def open_reviews(session: Session, asks: Sequence[Ask]) -> int:
    """Puts these before people and returns how many are new or asked anew.

    What is open, asleep or answered on the same evidence is not asked again.
    """
    if not asks:
        return 0
    rules = review_rules()
    rows = session.rows(
        _QUERIES["review_ask"],
        opened_seq=[ask.opened_seq for ask in asks],
        opened_at=[ask.at for ask in asks],
        kinds=[ask.kind for ask in asks],
        subjects=[ask.subject for ask in asks],
        candidates=[json.dumps([*ask.candidates], default=float) for ask in asks],
        hazards=[ask.hazard for ask in asks],
        worths=[ask.value for ask in asks],
        bases=[ask.basis for ask in asks],
        needs_two=[ask.needs_two for ask in asks],
        due_at=[rules.due_at(ask.hazard, ask.at) for ask in asks],
    )
    return len(rows)


def queue(session: Session, *, kind: str | None = None, most: int = 50) -> tuple[Item, ...]:
    """Returns what waits for a reader, the most dangerous first."""
    rows = session.rows(_QUERIES["review_queue"], kind=kind, most=most)
    return tuple(_shown(item_of(row)) for row in rows)


def review_item(session: Session, number: int) -> Item:
    """Returns one item, without what a first reader said of it."""
    return _shown(item_of(row_of(session, number)))


def row_of(session: Session, number: int) -> Row:
    """Returns the row of an item; NotFound when there is none."""
    row = session.row(_QUERIES["review_item"], review=number)
    if row is None:
        raise unknown()
    return row


def item_of(row: Row) -> Item:
    """Returns an item from its row."""
    (number, kind, subject, told, hazard, value, state, needs_two, *rest) = row
    opened_at, due_at, claimed_by, claimed_until, _first, verdict, closed_seq, closed_at = rest
    return Item(
        number,
        kind,
        SubjectId(subject),
        tuple(_candidate(one) for one in told),
        hazard,
        value,
        state,
        needs_two,
        opened_at,
        due_at,
        claimed_by or "",
        claimed_until,
        closed_seq,
        closed_at,
        verdict or "",
    )


def first_of(row: Row) -> First | None:
    """Returns what the first reader said, None where nobody has read it."""
    told = row[12]
    return None if told is None else First(told["by"], told["verdict"], told.get("person", ""))


def _shown(item: Item) -> Item:
    """Returns the item as readers see it: a control looks like any other."""
    return replace(item, kind=_SHOWN_AS) if item.kind == CONTROL else item


def _candidate(told: _Told) -> Candidate:
    return Candidate(
        PersonId(UUID(told["person"])),
        tuple(SubjectId(subject) for subject in told["subjects"]),
        SubjectId(told["best"]),
        told["w"],
        tuple(told["vetoes"]),
    )
