"""Predicates on values that have an order: dates, instants and amounts."""

from typing import LiteralString

from careweave.db import Piece, fill, join, piece
from careweave.record._compile_base import slot
from careweave.record._compile_terms import Amounts, AmountTerm, DateTerm, Moments
from careweave.record._nodes import Prefix

_DATES: dict[Prefix, LiteralString] = {
    Prefix.EQ: "({lo} >= {p} AND {hi} <= {q})",
    Prefix.NE: "({lo} < {p} OR {hi} > {q})",
    Prefix.GT: "({hi} > {q})",
    Prefix.LT: "({lo} < {p})",
    Prefix.GE: "({hi} > {q} OR ({lo} >= {p} AND {hi} <= {q}))",
    Prefix.LE: "({lo} < {p} OR ({lo} >= {p} AND {hi} <= {q}))",
    Prefix.SA: "({lo} >= {q})",
    Prefix.EB: "({hi} <= {p})",
    Prefix.AP: "({lo} < {q} AND {hi} > {p})",
}
"""A row's [lo, hi) against [p, q). Source: `reference/store.md` 4.2; R4 search.html 3.1.1.4.5."""

_INSTANTS: dict[Prefix, LiteralString] = {
    Prefix.EQ: "({lo} >= {p} AND {lo} < {q})",
    Prefix.NE: "({lo} < {p} OR {lo} >= {q})",
    Prefix.GT: "({lo} >= {q})",
    Prefix.LT: "({lo} < {p})",
    Prefix.GE: "({lo} >= {p})",
    Prefix.LE: "({lo} < {q})",
    Prefix.SA: "({lo} >= {q})",
    Prefix.EB: "({lo} < {p})",
    Prefix.AP: "({lo} >= {p} AND {lo} < {q})",
}
"""The same for an instant without length: when a row was last updated."""

_AMOUNTS: dict[Prefix, LiteralString] = {
    Prefix.EQ: "({lo} >= {low} AND {hi} < {high})",
    Prefix.NE: "({lo} < {low} OR {hi} >= {high})",
    Prefix.GT: "({hi} > {exact})",
    Prefix.LT: "({lo} < {exact})",
    Prefix.GE: "({hi} >= {exact})",
    Prefix.LE: "({lo} <= {exact})",
    Prefix.SA: "({lo} > {exact})",
    Prefix.EB: "({hi} < {exact})",
    Prefix.AP: "({lo} <= {high} AND {hi} >= {low})",
}
"""A row's [lo, hi], closed, against the value searched. Source: R4 search.html 3.1.1.4.6."""


def of_date(term: DateTerm, row: Piece) -> Piece:
    if term.updated:
        upd = fill("{r}.upd", r=row)
        return _moments(term, _INSTANTS, upd, upd)
    if term.key is None:
        return _moments(term, _DATES, fill("{r}.dlo", r=row), fill("{r}.dhi", r=row))
    return fill(
        "EXISTS (SELECT 1 FROM record.idx_date AS f WHERE f.subject = {r}.subject"
        " AND f.rid = {r}.rid AND f.key + 0 = {k} AND {w} OFFSET 0)",
        r=row,
        k=slot(term.key),
        w=_moments(term, _DATES, piece("f.lo"), piece("f.hi")),
    )


def _moments(term: DateTerm, table: dict[Prefix, LiteralString], lo: Piece, hi: Piece) -> Piece:
    groups = [_moment(group, table[group.prefix], lo, hi) for group in term.groups]
    return fill("({any})", any=join(" OR ", groups)) if len(groups) > 1 else groups[0]


def _moment(group: Moments, form: LiteralString, lo: Piece, hi: Piece) -> Piece:
    low, high = slot(group.at), slot(group.at + 1)
    if not group.many:
        return fill(form, lo=lo, hi=hi, p=low, q=high)
    return fill(
        "EXISTS (SELECT 1 FROM unnest({a}::timestamptz [], {b}::timestamptz []) AS q (p, q)"
        " WHERE {w} OFFSET 0)",
        a=low,
        b=high,
        w=fill(form, lo=lo, hi=hi, p=piece("q.p"), q=piece("q.q")),
    )


def of_amount(term: AmountTerm, row: Piece) -> Piece:
    groups = [_amount(term, group, row) for group in term.groups]
    return fill("({any})", any=join(" OR ", groups)) if len(groups) > 1 else groups[0]


def _amount(term: AmountTerm, group: Amounts, row: Piece) -> Piece:
    arrays = join(
        ", ",
        [
            *(fill("{a}::numeric []", a=slot(group.at + n)) for n in range(3)),
            fill("{a}::bigint []", a=slot(group.at + 3)),
        ],
    )
    unit: LiteralString = " AND f.unit = q.unit" if group.has_unit else ""
    return fill(
        "EXISTS (SELECT 1 FROM record.idx_qty AS f, unnest({a}) AS q (low, high, exact, unit)"
        " WHERE f.subject = {r}.subject AND f.rid = {r}.rid AND f.key + 0 = {k}{u} AND {w} OFFSET 0)",
        a=arrays,
        r=row,
        k=slot(term.key),
        u=piece(unit),
        w=fill(
            _AMOUNTS[group.prefix],
            lo=piece("f.lo"),
            hi=piece("f.hi"),
            low=piece("q.low"),
            high=piece("q.high"),
            exact=piece("q.exact"),
        ),
    )
