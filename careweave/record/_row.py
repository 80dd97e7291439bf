"""One version of one entry as it is read."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from careweave.db import Row as Columns
from careweave.record._changes import Op
from careweave.record._dictionaries import heading_of, labels_of
from careweave.record._types import type_of
from careweave.terms import Heading, Label, PersonId, SourceId, SubjectId

ROW_COLUMNS = 15
"""How many columns of an answer make a `Row`."""


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
    """Returns the row of the columns that every reading statement gives first."""
    rt, id_, version, updated, subject, source, heading, gone, body, cut, meta, op = columns[:12]
    via, whose, bits = columns[12:ROW_COLUMNS]
    person, decision = _whose(whose)
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
        via,
        person,
        decision,
        labels_of(bits),
    )


@lru_cache(maxsize=4096)
def _whose(whose: bytes | None) -> tuple[PersonId | None, int | None]:
    """Returns the person and the decision that made the link, which come as one look-up."""
    if whose is None:
        return None, None
    return PersonId(UUID(bytes=whose[:16])), int.from_bytes(whose[16:], signed=True)
