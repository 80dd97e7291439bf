"""What the room answers: who a record belongs to, what changed, who it might be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from careweave.terms import Json, PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the clock of the room, for the ledger: `digest` is of its canonical bytes."""

    seq: int
    kind: str
    group: UUID
    digest: bytes
    subjects: tuple[SubjectId, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the membership of one subject; `person` None when it is nobody's any more.

    `decision` opened the membership (0 where there is none), at `since`. `is_frozen` is how the
    local identity stands now: a change is also told when nothing else changed than that.
    """

    subject: SubjectId
    person: PersonId | None
    decision: int
    since: datetime
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What resolving one record came to.

    `verdict` is `linked`, `new`, `kept` (known before, stays), `unchanged` (nothing new was said),
    `frozen`, `sealed`. `review` are the kinds of what was put before a human.
    """

    subject: SubjectId
    person: PersonId
    verdict: str
    confidence: str
    method: str
    decision: int
    review: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()


class Grade(StrEnum):
    """How sure a match is. Source: HL7 value set match-grade; reference/identity.md section 16."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A person that what was asked may be about. `best` is the subject that agrees most."""

    person: PersonId
    subjects: tuple[SubjectId, ...]
    best: SubjectId
    weight: float
    lead: float
    probability: float
    grade: Grade
    explanation: Mapping[str, Json]
