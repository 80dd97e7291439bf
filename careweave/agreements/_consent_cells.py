"""Regions of what a Consent speaks of, and what is outside them: a little algebra of conditions.

A region is a list of cells, and lies wherever one of them does. A cell lies where all of its
conditions hold. What cannot be said exactly is always said wider, since regions are denied.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import reduce
from typing import Generic, TypeVar

from careweave.terms import Heading, Label, Purpose

EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_MOST = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Some(Generic[T]):
    """These values or, with `others`, all but these: `Some()` is every value there is."""

    values: frozenset[T] = frozenset()
    others: bool = True

    @property
    def is_none(self) -> bool:
        """Says that no value is meant."""
        return not self.values and not self.others

    def outside(self) -> "Some[T]":
        """Returns what is not meant."""
        return Some(self.values, not self.others)

    def both(self, other: "Some[T]") -> "Some[T]":
        """Returns what is meant by both."""
        if self.others and other.others:
            return Some(self.values | other.values, others=True)
        if self.others or other.others:
            few, but = (other, self) if self.others else (self, other)
            return Some(few.values - but.values, others=False)
        return Some(self.values & other.values, others=False)


ANYONE: Some[str] = Some()
ANY_PURPOSE: Some[Purpose] = Some()
ANY_HEADING: Some[Heading] = Some()


@dataclass(frozen=True, slots=True)
class Span:
    """A time within [since, until), or outside it."""

    since: datetime = EVER[0]
    until: datetime = EVER[1]
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Conditions that hold together; each of them by default holds everywhere.

    `labels` asks for any one of them. `is_liftable` leaves out whoever has broken the glass.
    """

    to: Some[str] = ANYONE
    users: Some[str] = ANYONE
    purposes: Some[Purpose] = ANY_PURPOSE
    headings: Some[Heading] = ANY_HEADING
    ids: Some[str] = ANYONE
    authors: Some[str] = ANYONE
    source: str = ""
    labels: frozenset[Label] | None = None
    data: Span = Span()
    force: Span = Span()
    is_liftable: bool = False

    def both(self, other: "Cell") -> "Cell | None":
        """Returns where both lie, or None where they have nothing in common."""
        force = _both_spans(self.force, other.force)
        made = Cell(
            to=self.to.both(other.to),
            users=self.users.both(other.users),
            purposes=self.purposes.both(other.purposes),
            headings=self.headings.both(other.headings),
            ids=self.ids.both(other.ids),
            authors=self.authors.both(other.authors),
            source=self.source or other.source,
            labels=_both_labels(self.labels, other.labels),
            data=_both_spans(self.data, other.data),
            force=force,
            is_liftable=self.is_liftable or other.is_liftable,
        )
        return None if made.is_nowhere else made

    @property
    def is_nowhere(self) -> bool:
        """Says that a condition can never hold."""
        sets = (getattr(self, one.name) for one in fields(self))
        empty = any(isinstance(one, Some) and one.is_none for one in sets)
        spans = (self.data, self.force)
        return empty or any(not s.is_outside and s.since >= s.until for s in spans)

    def outside(self, allowed: frozenset[Label] | None) -> Iterator["Cell"]:
        """Yields the cells that cover all that this one does not.

        `allowed` are the labels that an entry inside may carry; None is whatever labels. A custodian
        cannot be turned round, so nobody's entries count as inside.
        """
        if self.source:
            yield Cell()
            return
        for name in ("to", "users", "purposes", "headings", "ids", "authors"):
            turned = replace(Cell(), **{name: getattr(self, name).outside()})
            if not turned.is_nowhere:
                yield turned
        if self.data != Span():
            yield Cell(data=replace(self.data, is_outside=not self.data.is_outside))
        yield from _outside_force(self.force)
        if allowed is not None and (left := frozenset(Label) - allowed):
            yield Cell(labels=left)


Region = tuple[Cell, ...]
EVERYWHERE: Region = (Cell(),)


def common(regions: Sequence[Region]) -> Region:
    """Returns where all of these regions lie; everywhere for none, and where it gets too much."""
    return reduce(_common_of_two, regions, EVERYWHERE)


def _common_of_two(one: Region, other: Region) -> Region:
    found = tuple(
        dict.fromkeys(both for a in one for b in other if (both := a.both(b)) is not None)
    )
    return found if len(found) <= _MOST else EVERYWHERE


def outside(region: Region, turn: Callable[[Cell], Iterator[Cell]]) -> Region:
    """Returns what no cell of the region covers, each turned round by `turn`."""
    return common([tuple(turn(cell)) for cell in region])


def _both_labels(
    one: frozenset[Label] | None, other: frozenset[Label] | None
) -> frozenset[Label] | None:
    if one is None or other is None:
        return other if one is None else one
    # Any of these and any of those: exact where one holds the other, else said wider.
    return min(one, other, key=len)


def _both_spans(one: Span, other: Span) -> Span:
    if Span() in (one, other):
        return other if one == Span() else one
    if one.is_outside or other.is_outside:
        return other if one.is_outside else one
    return Span(max(one.since, other.since), min(one.until, other.until))


def _outside_force(force: Span) -> Iterator[Cell]:
    if force.since > EVER[0]:
        yield Cell(force=Span(EVER[0], force.since))
    if force.until < EVER[1]:
        yield Cell(force=Span(force.until, EVER[1]))
