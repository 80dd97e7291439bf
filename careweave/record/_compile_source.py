"""A term as what drives: the rows that it finds by an index."""

from dataclasses import dataclass

from careweave.db import Piece, fill, join, numbered, piece
from careweave.record._compile_base import COLUMNS, all_of, looked_up, policy, slot
from careweave.record._compile_filter import main_code, ranges, subjects_of, where
from careweave.record._compile_terms import (
    AllTerm,
    AnyTerm,
    DateTerm,
    HopTerm,
    IdsTerm,
    KeysTerm,
    SubjectsTerm,
    Term,
    TextTerm,
    Use,
)
from careweave.record._nodes import Prefix
from careweave.terms import Fault

ONCE = piece("DISTINCT")
EACH = piece("ALL")


@dataclass(frozen=True, slots=True)
class Source:
    """A FROM clause that brings the row's alias, each row once, and what the row must meet."""

    rows: Piece
    conditions: tuple[Piece, ...]


def source(term: Term, row: Piece, rt: Piece, depth: int = 0) -> Source:
    """Returns the rows of `row`'s table that the term finds, of type `rt`, policy included."""
    if isinstance(term, IdsTerm):
        return _direct(row, fill("{r}.rt = {rt} AND {w}", r=row, rt=rt, w=where(term, row)))
    typed = fill("{r}.rt + 0 = {rt}", r=row, rt=rt)
    if isinstance(term, SubjectsTerm):
        return _direct(row, where(term, row), typed)
    if isinstance(term, HopTerm):
        found = _hopped(term, row, rt, depth)
    else:
        found = looked_up(fill("({t}) AS t", t=places(term, rt, depth)), row)
    return Source(found, (policy(row), typed, *rechecks(term, row, depth)))


def _direct(row: Piece, *conditions: Piece) -> Source:
    return Source(fill("record.resource AS {r}", r=row), (policy(row), *conditions))


def rechecks(term: Term, row: Piece, depth: int) -> tuple[Piece, ...]:
    """Returns what the index alone does not settle."""
    match term:
        case TextTerm(exacts=int()) | DateTerm() | AnyTerm() | AllTerm():
            return (where(term, row, depth + 1),)
        case _:
            return ()


def places(term: Term, rt: Piece, depth: int = 0, *, once: Piece = ONCE) -> Piece:
    """Returns a SELECT of the (subject, rid) that the term finds, before any policy.

    Each comes once; with `EACH` some may come again, which costs less.
    """
    match term:
        case KeysTerm(use=Use.MAIN):
            return fill(
                "SELECT c.subject, c.rid FROM record.resource AS c"
                " WHERE c.code = ANY({k}) AND {p}"
                " UNION SELECT t.subject, t.rid FROM record.idx_token AS t WHERE t.key = ANY({k})",
                k=slot(term.keys),
                p=policy(piece("c")),
            )
        case KeysTerm():
            return fill(
                "SELECT {o} t.subject, t.rid FROM record.idx_token AS t WHERE t.key = ANY({k})",
                o=once,
                k=slot(term.keys),
            )
        case TextTerm():
            return _text_places(term, once)
        case DateTerm(key=int()):
            return _date_places(term, once)
        case _:
            return _group_places(term, rt, depth)


def _text_places(term: TextTerm, once: Piece) -> Piece:
    return fill(
        "SELECT {o} f.subject, f.rid FROM {q} INNER JOIN record.idx_string AS f"
        " ON f.key = {k} AND f.v >= q.low AND f.v < q.high",
        o=once,
        q=ranges(term),
        k=slot(term.key),
    )


def _date_places(term: DateTerm, once: Piece) -> Piece:
    """Returns the rows whose range begins in the month or less that is searched."""
    (group,) = term.groups
    if group.prefix is not Prefix.EQ or term.key is None:
        raise Fault("Only a narrow date can drive a search.")
    low, high = slot(group.at), slot(group.at + 1)
    if not group.many:
        return fill(
            "SELECT {o} f.subject, f.rid FROM record.idx_date AS f"
            " WHERE f.key = {k} AND f.lo >= {p} AND f.lo < {q}",
            o=once,
            k=slot(term.key),
            p=low,
            q=high,
        )
    return fill(
        "SELECT {o} f.subject, f.rid"
        " FROM unnest({p}::timestamptz [], {q}::timestamptz []) AS q (p, q)"
        " INNER JOIN record.idx_date AS f ON f.key = {k} AND f.lo >= q.p AND f.lo < q.q",
        o=once,
        k=slot(term.key),
        p=low,
        q=high,
    )


def _group_places(term: Term, rt: Piece, depth: int) -> Piece:
    match term:
        case AnyTerm():
            none = piece("SELECT 0::bigint AS subject, 0::bigint AS rid WHERE FALSE")
            each = [fill("({t})", t=places(one, rt, depth)) for one in term.terms]
            return join(" UNION ", [none, *each])
        case AllTerm(driver=int(place)):
            return places(term.terms[place], rt, depth)
        case IdsTerm() | SubjectsTerm() | HopTerm():
            alias = numbered("g", depth)
            made = source(term, alias, rt, depth + 1)
            return fill(
                "SELECT {r}.subject, {r}.rid FROM {f} WHERE {w}",
                r=alias,
                f=made.rows,
                w=all_of(made.conditions),
            )
        case _:
            raise Fault("A condition that can only filter was asked to drive.")


def hop_subjects(term: HopTerm, depth: int) -> Piece:
    """Returns a SELECT of the distinct subjects of the visible rows that a hop leads to."""
    if term.driver is None:
        raise Fault("A hop that can only filter was asked to drive.")
    hop = numbered("h", depth)
    made = source(term.driver, hop, slot(term.rt), depth + 1)
    conditions = [*made.conditions, *(where(one, hop, depth + 1) for one in term.rest)]
    return fill(
        "SELECT DISTINCT {h}.subject FROM {f} WHERE {w}",
        h=hop,
        f=made.rows,
        w=all_of(conditions),
    )


def hop_candidates(term: HopTerm, depth: int) -> Piece:
    """Returns a SELECT of the subjects where a hop may lead, found by an index and not yet tested.

    It may hold more than the hop leads to, and some of them again; never less.
    """
    if term.driver is None:
        raise Fault("A hop that can only filter was asked to drive.")
    found = places(term.driver, slot(term.rt), depth, once=EACH)
    return fill("SELECT t.subject FROM ({t}) AS t", t=found)


def _hopped(term: HopTerm, row: Piece, rt: Piece, depth: int) -> Piece:
    subjects = hop_subjects(term, depth)
    if term.to_patient:
        return fill(
            "({s}) AS t CROSS JOIN LATERAL (SELECT {c} FROM record.resource AS x"
            " WHERE x.subject = t.subject AND x.rt + 0 = {rt} AND {p} OFFSET 0) AS {r}",
            s=subjects,
            c=COLUMNS,
            r=row,
            rt=rt,
            p=policy(piece("x")),
        )
    return fill(
        "({s}) AS t CROSS JOIN LATERAL (SELECT {c} FROM record.subject AS s"
        " INNER JOIN record.resource AS x"
        " ON x.rt = {rt} AND x.id = s.local_id AND x.subject + 0 = s.subject"
        " WHERE s.subject = t.subject OFFSET 0) AS {r}",
        s=subjects,
        c=COLUMNS,
        r=row,
        rt=rt,
    )


def narrow(subjects: SubjectsTerm, codes: KeysTerm, row: Piece, rt: Piece) -> Source:
    """Returns the rows of some subjects with a main code, by the subject's index alone."""
    made = source(subjects, row, rt)
    return Source(made.rows, (*made.conditions, main_code(codes, row, subjects_of(subjects))))
