"""One version of one entry as it is read."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from careweave.db import Row as Columns
from careweave.record._changes import Op
from careweave.record._dictionaries import heading_of
from careweave.record._types import type_of
from careweave.terms import Heading, Label, PersonId, Sight, SourceId, SubjectId


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one entry: `gone` has no body; `op` is how the version came to be.

    `cut` are the byte spans of id and meta in `body`; `meta` is the rest of meta without braces.
    `via` is the number of the first branch of the sight that lets it out; `person` is whose it is,
    where somebody's, by the decision `link`; `labels` are those that the entry carries now.
    """

    type: str
    id: str
    version: int
    updated: datetime
    subject: SubjectId
    source: SourceId
    heading: Heading | None
    gone: bool
    body: bytes | None
    cut: tuple[int, ...]
    meta: bytes
    op: Op
    via: int = 0
    person: PersonId | None = None
    link: int | None = None
    labels: frozenset[Label] = frozenset()


def row_of(columns: Columns) -> Row:
    """Returns the row of the first twelve columns that every reading statement gives."""
    rt, id_, version, updated, subject, source, heading, gone, body, cut, meta, op = columns[:12]
    return Row(
        type_of(rt),
        id_,
        version,
        updated,
        subject,
        source,
        heading_of(heading),
        gone,
        body,
        tuple(cut) if cut else (),
        meta or b"",
        op,
    )


def scope(sight: Sight, *question: object) -> str:
    """Returns a text for the seal of a page: the question, and what its asker may see."""
    return "\x1f".join((_who(sight), *map(repr, question)))


@lru_cache(maxsize=256)
def _who(sight: Sight) -> str:
    branches = [
        (sorted(branch.sources), sorted(map(str, branch.headings)), sorted(branch.labels))
        for branch in sight.branches
    ]
    return hashlib.sha256(repr(branches).encode()).hexdigest()
