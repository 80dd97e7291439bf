"""Compiles what agreements say into branches: what the record tests, without looking at an entry.

Independent of `decide`, which is the meaning: `docs/decisions/0032`.
Source: `reference/agreements.md` section 5.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from careweave.agreements._compile_branches import Made, Opening, made_of, order_of
from careweave.agreements._compile_holds import Hold, Reader
from careweave.agreements._compile_offers import (
    CARE,
    Named,
    Offer,
    clause_offers,
    own_offer,
)
from careweave.agreements._compile_places import Group
from careweave.agreements._question import Context, Episode
from careweave.agreements._values import Rules, World
from careweave.terms import EVERY_LABEL, Action, Branch, Heading, PersonId, Purpose, Role, SourceId

_EVERYTHING: frozenset[Heading | None] = frozenset((*Heading, None))

# Source: `reference/agreements.md` 1.5, access-secret; 6 step 6; `reference/security.md` 4.
_ABOUT_ONE = frozenset({Action.OPEN, Action.READ, Action.SEARCH_ONE})
_BY_REASON = frozenset({Action.OPEN, Action.READ})
_SHOWING_SECRETS = frozenset({*_ABOUT_ONE, Action.WRITE, Action.FIND})
_NEVER_OPENING = frozenset({Role.CI, Role.PX})


@dataclass(frozen=True, slots=True)
class Branches:
    """What somebody may see, in the order of preference, and what may be told of the rest.

    `withheld` would be shown if a reason were given, or a gate opened otherwise; of `indicated`
    only the existence is told. An entry counts as indicated only if no branch of `shown` lets it
    out, apart from being among the newest so many; and as withheld only if it is not that either.
    """

    shown: tuple[Branch, ...] = ()
    withheld: tuple[Branch, ...] = ()
    indicated: tuple[Branch, ...] = ()


def branches(world: World, context: Context, sources: Mapping[SourceId, Named]) -> Branches:
    """Returns what the reader of this context may see of these sources; nothing by default."""
    if not context.is_assured:
        return Branches()
    if context.role is Role.SYSTEM:
        return Branches(shown=tuple(_of_system(world, context, sources)))
    offers = [*own_offer(world, context, sources), *clause_offers(world, context, sources)]
    reader = Reader(
        world.rules,
        context.role,
        context.setting,
        context.purpose,
        hides_secrets=context.action not in _SHOWING_SECRETS,
    )
    openings = tuple(_openings(world.rules, context))
    made: list[Made] = []
    for offer in offers:
        groups = tuple(_groups(world, context, sources, offer.sources))
        made += made_of(reader, offer, groups, openings)
        made += _reference(offer, context)
    return Branches(_merged(made, "shown"), _merged(made, "withheld"), _merged(made, "indicated"))


def _of_system(
    world: World, context: Context, sources: Mapping[SourceId, Named]
) -> Iterator[Branch]:
    """Yields what a technical system sees: all that its organisation's sources hold.

    Of a service of its own within the organisation, whatever carries a label is that service's.
    """
    mine = frozenset(n for n, named in sources.items() if named[0] == context.organisation)
    for group in _groups(world, context, sources, mine):
        yield Branch(
            group.sources,
            _EVERYTHING,
            EVERY_LABEL if group.is_origin else frozenset(),
            clause=f"own:{context.organisation}",
            is_own=True,
        )


def _groups(
    world: World,
    context: Context,
    sources: Mapping[SourceId, Named],
    of: Iterable[SourceId],
) -> Iterator[Group]:
    """Yields the sources that stand alike to the reader, those that it recorded itself first."""
    mine = world.organisations.get(context.organisation)
    services = {} if mine is None else mine.services
    parts: dict[tuple[bool, bool], set[SourceId]] = {}
    for number in of:
        organisation, system, _ = sources[number]
        is_own = organisation == context.organisation
        is_origin = is_own and services.get(system, "") in {"", context.team}
        parts.setdefault((is_own, is_origin), set()).add(number)
    for (is_own, is_origin), numbers in sorted(parts.items(), reverse=True):
        yield Group(frozenset(numbers), is_own, is_origin)


def _openings(rules: Rules, context: Context) -> Iterator[Opening]:
    """Yields what episodes that count open, person by person."""
    if context.purpose not in CARE:
        return
    by_person: dict[PersonId, list[Episode]] = {}
    for episode in context.episodes:
        if _counts(rules, context, episode):
            by_person.setdefault(episode.person, []).append(episode)
    for person in sorted(by_person):
        found = sorted(by_person[person], key=lambda one: (one.opened_at, one.id))
        reasons = tuple(one for one in found if not one.is_emergency)
        emergencies = [one for one in found if one.is_emergency]
        yield Opening(person, context.at, reasons, emergencies[-1] if emergencies else None)


def _counts(rules: Rules, context: Context, episode: Episode) -> bool:
    """Says whether an episode is of this reader, in this role, for this purpose, and open."""
    theirs = episode.user, episode.organisation, episode.role, episode.purpose
    if theirs != (context.user, context.organisation, context.role, context.purpose):
        return False
    if not episode.opened_at <= context.at < episode.expires_at:
        return False
    if episode.is_emergency:
        entitled = rules.emergency.get(context.role, frozenset())
        return context.action in _ABOUT_ONE and context.purpose in entitled
    return context.action in _BY_REASON and context.role not in _NEVER_OPENING


def _reference(offer: Offer, context: Context) -> Iterator[Made]:
    """Yields the reference data that goes with whatever a provider gives: places, people, products."""
    if context.purpose is Purpose.PATIENT_ADMINISTRATION or not offer.portions or offer.is_spent:
        return
    branch = Branch(
        offer.sources,
        frozenset(),
        clause=offer.clause,
        is_reference=True,
        is_own=offer.is_own,
        duties=offer.duties,
    )
    yield Made("shown", order_of(offer, Hold(), branch), frozenset({None}), branch)


def _merged(made: Iterable[Made], kind: str) -> tuple[Branch, ...]:
    """Returns the branches of one kind in their order, headings that are alike together."""
    found: dict[tuple[object, ...], list[Made]] = {}
    for one in made:
        if one.kind == kind:
            found.setdefault((one.order, one.branch), []).append(one)
    merged = [_together(alike) for alike in found.values()]
    return tuple(one.branch for one in sorted(merged, key=_place))


def _together(alike: list[Made]) -> Made:
    headings = frozenset[Heading | None]().union(*(one.headings for one in alike))
    return replace(alike[0], branch=replace(alike[0].branch, headings=headings))


def _place(one: Made) -> tuple[object, ...]:
    headings = sorted(heading or "" for heading in one.branch.headings)
    return (one.order, headings, sorted(one.branch.sources))
