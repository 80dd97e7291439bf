"""Deciding one question by the letter: the meaning of agreements, which all else is held against.

Source: `reference/agreements.md` section 6. Deny is the default; the first step after which no
offer is left names the reason.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from careweave.agreements import _secondary, _steps
from careweave.agreements._glass import emergency, is_entitled
from careweave.agreements._offers import Offer, offers
from careweave.agreements._question import About, Answer, Context, Episode, Reason, Thing, Verdict
from careweave.agreements._ranking import newest_of, places_of
from careweave.agreements._sensitive import is_barred, masks
from careweave.agreements._steps import Case, Stop, Trial
from careweave.agreements._values import Family, Filter, World

Step = Callable[[Case, Trial], Trial | Stop]

_CARE: Final[tuple[Step, ...]] = (
    _steps.relationship,
    _steps.choice,
    _steps.labels,
    _steps.depth,
    _steps.gate,
    _steps.budget,
)
_SECONDARY: Final[tuple[Step, ...]] = (
    _secondary.project,
    _secondary.fresh,
    _secondary.bar,
    _secondary.opted_out,
    _steps.labels,
    _steps.depth,
    _steps.gate,
    _steps.budget,
)
_ROWS: Final = {
    Reason.ASSURANCE: 1,
    Reason.LAW_BAR: 2,
    Reason.NO_AGREEMENT: 3,
    Reason.NO_RELATIONSHIP: 4,
    Reason.DISSENT: 5,
    Reason.GATE: 6,
    Reason.BUDGET: 8,
}
_LIFTABLE: Final = frozenset({Reason.NO_RELATIONSHIP, Reason.DISSENT, Reason.GATE})
_PRETENDED: Final = UUID(int=0)


def decide(world: World, context: Context, about: About, thing: Thing) -> Verdict:
    """Returns what a reader gets of one entry, by which clause, or why not.

    Of ranked filters (`newest`) nothing is decided here: that takes the entries beside it
    (`ranked`). `about` is of the person whom the entry is about, and of nobody for an entry about
    nobody.
    """
    case = Case(world, context, about, thing)
    verdict = _verdict(case)
    if verdict.reason not in _LIFTABLE or verdict.episode is not None:
        return verdict
    return replace(verdict, may_break_glass=_would_lift(case))


def released(world: World, context: Context, about: About, thing: Thing) -> list[Verdict]:
    """Returns one permit for each clause that gives the entry, the preferred one first."""
    case = Case(world, context, about, thing)
    trials, _stop, _step = _tried(case)
    return [_permit(case, one, ()) for one in _preferred(trials)]


def _verdict(case: Case) -> Verdict:
    trials, stop, reached = _tried(case)
    if stop is not None:
        return _refusal(case, stop, reached)
    best, *others = _preferred(trials)
    return _permit(case, best, tuple(one.offer.name for one in others))


def _tried(case: Case) -> tuple[list[Trial], Stop | None, list[Trial]]:
    """The offers that are left after all steps, else why none is, and which came that far."""
    early = _before_offers(case)
    if early is not None:
        return [], early, []
    trials = [Trial(one, one.filters) for one in _offers(case)]
    if not trials:
        return [], Stop(Reason.NO_AGREEMENT), []
    for step in _SECONDARY if case.family is Family.SECONDARY else _CARE:
        kept, stop = _through(case, trials, step)
        if stop is not None:
            return [], stop, trials
        trials = kept
    return trials, None, []


def _offers(case: Case) -> list[Offer]:
    return offers(case.world, case.context, case.about, case.thing)


def _through(case: Case, trials: list[Trial], step: Step) -> tuple[list[Trial], Stop | None]:
    came = [step(case, one) for one in trials]
    kept = [one for one in came if isinstance(one, Trial)]
    stops = [
        _told(one, stop) for one, stop in zip(trials, came, strict=True) if isinstance(stop, Stop)
    ]
    # The order of the offers must not tell: of several reasons the plainest counts.
    return kept, None if kept else min(stops, key=_order_of_stops)[1]


def _told(trial: Trial, stop: Stop) -> tuple[bool, Stop]:
    """What is said where an emergency did not lift all that had to be: as if there were none."""
    if not trial.lifted or stop.reason not in {*_LIFTABLE, Reason.CONSENT_NEEDED}:
        return False, stop
    is_first = "relationship" in trial.lifted
    return True, Stop(Reason.NO_RELATIONSHIP if is_first else Reason.DISSENT)


def _order_of_stops(told: tuple[bool, Stop]) -> tuple[bool, bool, int]:
    was_lifted, stop = told
    return was_lifted, stop.is_silent, list(Reason).index(stop.reason)


def _before_offers(case: Case) -> Stop | None:
    if not case.context.is_assured:
        return Stop(Reason.ASSURANCE)
    is_early = case.family is not Family.SECONDARY
    return Stop(Reason.LAW_BAR, is_silent=True) if is_early and is_barred(case) else None


def _preferred(trials: Iterable[Trial]) -> list[Trial]:
    return sorted(trials, key=_preference)


def _preference(trial: Trial) -> tuple[bool, bool, bool, int, tuple[str, int, str]]:
    return (
        Filter.INDICATOR in trial.filters,
        trial.episode is not None,
        not trial.offer.is_own,
        len(trial.filters),
        trial.offer.order,
    )


def _permit(case: Case, trial: Trial, others: tuple[str, ...]) -> Verdict:
    clause = trial.offer.clause
    agreed = clause.duties if clause else frozenset[str]()
    is_reviewed = case.about.is_watched or trial.episode is not None
    duties = agreed | {"audit"} | ({"review"} if is_reviewed else set())
    return Verdict(
        Answer.PERMIT,
        row=_row_of_permit(case, trial),
        clause=trial.offer.name,
        filters=trial.filters,
        masks=masks(case),
        duties=duties,
        alternates=others,
        episode=trial.episode.id if trial.episode else None,
        newest=newest_of(case, trial),
        months_back=_steps.months_of(case, trial),
        heading=case.thing.heading,
    )


def _row_of_permit(case: Case, trial: Trial) -> int:
    if case.family is not Family.CARE:
        return 0
    for lifted, row in (("relationship", 11), ("dissent", 12), ("reason", 13)):
        if lifted in trial.lifted:
            return row
    is_open = emergency(case.world, case.context, case.about, trial.offer.clause) is not None
    if trial.is_reasoned:
        return 14 if is_open else 9
    return 15 if is_open else 10


def _refusal(case: Case, stop: Stop, reached: list[Trial]) -> Verdict:
    answer = Answer.REFUSED
    if stop.is_silent:
        answer = Answer.ABSENT
    elif stop.reason is Reason.GATE:
        answer = Answer.WITHHELD
    row = 0
    if case.family is Family.CARE:
        row = _ROWS.get(stop.reason, 0)
        if stop.reason is Reason.BUDGET and _preferred(reached)[0].is_reasoned:
            row = 7
    return Verdict(answer, row=row, reason=stop.reason, heading=case.thing.heading)


def _would_lift(case: Case) -> bool:
    context, person = case.context, case.thing.person
    if person is None or not is_entitled(case.world, context):
        return False
    pretended = Episode(
        id=_PRETENDED,
        is_emergency=True,
        user=context.user,
        organisation=context.organisation,
        role=context.role,
        person=person,
        purpose=context.purpose,
        opened_at=context.at,
        expires_at=context.at + timedelta(minutes=1),
    )
    broken = replace(context, episodes=(*context.episodes, pretended))
    return not _tried(replace(case, context=broken))[1]


def ranked(world: World, context: Context, asked: Sequence[tuple[About, Thing]]) -> list[Verdict]:
    """Returns what a reader gets of each of these entries, ranked filters included.

    The newest so many are those of what the same clause otherwise gives of one person under one
    heading: what is hidden counts for nothing, so that a short list betrays nothing.
    Source: `reference/agreements.md` 6.4.
    """
    given = [released(world, context, about, thing) for about, thing in asked]
    places = places_of(world.rules, [thing for _about, thing in asked], given)
    return [
        _first(world, context, about, thing, found, placed)
        for (about, thing), found, placed in zip(asked, given, places, strict=True)
    ]


def _first(
    world: World,
    context: Context,
    about: About,
    thing: Thing,
    found: list[Verdict],
    placed: list[int],
) -> Verdict:
    if not found:
        return decide(world, context, about, thing)
    kept = [
        one
        for one, place in zip(found, placed, strict=True)
        if one.newest is None or place < one.newest
    ]
    if not kept:
        return Verdict(Answer.ABSENT, reason=Reason.DEPTH, heading=thing.heading)
    return replace(kept[0], alternates=tuple(one.clause for one in kept[1:]))
