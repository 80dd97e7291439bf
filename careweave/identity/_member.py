"""A local identity and a person as they are judged: values read from the store, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from careweave.identity._norm import Norm
from careweave.terms import PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Member:
    """One local identity: what is known of it in all periods, and how it stands.

    `deduplicates` is what the region says of its source. `version` is the newest that was judged.
    `is_doubted`: a human is asked whether its number is another's.
    """

    subject: SubjectId
    authority: str
    source: str
    norm: Norm
    seen_at: datetime
    alive_at: datetime | None = None
    state: str = "live"
    is_provisional: bool = False
    deduplicates: bool = False
    version: int = 1
    decision: int = 0
    is_doubted: bool = False

    @property
    def is_live(self) -> bool:
        """Says that its source uses it: retired ones only tell who somebody was."""
        return self.state in {"live", "frozen"}


@dataclass(frozen=True, slots=True)
class Group:
    """A person with all its members; `created_seq` says which of two persons is older."""

    person: PersonId
    created_seq: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Barrier:
    """What keeps two subjects apart; `basis` is the evidence that a human judged."""

    kind: str
    basis: bytes | None = None


Pair = tuple[SubjectId, SubjectId]
"""Two subjects, the smaller number first."""

Barriers = Mapping[Pair, tuple[Barrier, ...]]
"""The barriers that stand, by pair."""


def pair(left: SubjectId, right: SubjectId) -> Pair:
    """Returns both, the smaller number first."""
    return (left, right) if left < right else (right, left)
