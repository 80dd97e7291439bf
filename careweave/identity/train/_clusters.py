"""Records brought together to persons: group by group, never by a chain of pairs.

Two groups become one when the better half of all pairs between them agrees well enough, taken
together, and nothing forbids it. Source: reference/identity.md sections 0.2, 9 and 10.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from careweave.identity.train._pool import Pair

Forbids = Callable[[Sequence[int], Sequence[int]], bool]
"""Says that two groups must not be one person, whatever they weigh."""

_MOST = 12.0
"""A pair is heard no louder than this, for or against, so that one doesn't outvote the rest."""

_NEVER = -1


def agglomerate(
    weights: Mapping[Pair, float],
    n_records: int,
    weigh: Callable[[int, int], float],
    *,
    at: float,
    forbids: Forbids,
) -> tuple[int, ...]:
    """Returns for each record the group that it is in, as the lowest of its members.

    `weights` are of the pairs that were compared; `weigh` gives those of any others. The best
    agreeing groups are joined first, as long as they agree by `at`.
    """
    return _Groups(weights, n_records, weigh, at, forbids).joined()


class _Groups:
    """Groups of records on their way to persons."""

    def __init__(
        self,
        weights: Mapping[Pair, float],
        n_records: int,
        weigh: Callable[[int, int], float],
        at: float,
        forbids: Forbids,
    ) -> None:
        self._weights = dict(weights)
        self._weigh = weigh
        self._at = at
        self._forbids = forbids
        self._of = list(range(n_records))
        self._members = {one: [one] for one in range(n_records)}
        self._near: dict[int, set[int]] = defaultdict(set)
        self._ages = [0] * n_records
        self._queue = [(-weight, *pair, 0, 0) for pair, weight in weights.items() if weight >= at]
        # Groups that agree by `at` have a pair that does: no others can become neighbours.
        for _, one, other, _, _ in self._queue:
            self._near[one].add(other)
            self._near[other].add(one)
        heapify(self._queue)

    def joined(self) -> tuple[int, ...]:
        """Joins what belongs together, the best first, and returns the group of each record."""
        while self._queue:
            _, one, other, age, other_age = heappop(self._queue)
            is_current = (self._ages[one], self._ages[other]) == (age, other_age)
            if is_current and not self._forbids(self._members[one], self._members[other]):
                self._join(one, other)
        return tuple(self._of)

    def _join(self, one: int, other: int) -> None:
        """Puts the members of the higher group into the lower, and weighs its neighbours anew."""
        gone = self._members.pop(other)
        self._members[one] += gone
        for record in gone:
            self._of[record] = one
        self._ages[one] += 1
        self._ages[other] = _NEVER
        for neighbour in sorted(self._neighbours(one)):
            agreement = self._agreement(one, neighbour)
            if agreement >= self._at:
                low, high = sorted((one, neighbour))
                heappush(self._queue, (-agreement, low, high, self._ages[low], self._ages[high]))

    def _neighbours(self, group: int) -> set[int]:
        found = {self._of[near] for one in self._members[group] for near in self._near[one]}
        return found - {group}

    def _agreement(self, one: int, other: int) -> float:
        """Returns how well the better half of the pairs between two groups agrees."""
        weights = sorted(self._between(one, other), reverse=True)
        better = weights[: (len(weights) + 1) // 2]
        return sum(better) / len(better)

    def _between(self, one: int, other: int) -> Iterator[float]:
        for left in self._members[one]:
            for right in self._members[other]:
                pair = (left, right) if left < right else (right, left)
                if pair not in self._weights:
                    self._weights[pair] = self._weigh(*pair)
                yield max(-_MOST, min(_MOST, self._weights[pair]))
