"""The difference in effect of a configuration: counted in the record, before it takes hold.

Source: `reference/agreements.md` 1.1 and 3.2: numbers of staff and people, never who.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from careweave import record
from careweave.agreements import (
    Difference,
    Moved,
    Staff,
    Standings,
    World,
    differences,
    names_of,
    standings,
)
from careweave.db import Session
from careweave.terms import Branch, Heading, Sight


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for people who work alike, and of how many people they see how much then."""

    difference: Difference
    moved: Mapping[Heading, Moved]


@dataclass(frozen=True, slots=True)
class Effects:
    """All that a change does: which agreements come and go, and what that changes for whom."""

    standings: Standings
    effects: tuple[Effect, ...]


def effects(
    session: Session, old: World, new: World, staff: tuple[Staff, ...], *, at: datetime
) -> Effects:
    """Returns what would change for whom if `new` were in force instead of `old` at a moment.

    It reads the record once before and once after for each difference: for the hour of a change,
    not for every day. The session should be one for bulk work.
    """
    sources = {
        number: (one.organisation, one.system, one.feed)
        for number, one in record.dictionaries(session).sources.items()
    }
    found = tuple(
        Effect(one, dict(_moved(session, old, new, one, at)))
        for one in differences(old, new, staff, sources, at)
    )
    return Effects(standings(old, new, at), found)


def _moved(
    session: Session, old: World, new: World, one: Difference, at: datetime
) -> Iterator[tuple[Heading, Moved]]:
    """Yields how each heading moves; nothing where people cannot be counted beforehand."""
    if not one.before and not one.after:
        return
    before = record.breadth(session, _sight(old, one, one.before, at), one.headings)
    after = record.breadth(session, _sight(new, one, one.after, at), one.headings)
    for heading in sorted(one.headings):
        yield heading, _compared(before[heading], after[heading])


def _sight(world: World, one: Difference, branches: tuple[Branch, ...], at: datetime) -> Sight:
    organisation = one.staff.organisation
    names = names_of(world, (organisation,))
    return Sight(branches, world.version, at, names, "", one.purpose)


def _compared(before: Mapping[str, int], after: Mapping[str, int]) -> Moved:
    both = before.keys() & after.keys()
    return Moved(
        newly=len(after.keys() - before.keys()),
        more=sum(after[one] > before[one] for one in both),
        less=sum(after[one] < before[one] for one in both),
        no_longer=len(before.keys() - after.keys()),
        had=bool(before),
    )
