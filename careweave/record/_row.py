"""One version of one entry as it is read."""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from careweave.db import Row as Columns
from careweave.record._changes import Op
from careweave.record._dictionaries import heading_of, labels_of
from careweave.record._types import type_of
from careweave.terms import Branch, Heading, Label, PersonId, Sight, SourceId, SubjectId

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


def _whose(whose: bytes | None) -> tuple[PersonId | None, int | None]:
    """Returns the person and the decision that made the link, which come as one look-up."""
    if whose is None:
        return None, None
    return PersonId(UUID(bytes=whose[:16])), int.from_bytes(whose[16:], signed=True)


def scope(sight: Sight, *question: object) -> str:
    """Returns a text for the seal of a page: the question, and what its asker may see."""
    return "\x1f".join((_who(sight), *map(repr, question)))


def _who(sight: Sight) -> str:
    """Returns everything that narrows a sight but the moment, which moves from page to page."""
    asker = (sight.version, sorted(sight.known_as), sight.user, sight.purpose)
    return _digest(sight.branches, repr(asker))


@lru_cache(maxsize=256)
def _digest(branches: tuple[Branch, ...], asker: str) -> str:
    told = [
        repr([(one.name, _ordered(getattr(branch, one.name))) for one in fields(Branch)])
        for branch in branches
    ]
    return hashlib.sha256("\x1f".join((asker, *told)).encode()).hexdigest()


def _ordered(value: object) -> object:
    """Returns the same value for the same set, in whatever order it happens to lie."""
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value
