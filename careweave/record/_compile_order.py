"""The order of rows, and where a page goes on in it.

Nulls come last in either direction. Ties are broken by `rid`, ascending under a descending first
key and the other way round, so that an index read backwards gives the opposite order. A page goes
on by explicit comparison with the last row's keys, never by OFFSET nor by comparing row values,
which lose rows where a key is null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from careweave.db import Piece, fill, join, numbered, piece
from careweave.record._compile_base import slot
from careweave.record._nodes import Place


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of the order; `key` is the slot of the index key for text, range and quantity."""

    place: Place
    descending: bool
    key: int | None = None


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: which last keys were null, and the slot of the first of them.

    The keys' slots follow each other, then that of the last `rid`, then that of the time of the
    first page.
    """

    nulls: tuple[bool, ...]
    at: int

    @property
    def rid(self) -> int:
        """Returns the slot of the last row's `rid`."""
        return self.at + len(self.nulls)

    @property
    def began(self) -> int:
        """Returns the slot of the time when the first page was read."""
        return self.at + len(self.nulls) + 1


_COLUMNS: dict[Place, LiteralString] = {
    Place.DATE: "{r}.dlo",
    Place.UPDATED: "{r}.upd",
    Place.ID: "{r}.id",
}

_INDEXED: dict[Place, LiteralString] = {
    Place.STRING: "(SELECT {m}(f.v) FROM record.idx_string AS f WHERE {w})",
    Place.RANGE: "(SELECT {m}(f.lo) FROM record.idx_date AS f WHERE {w})",
    Place.QUANTITY: "(SELECT {m}(f.lo) FROM record.idx_qty AS f WHERE {w})",
}


def value(key: OrderKey, row: Piece) -> Piece:
    """Returns what a row is ordered by: its least value, or its greatest when descending."""
    if key.key is None:
        return fill(_COLUMNS[key.place], r=row)
    return fill(
        _INDEXED[key.place],
        m=piece("max") if key.descending else piece("min"),
        w=fill(
            "f.subject = {r}.subject AND f.rid = {r}.rid AND f.key + 0 = {k}",
            r=row,
            k=slot(key.key),
        ),
    )


def column(number: int) -> Piece:
    """Returns the name of the column that holds one key of the order."""
    return numbered("k", number)


def is_backward(order: Sequence[OrderKey]) -> bool:
    """Says whether ties go by `rid` descending."""
    return bool(order) and not order[0].descending


def order_by(order: Sequence[OrderKey], row: Piece) -> Piece:
    """Returns the ORDER BY list over the key columns of `row`."""
    each = [
        fill(
            "{r}.{c} DESC NULLS LAST" if key.descending else "{r}.{c} ASC NULLS LAST",
            r=row,
            c=column(number),
        )
        for number, key in enumerate(order)
    ]
    each.append(fill("{r}.rid DESC" if is_backward(order) else "{r}.rid", r=row))
    return join(", ", each)


def goes_on(order: Sequence[OrderKey], after: After, row: Piece) -> Piece:
    """Returns the predicate of the rows that come after the last one of the page before."""
    rid: LiteralString = "{r}.rid < {v}" if is_backward(order) else "{r}.rid > {v}"
    beyond = fill(rid, r=row, v=slot(after.rid))
    for number in reversed(range(len(order))):
        beyond = _beyond(order[number], number, after, row, beyond)
    return beyond


def _beyond(key: OrderKey, number: int, after: After, row: Piece, then: Piece) -> Piece:
    at = fill("{r}.{c}", r=row, c=column(number))
    if after.nulls[number]:
        return fill("({k} IS NULL AND {t})", k=at, t=then)
    form: LiteralString = (
        "({k} < {v} OR {k} IS NULL OR ({k} = {v} AND {t}))"
        if key.descending
        else "({k} > {v} OR {k} IS NULL OR ({k} = {v} AND {t}))"
    )
    return fill(form, k=at, v=slot(after.at + number), t=then)
