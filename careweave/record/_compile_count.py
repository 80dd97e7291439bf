"""How many visible rows match a plan."""

from careweave.db import Piece, fill, numbered, piece
from careweave.record._compile_base import all_of, looked_up, policy, slot
from careweave.record._compile_driven import ROW, driven
from careweave.record._compile_filter import where
from careweave.record._compile_plan import Plan, Way, is_main
from careweave.record._compile_source import Source
from careweave.record._compile_terms import KeysTerm, Term

MOST_COUNTED = 500_000
"""Beyond how many rows a page does without its total."""


def number(plan: Plan) -> Piece:
    """Returns a SELECT of the exact number."""
    return _number(plan, piece(""))


def total(plan: Plan) -> Piece:
    """Returns the total that goes with a page: exact up to a bound, and above the bound beyond."""
    if not plan.counted:
        return piece("NULL::bigint")
    if plan.way is Way.GATHER:
        return piece("(SELECT count(*) FROM d)")
    bound = fill(" LIMIT {most}", most=numbered("", MOST_COUNTED + 1))
    return fill("({n})", n=_number(plan, bound))


def _number(plan: Plan, bound: Piece) -> Piece:
    driver = plan.driver
    if driver is None:
        rows = Source(piece("record.resource AS r"), (piece("r.rt = %(rt)s"), policy(ROW)))
        return _counted(rows, plan.filters, bound)
    if isinstance(driver, KeysTerm) and is_main(driver):
        return _of_codes(plan, driver, bound)
    made, filters = driven(plan)
    return _counted(made, filters, bound)


def _counted(made: Source, filters: tuple[Term, ...], bound: Piece) -> Piece:
    return fill(
        "SELECT count(*) FROM (SELECT 1 FROM {f} WHERE {w}{b}) AS n",
        f=made.rows,
        w=all_of([*made.conditions, *(where(term, ROW) for term in filters)]),
        b=bound,
    )


def _of_codes(plan: Plan, codes: KeysTerm, bound: Piece) -> Piece:
    """Returns the number of main codes by their index, and of further codings beside."""
    keys = slot(codes.keys)
    first = fill("r.code = ANY({k})", k=keys)
    by_code = Source(piece("record.resource AS r"), (first, policy(ROW)))
    places = fill(
        "(SELECT DISTINCT t.subject, t.rid FROM record.idx_token AS t WHERE t.key = ANY({k})) AS t",
        k=keys,
    )
    other = fill("(r.code IS NULL OR r.code <> ALL({k}))", k=keys)
    further = Source(looked_up(places, ROW), (other, policy(ROW)))
    return fill(
        "SELECT ({a}) + ({b})",
        a=_counted(by_code, plan.filters, bound),
        b=_counted(further, plan.filters, bound),
    )
