"""From an offer to branches: which labels go with which conditions, shown, withheld, indicated."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from careweave.agreements._compile_holds import Hold, Reader, Way, combined
from careweave.agreements._compile_offers import Offer, least
from careweave.agreements._compile_places import Group, Place, places
from careweave.agreements._question import Episode
from careweave.agreements._values import Filter
from careweave.terms import Branch, Cohort, Heading, Label, PersonId, Tie

# Source: `reference/record.md` 5.1: what C means, and that it is a year where it is a rank.
_LAST_CHANGE_DAYS = 90
_LAST_OF_KIND_MONTHS = 12
_ANY_TIE = frozenset(Tie)
_LEVELS = (
    (Filter.INDICATOR, "I"),
    (Filter.GATE, "R"),
    (Filter.BRIEF, "S"),
    (Filter.CURRENT, "C"),
    (Filter.CLEARED, "T"),
)


Order = tuple[bool, bool, int, tuple[str, int, str], int, tuple[str, ...]]
Opens = Callable[[Label | None], bool]
"""Says whether a gate is open: that of the heading (None), or that of a label."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is open to the reader for one person.

    `reasons` open gates, of a heading or of a label; `emergency` lifts what the clause says.
    """

    person: PersonId
    at: datetime
    reasons: tuple[Episode, ...] = ()
    emergency: Episode | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A branch with what it is ordered by; `kind` is where it belongs."""

    kind: str
    order: Order
    headings: frozenset[Heading | None]
    branch: Branch


@dataclass(frozen=True, slots=True)
class Lifted:
    """What an episode lifts of a branch."""

    by: Episode | None = None
    dissent: bool = False


_NOTHING = Lifted()


def made_of(
    reader: Reader, offer: Offer, groups: Iterable[Group], openings: Sequence[Opening]
) -> Iterator[Made]:
    """Yields the branches of an offer."""
    reader = replace(reader, cited=offer.cited)
    reasons = (one.heading for opening in openings for one in opening.reasons)
    named = frozenset(heading for heading in reasons if heading is not None)
    for group in groups:
        for place in places(reader, offer, group, named):
            for standing in _affording(place, openings):
                yield from _standing(standing)
            yield from _withheld(place)
            for opening in openings:
                yield from _by_reason(place, opening)
                yield from _by_emergency(place, opening)


def _affording(place: Place, openings: Iterable[Opening]) -> Iterator[Place]:
    """Yields the place, or where its budget is spent, the place for those in an emergency alone."""
    if not place.offer.is_spent:
        yield place
        return
    for opening in openings:
        if _is_urgent(place.offer, opening):
            persons = _one(place.offer, opening.person)
            yield replace(place, offer=replace(place.offer, persons=persons))


def _standing(place: Place) -> Iterator[Made]:
    """Yields what is shown and indicated without any episode."""
    if place.start.is_gated:
        return
    free = {label: hold for label, hold in place.labels.items() if not hold.is_gated}
    for way in combined(place.start, free):
        yield from _made(place, way, place.offer)


def _withheld(place: Place) -> Iterator[Made]:
    """Yields what a reason would open, as far as the reader may know that there is something."""
    told = {
        # Nothing of it is shown, so that nothing is taken out either.
        label: replace(hold, masks=frozenset(), unless_tied=frozenset())
        for label, hold in place.labels.items()
        if not hold.is_gated or label not in place.rules.silent
    }
    gated = frozenset(label for label, hold in told.items() if hold.is_gated)
    if not gated and not place.start.is_gated:
        return
    for way in combined(place.start, told):
        if way.hold.is_gated:
            marks = way.marks if place.start.is_gated else gated & way.labels
            if way.hold.is_indicator and not place.start.is_indicator:
                # An indicator asks for less of time: only what is one may profit by that.
                marks = _indicating(place, way)
            branch = _branch(place, replace(way, marks=marks), place.offer)
            branch = replace(branch, newest=None, is_per_code=False, fields=None)
            order = order_of(place.offer, way.hold, branch)
            yield Made("withheld", order, place.headings, branch)


def _by_reason(place: Place, opening: Opening) -> Iterator[Made]:
    here = [one for one in opening.reasons if one.heading in {None, place.named}]
    if not here or (place.offer.is_spent and not _is_urgent(place.offer, opening)):
        return
    offer = replace(place.offer, persons=_one(place.offer, opening.person))
    for way in _passing(place, _opens(here)):
        if way.hold.is_gated:
            yield from _made(place, way, offer, Lifted(here[0]))


def _by_emergency(place: Place, opening: Opening) -> Iterator[Made]:
    episode, offer = opening.emergency, place.offer
    if episode is None or not _is_urgent(offer, opening):
        return
    lifts = offer.emergency.lifts
    lifted = Lifted(episode, dissent="dissent" in lifts and offer.honours_dissent)
    is_whole = lifted.dissent
    offer = replace(offer, persons=_one(offer, opening.person))
    if "relationship" in lifts and offer.ties is not None:
        is_whole, offer = True, replace(offer, ties=None)
    for way in _passing(place, _opens_too(place, opening, "reason" in lifts)):
        if is_whole or way.hold.is_gated:
            yield from _made(place, way, offer, lifted)


def _is_urgent(offer: Offer, opening: Opening) -> bool:
    """Says whether an emergency is open that a clause takes, for as long as it takes one."""
    episode, rule = opening.emergency, offer.emergency
    if episode is None or not rule.allowed:
        return False
    began = episode.began_at or episode.opened_at
    return opening.at < episode.opened_at + timedelta(
        minutes=rule.minutes
    ) and opening.at < began + timedelta(minutes=rule.total)


def _one(offer: Offer, person: PersonId) -> frozenset[PersonId]:
    return frozenset({person}) if offer.persons is None else offer.persons & {person}


def _passing(place: Place, opens: Opens) -> list[Way]:
    """Returns the holds of which every gate is open."""
    if place.start.is_gated and not opens(None):
        return []
    free = {
        label: hold for label, hold in place.labels.items() if not hold.is_gated or opens(label)
    }
    return combined(place.start, free)


def _opens(here: Sequence[Episode]) -> Opens:
    """Returns what says which gates reasons open: all of a heading that is named, or one label's."""
    by_heading = any(one.heading is not None and one.label is None for one in here)
    named = {one.label for one in here if one.label is not None}
    return lambda label: by_heading or (label is not None and label in named)


def _opens_too(place: Place, opening: Opening, lifts_gates: bool) -> Opens:  # noqa: FBT001  one of three that go together
    here = [one for one in opening.reasons if one.heading in {None, place.named}]
    by_reason = _opens(here)
    gates: frozenset[Label | None] = place.rules.gates | {None} if lifts_gates else frozenset()
    return lambda label: label in gates or by_reason(label)


def _made(place: Place, way: Way, offer: Offer, lifted: Lifted = _NOTHING) -> Iterator[Made]:
    """Yields the branch of a way; two where a living tie takes a mask away."""
    hold, branch = way.hold, _branch(place, way, offer)
    if lifted.by is not None:
        branch = _lifted(branch, lifted, lifted.by)
    kind = "indicated" if hold.is_indicator else "shown"
    if hold.is_indicator and not place.start.is_indicator:
        branch = replace(branch, marks=_indicating(place, way))
    if hold.unless_tied:
        cohort = branch.cohort or Cohort()
        tied = replace(cohort, tie_kinds=cohort.tie_kinds or _ANY_TIE)
        yield Made(
            kind, order_of(offer, hold, branch), place.headings, replace(branch, cohort=tied)
        )
        branch = replace(branch, masks=branch.masks | hold.unless_tied)
    yield Made(kind, order_of(offer, hold, branch), place.headings, branch)


def _indicating(place: Place, way: Way) -> frozenset[Label]:
    return frozenset(one for one in way.labels if place.labels[one].is_indicator)


def _lifted(branch: Branch, lifted: Lifted, by: Episode) -> Branch:
    return replace(
        branch,
        episode=str(by.id),
        lifts_dissent=lifted.dissent and branch.honours_dissent,
        duties=branch.duties | {"break-glass" if by.is_emergency else "reason"},
    )


def order_of(offer: Offer, hold: Hold, branch: Branch) -> Order:
    """Returns by what a branch is preferred: least first."""
    first = bool(branch.episode), not offer.is_own, len(hold.filters)
    return (*first, offer.order, len(branch.masks), tuple(sorted(branch.labels)))


def _branch(place: Place, way: Way, offer: Offer) -> Branch:
    hold, portion = way.hold, place.portion
    filters = hold.filters
    is_current, is_brief = Filter.CURRENT in filters, Filter.BRIEF in filters
    is_rank = is_current and place.is_rank
    months = least(portion.months_back, _LAST_OF_KIND_MONTHS if is_rank else None)
    brief = place.rules.brief if is_brief else None
    newest = portion.items or brief
    is_per_code = is_rank and not is_brief
    fields = portion.fields
    if is_brief:
        fields = place.rules.brief_fields if fields is None else place.rules.brief_fields & fields
    is_foreign = not place.group.is_own
    return Branch(
        place.group.sources,
        frozenset(),
        way.labels,
        way.marks,
        clause=offer.clause,
        level=next((level for one, level in _LEVELS if one in filters), "F"),
        current_days=(0 if place.is_today else _LAST_CHANGE_DAYS)
        if is_current and not is_rank
        else None,
        months_back=months,
        is_cleared=Filter.CLEARED in filters,
        ties=offer.ties,
        cohort=offer.cohort,
        honours_dissent=offer.honours_dissent and is_foreign,
        consents=hold.consents,
        asks_consent=offer.asks_consent,
        asks_grant=offer.asks_grant,
        persons=offer.persons,
        newest=None if hold.is_indicator else 1 if is_per_code else newest,
        is_per_code=is_per_code and not hold.is_indicator,
        # A clause shows nothing of somebody who may be mistaken, whoever recorded it.
        is_own=offer.is_own,
        fields=fields,
        masks=hold.masks,
        duties=offer.duties,
    )
