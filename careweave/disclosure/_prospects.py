"""What a reader may expect of a person, heading by heading, and why: told alike whatever is held.

Source: `reference/agreements.md` 6.3.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from careweave import record
from careweave.agreements import (
    About,
    Bond,
    Choice,
    Prospect,
    Reason,
    World,
    reasons_of,
    told_reason,
)
from careweave.db import Session
from careweave.disclosure._sight import View
from careweave.record import Bearing, Fact
from careweave.terms import Heading, PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be expected of one heading: nothing, for a `reason` and in a sentence; or something.

    `own_reason` is the same for entries of one's own organisation. `clauses` would show others'.
    `months_back` is how far back what has ended is shown; None for all of it.
    """

    heading: Heading
    reason: Reason | None
    own_reason: Reason | None
    sentence: str
    may_break_glass: bool
    clauses: tuple[str, ...]
    months_back: int | None = None

    @property
    def is_open(self) -> bool:
        """Says that entries would be shown, were there any."""
        return self.reason is None or self.own_reason is None


def expected(
    session: Session,
    seen: View,
    person: PersonId,
    subjects: Iterable[SubjectId],
    headings: Iterable[Heading],
) -> tuple[Expected, ...]:
    """Returns what the reader may expect of a person under these headings."""
    return expected_of(seen, about_of(session, seen, person, tuple(subjects)), headings)


def expected_of(seen: View, about: About, headings: Iterable[Heading]) -> tuple[Expected, ...]:
    """Returns the same of a person of whom it is known what bears on who may see."""
    found = reasons_of(seen.world, seen.context, about, sorted(headings))
    return tuple(_expected(seen, one) for one in found.values())


def _expected(seen: View, found: Prospect) -> Expected:
    return Expected(
        found.heading,
        found.reason,
        found.own_reason,
        _sentence(seen, found),
        found.may_break_glass,
        found.clauses,
        found.months_back,
    )


def _sentence(seen: View, found: Prospect) -> str:
    if found.reason is None:
        months = found.months_back
        return "" if months is None else f"Older entries are not shown ({months} months)."
    glass = found.may_break_glass
    return told_reason(seen.world, seen.context, found.reason, found.heading, may_break_glass=glass)


def about_of(
    session: Session, seen: View, person: PersonId, subjects: tuple[SubjectId, ...]
) -> About:
    """Returns what is known of a person that bears on who may see."""
    at = seen.context.at
    protected = record.with_fact(session, Fact.PROTECTED_ADDRESS, subjects, at=at)
    watched = record.with_fact(session, Fact.WATCHED, subjects, at=at)
    known = record.bearing(session, subjects)
    return known_about(
        seen.world, person, known, is_protected=bool(protected), is_watched=bool(watched)
    )


def known_about(
    world: World, person: PersonId, known: Bearing, *, is_protected: bool, is_watched: bool
) -> About:
    """Returns what bears on who may see a person, by the names that the agreements use."""
    slugs = _slugs(world)
    bonds = (_bond(one, slugs) for one in known.bonds)
    return About(
        person=person,
        bonds=tuple(one for one in bonds if one is not None),
        choices=tuple(_choice(one, slugs) for one in known.choices),
        is_protected=is_protected,
        is_watched=is_watched,
        born=known.born,
        outward=known.outward,
    )


def _slugs(world: World) -> Mapping[str, str]:
    """Returns the organisation of each name under which entries may know it."""
    return {name: slug for slug, of in world.organisations.items() for name in (slug, *of.codes)}


def _bond(one: Bond, slugs: Mapping[str, str]) -> Bond | None:
    slug = slugs.get(one.organisation)
    return None if slug is None else replace(one, organisation=slug)


def _choice(one: Choice, slugs: Mapping[str, str]) -> Choice:
    return replace(one, to=one.to | frozenset(_known(one.to, slugs)))


def _known(names: Iterable[str], slugs: Mapping[str, str]) -> Iterator[str]:
    return (slugs[name] for name in names if name in slugs)
