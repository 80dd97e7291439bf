"""How a field of two records is compared: the values of each, tests in order, terms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Generic, TypeVar

from careweave.identity._norm import Norm
from careweave.identity._spec import NULL, SMALLEST, UNSEEN, Comparison, Frequencies, Level

V = TypeVar("V")

Found = tuple[int, float]
"""The level of a field for a pair, and what the frequency of its term adds to the weight."""

Find = Callable[[Norm, Norm], Found]


@dataclass(frozen=True, slots=True)
class Comparator(Generic[V]):
    """How one field is read from demographics and compared.

    `terms` are what a level can be weighed by: for each name, the fields whose terms' shares
    multiply, and how the term is read from a value.
    `is_past` is None where values have no period. `is_comparable` is None where any two values are.
    """

    values: Callable[[Norm], Sequence[V]]
    tests: Mapping[str, Callable[[V, V, float], bool]]
    terms: Mapping[str, tuple[tuple[str, Callable[[V], str]], ...]] = field(
        default_factory=dict[str, tuple[tuple[str, Callable[[V], str]], ...]]
    )
    is_past: Callable[[Norm, V], bool] | None = None
    is_comparable: Callable[[V, V], bool] | None = None

    def finder(self, comparison: Comparison, frequencies: Frequencies) -> Find:
        """Returns the function that finds the level of this comparison for a pair."""
        judge = self._judge(comparison)
        adjusts = tuple(self._adjust(level, frequencies) for level in comparison.levels)
        values = self.values

        def find(a: Norm, b: Norm) -> Found:
            best, adjustment = len(adjusts), 0.0
            for left in values(a):
                for right in values(b):
                    level = judge(a, b, left, right)
                    if level > best or level == NULL:
                        continue
                    adjust = adjusts[level]
                    added = adjust(left, right) if adjust else 0.0
                    adjustment = added if level < best else max(adjustment, added)
                    best = level
            return (best, adjustment) if best < len(adjusts) else (NULL, 0.0)

        return find

    def terms_of(self, norm: Norm, names: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Gives the terms of a record that levels of these names are weighed by, with the field."""
        factors = {name: read for key in names for name, read in self.terms.get(key, ())}
        for value in self.values(norm):
            for name, read in factors.items():
                yield name, read(value)

    def _judge(self, comparison: Comparison) -> Callable[[Norm, Norm, V, V], int]:
        """Returns the function that gives the level of two values, NULL where they say nothing."""
        last = len(comparison.levels) - 1
        steps = tuple(
            (number, self.tests[level.test], level.at)
            for number, level in enumerate(comparison.levels[:-1])
        )
        past_steps = tuple(step for step in steps if comparison.levels[step[0]].is_past)
        null = self.tests[comparison.null] if comparison.null else None
        null_at, is_past, is_comparable = comparison.null_at, self.is_past, self.is_comparable

        def judge(a: Norm, b: Norm, left: V, right: V) -> int:
            if is_comparable and not is_comparable(left, right):
                return NULL
            if null and null(left, right, null_at):
                return NULL
            if is_past and (is_past(a, left) or is_past(b, right)):
                # Values of former times that differ say nothing of today.
                return _first(past_steps, left, right, NULL)
            return _first(steps, left, right, last)

        return judge

    def _adjust(self, level: Level, frequencies: Frequencies) -> Callable[[V, V], float] | None:
        """Returns what the frequency of a term adds at a level, None where nothing is known."""
        factors = self.terms[level.tf] if level.tf else ()
        if not factors or any(name not in frequencies for name, _ in factors):
            return None
        tables = tuple((frequencies[name], read) for name, read in factors)
        weight, least = level.tf_weight, max(level.tf_minimum, SMALLEST)
        base = log2(max(level.u if level.tf_base is None else level.tf_base, SMALLEST))

        def adjust(left: V, right: V) -> float:
            one, other = _share(tables, left), _share(tables, right)
            known = max(one or 0.0, other or 0.0)
            return weight * (base - log2(max(known, least))) if known else 0.0

        return adjust


def _share(
    tables: tuple[tuple[Mapping[str, float], Callable[[V], str]], ...], value: V
) -> float | None:
    """Returns the share of values that have all the terms of this one, None where unknown."""
    product = 1.0
    for shares, read in tables:
        found = shares.get(read(value), shares.get(UNSEEN))
        if found is None:
            return None
        product *= found
    return product


def _first(
    steps: tuple[tuple[int, Callable[[V, V, float], bool], float], ...],
    left: V,
    right: V,
    otherwise: int,
) -> int:
    """Returns the number of the first test that is true."""
    for number, test, at in steps:
        if test(left, right, at):
            return number
    return otherwise
