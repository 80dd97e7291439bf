"""What branches ask of a few people, asked once: ties, cohorts and the like, for all their entries.

For statements about one person with thousands of entries: what depends on the person alone is the
same for each of them. Nothing is decided here; each statement still tests every row.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from careweave.db import Piece, Queries, Query, Row, Session, fill, join, piece, reworded
from careweave.record._compile_policy import Shape, of_subject
from careweave.record._compile_policy_pieces import kin, rules_columns
from careweave.record._policy import seen, shape_of_sight
from careweave.record._policy_rules import flags_of
from careweave.terms import Branch, Sight, SubjectId

_QUERIES = Queries("careweave.record")
_EVERY = "(SELECT 0 AS b) AS zr"
_LETS = "w.subject IS NOT NULL"
_CHOSEN = "FALSE AS chosen"
_MOST = 512


@dataclass(frozen=True, slots=True)
class Known:
    """Which branches let through what is about which of these subjects, as statements take it."""

    values: Mapping[str, object]


NOTHING: Mapping[str, object] = {}


def as_known(known: Known | None) -> tuple[Mapping[str, object], Shape]:
    """Returns the values that a statement takes besides, and how its predicate is written."""
    return (NOTHING, Shape.PLAIN) if known is None else (known.values, Shape.KNOWN)


def know(session: Session, subjects: Collection[SubjectId], sight: Sight) -> Known | None:
    """Returns what the branches of a sight ask of these subjects; None where they ask nothing.

    It holds for one session with one snapshot, and for other sights that begin with these branches.
    """
    shape = shape_of_sight(session, sight)
    if shape is Shape.PLAIN or not subjects:
        return None
    alike = _alike_of(session, sight.branches)
    query = _query(shape & ~(Shape.RANKED | Shape.CHOICES))
    values = {"subjects": sorted(subjects), "which": sorted(set(alike))}
    rows = seen(session, sight, query, values)
    return Known(_values(sorted(subjects), rows, alike))


def _values(
    subjects: Sequence[SubjectId], rows: Sequence[Row], alike: Sequence[int]
) -> Mapping[str, object]:
    passing = {(subject, b) for subject, b, _, _ in rows}
    width = len(alike)
    bits = bytearray((len(subjects) * width + 7) // 8)
    for place, subject in enumerate(subjects):
        for b, like in enumerate(alike):
            if (subject, like) in passing:
                at = place * width + b
                bits[at >> 3] |= 1 << (at & 7)
    is_chosen = any(chosen for _, _, chosen, _ in rows)
    return {
        "s_known": list(subjects),
        "s_pass": bytes(bits),
        "s_width": width,
        "s_chosen": is_chosen,
    }


class _Alike:
    """For branches asked with lately: the first branch that asks the same of a person."""

    def __init__(self) -> None:
        self.made: OrderedDict[int, tuple[tuple[Branch, ...], tuple[int, ...]]] = OrderedDict()


def _alike_of(session: Session, branches: tuple[Branch, ...]) -> tuple[int, ...]:
    kept = session.memo(_Alike, lambda _: _Alike()).made
    found = kept.get(id(branches))
    if found is None:
        # The tuple is kept beside its number, so that no other can take the number.
        found = kept[id(branches)] = branches, _alike(branches)
        if len(kept) > _MOST:
            kept.popitem(last=False)
    return found[1]


def _alike(branches: Sequence[Branch]) -> tuple[int, ...]:
    first: dict[object, int] = {}
    asked = (
        (one.ties, one.cohort, one.persons, one.is_own, one.is_reference, flags_of(one) & 16)
        for one in branches
    )
    return tuple(first.setdefault(what, b) for b, what in enumerate(asked))


@cache
def _query(shape: Shape) -> Query:
    about, branch = piece("w"), piece("zr")
    lets = join(" AND ", [fill("({c})", c=one) for one in of_subject(about, branch, shape)])
    chosen = fill(
        "EXISTS (SELECT 1 FROM {k} INNER JOIN record.choice AS zc ON zk.subject = zc.subject)"
        " AS chosen",
        k=kin(about),
    )
    every = fill("{e} AS zr", e=_every())
    return reworded(
        _QUERIES["passing"],
        [(_EVERY, every.text), (_LETS, lets.text), (_CHOSEN, chosen.text)],
    )


def _every() -> Piece:
    """Returns the branches that are asked for, as a table with their rules."""
    return fill(
        "(SELECT zb.b, {c} FROM unnest(%(which)s::int []) AS zb (b))",
        c=rules_columns(piece("zb")),
    )
