"""One version of one entry as it is read."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from careweave.record._changes import Op
from careweave.record._dictionaries import heading_of
from careweave.record._types import type_of
from careweave.terms import Heading, Sight, SourceId, SubjectId


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one entry: `gone` has no body; `op` is how the version came to be.

    `cut` are the byte spans of id and meta in `body`; `meta` is the rest of meta without braces.
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


def row_of(columns: tuple[object, ...]) -> Row:
    """Returns the row of the first twelve columns that every reading statement gives."""
    number, id_, version, updated, subject, source, heading, gone, body, cut, meta, op = columns[
        :12
    ]
    return Row(
        type_of(cast(int, number)),
        cast(str, id_),
        cast(int, version),
        cast(datetime, updated),
        cast(SubjectId, subject),
        cast(SourceId, source),
        heading_of(cast(int, heading)),
        cast(bool, gone),
        cast("bytes | None", body),
        tuple(cast("list[int]", cut) or ()),
        cast(bytes, meta) or b"",
        cast(Op, op),
    )


def scope(sight: Sight, *question: object) -> str:
    """Returns a text for the seal of a page: the question, and what its asker may see."""
    parts = [repr(part) for part in question]
    for branch in sight.branches:
        parts.append(repr(sorted(branch.sources)))
        parts.append(repr(sorted(heading or "" for heading in branch.headings)))
        parts.append(repr(sorted(branch.barred)))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
