"""How many rows a condition would bring if it drove the search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.record._nodes import (
    AllOf,
    AnyOf,
    ByIds,
    Chain,
    Has,
    HasDate,
    HasKeys,
    HasText,
    OfSubjects,
    Predicate,
    Prefix,
)

ROWS_PER_SUBJECT = 200
"""What a subject counts for unless known. Source: `reference/store.md` 4.4."""

_TYPED_ROWS_PER_SUBJECT = 20
_UNKNOWN_KEY = 1_000
_UNKNOWN_CODE = 2_000
_RARE_KEY = 50
_TEXT_ROWS = 500
_EXACT_TEXT_ROWS = 100
_DATED_ROWS = 1_000
_NARROW = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How often the frequent keys occur; a key that is not in it is rare once it was counted."""

    counts: Mapping[int, int]
    at: datetime

    def rows(self, keys: Sequence[int], *, unknown: int) -> int:
        """Returns the number of rows expected for any of these keys."""
        other = _RARE_KEY if self.counts else unknown
        return sum(self.counts.get(key, other) for key in keys)


def is_narrow(node: HasDate) -> bool:
    """Says whether an indexed date can drive: every moment is a range of at most a month."""
    return node.key is not None and all(
        moment.prefix is Prefix.EQ and moment.high - moment.low <= _NARROW
        for moment in node.moments
    )


def estimate(node: Predicate, counts: KeyCounts) -> int | None:
    """Returns how many rows the condition brings when it drives; None: it can only filter."""
    rows: int | None
    match node:
        case ByIds():
            rows = len(node.ids)
        case OfSubjects():
            rows = ROWS_PER_SUBJECT * len(node.ids)
        case HasKeys():
            rows = _of_keys(node, counts)
        case HasText():
            rows = _of_text(node)
        case HasDate():
            rows = _DATED_ROWS * len(node.moments) if is_narrow(node) else None
        case _:
            rows = _of_group(node, counts)
    return rows


def _of_keys(node: HasKeys, counts: KeyCounts) -> int | None:
    if node.negated or not (node.main or node.posted):
        return None
    return counts.rows(node.keys, unknown=_UNKNOWN_CODE if node.main else _UNKNOWN_KEY)


def _of_text(node: HasText) -> int | None:
    if any(span.part is not None for span in node.spans):
        return None
    return sum(_TEXT_ROWS if span.high is not None else _EXACT_TEXT_ROWS for span in node.spans)


def _of_group(node: Predicate, counts: KeyCounts) -> int | None:
    match node:
        case AllOf():
            return choose(node.nodes, counts)[1]
        case AnyOf():
            each = [estimate(inner, counts) for inner in node.nodes]
            return None if None in each else sum(rows for rows in each if rows is not None)
        case Chain(by_subject=True):
            inner = choose(parts_of(node.inner), counts)[1]
            return None if inner is None else inner * _TYPED_ROWS_PER_SUBJECT
        case Has(by_subject=True):
            return choose(parts_of(node.inner), counts)[1]
        case _:
            return None


def parts_of(node: Predicate) -> tuple[Predicate, ...]:
    """Returns the conditions that must all hold for this one to hold."""
    if isinstance(node, AllOf):
        return tuple(part for inner in node.nodes for part in parts_of(inner))
    return (node,)


def choose(nodes: Sequence[Predicate], counts: KeyCounts) -> tuple[int | None, int | None]:
    """Returns the place of the condition that brings fewest rows, and how many; None if none."""
    best: tuple[int | None, int | None] = (None, None)
    for place, node in enumerate(nodes):
        rows = estimate(node, counts)
        if rows is not None and (best[1] is None or rows < best[1]):
            best = (place, rows)
    return best
