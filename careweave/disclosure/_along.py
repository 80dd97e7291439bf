"""What may come along with a page: what the page, as it is shown, is joined with. Pure.

The record brings what entries refer to by what is written in them; where an element is kept back, the
other end of it would tell what it said. Source: `reference/attacks.md` 6 and 11.
"""

import re
from collections.abc import Sequence

from careweave.record import Row

Ref = tuple[str, str]

_REFERENCE = re.compile(
    rb'"reference"\s*:\s*"(?:[^"]*/)?([A-Z][A-Za-z]{1,39})/([A-Za-z0-9.\-]{1,64})["/]'
)
"""Bodies were parsed when they came in: quotes inside a text are escaped."""


def along(rows: Sequence[Row], came: Sequence[Row]) -> tuple[Row, ...]:
    """Returns those of what came along that the rows, as they are shown, are joined with."""
    reached = {_name(row) for row in rows}
    pointed = {ref for row in rows for ref in _named(row)}
    left = list(came)
    kept: set[Ref] = set()
    while joined := [row for row in left if _name(row) in pointed or _named(row) & reached]:
        for row in joined:
            kept.add(_name(row))
            pointed |= _named(row)
        reached |= kept
        left = [row for row in left if _name(row) not in kept]
    return tuple(row for row in came if _name(row) in kept)


def of_the_same(rows: Sequence[Row], came: Sequence[Row]) -> tuple[Row, ...]:
    """Returns those of what came along that are about whom the rows are about, or about nobody.

    Who may look at one person gets no list of others by whoever has written of them too.
    Source: `reference/agreements.md` 1.3: no action implies another.
    """
    subjects = {row.subject for row in rows}
    persons = {row.person for row in rows if row.person is not None}
    return tuple(
        row
        for row in came
        if row.subject in subjects
        or row.person in persons
        or (row.person is None and row.heading is None)
    )


def _name(row: Row) -> Ref:
    return row.type, row.id


def _named(row: Row) -> set[Ref]:
    return {(kind.decode(), id_.decode()) for kind, id_ in _REFERENCE.findall(row.body or b"")}
