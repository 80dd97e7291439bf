"""How well a model does, where it is known who is who."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from careweave.identity.train._persons import persons
from careweave.identity.train._pool import Pair, Pool
from careweave.identity.train._tables import Row
from careweave.identity.train._train import Compared

_SAFE = 0.999
_STEPS = (-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)


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


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well pairs and persons of a pool were found.

    Each of `pairs` and of `persons` has the rates at the labelled `best`, and at the `safe` point:
    the highest recall with a precision of at least .999. `blind` and `automatic` are the rates at
    the thresholds that were chosen without labels; `persons_blind` likewise.
    """

    n_records: int
    n_compared: int
    blocking: Rates
    best: Rates
    safe: Rates
    blind: Rates
    automatic: Rates
    persons_best: Rates
    persons_safe: Rates
    persons_blind: Rates


def truth_of(rows: Sequence[Row], *, are_deduplicated: bool = False) -> frozenset[Pair]:
    """Returns the pairs that are of one person by what the rows say."""
    by_person: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.person:
            by_person[row.person].append(place)
    return frozenset(
        (one, other)
        for places in by_person.values()
        for one, other in combinations(places, 2)
        if not are_deduplicated or rows[one].source != rows[other].source
    )


def truth_from(rows: Sequence[Row], pairs: Iterable[tuple[str, str]]) -> frozenset[Pair]:
    """Returns the pairs that are of one person by a list of pairs of ids."""
    places = {row.id: place for place, row in enumerate(rows)}
    ordered = (sorted((places[one], places[other])) for one, other in pairs)
    return frozenset((low, high) for low, high in ordered)


def evaluate(pool: Pool, truth: Collection[Pair], compared: Compared) -> Evaluation:
    """Returns how well the pairs of a pool were found, and the persons made of them."""
    true = frozenset(truth)
    points = tuple(_points(compared, true))
    blind = compared.blind.best
    grouped = {at: _persons_rates(pool, true, compared, at) for at in sorted({*_STEPS, blind})}
    return Evaluation(
        n_records=len(pool.norms),
        n_compared=len(compared.pairs),
        blocking=points[-1],
        best=_best(points),
        safe=_safe(points),
        blind=_from(points, blind),
        automatic=_from(points, compared.model.thresholds.auto),
        persons_best=_best(grouped.values()),
        persons_safe=_safe(grouped.values()),
        persons_blind=grouped[blind],
    )


def _points(compared: Compared, true: frozenset[Pair]) -> Iterator[Rates]:
    """Gives the rates at each weight that a pair has, from the highest down."""
    ordered = sorted(zip(compared.weights, compared.pairs, strict=True), reverse=True)
    n_found = n_right = 0
    yield Rates(0, 0, len(true), float("inf"))
    for weight, tied in groupby(ordered, key=lambda item: item[0]):
        for _, pair in tied:
            n_found += 1
            n_right += pair in true
        yield Rates(n_found, n_right, len(true), weight)


def _best(points: Iterable[Rates]) -> Rates:
    return max(points, key=lambda one: (one.f1, one.at))


def _safe(points: Iterable[Rates]) -> Rates:
    """Returns the highest recall at a precision of .999; nothing found is safe."""
    kept = [one for one in points if one.precision >= _SAFE]
    nothing = Rates(0, 0, kept[0].n_true if kept else 0)
    return max(kept, key=lambda one: (one.n_right, one.at), default=nothing)


def _from(points: Iterable[Rates], at: float) -> Rates:
    """Returns the rates of all pairs that weigh at least `at`."""
    return min((one for one in points if one.at >= at), key=lambda one: one.at)


def _persons_rates(pool: Pool, true: frozenset[Pair], compared: Compared, at: float) -> Rates:
    groups = persons(pool, compared, at=at)
    n_found = sum(1 for _ in _together(pool, groups))
    n_right = sum(groups[one] == groups[other] for one, other in true)
    return Rates(n_found, n_right, len(true), at)


def _together(pool: Pool, groups: Sequence[int]) -> Iterator[Pair]:
    """Gives the pairs of records that are in one group."""
    members: dict[int, list[int]] = defaultdict(list)
    for record, group in enumerate(groups):
        members[group].append(record)
    for records in members.values():
        yield from (pair for pair in combinations(records, 2) if pool.is_pair(*pair))
