"""The policy as SQL: one predicate for every alias of every statement.

Statements are written with the predicate of the simplest sight, one whose classes alone decide:
`get_bit(%(bits)s::bytea, r.cls) <> 0`, and `0 * r.cls AS via` for the branch that lets a row out.
For other sights each of these phrases is exchanged for the text below, whose length does not depend
on how many branches, ties or choices there are: those are arrays. Nothing else tests a row.

Names of tables inside begin with z, so that they hide no name of the statement around them.
OFFSET 0 keeps the planner from turning a look-up per row into a join over a whole table.
"""

from enum import StrEnum
from functools import cache, lru_cache
from typing import LiteralString

from careweave.db import Piece, Query, fill, join, numbered, piece, reworded
from careweave.record._compile_policy_choices import of_choices
from careweave.record._compile_policy_pieces import asks, at_of, kin, rule, tied, unless
from careweave.record._policy_rules import COHORT_WIDTH, N_KINDS, Flag
from careweave.record._ties import number_of_kind
from careweave.terms import Tie

SEES: LiteralString = "get_bit(%(bits)s::bytea, {r}.cls) <> 0"
VIA: LiteralString = "0 * {r}.cls AS via"
COLUMNS: LiteralString = "x.upd, x.tok"
ALL_COLUMNS: LiteralString = "x.upd, x.tok, x.ver, x.source, x.heading, x.label_set, x.live_until"

_ROW = piece("{r}")
_NOW = piece("(%(s_moments)s::timestamptz [])[1]")


class Shape(StrEnum):
    """How a predicate is written: by what the branches of a sight ask for."""

    PLAIN = "plain"  # one branch, and the class alone decides
    CONDITIONAL = "conditional"
    RANKED = "ranked"  # conditional, and some branch shows the newest only


@lru_cache(maxsize=8000)
def shaped(query: Query, shape: Shape) -> Query:
    """Returns a statement with the predicate of a shape in every place."""
    if shape is Shape.PLAIN:
        return query
    changes = [(COLUMNS, ALL_COLUMNS), (SEES, sees(shape).text), (VIA, via(shape).text)]
    return reworded(query, changes)


@cache
def sees(shape: Shape) -> Piece:
    """Returns what a row `{r}` must meet: some branch of its class lets it through."""
    return fill(
        "(get_bit(%(bits)s::bytea, {r}.cls) <> 0"
        " AND EXISTS (SELECT 1 FROM {s} AS zb (b) WHERE {w} OFFSET 0))",
        r=_ROW,
        s=_slots(_ROW),
        w=_passes(_ROW, piece("zb.b"), shape),
    )


@cache
def via(shape: Shape) -> Piece:
    """Returns the number of the first branch that lets a row `{r}` through, as a column."""
    # unnest gives the branches in their order, and LIMIT ends at the first.
    return fill(
        "(SELECT zb.b FROM {s} AS zb (b) WHERE {w} LIMIT 1) AS via",
        s=_slots(_ROW),
        w=_passes(_ROW, piece("zb.b"), shape),
    )


def _slots(row: Piece) -> Piece:
    """Returns the branches that may let in rows of the class of `row`."""
    profile = fill(
        "get_byte(%(s_profiles)s::bytea, {r}.cls * 2) * 256"
        " + get_byte(%(s_profiles)s::bytea, {r}.cls * 2 + 1)",
        r=row,
    )
    return fill(
        "unnest((%(s_slots)s::int [])[(%(s_first)s::int [])[{p} + 1] + 1"
        ":(%(s_first)s::int [])[{p} + 2]])",
        p=profile,
    )


def _passes(row: Piece, branch: Piece, shape: Shape) -> Piece:
    """Returns what a branch asks of a row."""
    conditions = [
        *_of_time(row, branch),
        _of_subject(row, branch),
        _of_person(row, branch),
        _of_ties(row, branch),
        _of_cohort(row, branch),
        *of_choices(row, branch),
    ]
    if shape is Shape.RANKED:
        conditions.append(_of_rank(row, branch))
    return join(" AND ", conditions)


def _of_time(row: Piece, branch: Piece) -> list[Piece]:
    """Returns: current, within the horizon, and released where that is asked."""
    current, horizon = rule(branch, 2), rule(branch, 3)
    return [
        fill(
            "({n} = 0 OR {r}.live_until > (%(s_moments)s::timestamptz [])[{n}])",
            n=current,
            r=row,
        ),
        fill(
            "({n} = 0 OR {r}.live_until > {now} OR {at} >= (%(s_moments)s::timestamptz [])[{n}])",
            n=horizon,
            r=row,
            now=_NOW,
            at=at_of(row),
        ),
        fill(
            "(NOT {f} OR EXISTS (SELECT 1 FROM record.cleared AS zx"
            " WHERE zx.subject = {r}.subject AND zx.rid = {r}.rid AND zx.ver = {r}.ver OFFSET 0))",
            f=asks(branch, Flag.CLEARED),
            r=row,
        ),
    ]


def _of_subject(row: Piece, branch: Piece) -> Piece:
    """Returns: not frozen unless one's own, and about nobody just where reference data is asked."""
    return fill(
        "(NOT {s} OR EXISTS (SELECT 1 FROM record.subject AS zs"
        " WHERE zs.subject = {r}.subject AND ({o} OR NOT zs.frozen)"
        " AND (zs.local_id = '') = ({f}) OFFSET 0))"
        " AND (NOT {f} OR ({r}.heading = 0"
        " AND ({o} OR {r}.rt = ANY(%(s_reference)s::smallint []))))",
        s=asks(branch, Flag.SUBJECT),
        o=asks(branch, Flag.OWN),
        f=asks(branch, Flag.REFERENCE),
        r=row,
    )


def _of_person(row: Piece, branch: Piece) -> Piece:
    return fill(
        "(NOT {f} OR EXISTS (SELECT 1 FROM record.subject_person AS zp"
        " WHERE zp.subject = {r}.subject"
        " AND zp.person = ANY((%(s_persons)s::uuid [])[{a}:{b}]) OFFSET 0))",
        f=asks(branch, Flag.PERSONS),
        r=row,
        a=rule(branch, 7),
        b=rule(branch, 8),
    )


def _of_ties(row: Piece, branch: Piece) -> Piece:
    number = rule(branch, 4)
    living = fill(
        "zt.org = ANY(%(s_me)s::int [])"
        " AND zt.until > (%(s_ends)s::timestamptz [])[({n} - 1) * {k} + zt.kind]",
        n=number,
        k=numbered("", N_KINDS),
    )
    return unless(fill("{n} = 0", n=number), tied(row, living))


def _of_cohort(row: Piece, branch: Piece) -> Piece:
    """Returns: the person belongs to the cohort, by ties that live now, age and home."""
    cohort = rule(branch, 5)
    cells = [
        fill(
            "(%(s_cohorts)s::int [])[({c} - 1) * {w} + {n}]",
            c=cohort,
            w=numbered("", COHORT_WIDTH),
            n=numbered("", place),
        )
        for place in range(1, COHORT_WIDTH + 1)
    ]
    conditions = [
        _with(row, cells[0], cells[1], Tie.REGISTRATION),
        _with(row, cells[2], cells[3], Tie.RESIDENCE),
        unless(
            fill("{n} = 0", n=cells[4]),
            tied(
                row,
                fill(
                    "zt.org = ANY(%(s_me)s::int []) AND zt.until > {now}"
                    " AND {n} >> zt.kind::int & 1 = 1",
                    now=_NOW,
                    n=cells[4],
                ),
            ),
        ),
        _of_traits(row, cells[5:]),
    ]
    return unless(fill("{c} = 0", c=cohort), join(" AND ", conditions))


def _with(row: Piece, first: Piece, last: Piece, kind: Tie) -> Piece:
    """Returns: the person has a tie of the kind with one of the organisations named."""
    living = fill(
        "zt.kind = {k} AND zt.until > {now} AND zt.org = ANY((%(s_cohort_orgs)s::int [])[{a}:{b}])",
        k=numbered("", number_of_kind(kind)),
        now=_NOW,
        a=first,
        b=last,
    )
    return unless(fill("{a} = 0", a=first), tied(row, living))


def _of_traits(row: Piece, cells: list[Piece]) -> Piece:
    least, below, first, last = cells
    return fill(
        "({l} + {u} + {a} = 0 OR EXISTS (SELECT 1 FROM {kin}"
        " INNER JOIN record.trait AS zy ON zy.subject = zk.subject"
        " WHERE ({l} = 0 OR zy.born <= (%(s_days)s::date [])[{l}])"
        " AND ({u} = 0 OR zy.born > (%(s_days)s::date [])[{u}])"
        " AND ({a} = 0 OR zy.outward = ANY((%(s_outwards)s::text [])[{a}:{b}])) OFFSET 0))",
        kin=kin(row),
        l=least,
        u=below,
        a=first,
        b=last,
    )


def _of_rank(row: Piece, branch: Piece) -> Piece:
    """Returns: fewer than so many newer rows of the person and heading come through the clause.

    Source: `reference/agreements.md` 6.4: what may not be seen is not counted.
    """
    other = piece("zo")
    let_through = fill(
        "get_bit(%(bits)s::bytea, zo.cls) <> 0 AND EXISTS (SELECT 1 FROM {s} AS zd (b)"
        " WHERE {c} = {d} AND {w} OFFSET 0)",
        s=_slots(other),
        c=rule(piece("zd.b"), 10),
        d=rule(branch, 10),
        w=_passes(other, piece("zd.b"), Shape.CONDITIONAL),
    )
    return fill(
        "({n} < 0 OR (SELECT count(*) FROM (SELECT 1 FROM {kin}"
        " INNER JOIN record.resource AS zo ON zo.subject = zk.subject"
        " WHERE zo.heading = {r}.heading AND NOT zo.gone"
        " AND ({o} > {a} OR ({o} = {a} AND (zo.id, zo.rt) < ({r}.id, {r}.rt)))"
        " AND (NOT {f} OR zo.code IS NOT DISTINCT FROM {r}.code)"
        " AND {w} LIMIT {n}) AS zn) < {n})",
        n=rule(branch, 9),
        kin=kin(row),
        r=row,
        o=at_of(other),
        a=at_of(row),
        f=asks(branch, Flag.PER_CODE),
        w=let_through,
    )
