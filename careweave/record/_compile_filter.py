"""A term as a predicate on a row that is already at hand: the one predicate builder.

`row` is the alias of `record.resource` that the predicate speaks of. Whatever other row a predicate
brings in carries the policy too: a hop that the caller may not see does not exist.

OFFSET 0 keeps the planner from turning an EXISTS into a join over a whole index, or into a hash of
one; a sum on a key, from an index that reads more than the row at hand: the plan is chosen here.
"""

from typing import LiteralString

from careweave.db import Piece, fill, join, numbered, piece
from careweave.record._compile_base import all_of, policy, slot
from careweave.record._compile_ranges import of_amount, of_date
from careweave.record._compile_terms import (
    AllTerm,
    AmountTerm,
    AnyTerm,
    DateTerm,
    HopTerm,
    IdsTerm,
    KeysTerm,
    MissingTerm,
    SubjectsTerm,
    Term,
    TextTerm,
    Use,
)


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
            made = of_date(term, row)
        case AmountTerm():
            made = of_amount(term, row)
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
    found = fill("{r}.tok && {k}", k=slot(term.keys), r=row)
    if term.many:
        # Comparing each of thousands of keys with each of the row's would take longer than all else.
        found = fill(
            "EXISTS (SELECT 1 FROM unnest({r}.tok) AS u (key) WHERE (u.key IN"
            " (SELECT k.key FROM unnest({k}::bigint []) AS k (key))) IS TRUE OFFSET 0)",
            k=slot(term.keys),
            r=row,
        )
    return fill("NOT {f}", f=found) if term.negated else found


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


def _of_hop(term: HopTerm, row: Piece, depth: int) -> Piece:
    hop = numbered("h", depth)
    inner = [] if term.driver is None else [term.driver]
    conditions = [_inside(one, row, hop, depth + 1) for one in (*inner, *term.rest)]
    form: LiteralString = (
        "EXISTS (SELECT 1 FROM record.subject AS s INNER JOIN record.resource AS {h}"
        " ON {h}.rt = {rt} AND {h}.id = s.local_id AND {h}.subject + 0 = s.subject"
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
