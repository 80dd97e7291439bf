"""What is asked of the store, what it holds, and what it did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from careweave.formats import Resource
from careweave.record._prepared import Prepared
from careweave.terms import Heading, Label, SourceId, SubjectId

Op = Literal["C", "U", "D"]
"""Create, update (also of a deleted entry), delete."""


@dataclass(frozen=True, slots=True)
class Held:
    """The current state of one entry of the writer's own sources; `gone` when it was deleted."""

    type: str
    id: str
    rid: int
    subject: SubjectId
    version: int
    source: SourceId
    heading: Heading | None
    labels: frozenset[Label]
    digest: bytes
    gone: bool
    cut: tuple[int, ...]
    body: bytes | None
    updated: datetime
    tok: tuple[int, ...]
    meta: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One entry to be created, updated or deleted.

    `resource` and `prepared` are there unless it is deleted. `held` is what `held(lock=True)` gave,
    None for a create; an update or delete keeps its subject, a delete its source, heading and labels
    too. An update may bring the entry to another source of the same organisation: the feed that
    tells of it now. `extras` are the further subjects. `tags` is the meta fragment that is given back
    with the entry: profiles, security, heading and label codes.
    """

    op: Op
    type: str
    id: str
    resource: Resource | None
    prepared: Prepared | None
    source: SourceId
    subject: SubjectId
    heading: Heading | None
    labels: frozenset[Label] = frozenset()
    extras: tuple[SubjectId, ...] = ()
    tags: bytes = b""
    held: Held | None = None
    event_at: datetime | None = None
    received_at: datetime | None = None

    @property
    def is_same(self) -> bool:
        """Tells whether the entry is held in exactly this form, so that nothing is to be written."""
        held = self.held
        if held is None or held.gone or self.prepared is None:
            return held is not None and held.gone and self.op == "D"
        return (held.source, held.digest, held.heading, held.labels, held.meta) == (
            self.source,
            self.prepared.digest,
            self.heading,
            self.labels,
            self.tags,
        )


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of one change; `changed` is false when the entry was the same already."""

    type: str
    id: str
    version: int
    updated: datetime
    subject: SubjectId
    source: SourceId
    heading: Heading | None
    changed: bool
