"""Comparing the pairs of a pool as far as they are worth it, learning from them all the while."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from careweave.identity._levels import levels
from careweave.identity._model import Model
from careweave.identity.train._blocks import candidates
from careweave.identity.train._em import SAME, Counts, Learnt, Levels, learn, learn_on, posteriors
from careweave.identity.train._pool import Pair, Pool
from careweave.identity.train._shapes import is_own

_SAMPLE = 100_000
_FIRST = 2
_WORTH = 0.02
"""Comparing goes on while it finds more than one pair of one person in fifty compared."""


def gather(pool: Pool, expected: Callable[[Sequence[Pair]], float]) -> tuple[Pair, ...]:
    """Returns the pairs of a pool that were worth a comparison, the most telling first.

    `expected` compares pairs and says how many of them are likely of one person. They come as many
    as there are records at a time, and the first that are hardly worth it are the last.
    """
    ordered = candidates(pool)
    n = max(len(pool.norms), 1)
    end = 0
    while end < len(ordered):
        begin, end = end, min(end + n * (1 if end else _FIRST), len(ordered))
        if expected(ordered[begin:end]) < _WORTH * (end - begin):
            break
    return ordered[:end]


@dataclass(slots=True)
class Learner:
    """Compares pairs by the levels of a model, and learns how often each level comes out."""

    pool: Pool
    shape: Model
    seed: int
    pairs: list[Pair] = field(default_factory=list[Pair])
    vectors: list[Levels] = field(default_factory=list[Levels])
    known: Learnt | None = None
    sample: list[tuple[Pair, Levels]] = field(default_factory=list[tuple[Pair, Levels]])

    def take(self, pairs: Sequence[Pair]) -> float:
        """Compares pairs and returns how many of them are likely of one person."""
        if not self.sample:
            self.sample = [
                (pair, self._compare(pair)) for pair in self.pool.some_pairs(_SAMPLE, self.seed)
            ]
        found = [self._compare(pair) for pair in pairs]
        self.pairs += pairs
        self.vectors += found
        self.known = learn_on(self._counts(), self.known)
        return sum(shares[SAME] for shares in posteriors(found, self.known))

    def learn(self) -> Learnt:
        """Returns what all the pairs compared so far teach."""
        return learn(self._counts())

    def _counts(self) -> Counts:
        near = frozenset(self.pairs)
        return Counts(
            candidates=Counter(self.vectors),
            others=Counter(vector for pair, vector in self.sample if pair not in near),
            n_others=max(self.pool.n_pairs - len(self.pairs), 1),
            n_levels=tuple(len(one.levels) for one in self.shape.comparisons),
            is_own=tuple(is_own(one.field) for one in self.shape.comparisons),
        )

    def _compare(self, pair: Pair) -> Levels:
        return levels(self.pool.norms[pair[0]], self.pool.norms[pair[1]], self.shape)
