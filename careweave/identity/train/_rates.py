"""How right what was found is: precision, recall, and what comes of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from careweave.identity.train._pool import Pair

_SAFE = 0.999


@dataclass(frozen=True, slots=True)
class Rates:
    """How many pairs were found and how many of them are right, of how many; `at` that weight."""

    n_found: int
    n_right: int
    n_true: int
    at: float = 0.0

    @property
    def precision(self) -> float:
        """The share of right ones among those found; 1 where none was found."""
        return self.n_right / self.n_found if self.n_found else 1.0

    @property
    def recall(self) -> float:
        """The share of the true pairs that was found; 1 where there are none."""
        return self.n_right / self.n_true if self.n_true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.n_found + self.n_true
        return 2 * self.n_right / both if both else 1.0


def curve(
    pairs: Sequence[Pair], weights: Sequence[float], true: frozenset[Pair]
) -> tuple[Rates, ...]:
    """Returns the rates at each weight that a pair has, from the highest down, nothing first."""
    return tuple(_points(pairs, weights, true))


def _points(
    pairs: Sequence[Pair], weights: Sequence[float], true: frozenset[Pair]
) -> Iterator[Rates]:
    ordered = sorted(zip(weights, pairs, strict=True), reverse=True)
    n_found = n_right = 0
    yield Rates(0, 0, len(true), float("inf"))
    for weight, tied in groupby(ordered, key=lambda item: item[0]):
        for _, pair in tied:
            n_found += 1
            n_right += pair in true
        yield Rates(n_found, n_right, len(true), weight)


def best_of(points: Iterable[Rates]) -> Rates:
    """Returns the rates with the highest F1."""
    return max(points, key=lambda one: (one.f1, one.at))


def safe_of(points: Iterable[Rates]) -> Rates:
    """Returns the highest recall at a precision of .999; nothing found is safe."""
    kept = [one for one in points if one.precision >= _SAFE]
    nothing = Rates(0, 0, kept[0].n_true if kept else 0)
    return max(kept, key=lambda one: (one.n_right, one.at), default=nothing)


def rates_from(points: Iterable[Rates], at: float) -> Rates:
    """Returns the rates of all pairs that weigh at least `at`."""
    return min((one for one in points if one.at >= at), key=lambda one: one.at)
