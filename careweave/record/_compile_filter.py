"""A term as a predicate on a row that is already at hand: the one predicate builder.

`row` is the alias of `record.resource` that the predicate speaks of. Whatever other row a predicate
brings in carries the policy too: a hop that the caller may not see does not exist.

OFFSET 0 keeps the planner from turning an EXISTS into a join over a whole index, or into a hash of
one; a sum on a key, from an index that reads more than the row at hand: the plan is chosen here.
"""

from collections.abc import Iterable
from typing import LiteralString

from careweave.db import Piece, fill, join, numbered, parameter, piece
from careweave.record._compile_terms import (
    AllTerm,
    Amounts,
    AmountTerm,
    AnyTerm,
    DateTerm,
    HopTerm,
    IdsTerm,
    KeysTerm,
    MissingTerm,
    Moments,
    SubjectsTerm,
    Term,
    TextTerm,
    Use,
)
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


COLUMNS = piece("x.subject, x.rid, x.rt, x.id, x.cls, x.gone, x.code, x.dlo, x.dhi, x.upd, x.tok")
"""What predicates and orders speak of; what is not used is not read."""


def policy(row: Piece) -> Piece:
    """Returns what every alias must meet: not deleted, and of a class that the caller may see."""
    return fill("NOT {r}.gone AND get_bit(%(bits)s::bytea, {r}.cls) <> 0", r=row)


def looked_up(places: Piece, row: Piece) -> Piece:
    """Returns a FROM clause: the rows at some places, each fetched by its primary key.

    OFFSET 0 keeps the planner from turning the look-ups into a join that reads the whole table. The
    policy is tested outside, since inside it would let a longer index take the primary key's place.
    """
    return fill(
        "{t} CROSS JOIN LATERAL (SELECT {c} FROM record.resource AS x"
        " WHERE x.subject = t.subject AND x.rid = t.rid OFFSET 0) AS {r}",
        t=places,
        c=COLUMNS,
        r=row,
    )


def slot(number: int) -> Piece:
    """Returns the place of a bound value."""
    return parameter("p", number)


def all_of(predicates: Iterable[Piece]) -> Piece:
    """Returns the predicates joined by AND; true of none."""
    return join(" AND ", [piece("TRUE"), *predicates])


def subjects_of(term: SubjectsTerm) -> Piece:
    """Returns the subjects of Patient ids, as an array found once."""
    return fill(
        "ARRAY(SELECT s.subject FROM record.subject AS s WHERE s.local_id = ANY({ids}))",
        ids=slot(term.ids),
    )


def where(term: Term, row: Piece, depth: int = 0) -> Piece:
    """Returns the predicate of a term on the row."""
    match term:
        case IdsTerm():
            made = fill("{r}.id = ANY({ids})", r=row, ids=slot(term.ids))
        case SubjectsTerm():
            made = fill("{r}.subject = ANY({of})", r=row, of=subjects_of(term))
        case KeysTerm() | MissingTerm():
            made = _of_keys(term, row)
        case TextTerm():
            made = _of_text(term, row)
        case DateTerm():
            made = _of_date(term, row)
        case AmountTerm():
            made = _of_amount(term, row)
        case _:
            made = _of_group(term, row, depth)
    return made


def _of_group(term: HopTerm | AnyTerm | AllTerm, row: Piece, depth: int) -> Piece:
    match term:
        case HopTerm():
            return _of_hop(term, row, depth)
        case AnyTerm():
            each = [piece("FALSE"), *(where(one, row, depth) for one in term.terms)]
            return fill("({any})", any=join(" OR ", each))
        case AllTerm():
            return fill("({all})", all=all_of(where(one, row, depth) for one in term.terms))


def _of_keys(term: KeysTerm | MissingTerm, row: Piece) -> Piece:
    if isinstance(term, MissingTerm):
        form: LiteralString = "{k} <> ALL({r}.tok)" if term.missing else "{k} = ANY({r}.tok)"
        return fill(form, k=slot(term.key), r=row)
    found: LiteralString = "NOT {r}.tok && {k}" if term.negated else "{r}.tok && {k}"
    return fill(found, k=slot(term.keys), r=row)


def main_code(term: KeysTerm, row: Piece, subjects: Piece) -> Piece:
    """Returns the predicate of main codes by indexes alone, for rows of some subjects.

    The sum keeps the planner from walking every row of a frequent code.
    """
    return fill(
        "({r}.code + 0 = ANY({k}) OR {r}.rid = ANY(ARRAY(SELECT t.rid FROM record.idx_token AS t"
        " WHERE t.key = ANY({k}) AND t.subject = ANY({of}))))",
        r=row,
        k=slot(term.keys),
        of=subjects,
    )


def ranges(term: TextTerm) -> Piece:
    """Returns the ranges of a text term as a table `q` (low, high[, part][, exact])."""
    arrays = [
        fill("{a}::text []", a=slot(term.lows)),
        fill("{a}::text []", a=slot(term.highs)),
    ]
    columns = [piece("low"), piece("high")]
    if term.parts is not None:
        columns.append(piece("part"))
        arrays.append(fill("{a}::text []", a=slot(term.parts)))
    if term.exacts is not None:
        columns.append(piece("exact"))
        arrays.append(fill("{a}::bigint []", a=slot(term.exacts)))
    return fill("unnest({a}) AS q ({c})", a=join(", ", arrays), c=join(", ", columns))


def _of_text(term: TextTerm, row: Piece) -> Piece:
    conditions = [
        fill(
            "f.subject = {r}.subject AND f.rid = {r}.rid AND f.key + 0 = {k}"
            " AND f.v >= q.low AND f.v < q.high",
            r=row,
            k=slot(term.key),
        )
    ]
    if term.parts is not None:
        conditions.append(piece("(q.part IS NULL OR strpos(f.v, q.part) > 0)"))
    if term.exacts is not None:
        conditions.append(fill("(q.exact IS NULL OR q.exact = ANY({r}.tok))", r=row))
    return fill(
        "EXISTS (SELECT 1 FROM record.idx_string AS f, {q} WHERE {w} OFFSET 0)",
        q=ranges(term),
        w=join(" AND ", conditions),
    )


def _of_date(term: DateTerm, row: Piece) -> Piece:
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


def _of_amount(term: AmountTerm, row: Piece) -> Piece:
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


def _of_hop(term: HopTerm, row: Piece, depth: int) -> Piece:
    hop = numbered("h", depth)
    inner = [] if term.driver is None else [term.driver]
    conditions = [_inside(one, row, hop, depth + 1) for one in (*inner, *term.rest)]
    form: LiteralString = (
        "EXISTS (SELECT 1 FROM record.subject AS s INNER JOIN record.resource AS {h}"
        " ON {h}.rt = {rt} AND {h}.id = s.local_id AND {h}.subject = s.subject"
        " WHERE s.subject = {r}.subject AND {p} AND {w} OFFSET 0)"
        if term.to_patient
        else "EXISTS (SELECT 1 FROM record.resource AS {h}"
        " WHERE {h}.subject = {r}.subject AND {h}.rt + 0 = {rt} AND {p} AND {w} OFFSET 0)"
    )
    return fill(form, h=hop, r=row, rt=slot(term.rt), p=policy(hop), w=all_of(conditions))


def _inside(term: Term, row: Piece, hop: Piece, depth: int) -> Piece:
    """Returns the predicate on a row of a hop; of main codes by the subject's index alone."""
    if isinstance(term, KeysTerm) and term.use is Use.MAIN and not term.negated:
        return main_code(term, hop, fill("ARRAY[{r}.subject]", r=row))
    return where(term, hop, depth)
