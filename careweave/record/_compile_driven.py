"""What a plan's driver brings, and what is left to filter."""

from careweave.db import Piece, fill, join, piece
from careweave.record._compile_base import all_of, looked_up, policy, slot
from careweave.record._compile_filter import where
from careweave.record._compile_order import column, goes_on, order_by, value
from careweave.record._compile_plan import Plan
from careweave.record._compile_source import Source, narrow, source
from careweave.record._compile_terms import SubjectsTerm, Term
from careweave.record._nodes import Place

ROW = piece("r")
RT = piece("%(rt)s")


def driven(plan: Plan) -> tuple[Source, tuple[Term, ...]]:
    """Returns the rows of the driver and the filters that are left."""
    driver, codes = plan.driver, plan.codes
    if driver is None:
        return _joined(piece("SELECT f.subject, f.rid FROM f")), plan.others(*plan.by_update)
    if not isinstance(driver, SubjectsTerm) or codes is None:
        return source(driver, ROW, RT), plan.filters
    rest = plan.others(codes)
    if not rest and [key.place for key in plan.order] == [Place.DATE]:
        return narrow(driver, codes, ROW, RT), ()
    inner = piece("c")
    made = narrow(driver, codes, inner, RT)
    text = fill(
        "SELECT c.subject, c.rid FROM {f} WHERE {w}", f=made.rows, w=all_of(made.conditions)
    )
    return _joined(text), rest


def _joined(places: Piece) -> Source:
    return Source(looked_up(fill("({t}) AS t", t=places), ROW), (policy(ROW),))


def all_rows(plan: Plan) -> Piece:
    """Returns all that match with the keys of the order, by the plan's driver."""
    made, filters = driven(plan)
    keys = [
        fill("{v} AS {c}", v=value(key, ROW), c=column(number))
        for number, key in enumerate(plan.order)
    ]
    return fill(
        "SELECT r.subject, r.rid, {k} FROM {f} WHERE {w}",
        k=join(", ", keys),
        f=made.rows,
        w=all_of([*made.conditions, *(where(term, ROW) for term in filters)]),
    )


def in_order(plan: Plan, rows: Piece) -> Piece:
    """Returns the page out of rows that still have to be put in order."""
    return fill(
        "SELECT w.subject, w.rid, {k} FROM ({f}) AS w WHERE {w} ORDER BY {o} LIMIT %(most)s",
        k=join(", ", [fill("w.{c}", c=column(number)) for number in range(len(plan.order))]),
        f=rows,
        w=all_of(_going_on(plan)),
        o=order_by(plan.order, piece("w")),
    )


def _going_on(plan: Plan) -> list[Piece]:
    """Returns where the page begins; in an order by update, what changed since is left out."""
    if plan.after is None:
        return []
    conditions = [goes_on(plan.order, plan.after, piece("w"))]
    for place, key in enumerate(plan.order):
        if key.place is Place.UPDATED:
            conditions.append(fill("w.{c} <= {b}", c=column(place), b=slot(plan.after.began)))
    return conditions
