"""The conditions of branches as arrays that a statement takes, so that its text never changes.

Each branch is `WIDTH` whole numbers; what a branch names many of stands in further arrays, from a
place to a place. Places count from 1, as those of PostgreSQL do; 0 asks for nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import IntFlag
from typing import TypeVar

from careweave.db import FOREVER, Packed, packed
from careweave.record._dictionaries import bits_of
from careweave.record._ties import number_of_kind
from careweave.terms import Branch, Cohort, PersonId, Tie, TieTest, months_before, years_before

WIDTH = 10
"""Flags, current, horizon, ties, cohort, consents, persons from and to, newest, clause."""

COHORT_WIDTH = 9
"""Registered from and to, resident from and to, tie kinds, age from, below, outward from and to."""

N_KINDS = len(Tie)

T = TypeVar("T")


class Flag(IntFlag):
    """What a branch asks for, yes or no."""

    CLEARED = 1
    DISSENT = 2
    LIFTS = 4
    REFERENCE = 8
    SUBJECT = 16
    OWN = 32
    PER_CODE = 64
    PERSONS = 128
    CONSENT = 256
    GRANT = 512


@dataclass(frozen=True, slots=True)
class Rules:
    """The conditions of the branches of one sight, but for the moment and the asker's names.

    `cuts` are the spans back from the moment: days for what is current, months for the horizon.
    `graces` has the grace of every kind of tie for every set of ties; None does not count.
    """

    numbers: Packed
    cuts: tuple[timedelta | int, ...]
    graces: tuple[timedelta | None, ...]
    persons: tuple[PersonId, ...]
    cohorts: tuple[Cohort, ...]


def rules_of(branches: Sequence[Branch]) -> Rules:
    """Returns the conditions of some branches."""
    return _Maker().rules(branches)


class _Maker:
    """Collects what branches name, each once."""

    __slots__ = ("_cohorts", "_cuts", "_graces", "_persons", "_ties")

    def __init__(self) -> None:
        """Starts with nothing."""
        self._cuts: dict[timedelta | int, int] = {}
        self._ties: dict[tuple[TieTest, ...], int] = {}
        self._graces: list[timedelta | None] = []
        self._persons: list[PersonId] = []
        self._cohorts: dict[Cohort, int] = {}

    def rules(self, branches: Sequence[Branch]) -> Rules:
        """Returns the conditions of all branches."""
        told = dict.fromkeys(branch.clause for branch in branches)
        clauses = {clause: place for place, clause in enumerate(told, start=1)}
        numbers = [
            number for branch in branches for number in self._row(branch, clauses[branch.clause])
        ]
        return Rules(
            packed(numbers, is_long=True),
            tuple(self._cuts),
            tuple(self._graces),
            tuple(self._persons),
            tuple(self._cohorts),
        )

    def _row(self, branch: Branch, clause: int) -> tuple[int, ...]:
        days, months = branch.current_days, branch.months_back
        current = 0 if days is None else self._cut(timedelta(days=days))
        horizon = 0 if months is None else self._cut(months)
        cohort = 0
        if branch.cohort is not None:
            cohort = self._cohorts.setdefault(branch.cohort, len(self._cohorts) + 1)
        first, last = self._named(branch.persons)
        newest = -1 if branch.newest is None else branch.newest
        row = (flags_of(branch), current, horizon, self._set(branch.ties), cohort)
        return (*row, bits_of(branch.consents), first, last, newest, clause)

    def _cut(self, span: timedelta | int) -> int:
        # The first moment is now.
        return self._cuts.setdefault(span, len(self._cuts) + 2)

    def _set(self, ties: tuple[TieTest, ...] | None) -> int:
        if ties is None:
            return 0
        if ties not in self._ties:
            self._ties[ties] = len(self._ties) + 1
            graces: dict[Tie, timedelta] = {}
            for test in ties:
                graces[test.kind] = max(test.grace, graces.get(test.kind, test.grace))
            kinds = sorted(Tie, key=number_of_kind)
            self._graces += [graces.get(kind) for kind in kinds]
        return self._ties[ties]

    def _named(self, persons: frozenset[PersonId] | None) -> tuple[int, int]:
        if persons is None:
            return 0, 0
        first = len(self._persons) + 1
        self._persons += sorted(persons)
        return first, len(self._persons)


def flags_of(branch: Branch) -> Flag:
    """Returns what a branch asks for, yes or no."""
    asked = {
        Flag.CLEARED: branch.is_cleared,
        Flag.DISSENT: branch.honours_dissent,
        Flag.LIFTS: branch.lifts_dissent,
        Flag.REFERENCE: branch.is_reference,
        # Of its own entries an organisation sees those of frozen subjects and of nobody too.
        Flag.SUBJECT: not branch.is_own
        or branch.is_reference
        or branch.ties is not None
        or branch.cohort is not None,
        Flag.OWN: branch.is_own,
        Flag.PER_CODE: branch.is_per_code,
        Flag.PERSONS: branch.persons is not None,
        Flag.CONSENT: branch.asks_consent,
        Flag.GRANT: branch.asks_grant,
    }
    return Flag(sum(flag for flag, is_set in asked.items() if is_set))


def moments_of(rules: Rules, at: datetime) -> list[datetime]:
    """Returns the moment, then the moments to which the branches look back."""
    return [at, *(_before(at, cut) for cut in rules.cuts)]


def _before(at: datetime, cut: timedelta | int) -> datetime:
    return months_before(at, cut) if isinstance(cut, int) else at - cut


def tie_ends(rules: Rules, at: datetime) -> list[datetime]:
    """Returns after which moment a tie of each kind must end, for every set; never: for ever."""
    return [FOREVER if grace is None else at - grace for grace in rules.graces]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Cohorts as arrays: `COHORT_WIDTH` numbers each, and what they name."""

    numbers: tuple[int, ...]
    orgs: tuple[int, ...]
    days: tuple[date, ...]
    outwards: tuple[str, ...]


def cohorts_of(
    cohorts: Iterable[Cohort], orgs: Mapping[str, int], at: datetime, zone: tzinfo
) -> Cohorts:
    """Returns cohorts as arrays; an organisation that no tie has named yet has nobody."""
    today = at.astimezone(zone).date()
    numbers: list[int] = []
    named: list[int] = []
    days: list[date] = []
    outwards: list[str] = []
    for cohort in cohorts:
        for slugs in (cohort.registered_with, cohort.residents_of):
            numbers += _placed(named, sorted(orgs[slug] for slug in slugs if slug in orgs), slugs)
        numbers.append(sum(1 << number_of_kind(kind) for kind in cohort.tie_kinds))
        for years in (cohort.age_from, cohort.age_below):
            if years is not None:
                days.append(years_before(today, years))
            numbers.append(0 if years is None else len(days))
        numbers += _placed(outwards, sorted(cohort.address_in), cohort.address_in)
    return Cohorts(tuple(numbers), tuple(named), tuple(days), tuple(outwards))


def _placed(into: list[T], values: Sequence[T], asked: frozenset[str]) -> tuple[int, int]:
    """Returns from where to where the values stand; with nothing asked 0, 0."""
    if not asked:
        return 0, 0
    first = len(into) + 1
    into += values
    return first, len(into)
