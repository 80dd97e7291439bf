"""What a plan's driver brings, and what is left to filter."""

from careweave.db import Piece, fill, piece
from careweave.record._compile_base import all_of, looked_up, policy
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
