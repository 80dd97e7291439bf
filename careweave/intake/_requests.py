"""What a door asks of the way in, and what it gets back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careweave.db import Session
from careweave.formats import BundleEntry, Resource
from careweave.record import Search
from careweave.terms import (
    Actor,
    CareweaveError,
    Issue,
    Json,
    Sight,
    SourceId,
    SubjectId,
)


class Interaction(StrEnum):
    """What is to be done. Source: FHIR R4 4.0.1, http.html."""

    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"


Condition = tuple[tuple[str, str], ...]
"""The criteria of a conditional operation, as pairs of parameter and value."""


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One write.

    `condition` holds the pairs of If-None-Exist for a create, of the query for the others; then
    `id` is None. `patch` is a JSON Patch (a list), a JSON Merge Patch (an object), or the
    Parameters resource of a FHIRPath Patch. `where` is the place of the request in its bundle.
    """

    interaction: Interaction
    type: str
    id: str | None = None
    resource: Resource | None = None
    patch: Json | Resource = None
    if_match: int | None = None
    condition: Condition | None = None
    idempotency_key: str | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """Who writes, what they may see, by which door, when.

    `sight` comes from `disclosure.sight`; intake never makes one. `at` is aware, in UTC. `family`
    are the sources that share the authority of the writer's: feeds that speak of the same entries.
    `asks` says under which sight a condition is tried, where what is seen may be masked: who could
    ask by what is masked would learn it. So would who could patch it: `whole` is what is shown
    with nothing taken out, `sight` where nothing ever is.
    """

    actor: Actor
    sight: Sight
    door: str
    request_id: str
    at: datetime
    family: frozenset[SourceId] = frozenset()
    asks: Callable[[Session, Search], Sight] | None = None
    whole: Sight | None = None

    @property
    def sources(self) -> frozenset[SourceId]:
        """Returns the sources that the writer writes for."""
        return self.family | {self.actor.source}


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write.

    `status` is 200, 201 or 204. `body`, `cut` and `meta` are for `formats.splice`; `body` None means
    that there is nothing to show (deleted), or that an entry was found that `disclosure` may show.
    `issues` are the warnings.
    """

    status: int
    type: str
    id: str
    version: int
    updated: datetime
    subject: SubjectId | None
    changed: bool
    body: bytes | None = None
    cut: tuple[int, ...] = ()
    meta: bytes = b""
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry of a bundle.

    One of: `written`, `body` (JSON of an answer to GET, with its `status`), or `error`.
    """

    status: int
    written: Written | None = None
    body: bytes | None = None
    error: CareweaveError | None = None
    version: int | None = None
    updated: datetime | None = None
    type: str | None = None
    id: str | None = None


Reads = Callable[[Session, BundleEntry], Outcome]
"""Answers a GET entry inside the transaction of its bundle; made by the door of `disclosure`."""
