"""Rows in the order that an index gives, read no further than the page needs."""

from typing import LiteralString

from careweave.db import Piece, fill, join, numbered, piece
from careweave.record._compile_base import all_of, looked_up, policy, slot
from careweave.record._compile_filter import where
from careweave.record._compile_order import is_backward
from careweave.record._compile_plan import MOST_WALKED, Plan
from careweave.record._compile_terms import KeysTerm

_ROW = piece("r")
_FEED = piece("f")


def feed(plan: Plan, among: Piece | None = None) -> Piece:
    """Returns the matching rows of the type by when they were last updated.

    `among` is what a row `w` of the walk must meet to be looked at.
    """
    others = plan.others(*plan.by_update)
    if not others:
        return fill(
            "SELECT f.subject, f.rid, f.upd AS k0, FALSE AS over FROM record.resource AS f"
            " WHERE {w} ORDER BY {o} LIMIT %(most)s",
            w=_of_type(plan),
            o=_feed_order(plan),
        )
    most = numbered("", MOST_WALKED)
    walked = fill(
        "(SELECT f.subject, f.rid, f.upd AS k0, row_number() OVER (ORDER BY {o}) AS n"
        " FROM record.resource AS f WHERE {w} ORDER BY {o} LIMIT {most} + 1)",
        most=most,
        o=_feed_order(plan),
        w=_of_type(plan),
    )
    if among is not None:
        walked = fill(
            "(SELECT w.* FROM {t} AS w WHERE w.n > {most} OR {a})", t=walked, most=most, a=among
        )
    return fill(
        "SELECT t.subject, t.rid, t.k0, t.n > {most} AS over FROM {r}"
        " WHERE {p} AND (t.n > {most} OR ({x})) ORDER BY {k} LIMIT %(most)s",
        r=looked_up(fill("{t} AS t", t=walked), _ROW),
        most=most,
        p=policy(_ROW),
        x=all_of(where(term, _ROW) for term in others),
        k=piece("t.k0, t.rid DESC") if is_backward(plan.order) else piece("t.k0 DESC, t.rid"),
    )


def any_rows(plan: Plan) -> Piece:
    """Returns the rows of the type as they come, one more than may be tried."""
    return fill(
        "SELECT f.subject, f.rid FROM record.resource AS f WHERE {w} LIMIT {most}",
        w=_of_type(plan, goes_on=False),
        most=numbered("", MOST_WALKED + 1),
    )


def _feed_order(plan: Plan) -> Piece:
    return piece("f.upd, f.rid DESC") if is_backward(plan.order) else piece("f.upd DESC, f.rid")


def _of_type(plan: Plan, *, goes_on: bool = True) -> Piece:
    conditions = [policy(_FEED), *(where(term, _FEED) for term in plan.by_update)]
    if goes_on:
        conditions += _feed_goes_on(plan)
    return fill("f.rt = %(rt)s AND {w}", w=all_of(conditions))


def _feed_goes_on(plan: Plan) -> list[Piece]:
    """Returns where the walk begins: a bound that the index takes, and the exact place."""
    after = plan.after
    if after is None:
        return []
    # Read from the oldest on, a row changed meanwhile would come a second time at the end.
    form: LiteralString = (
        "f.upd >= {v} AND (f.upd > {v} OR f.rid < {r}) AND f.upd <= {b}"
        if is_backward(plan.order)
        else "f.upd <= {v} AND (f.upd < {v} OR f.rid > {r}) AND f.upd <= {b}"
    )
    return [fill(form, v=slot(after.at), r=slot(after.rid), b=slot(after.began))]


def coded(plan: Plan, codes: KeysTerm, *extra: Piece) -> Piece:
    """Returns the matching rows of main codes by their main date, newest or oldest first.

    Further codings have no index by date: their rows are gathered beside.
    """
    filters = [*extra, *(where(term, _ROW) for term in plan.others(codes))]
    branches = [
        fill(
            "(SELECT r.subject, r.rid, r.dlo AS k0 FROM record.resource AS r WHERE r.code = c.key"
            " AND {p} AND {b} AND {w} ORDER BY {o} LIMIT %(most)s)",
            p=policy(_ROW),
            b=branch,
            w=all_of(filters),
            o=_date_order(plan),
        )
        for branch in _branches(plan)
    ]
    places = fill(
        "(SELECT DISTINCT t.subject, t.rid FROM record.idx_token AS t WHERE t.key = ANY({k})) AS t",
        k=slot(codes.keys),
    )
    further = fill(
        "SELECT r.subject, r.rid, r.dlo AS k0 FROM {f} WHERE {p} AND (r.code IS NULL OR r.code <> ALL({k})) AND {w}",
        f=looked_up(places, _ROW),
        k=slot(codes.keys),
        p=policy(_ROW),
        w=all_of(filters),
    )
    return fill(
        "SELECT x.subject, x.rid, x.k0 FROM unnest({k}::bigint []) AS c (key) CROSS JOIN LATERAL ({b}) AS x"
        " UNION ALL {f}",
        k=slot(codes.keys),
        b=join(" UNION ALL ", branches),
        f=further,
    )


def _date_order(plan: Plan) -> Piece:
    if is_backward(plan.order):
        # The index backwards: nulls would come first, so they are a branch of their own.
        return piece("r.dlo ASC NULLS FIRST, r.rid DESC")
    return piece("r.dlo DESC NULLS LAST, r.rid")


def _branches(plan: Plan) -> list[Piece]:
    """Returns the parts of the index that are left to read: with a date, then without."""
    after = plan.after
    rid: LiteralString = "r.rid < {r}" if is_backward(plan.order) else "r.rid > {r}"
    undated = piece("r.dlo IS NULL")
    if after is None:
        return [piece("r.dlo IS NOT NULL"), undated] if is_backward(plan.order) else [piece("TRUE")]
    if after.nulls[0]:
        return [fill("r.dlo IS NULL AND {t}", t=fill(rid, r=slot(after.rid)))]
    dated: LiteralString = (
        "r.dlo >= {v} AND (r.dlo > {v} OR {t})"
        if is_backward(plan.order)
        else "r.dlo <= {v} AND (r.dlo < {v} OR {t})"
    )
    return [fill(dated, v=slot(after.at), t=fill(rid, r=slot(after.rid))), undated]
