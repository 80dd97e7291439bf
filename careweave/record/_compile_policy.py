"""The policy as SQL: one predicate for every alias of every statement.

Statements are written with the predicate of the simplest sight, one whose classes alone decide:
`get_bit(%(bits)s::bytea, r.cls) <> 0`, and `0 * r.cls AS via` for the branch that lets a row out.
For other sights each of these phrases is exchanged for the text below, whose length does not depend
on how many branches, ties or choices there are: those are arrays. Nothing else tests a row.

Names of tables inside begin with z, so that they hide no name of the statement around them.
OFFSET 0 keeps the planner from turning a look-up per row into a join over a whole table.
"""

from enum import Flag as EnumFlag
from enum import auto
from functools import cache, lru_cache
from typing import LiteralString

from careweave.db import Piece, Query, fill, join, numbered, piece, reworded
from careweave.record._compile_policy_choices import of_choices, without_choices
from careweave.record._compile_policy_pieces import asks, at_of, branches, kin
from careweave.record._policy_rules import COHORT_WIDTH, N_KINDS, Flag
from careweave.record._ties import number_of_kind
from careweave.terms import Tie

SEES: LiteralString = "get_bit(%(bits)s::bytea, {r}.cls) <> 0"
VIA: LiteralString = "0 * {r}.cls AS via"
COLUMNS: LiteralString = "x.upd, x.tok"
ALL_COLUMNS: LiteralString = "x.upd, x.tok, x.ver, x.source, x.heading, x.label_set, x.live_until"

_ROW = piece("{r}")
_NOW = piece("(%(s_moments)s::timestamptz [])[1]")

_BRANCH = piece("zr")
_COHORT = ("r1", "r2", "h1", "h2", "tk", "a1", "a2", "o1", "o2")


class Shape(EnumFlag):
    """How a predicate is written: by what the branches of a sight ask for."""

    PLAIN = 0  # one branch, and the class alone decides
    CONDITIONAL = auto()
    COHORTS = auto()
    CHOICES = auto()
    RANKED = auto()
    BESIDES = auto()
    KNOWN = auto()  # what branches ask of some people is known, see `_compile_known`
    TOLD = auto()  # the statement itself leaves out what no branch lets through


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
    if Shape.TOLD in shape:
        return fill("get_bit(%(bits)s::bytea, {r}.cls) <> 0", r=_ROW)
    return fill(
        "(get_bit(%(bits)s::bytea, {r}.cls) <> 0"
        " AND EXISTS (SELECT 1 FROM {s} WHERE {w} OFFSET 0))",
        r=_ROW,
        s=branches(_ROW, _BRANCH),
        w=_passes(_ROW, _BRANCH, shape),
    )


@cache
def via(shape: Shape) -> Piece:
    """Returns the number of the first branch that lets a row `{r}` through, as a column."""
    # unnest gives the branches in their order, and LIMIT ends at the first.
    return fill(
        "(SELECT zr.b FROM {s} WHERE {w} LIMIT 1) AS via",
        s=branches(_ROW, _BRANCH),
        w=_passes(_ROW, _BRANCH, shape),
    )


def _passes(row: Piece, branch: Piece, shape: Shape) -> Piece:
    """Returns what a branch asks of a row."""
    conditions = [_of_time(row, branch), _of_reference(row, branch), _of_people(row, branch, shape)]
    if Shape.RANKED in shape:
        conditions.append(_of_rank(row, branch, shape))
    return join(" AND ", conditions)


def _of_people(row: Piece, branch: Piece, shape: Shape) -> Piece:
    """Returns: each whom the entry is about meets what the branch asks of a person.

    The entry's own subject comes first, so that others are looked for only where that one passes.
    Source: `reference/store.md` 2.9.
    """
    if Shape.KNOWN in shape:
        return _of_known(row, branch, shape)
    about = piece("zi")
    conditions = of_subject(about, branch, shape)
    if Shape.CHOICES in shape:
        conditions.append(of_choices(row, about, branch))
    return fill(
        "NOT EXISTS (SELECT 1 FROM (SELECT {r}.subject UNION ALL SELECT zw.extra"
        " FROM record.extra_subject AS zw WHERE zw.subject = {r}.subject AND zw.rid = {r}.rid"
        " AND zw.is_primary) AS zi (subject) WHERE ({c}) IS NOT TRUE OFFSET 0)",
        r=row,
        c=join(" AND ", conditions),
    )


def of_subject(about: Piece, branch: Piece, shape: Shape) -> list[Piece]:
    """Returns what a branch asks of a person whom an entry is about, whatever the entry."""
    conditions = [_of_ties(about, branch), _of_subject(about, branch), _of_person(about, branch)]
    if Shape.BESIDES in shape:
        conditions.insert(0, _besides(about))
    if Shape.COHORTS in shape:
        conditions.append(_of_cohort(about, branch))
    return conditions


def _of_known(row: Piece, branch: Piece, shape: Shape) -> Piece:
    """Returns the same, looked up where it is known of the entry's own subject.

    An entry that is about somebody else too asks it of everybody, as ever.
    """
    further = piece("zw")
    known = fill(
        "get_bit(%(s_pass)s::bytea, (array_position(%(s_known)s::bigint [], {r}.subject) - 1)"
        " * %(s_width)s::int + {b}.b) = 1",
        r=row,
        b=branch,
    )
    if Shape.CHOICES in shape:
        known = fill("{k} AND {c}", k=known, c=_of_known_choices(row, row, branch))
    extra = piece("(SELECT zw.extra AS subject OFFSET 0)")
    conditions = of_subject(piece("zv"), branch, shape)
    if Shape.CHOICES in shape:
        conditions.append(of_choices(row, piece("zv"), branch))
    own = of_subject(row, branch, shape)
    if Shape.CHOICES in shape:
        own.append(of_choices(row, row, branch))
    return fill(
        "(CASE WHEN {r}.subject = ANY(%(s_known)s::bigint []) THEN {k} ELSE {o} END)"
        " AND NOT EXISTS (SELECT 1 FROM record.extra_subject AS {f} CROSS JOIN LATERAL {e} AS zv"
        " WHERE {f}.subject = {r}.subject AND {f}.rid = {r}.rid AND {f}.is_primary"
        " AND ({c}) IS NOT TRUE OFFSET 0)",
        r=row,
        k=known,
        o=join(" AND ", own),
        f=further,
        e=extra,
        c=join(" AND ", conditions),
    )


def _of_known_choices(row: Piece, about: Piece, branch: Piece) -> Piece:
    """Returns what choices ask; where nobody has chosen, only that no consent is asked for."""
    return fill(
        "(CASE WHEN %(s_chosen)s::boolean THEN {c} ELSE {n} END)",
        c=of_choices(row, about, branch),
        n=without_choices(branch),
    )


def _besides(about: Piece) -> Piece:
    """Returns: it is not the person of whom nothing is shown."""
    return fill(
        "NOT EXISTS (SELECT 1 FROM record.subject_person AS zp"
        " WHERE zp.subject = {r}.subject AND zp.person = %(s_besides)s::uuid OFFSET 0)",
        r=about,
    )


def _of_time(row: Piece, branch: Piece) -> Piece:
    """Returns: current, begun or ended within the horizon, and released where that is asked."""
    return fill(
        "({b}.cur = 0 OR {r}.live_until > (%(s_moments)s::timestamptz [])[{b}.cur])"
        " AND ({b}.hor = 0 OR {r}.live_until > (%(s_moments)s::timestamptz [])[{b}.hor]"
        " OR {at} >= (%(s_moments)s::timestamptz [])[{b}.hor])"
        " AND (NOT {f} OR EXISTS (SELECT 1 FROM record.cleared AS zx"
        " WHERE zx.subject = {r}.subject AND zx.rid = {r}.rid AND zx.ver = {r}.ver OFFSET 0))",
        b=branch,
        r=row,
        at=at_of(row),
        f=asks(branch, Flag.CLEARED),
    )


def _of_reference(row: Piece, branch: Piece) -> Piece:
    """Returns: where reference data is asked for, of a type that others refer to, or one's own."""
    return fill(
        "(NOT {f} OR ({r}.heading = 0 AND ({o} OR {r}.rt = ANY(%(s_reference)s::smallint []))))",
        f=asks(branch, Flag.REFERENCE),
        o=asks(branch, Flag.OWN),
        r=row,
    )


def _of_subject(about: Piece, branch: Piece) -> Piece:
    """Returns: not frozen unless one's own, and nobody just where reference data is asked for."""
    return fill(
        "(NOT {s} OR EXISTS (SELECT 1 FROM record.subject AS zs"
        " WHERE zs.subject = {r}.subject AND ({o} OR NOT zs.frozen)"
        " AND (zs.local_id = '') = ({f}) OFFSET 0))",
        s=asks(branch, Flag.SUBJECT),
        o=asks(branch, Flag.OWN),
        f=asks(branch, Flag.REFERENCE),
        r=about,
    )


def _of_person(about: Piece, branch: Piece) -> Piece:
    return fill(
        "(NOT {f} OR EXISTS (SELECT 1 FROM record.subject_person AS zp"
        " WHERE zp.subject = {r}.subject"
        " AND zp.person = ANY((%(s_persons)s::uuid [])[{b}.p1:{b}.p2]) OFFSET 0))",
        f=asks(branch, Flag.PERSONS),
        r=about,
        b=branch,
    )


def _of_ties(about: Piece, branch: Piece) -> Piece:
    """Returns: one of the ties that are asked for, with the person, lives or ended lately."""
    return fill(
        "({b}.tie = 0 OR EXISTS (SELECT 1 FROM {k}"
        " CROSS JOIN LATERAL (SELECT 1 FROM record.tie AS zt WHERE zt.subject = zk.subject"
        " AND zt.since <= {now} AND zt.org = ANY(%(s_me)s::int []) AND zt.until"
        " > (%(s_ends)s::timestamptz [])[({b}.tie - 1) * {n} + zt.kind] AND {c} OFFSET 0) AS zt"
        " OFFSET 0))",
        b=branch,
        c=_counts(piece("zt"), about),
        k=kin(about),
        now=_NOW,
        n=numbered("", N_KINDS),
    )


def _counts(tie: Piece, about: Piece) -> Piece:
    """Returns: the tie is of the subject itself, or of one that no alarm has frozen.

    A frozen record may be of somebody else by now: what it proves opens nothing but itself.
    """
    return fill(
        "({t}.subject = {r}.subject OR NOT (SELECT zf.frozen FROM record.subject AS zf"
        " WHERE zf.subject = {t}.subject))",
        t=tie,
        r=about,
    )


def _of_cohort(about: Piece, branch: Piece) -> Piece:
    """Returns: the person belongs to the cohort, by ties that live now, age and home."""
    width = numbered("", COHORT_WIDTH)
    cells = [
        fill(
            "(%(s_cohorts)s::int [])[({b}.coh - 1) * {w} + {n}] AS {c}", b=branch, w=width, n=n, c=c
        )
        for n, c in (
            (numbered("", place), piece(column)) for place, column in enumerate(_COHORT, start=1)
        )
    ]
    return fill(
        "({b}.coh = 0 OR EXISTS (SELECT 1 FROM (SELECT {c} OFFSET 0) AS zh"
        " WHERE (zh.r1 + zh.h1 + zh.tk = 0 OR (SELECT"
        " (zh.r1 = 0 OR count(*) FILTER (WHERE zt.kind = {reg}"
        " AND zt.org = ANY((%(s_cohort_orgs)s::int [])[zh.r1:zh.r2])) > 0)"
        " AND (zh.h1 = 0 OR count(*) FILTER (WHERE zt.kind = {res}"
        " AND zt.org = ANY((%(s_cohort_orgs)s::int [])[zh.h1:zh.h2])) > 0)"
        " AND (zh.tk = 0 OR count(*) FILTER (WHERE zh.tk >> zt.kind::int & 1 = 1"
        " AND zt.org = ANY(%(s_me)s::int [])) > 0)"
        " FROM {k} CROSS JOIN LATERAL (SELECT zu.kind, zu.org FROM record.tie AS zu"
        " WHERE zu.subject = zk.subject AND zu.since <= {now} AND zu.until > {now} AND {t}"
        " OFFSET 0) AS zt))"
        " AND (zh.a1 + zh.a2 + zh.o1 = 0 OR EXISTS (SELECT 1 FROM {k}"
        " CROSS JOIN LATERAL (SELECT 1 FROM record.trait AS zy WHERE zy.subject = zk.subject"
        " AND (zh.a1 = 0 OR zy.born <= (%(s_days)s::date [])[zh.a1])"
        " AND (zh.a2 = 0 OR zy.born > (%(s_days)s::date [])[zh.a2])"
        " AND (zh.o1 = 0 OR zy.outward = ANY((%(s_outwards)s::text [])[zh.o1:zh.o2]))"
        " OFFSET 0) AS zy OFFSET 0)) OFFSET 0))",
        b=branch,
        c=join(", ", cells),
        k=kin(about),
        t=_counts(piece("zu"), about),
        now=_NOW,
        reg=numbered("", number_of_kind(Tie.REGISTRATION)),
        res=numbered("", number_of_kind(Tie.RESIDENCE)),
    )


def _of_rank(row: Piece, branch: Piece, shape: Shape) -> Piece:
    """Returns: fewer than so many newer rows of the person and heading come through the clause.

    Source: `reference/agreements.md` 6.4: what may not be seen is not counted.
    """
    other, its = piece("zo"), piece("zd")
    return fill(
        "({b}.top < 0 OR (SELECT count(*) FROM (SELECT 1 FROM {k}"
        " CROSS JOIN LATERAL (SELECT 1 FROM {n} AS zo"
        " WHERE ({o} > {a} OR ({o} = {a} AND (zo.id, zo.rt) < ({r}.id, {r}.rt)))"
        " AND (NOT {f} OR zo.code IS NOT DISTINCT FROM {r}.code)"
        " AND get_bit(%(bits)s::bytea, zo.cls) <> 0 AND EXISTS (SELECT 1 FROM {s}"
        " WHERE zd.say = {b}.say AND {w} OFFSET 0) OFFSET 0) AS zo LIMIT {b}.top) AS zn)"
        " < {b}.top)",
        n=_newer(row),
        b=branch,
        k=kin(row),
        r=row,
        o=at_of(other),
        a=at_of(row),
        f=asks(branch, Flag.PER_CODE),
        s=branches(other, its),
        w=_passes(other, its, shape & ~Shape.RANKED),
    )


def _newer(row: Piece) -> Piece:
    """Returns the rows of a person and heading that are not older than a row, as a table.

    In two parts, because an index finds a main date and finds that there is none.
    """
    columns = piece(
        "zm.subject, zm.rid, zm.rt, zm.id, zm.ver, zm.source, zm.heading, zm.label_set, zm.cls,"
        " zm.code, zm.dlo, zm.upd, zm.live_until, zm.tok"
    )
    return fill(
        "(SELECT {c} FROM record.resource AS zm WHERE zm.subject = zk.subject"
        " AND zm.heading = {r}.heading AND NOT zm.gone AND zm.dlo >= {a}"
        " UNION ALL SELECT {c} FROM record.resource AS zm WHERE zm.subject = zk.subject"
        " AND zm.heading = {r}.heading AND NOT zm.gone AND zm.dlo IS NULL OFFSET 0)",
        c=columns,
        r=row,
        a=at_of(row),
    )
