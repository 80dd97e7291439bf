"""What is asked of the room: demographics that came, and by what means they are judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from careweave.db import Session
from careweave.identity._demographics import Demographics
from careweave.identity._limits import Limits, limits
from careweave.identity._model import Model
from careweave.identity._rules import Rules
from careweave.terms import PersonId, SubjectId

Hazards = Callable[[Session, Sequence[SubjectId]], Mapping[SubjectId, int]]
"""Tells how dangerous a wrong link of each of these would be, 1 to 5, from what is held of them."""

PersonMaker = Callable[[], PersonId]
"""Makes a random id that was never given."""


class NumberTrust(StrEnum):
    """Which national numbers of a source count as verified.

    `verified`: all of them, because the source checks each against the national register.
    `stated`: those that the source says are verified. `unverified`: none, whatever it says.
    """

    VERIFIED = "verified"
    STATED = "stated"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """What a region declares of a source as a teller of who is who.

    `deduplicates`: two live records of it are two people unless a human says otherwise. `links`:
    its records may be linked to persons; without, each stays alone. `rank`: 0 is shown first.
    """

    numbers: NumberTrust = NumberTrust.STATED
    deduplicates: bool = False
    links: bool = True
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One version of a patient record that has come and is to be resolved.

    `authority` and `local_id` name the record, `entry_version` its version, `cause` the message or
    request that brought it. `at` is when it came; `alive_at` when what brought it saw the person
    alive, None where it does not tell (an import, a change of address).
    """

    subject: SubjectId
    source: str
    authority: str
    local_id: str
    entry_version: int
    demographics: Demographics
    at: datetime
    cause: str
    policy: SourcePolicy = field(default_factory=SourcePolicy)
    alive_at: datetime | None = None


def no_hazards(_session: Session, _subjects: Sequence[SubjectId]) -> Mapping[SubjectId, int]:
    """Returns no hazard for anybody: for those who hold nothing but demographics."""
    return {}


@dataclass(frozen=True, slots=True)
class Means:
    """With what is judged: the model in force, the rules of normalisation, who makes person ids.

    `hazards` is asked once, and only when something is to be put before a human.
    """

    model: Model
    rules: Rules
    new_person: PersonMaker
    hazards: Hazards = no_hazards
    limits: Limits = field(default_factory=limits)
