"""Step 2 of deciding: which clauses, or the asker's own organisation, would give an entry at all.

Source: `reference/agreements.md` section 6, step 2; section 1.4 for what clause and matrix leave.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from careweave.agreements._bonds import belongs
from careweave.agreements._force import in_force
from careweave.agreements._matrix import filters_of, matrix_filters, meet
from careweave.agreements._question import About, Context, Mandate, Thing
from careweave.agreements._values import (
    Agreement,
    Clause,
    Family,
    Filter,
    Filters,
    Hours,
    Share,
    World,
)
from careweave.terms import Action, Heading, Label, Purpose, Role

_FAMILIES: Final[dict[Purpose, Family]] = {
    Purpose.DIRECT_CARE: Family.CARE,
    Purpose.EMERGENCY: Family.CARE,
    Purpose.COORDINATION: Family.CARE,
    Purpose.SAFEGUARDING: Family.CARE,
    Purpose.OWN_REQUEST: Family.PERSON,
    Purpose.FAMILY_REQUEST: Family.PERSON,
    Purpose.PLANNING: Family.SECONDARY,
    Purpose.PUBLIC_HEALTH: Family.SECONDARY,
    Purpose.RESEARCH: Family.SECONDARY,
    Purpose.LEGAL: Family.MANDATE,
    Purpose.PATIENT_ADMINISTRATION: Family.FINDING,
}
# Rows that identify nobody leave by these alone.
_UNNAMED: Final = frozenset({Action.AGGREGATE, Action.EXPORT})

_CITABLE: Final = frozenset({Label.S4, Label.S8, Label.VERY_RESTRICTED})
"""Bars that a court can set aside. Source: `reference/agreements.md` section 6, step 1."""


def family_of(purpose: Purpose) -> Family | None:
    """Returns with which purposes this one is decided alike; None: no clause may have it."""
    return _FAMILIES.get(purpose)


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that would give an entry: a clause of an agreement, or the own organisation.

    `filters` are what clause and matrix leave of the heading. `order` tells clauses apart where
    several give the same.
    """

    name: str
    order: tuple[str, int, str]
    filters: Filters
    agreement: Agreement | None = None
    clause: Clause | None = None

    @property
    def is_own(self) -> bool:
        """Says that the entry belongs to the asker's own organisation."""
        return self.clause is None


def offers(world: World, context: Context, about: About | None, thing: Thing) -> list[Offer]:
    """Returns everything that would give the entry, before ties, choices, labels and the rest.

    `about` None asks for no cohort: what would be given of some person.
    """
    made = [_own(world, context, thing), *_shared(world, context, about, thing)]
    return [one for one in made if one is not None and _may_leave(one.filters, context.action)]


def _may_leave(filters: Filters, action: Action) -> bool:
    if Filter.NEVER in filters:
        return False
    return Filter.CODED not in filters or action in _UNNAMED


def _own(world: World, context: Context, thing: Thing) -> Offer | None:
    if thing.organisation != context.organisation or not _is_own_business(world, context, thing):
        return None
    filters = frozenset[Filter]()
    if context.role is not Role.SYSTEM and thing.heading is not None:
        filters = matrix_filters(world.rules, context.role, thing.heading)
    return Offer(f"own:{context.organisation}", ("", 0, ""), filters)


def _is_own_business(world: World, context: Context, thing: Thing) -> bool:
    if context.role is Role.SYSTEM:
        return True
    if family_of(context.purpose) is Family.FINDING:
        is_search = context.action is Action.FIND and thing.heading is Heading.DEM
        return is_search and context.role in world.rules.finds_per_hour
    is_care = family_of(context.purpose) is Family.CARE
    purposes = world.rules.own_purposes.get(context.role, frozenset())
    return is_care and context.purpose in purposes and context.action is not Action.FIND


def _shared(world: World, context: Context, about: About | None, thing: Thing) -> Iterable[Offer]:
    for agreement, clause in clauses_for(world, context):
        if _gives(world, context, about, clause, thing):
            filters = _left(world, context, agreement, clause, thing.heading)
            name = f"{agreement.name}/{clause.id}"
            order = agreement.id, agreement.version, clause.id
            yield Offer(name, order, filters, agreement, clause)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks in which world, told from others by which objects they are, not by what they say."""

    ids: tuple[int, int]
    world: World = field(compare=False)
    context: Context = field(compare=False)


def clauses_for(world: World, context: Context) -> Iterable[tuple[Agreement, Clause]]:
    """Returns the clauses in force that speak to this reader, this purpose and this action."""
    return _clauses_for(_Asked((id(world), id(context)), world, context))


@lru_cache(maxsize=256)
def _clauses_for(asked: _Asked) -> tuple[tuple[Agreement, Clause], ...]:
    return tuple(_spoken(asked.world, asked.context))


def _spoken(world: World, context: Context) -> Iterator[tuple[Agreement, Clause]]:
    if context.role is Role.SYSTEM:
        return
    for agreement in world.agreements:
        spoken = [one for one in agreement.clauses if _speaks_to(world, context, one)]
        if spoken and not in_force(world, agreement, context.at):
            yield from ((agreement, clause) for clause in spoken)


def _speaks_to(world: World, context: Context, clause: Clause) -> bool:
    return (
        context.organisation in clause.recipients
        and context.role in clause.roles
        and (not clause.settings or context.setting in clause.settings)
        and (not clause.teams or context.team in clause.teams)
        and context.purpose is clause.purpose
        and family_of(clause.purpose) is not None
        and context.action in clause.actions
        and (bool(clause.ties) or family_of(clause.purpose) is not Family.CARE)
        and _is_open(world, context, clause)
    )


def _is_open(world: World, context: Context, clause: Clause) -> bool:
    # Outside its hours a clause is only watched where somebody may be in need of care.
    if clause.hours is None or family_of(clause.purpose) is not Family.SECONDARY:
        return True
    return _holds_at(clause.hours, context.at.astimezone(ZoneInfo(world.zone)))


def _holds_at(hours: Hours, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    return local.weekday() in hours.days and hours.from_minute <= minute < hours.until_minute


def _gives(
    world: World, context: Context, about: About | None, clause: Clause, thing: Thing
) -> bool:
    if thing.is_frozen or thing.organisation not in clause.providers:
        return False
    if thing.heading is None:
        is_finding = family_of(clause.purpose) is Family.FINDING
        return thing.is_reference and not thing.labels and not is_finding
    ceiling = clause.labels | cited(context, thing)
    if thing.person is None or thing.heading not in clause.headings or thing.labels - ceiling:
        return False
    day = context.at.astimezone(ZoneInfo(world.zone)).date()
    return about is None or belongs(clause.cohort, context, about, day)


def _left(
    world: World, context: Context, agreement: Agreement, clause: Clause, heading: Heading | None
) -> Filters:
    if heading is None:
        return frozenset()
    given = filters_of(share_of(clause, heading).level)
    day = context.at.astimezone(ZoneInfo(world.zone)).date()
    raised = [
        filters_of(line.level)
        for line in agreement.loosens
        if line.role is context.role and line.heading is heading and day <= line.until
    ]
    ceilings = raised or [matrix_filters(world.rules, context.role, heading)]
    return meet(given, *ceilings)


def share_of(clause: Clause, heading: Heading) -> Share:
    """Returns what a clause gives of a heading that it names."""
    return clause.headings[heading]


def mandates_for(context: Context, thing: Thing) -> list[Mandate]:
    """Returns the legal mandates that hold now and name this reader, this person, this heading."""
    if family_of(context.purpose) is not Family.MANDATE or thing.person is None:
        return []
    return [
        one
        for one in context.mandates
        if one.person == thing.person
        and one.recipient == context.organisation
        and thing.heading in one.headings
        and one.since <= context.at < one.until
    ]


def cited(context: Context, thing: Thing) -> frozenset[Label]:
    """Returns the labels whose bar a mandate cites for this entry, as far as one can."""
    named = frozenset(bar for one in mandates_for(context, thing) for bar in one.bars)
    return named & _CITABLE
