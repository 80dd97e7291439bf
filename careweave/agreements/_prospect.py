"""What a reader may expect of one heading of a person, whether or not anything is held.

Source: `reference/agreements.md` 6.3: reasons of a person depend on who asks, ties and choices,
never on rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from careweave.agreements._chosen import concerns_every_entry
from careweave.agreements._decide import decide
from careweave.agreements._glass import is_entitled
from careweave.agreements._offers import clauses_for
from careweave.agreements._question import About, Answer, Context, Reason, Thing, Verdict
from careweave.agreements._values import Agreement, Clause, World
from careweave.terms import Heading

_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)
_ALONG_THE_WAY: Final = (
    Reason.ASSURANCE,
    Reason.NO_AGREEMENT,
    Reason.NO_RELATIONSHIP,
    Reason.PROJECT,
    Reason.OPT_OUT_STALE,
    Reason.GRANT,
    Reason.CONSENT_NEEDED,
    Reason.DISSENT,
    Reason.LABEL,
    Reason.BUDGET,
)
"""Reasons that rows have no part in, in the order in which they are met."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What may be expected of a heading: of others' entries, and of the own organisation's.

    A reason of None says that entries would be shown, or hidden behind a reason only. `clauses`
    would give them. `months_back` is how old what is no longer current may be; None is any age.
    """

    heading: Heading
    reason: Reason | None
    own_reason: Reason | None
    may_break_glass: bool = False
    months_back: int | None = None
    clauses: tuple[str, ...] = ()


def person_reasons(world: World, context: Context, about: About, heading: Heading) -> Prospect:
    """Returns why nothing of a heading is shown to this reader, as far as no row decides it.

    Somebody's dissent is told to those alone who may break the glass; others are told that there
    is no agreement.
    """
    return _prospect(world, context, about, heading, _providers(world, context, heading))


def _prospect(
    world: World, context: Context, about: About, heading: Heading, providers: Iterable[str]
) -> Prospect:
    plain = replace(about, choices=tuple(one for one in about.choices if concerns_every_entry(one)))
    own = decide(world, context, plain, _some(plain, context.organisation, heading))
    others = [
        decide(world, context, plain, _some(plain, provider, heading)) for provider in providers
    ]
    shown = [one for one in others if _reason(one) is None]
    return Prospect(
        heading=heading,
        reason=_softened(world, context, _furthest(others)),
        own_reason=_softened(world, context, _reason(own)),
        may_break_glass=any(one.may_break_glass for one in (own, *others)),
        months_back=_longest(shown),
        clauses=tuple(sorted({one.clause for one in shown if one.clause})),
    )


def reasons_of(
    world: World, context: Context, about: About, headings: Iterable[Heading]
) -> dict[Heading, Prospect]:
    """Returns the same for several headings at once, asking of each clause no more than once.

    What is decided of an entry without a date, a label or a choice of its own depends on whose it
    is only by the clauses that give it: providers of the same clauses are decided alike.
    """
    spoken = tuple(clauses_for(world, context))
    # What does not speak to this reader cannot give anything: it is not looked at again.
    speaking = {id(agreement): agreement for agreement, _clause in spoken}
    small = _small(_Part((id(world), *speaking), world, tuple(speaking.values())))
    clauses = [clause for _agreement, clause in spoken]
    return {
        heading: _prospect(
            small, context, about, heading, _alike(clauses, heading, context.organisation)
        )
        for heading in headings
    }


@dataclass(frozen=True, slots=True)
class _Part:
    """Some agreements of a world, told from others by which objects they are."""

    ids: tuple[int, ...]
    world: World = field(compare=False)
    agreements: tuple[Agreement, ...] = field(compare=False)


@lru_cache(maxsize=256)
def _small(part: _Part) -> World:
    """Returns one world for the same agreements, so that what is known of it is not found anew."""
    return replace(part.world, agreements=part.agreements)


def _alike(clauses: Sequence[Clause], heading: Heading, own: str) -> list[str]:
    """Returns one provider of each set of clauses that give a heading."""
    found: dict[str, frozenset[int]] = {}
    for place, clause in enumerate(clauses):
        if heading in clause.headings:
            for provider in clause.providers:
                found[provider] = found.get(provider, frozenset()) | {place}
    found.pop(own, None)
    first: dict[frozenset[int], str] = {}
    for provider in sorted(found):
        first.setdefault(found[provider], provider)
    return list(first.values())


def _providers(world: World, context: Context, heading: Heading) -> list[str]:
    found = {
        provider
        for _agreement, clause in clauses_for(world, context)
        if heading in clause.headings
        for provider in clause.providers
    }
    return sorted(found - {context.organisation})


def _some(about: About, organisation: str, heading: Heading) -> Thing:
    """An entry that nothing of its own would hide: current, released, without a label."""
    return Thing(
        person=about.person,
        organisation=organisation,
        system="",
        heading=heading,
        labels=frozenset(),
        at=_ALWAYS,
        live_until=_ALWAYS,
        is_cleared=True,
    )


def _reason(verdict: Verdict) -> Reason | None:
    if verdict.answer in {Answer.PERMIT, Answer.WITHHELD}:
        return None
    return verdict.reason


def _furthest(verdicts: Iterable[Verdict]) -> Reason | None:
    """The reason of the offer that came furthest; None where one is shown."""
    reasons = [_reason(one) for one in verdicts]
    if None in reasons:
        return None
    met = [one for one in reasons if one is not None]
    return max(met, key=_ALONG_THE_WAY.index, default=Reason.NO_AGREEMENT)


def _softened(world: World, context: Context, reason: Reason | None) -> Reason | None:
    is_told = reason is not Reason.DISSENT or is_entitled(world, context)
    return reason if is_told else Reason.NO_AGREEMENT


def _longest(shown: Iterable[Verdict]) -> int | None:
    months = [one.months_back for one in shown]
    known = [one for one in months if one is not None]
    return max(known) if known and len(known) == len(months) else None
