"""Searches that know only when they run whether their candidates are few or many.

The candidates, `h`, come from an index alone and are not yet tested. If they are few, each is looked
up and what matches is sorted. If they are many, the rows are walked in the order that is wanted and
those among the candidates are tested, until the page is full. Beyond a bound the candidates are not
asked: nearly every row is one.
"""

from dataclasses import replace
from typing import LiteralString

from careweave.db import Piece, fill, numbered, piece
from careweave.record._compile_base import COLUMNS, all_of, looked_up, policy
from careweave.record._compile_driven import ROW, RT, in_order
from careweave.record._compile_filter import main_code, where
from careweave.record._compile_plan import Plan
from careweave.record._compile_source import EACH, hop_candidates, places, rechecks
from careweave.record._compile_terms import HopTerm, KeysTerm
from careweave.record._compile_walk import coded, feed
from careweave.terms import Fault

MOST_CANDIDATES = 20_000
"""How many candidates are remembered, so that they stay a small hash in memory."""

_CUT = numbered("", MOST_CANDIDATES + 1)

Named = list[tuple[Piece, Piece]]


def hop_coded(plan: Plan) -> Named:
    """Returns a chain with a main code: into each subject if few, else down the code's index."""
    hop, codes = plan.driver, plan.codes
    if not isinstance(hop, HopTerm) or codes is None:
        raise Fault("Only a chain with a main code is walked by date.")
    reached = _among("r.subject IN (SELECT h.subject FROM h)")
    few = in_order(plan, _hop_each(plan, codes, where(hop, ROW)))
    many = in_order(plan, coded(plan, codes, reached, where(hop, ROW)))
    return _either(hop_candidates(hop, 1), few, many)


def among(plan: Plan) -> Named:
    """Returns rows by when they were last updated, out of those that the driver finds."""
    if plan.driver is None:
        raise Fault("A search that nothing drives has no candidates.")
    found = places(plan.driver, RT, once=EACH)
    few = fill(
        "SELECT a.subject, a.rid, a.k0, FALSE AS over FROM ({a}) AS a",
        a=in_order(plan, _each(plan)),
    )
    every = replace(plan, driver=None, filters=(plan.driver, *plan.filters))
    walked = "(w.subject, w.rid) IN (SELECT h.subject, h.rid FROM h)"
    return _either(found, few, feed(every, _among(walked)))


def _among(condition: LiteralString) -> Piece:
    return fill(
        "(EXISTS (SELECT 1 FROM h OFFSET {most}) OR ({c}) IS TRUE)",
        most=numbered("", MOST_CANDIDATES),
        c=piece(condition),
    )


def _either(candidates: Piece, few: Piece, many: Piece) -> Named:
    h = fill("SELECT c.* FROM ({c}) AS c LIMIT {n}", c=candidates, n=_CUT)
    p = fill(
        "SELECT * FROM ({a}) AS a WHERE NOT EXISTS (SELECT 1 FROM h OFFSET %(turn)s)"
        " UNION ALL SELECT * FROM ({b}) AS b WHERE EXISTS (SELECT 1 FROM h OFFSET %(turn)s)",
        a=few,
        b=many,
    )
    return [(piece("h"), h), (piece("p"), p)]


def _each(plan: Plan) -> Piece:
    """Returns the rows at the candidates' places that match."""
    again = () if plan.driver is None else rechecks(plan.driver, ROW, 0)
    return fill(
        "SELECT r.subject, r.rid, r.upd AS k0 FROM {f} WHERE {p} AND r.rt + 0 = {rt} AND {w}",
        f=looked_up(piece("(SELECT DISTINCT h.subject, h.rid FROM h) AS t"), ROW),
        p=policy(ROW),
        rt=RT,
        w=all_of([*again, *(where(term, ROW) for term in plan.filters)]),
    )


def _hop_each(plan: Plan, codes: KeysTerm, hop: Piece) -> Piece:
    """Returns the rows of each subject of the hop, by the subject's index."""
    rest = plan.others(codes)
    return fill(
        "SELECT r.subject, r.rid, r.dlo AS k0"
        " FROM (SELECT DISTINCT h.subject FROM h) AS h CROSS JOIN LATERAL (SELECT {c} FROM record.resource AS x WHERE x.subject = h.subject AND {p}"
        " AND x.rt + 0 = %(rt)s AND {k} OFFSET 0) AS r WHERE {h} AND {w}",
        c=COLUMNS,
        p=policy(piece("x")),
        k=main_code(codes, piece("x"), piece("ARRAY[h.subject]")),
        h=hop,
        w=all_of(where(term, ROW) for term in rest),
    )
