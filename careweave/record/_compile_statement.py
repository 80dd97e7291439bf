"""A plan as one SQL statement: the page with its bodies, the total, and the dictionaries' version.

The statement always gives at least one row. Its columns are those of `Row`, then `rid`, the keys of
the order, whether a budget was used up, the total (or null) and, last, the version.
"""

from functools import lru_cache

from careweave.db import Piece, Query, fill, join, numbered, piece, whole
from careweave.record._compile_base import policy
from careweave.record._compile_count import number, total
from careweave.record._compile_driven import all_rows, in_order
from careweave.record._compile_either import among, hop_coded
from careweave.record._compile_order import column, order_by
from careweave.record._compile_plan import MOST_SORTED, MOST_WALKED, Plan, Way
from careweave.record._compile_terms import KeysTerm
from careweave.record._compile_walk import any_rows, coded, feed
from careweave.terms import Fault

_ROW = piece("r")
_RT = piece("%(rt)s")
WHOLE = piece(
    "b.rt, b.id, b.ver, b.upd, b.subject, b.source, b.heading, b.gone, b.body, b.cut, b.meta,"
    " CASE WHEN b.ver = 1 THEN 'C' ELSE 'U' END AS op, 0 * b.cls AS via,"
    " (SELECT uuid_send(q.person) || int8send(q.decision) FROM record.subject_person AS q"
    " WHERE q.subject = b.subject) AS whose,"
    " (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = b.label_set) AS bits"
)
_BARE = piece(
    "b.rt, b.id, b.ver, b.upd, b.subject, b.source, b.heading, b.gone, NULL::bytea AS body,"
    " NULL::int [] AS cut, NULL::bytea AS meta, CASE WHEN b.ver = 1 THEN 'C' ELSE 'U' END AS op,"
    " 0 AS via, NULL::bytea AS whose, 0::bigint AS bits"
)


@lru_cache(maxsize=2000)
def page_query(plan: Plan) -> Query:
    """Returns the statement that answers a plan with a page."""
    named, over = _named(plan)
    tables = [fill("{n} AS MATERIALIZED ({t})", n=name, t=text) for name, text in named]
    keys = join(", ", [fill("p.{c}", c=column(number)) for number in range(len(plan.order))])
    return whole(
        fill(
            "WITH {t} SELECT {own}, p.rid, {k}, {over} AS over, {total} AS total,"
            " v.version AS seen FROM record.dictionary AS v LEFT JOIN p ON TRUE"
            " LEFT JOIN LATERAL (SELECT x.* FROM record.resource AS x"
            " WHERE x.subject = p.subject AND x.rid = p.rid OFFSET 0) AS b ON {p}"
            " ORDER BY {o}",
            t=join(", ", tables),
            own=WHOLE if plan.bodies else _BARE,
            k=keys,
            over=over,
            total=total(plan),
            p=policy(piece("b")),
            o=order_by(plan.order, piece("p")),
        )
    )


@lru_cache(maxsize=500)
def count_query(plan: Plan) -> Query:
    """Returns the statement that counts what matches a plan: the number and the version."""
    return whole(
        fill(
            "SELECT ({n}) AS total, v.version AS seen FROM record.dictionary AS v",
            n=number(plan),
        )
    )


def _named(plan: Plan) -> tuple[list[tuple[Piece, Piece]], Piece]:
    """Returns the named tables of the statement, and when its budget is used up."""
    match plan.way:
        case Way.FEED:
            text = fill("SELECT w.* FROM ({w}) AS w", w=feed(plan))
            return [(piece("p"), text)], piece("COALESCE(p.over, FALSE)")
        case Way.CODE:
            return [(piece("p"), in_order(plan, _coded_of(plan)))], piece("FALSE")
        case Way.HOP_CODE:
            return hop_coded(plan), piece("FALSE")
        case Way.AMONG:
            return among(plan), piece("COALESCE(p.over, FALSE)")
        case Way.GATHER:
            return _gathered(plan)


def _gathered(plan: Plan) -> tuple[list[tuple[Piece, Piece]], Piece]:
    first: list[tuple[Piece, Piece]] = []
    over = fill("(SELECT count(*) FROM d) > {most}", most=numbered("", MOST_SORTED))
    if plan.driver is None:
        first = [(piece("f"), any_rows(plan))]
        over = fill(
            "{d} OR (SELECT count(*) FROM f) > {most}", d=over, most=numbered("", MOST_WALKED)
        )
    d = fill("{d} LIMIT {most}", d=all_rows(plan), most=numbered("", MOST_SORTED + 1))
    p = in_order(plan, piece("SELECT d.* FROM d"))
    return [*first, (piece("d"), d), (piece("p"), p)], over


def _coded_of(plan: Plan) -> Piece:
    if not isinstance(plan.driver, KeysTerm):
        raise Fault("Only main codes are walked by date.")
    return coded(plan, plan.driver)
