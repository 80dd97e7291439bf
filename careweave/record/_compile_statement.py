"""A plan as one SQL statement: the page with its bodies, the total, and the dictionaries' version.

The statement always gives at least one row. Its columns are those of `Row`, then `rid`, the keys of
the order, whether a budget was used up, the total (or null) and, last, the version.
"""

from functools import lru_cache

from careweave.db import Piece, Query, fill, join, numbered, piece, whole
from careweave.record._compile_base import COLUMNS, all_of, policy, slot
from careweave.record._compile_count import number, total
from careweave.record._compile_driven import driven
from careweave.record._compile_filter import main_code, where
from careweave.record._compile_order import column, goes_on, order_by, value
from careweave.record._compile_plan import MOST_SORTED, MOST_WALKED, Plan, Way
from careweave.record._compile_source import hop_candidates
from careweave.record._compile_terms import HopTerm, KeysTerm
from careweave.record._compile_walk import any_rows, coded, feed
from careweave.record._nodes import Place
from careweave.terms import Fault

ROW_COLUMNS = 12
"""How many columns of the answer make a `Row`."""

_ROW = piece("r")
_RT = piece("%(rt)s")
WHOLE = piece(
    "b.rt, b.id, b.ver, b.upd, b.subject, b.source, b.heading, b.gone, b.body, b.cut, b.meta,"
    " CASE WHEN b.ver = 1 THEN 'C' ELSE 'U' END AS op"
)
_BARE = piece(
    "b.rt, b.id, b.ver, b.upd, b.subject, b.source, b.heading, b.gone, NULL::bytea AS body,"
    " NULL::int [] AS cut, NULL::bytea AS meta, CASE WHEN b.ver = 1 THEN 'C' ELSE 'U' END AS op"
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
            return [(piece("p"), _sorted(plan, _coded_of(plan)))], piece("FALSE")
        case Way.HOP_CODE:
            return _hop_coded(plan), piece("FALSE")
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
    d = fill("{d} LIMIT {most}", d=_all_rows(plan), most=numbered("", MOST_SORTED + 1))
    p = _sorted(plan, piece("SELECT d.* FROM d"))
    return [*first, (piece("d"), d), (piece("p"), p)], over


def _sorted(plan: Plan, rows: Piece) -> Piece:
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


def _all_rows(plan: Plan) -> Piece:
    """Returns all that match with the keys of the order, by the plan's driver."""
    made, filters = driven(plan)
    keys = [
        fill("{v} AS {c}", v=value(key, _ROW), c=column(number))
        for number, key in enumerate(plan.order)
    ]
    return fill(
        "SELECT r.subject, r.rid, {k} FROM {f} WHERE {w}",
        k=join(", ", keys),
        f=made.rows,
        w=all_of([*made.conditions, *(where(term, _ROW) for term in filters)]),
    )


def _coded_of(plan: Plan) -> Piece:
    if not isinstance(plan.driver, KeysTerm):
        raise Fault("Only main codes are walked by date.")
    return coded(plan, plan.driver)


def _hop_coded(plan: Plan) -> list[tuple[Piece, Piece]]:
    """Returns a chain with a main code: into each subject if few, else down the code's index."""
    hop, codes = plan.driver, plan.codes
    if not isinstance(hop, HopTerm) or codes is None:
        raise Fault("Only a chain with a main code is walked by date.")
    few = _sorted(plan, _hop_each(plan, codes, where(hop, _ROW)))
    reached = piece("(r.subject IN (SELECT h.subject FROM h)) IS TRUE")
    many = _sorted(plan, coded(plan, codes, reached, where(hop, _ROW)))
    text = fill(
        "SELECT * FROM ({a}) AS a WHERE NOT EXISTS (SELECT 1 FROM h OFFSET %(turn)s)"
        " UNION ALL SELECT * FROM ({b}) AS b WHERE EXISTS (SELECT 1 FROM h OFFSET %(turn)s)",
        a=few,
        b=many,
    )
    return [(piece("h"), hop_candidates(hop, 1)), (piece("p"), text)]


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
        w=all_of(where(term, _ROW) for term in rest),
    )
