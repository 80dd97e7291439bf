"""What is held of somebody without what it says: kinds of entries, and an outline."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from careweave.db import Queries, Session
from careweave.record._compile_known import Known, as_known
from careweave.record._compile_policy import Shape
from careweave.record._dictionaries import Dictionaries, heading_of, number_of
from careweave.record._policy import seen, with_beyond
from careweave.record._types import type_of
from careweave.terms import Branch, Heading, Sight, SourceId, SubjectId

_QUERIES = Queries("careweave.record")

MOST_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Something is held: under which heading, of which source, seen by which branch."""

    heading: Heading | None
    source: SourceId
    via: int


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in an outline: `at` is its main date, None without one."""

    type: str
    id: str
    subject: SubjectId
    source: SourceId
    heading: Heading | None
    at: datetime | None
    updated: datetime
    via: int


def kinds(
    session: Session,
    subjects: Collection[SubjectId],
    *,
    sight: Sight,
    beyond: tuple[Branch, ...] = (),
    known: Known | None = None,
) -> frozenset[Kept]:
    """Returns under which headings, from which sources, by which branches anything is visible.

    It says that something is there, not how much. With `beyond`, the branches that withhold or
    that only indicate, it tells of what those let through and no branch of the sight does; `via`
    is then a place in `beyond`. `known` is of the sight that has both, as `both` makes it.
    """
    if not subjects or not (sight.branches or beyond):
        return frozenset()
    view = both(session, sight, beyond)
    more, shape = as_known(known)
    apart = replace(view, branches=view.branches[len(sight.branches) :])

    def values(now: Dictionaries) -> Mapping[str, object]:
        # Classes of which nothing can be withheld or indicated are left out.
        which = now.profiles(apart).bits if beyond else None
        return {**more, "subjects": sorted(subjects), "which": which}

    rows = seen(session, view, _QUERIES["kinds"], values, shape | Shape.TOLD)
    first = len(sight.branches) if beyond else 0
    return frozenset(
        Kept(heading_of(heading), source, via - first)
        for heading, source, via, _ in rows
        if via >= first
    )


def both(session: Session, sight: Sight, beyond: tuple[Branch, ...]) -> Sight:
    """Returns the sight with the branches that withhold or only indicate after its own."""
    return with_beyond(session, sight, beyond) if beyond else sight


def outline(
    session: Session,
    subjects: Sequence[SubjectId],
    *,
    sight: Sight,
    headings: Collection[Heading | None] | None = None,
    most: int = MOST_LINES,
    known: Known | None = None,
) -> tuple[Line, ...]:
    """Returns the visible current entries of these subjects, newest first, without their bodies.

    `headings` None means all. `known` is what branches ask of these subjects, where it is known.
    """
    if not subjects or not sight.branches:
        return ()
    wanted = None if headings is None else sorted(map(number_of, headings))
    more, shape = as_known(known)
    values = {**more, "subjects": sorted(subjects), "headings": wanted, "most": most}
    rows = seen(session, sight, _QUERIES["outline"], values, shape | Shape.TOLD)
    return tuple(
        Line(type_of(rt), id_, subject, source, heading_of(heading), at, updated, via)
        for rt, id_, subject, source, heading, at, updated, via, _ in rows
    )
