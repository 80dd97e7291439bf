"""The records that a model is learnt from or measured on, and pairs of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from careweave.identity._norm import Norm
from careweave.identity._normalise import normalise
from careweave.identity._rules import Rules, rules
from careweave.identity.train._tables import Row

Pair = tuple[int, int]
"""Two records of a pool by their place, the lower first."""

_TRIES = 4
_DRAWS = 1 << 32
_HALF, _LOW, _ALL = 32, (1 << 32) - 1, (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Pool:
    """Records to compare with each other, and the source of each.

    With `are_deduplicated` every source says that it has nobody twice: only records of different
    sources make a pair. A term that less than `fewest` persons have is not told by what is learnt:
    a model is a document that is signed and passed on, and a rare name is somebody's.
    """

    norms: tuple[Norm, ...]
    sources: tuple[str, ...]
    are_deduplicated: bool = False
    fewest: float = 0.0

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        n = len(self.norms)
        within = sum(of * (of - 1) for of in Counter(self.sources).values())
        return (n * (n - 1) - (within if self.are_deduplicated else 0)) // 2

    def is_pair(self, one: int, other: int) -> bool:
        """Says whether two records are compared at all."""
        if one == other:
            return False
        return not self.are_deduplicated or self.sources[one] != self.sources[other]

    def some_pairs(self, n_wanted: int, seed: int) -> Iterator[Pair]:
        """Gives pairs at random, at most so many and at most half of all: the same for one seed."""
        n_left, n = min(n_wanted, self.n_pairs // 2), len(self.norms)
        for draw in range(_TRIES * n_left):
            chance = _mixed(seed * _DRAWS + draw)
            one, other = sorted(((chance >> _HALF) * n >> _HALF, (chance & _LOW) * n >> _HALF))
            if self.is_pair(one, other) and n_left:
                n_left -= 1
                yield one, other


def _mixed(number: int) -> int:
    """Returns 64 bits that look random. Source: SplitMix64 (Steele, Lea, Flood 2014)."""
    mixed = (number * 0x9E3779B97F4A7C15) & _ALL
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _ALL
    return mixed ^ (mixed >> 31)


def table_rules(known: Rules | None = None) -> Rules:
    """Returns the rules for tables of any country and time: gaps stay gaps, codes stay whole."""
    return replace(
        known or rules(),
        postcode_scheme="free",
        has_single_names=False,
        keeps_impossible_dates=True,
        birth_dates=frozenset(),
        first_year=1,
    )


def pool(rows: Iterable[Row], known: Rules, *, today: date, are_deduplicated: bool = False) -> Pool:
    """Returns the rows of tables made comparable."""
    kept: Sequence[Row] = tuple(rows)
    return Pool(
        tuple(normalise(row.demographics, known, today=today) for row in kept),
        tuple(row.source for row in kept),
        are_deduplicated,
    )
