"""Which pairs of a table are worth a comparison: those that share what few share."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import groupby
from math import log2

from careweave.identity._norm import Norm
from careweave.identity.train._features import Feature, features
from careweave.identity.train._pool import Pair, Pool

_MOST_PER_RECORD = 40
_WORK_PER_RECORD = 1_500
_LARGEST_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Shelf:
    """The records that have one feature, and how telling it is that two have it: log2(N / n)."""

    fact: str
    rarity: float
    records: tuple[int, ...]


def candidates(pool: Pool) -> tuple[Pair, ...]:
    """Returns the pairs that may be of one person, the most telling first.

    The rarities of the shared features are added up, of each fact the rarest alone. Features that
    so many share that the work would grow with the square of the table are left out, the
    commonest first. Source: meta-blocking (Papadakis et al. 2014), weighted by rarity.
    """
    found: list[tuple[float, int, int]] = []
    for one, own in enumerate(_shelves(pool.norms)):
        sums = _sums(one, own)
        if pool.are_deduplicated:
            sums = {two: sum_ for two, sum_ in sums.items() if pool.is_pair(one, two)}
        found.extend(
            (-sum_, one, two)
            for two, sum_ in nlargest(_MOST_PER_RECORD, sums.items(), key=_by_weight)
        )
    found.sort()
    return tuple((one, two) for _, one, two in found)


def _by_weight(item: tuple[int, float]) -> tuple[float, int]:
    return item[1], -item[0]


def _sums(one: int, own: Iterable[Shelf]) -> Mapping[int, float]:
    """Returns how telling it is what later records share with this one."""
    sums: dict[int, float] = defaultdict(float)
    for _, shelves in groupby(own, key=lambda shelf: shelf.fact):
        best: dict[int, float] = {}
        for shelf in shelves:
            later = shelf.records[bisect_right(shelf.records, one) :]
            for two in later:
                best.setdefault(two, shelf.rarity)
        for two, rarity in best.items():
            sums[two] += rarity
    return sums


def _shelves(norms: Sequence[Norm]) -> Sequence[Sequence[Shelf]]:
    """Returns for each record the shelves it is on, by fact, the rarest of each fact first."""
    members: dict[Feature, list[int]] = defaultdict(list)
    for place, norm in enumerate(norms):
        for feature in features(norm):
            members[feature].append(place)
    own: list[list[Shelf]] = [[] for _ in norms]
    for feature, records in _within_work(members, len(norms)):
        shelf = Shelf(feature[0], log2(len(norms) / len(records)), tuple(records))
        for place in records:
            own[place].append(shelf)
    for shelves in own:
        shelves.sort(key=lambda shelf: (shelf.fact, -shelf.rarity))
    return own


def _within_work(
    members: Mapping[Feature, list[int]], n_records: int
) -> Iterable[tuple[Feature, list[int]]]:
    """Gives the features that several have, the rarest first, until the work is used up."""
    shared = [item for item in members.items() if len(item[1]) > 1]
    shared.sort(key=lambda item: (len(item[1]), item[0]))
    left = _WORK_PER_RECORD * n_records
    for feature, records in shared:
        left -= len(records) * (len(records) - 1) // 2
        if left < 0 or len(records) > _LARGEST_SHARE * n_records:
            return
        yield feature, records
