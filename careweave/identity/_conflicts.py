"""What forbids that two local identities are one person: vetoes and alarms. Pure.

A veto is no weight: no score overrules it. Source: reference/identity.md section 7.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from careweave.identity._evidence import basis
from careweave.identity._forenames import Closeness, Shares, closeness
from careweave.identity._likeness import (
    are_births_near,
    have_one_family,
    have_one_household,
    is_full,
    year_gap,
)
from careweave.identity._limits import Limits
from careweave.identity._member import Barrier, Barriers, Member, Pair, pair
from careweave.identity._norm import Norm

KINDS_OF_NUMBER = ("nhs", "chi", "hc")


class Veto(StrEnum):
    """The vetoes of section 7, by their codes."""

    NUMBER = "V1"
    BIRTH = "V2"
    TWINS = "V3"
    GENERATION = "V4"
    DEATH = "V5"
    NOT_SAME = "V6"
    SEALED = "V7"
    SAME_SOURCE = "V8"
    SIZE = "V9"
    FROZEN = "V10"


@dataclass(frozen=True, slots=True)
class Judging:
    """What a conflict is judged on besides the two: limits, common names, barriers.

    `leaves_out` are vetoes that are not asked: sets for measuring have their forenames replaced at
    random (section 17).
    """

    limits: Limits
    shares: Shares = field(default_factory=dict[str, float])
    barriers: Barriers = field(default_factory=dict[Pair, tuple[Barrier, ...]])
    leaves_out: frozenset[Veto] = frozenset()

    def has_changed(self, one: Member, other: Member) -> bool:
        """Says that a number, date or name changed since a human said that these are two."""
        return any(
            barrier.kind == "not_same" and barrier.basis != basis(one.norm, other.norm)
            for barrier in self.barriers.get(pair(one.subject, other.subject), ())
        )


def conflicts(one: Member, other: Member, judging: Judging) -> frozenset[Veto]:
    """Returns why two local identities must not be one person, or not without a human."""
    found = {veto for veto, holds in _asked(one, other, judging) if holds}
    return frozenset(found - judging.leaves_out)


def group_conflicts(
    ours: Sequence[Member], theirs: Sequence[Member], judging: Judging
) -> Mapping[Veto, Member]:
    """Returns why two groups must not be one person, each veto with the member of theirs it is of.

    Every member of the one is held against every member of the other.
    """
    found: dict[Veto, Member] = {}
    for other in theirs:
        for one in ours:
            for veto in conflicts(one, other, judging):
                found.setdefault(veto, other)
    if Veto.BIRTH not in judging.leaves_out and _are_births_firm_and_far(ours, theirs, judging):
        found.setdefault(Veto.BIRTH, theirs[0])
    if Veto.SIZE not in judging.leaves_out and _is_too_large((*ours, *theirs), judging.limits):
        found.setdefault(Veto.SIZE, theirs[0])
    return found


def is_twin(one: Member, other: Member, judging: Judging) -> bool:
    """Says that two who belong together have two forenames: twins, siblings, parent and child.

    In one household a forename of its own is enough, whatever the births: all that relatives share
    is no proof of one person. Elsewhere, in one family, births must be near; near ones count like
    equal ones, for a sibling's date with one digit wrong is no proof.
    """
    left, right = one.norm, other.norm
    are_near, is_household = are_births_near(left, right), have_one_household(left, right)
    if not is_household and not (are_near and have_one_family(left, right)):
        return False
    close = closeness(left, right, judging.shares, judging.limits)
    if close <= Closeness.APART:
        return True
    if not are_near:
        return False
    if close is Closeness.RIVAL and is_household:
        return True
    return close < Closeness.EQUAL and _tell_apart(one, other)


def _asked(one: Member, other: Member, judging: Judging) -> Iterator[tuple[Veto, bool]]:
    yield Veto.NUMBER, have_two_numbers(one.norm, other.norm)
    yield Veto.TWINS, is_twin(one, other, judging)
    yield Veto.GENERATION, _is_generation(one.norm, other.norm, judging)
    yield Veto.DEATH, _is_death_between(one, other, judging.limits)
    yield Veto.SAME_SOURCE, _is_of_one_source(one, other, judging.limits)
    yield Veto.FROZEN, "frozen" in {one.state, other.state} or _is_in_doubt(one, other)
    for barrier in judging.barriers.get(pair(one.subject, other.subject), ()):
        yield Veto.NOT_SAME, barrier.kind == "not_same"
        yield Veto.SEALED, barrier.kind == "sealed"
    yield Veto.SEALED, "sealed" in {one.state, other.state}


def have_two_numbers(left: Norm, right: Norm) -> bool:
    """Says that both have verified numbers of one kind that differ and do not follow each other."""
    return any(kind in right.verified and _differ(left, right, kind) for kind in left.verified)


def _differ(left: Norm, right: Norm, kind: str) -> bool:
    ours, theirs = number(left, kind), number(right, kind)
    if not ours or not theirs or ours == theirs:
        return False
    return ours not in right.past_numbers and theirs not in left.past_numbers


def have_one_number(left: Norm, right: Norm) -> bool:
    """Says that both tell one national number, verified or not."""
    return any(number(left, kind) == number(right, kind) != "" for kind in KINDS_OF_NUMBER)


def number(norm: Norm, kind: str) -> str:
    """Returns the national number of that kind, or ''."""
    return {"nhs": norm.nhs, "chi": norm.chi, "hc": norm.hc}[kind]


def _tell_apart(one: Member, other: Member) -> bool:
    """Says that something beside the forename tells two born at once apart.

    Source: reference/identity.md section 7: both from one maternity or child health system with one
    mother; further the sex, the order of birth, and valid numbers that differ.
    """
    left, right = one.norm, other.norm
    if left.sex and right.sex and left.sex != right.sex:
        return True
    if left.birth_order and right.birth_order and left.birth_order != right.birth_order:
        return True
    if any(_differ(left, right, kind) for kind in KINDS_OF_NUMBER):
        return True
    is_one_source = one.authority == other.authority and one.subject != other.subject
    return is_one_source and bool(left.mother) and left.mother == right.mother


def _is_generation(left: Norm, right: Norm, judging: Judging) -> bool:
    """Says that two have the same names and no other address, and births a generation apart."""
    gap = year_gap(left, right)
    # Parent and child have numbers of their own: with one number the year is a slip.
    if have_one_number(left, right):
        return False
    if gap is None or gap < judging.limits.generation_years or not have_one_family(left, right):
        return False
    close = closeness(left, right, judging.shares, judging.limits)
    if close <= Closeness.APART:
        return False
    return have_one_household(left, right) or not left.homes or not right.homes


def _is_death_between(one: Member, other: Member, limits: Limits) -> bool:
    return _outlives(one, other, limits) or _outlives(other, one, limits)


def _outlives(one: Member, other: Member, limits: Limits) -> bool:
    """Says that one was seen alive, or born, after the other died."""
    died = _died(other.norm)
    if died is None:
        return False
    if one.norm.birth is not None and is_full(one.norm) and date(*one.norm.birth) > died:
        return True
    if one.alive_at is None or _died(one.norm) is not None:
        return False
    return one.alive_at.date() > died + timedelta(days=limits.death_days)


def _died(norm: Norm) -> date | None:
    return date.fromisoformat(norm.died) if norm.died not in {"", "yes"} else None


def _is_in_doubt(one: Member, other: Member) -> bool:
    """Says that a number of one of them is in question, and that they do not both hold it.

    Two records of one verified number and one birth date stand or fall together.
    """
    if not (one.is_doubted or other.is_doubted):
        return False
    left, right = one.norm, other.norm
    kinds = [kind for kind in left.verified if kind in right.verified]
    is_one_number = any(number(left, kind) == number(right, kind) for kind in kinds)
    return not (is_one_number and left.birth is not None and left.birth == right.birth)


def _is_of_one_source(one: Member, other: Member, limits: Limits) -> bool:
    """Says that a source that keeps no person twice has both, and uses both now."""
    if one.authority != other.authority or one.subject == other.subject:
        return False
    if not (one.deduplicates or other.deduplicates) or not (one.is_live and other.is_live):
        return False
    return abs(one.seen_at - other.seen_at) <= timedelta(days=limits.active_days)


def _are_births_firm_and_far(
    ours: Sequence[Member], theirs: Sequence[Member], judging: Judging
) -> bool:
    """Says that both groups are sure of their birth dates, which agree in no part.

    A date is sure when it came with a verified number, which is never verified without it, or when
    two sources tell the same.
    """
    far = judging.limits.birth_years
    return any(
        abs(left[0] - right[0]) > far and left[1] != right[1] and left[2] != right[2]
        for left in _firm_births(ours)
        for right in _firm_births(theirs)
    )


def _firm_births(members: Sequence[Member]) -> Iterator[tuple[int, int, int]]:
    told: dict[tuple[int, int, int], set[str]] = {}
    for one in members:
        if one.norm.birth is not None and is_full(one.norm):
            told.setdefault(one.norm.birth, set()).add(one.source)
            if one.norm.verified:
                yield one.norm.birth
    yield from (birth for birth, sources in told.items() if len(sources) >= 2)


def _is_too_large(members: Iterable[Member], limits: Limits) -> bool:
    live = [one for one in members if one.is_live]
    of_one = Counter(one.authority for one in live)
    return len(live) > limits.members or any(
        n > limits.members_of_authority for n in of_one.values()
    )
