"""How well a model does, where it is known who is who."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from careweave.identity.train._persons import persons_at
from careweave.identity.train._pool import Pair, Pool
from careweave.identity.train._rates import Rates, best_of, curve, rates_from, safe_of
from careweave.identity.train._tables import Row
from careweave.identity.train._train import Compared

_STEPS = (-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)


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
    points = curve(compared.pairs, compared.weights, true)
    blind = compared.blind.best
    grouped = {
        at: persons_rates(pool, found, true, at=at)
        for at, found in persons_at(pool, compared, sorted({*_STEPS, blind})).items()
    }
    return Evaluation(
        n_records=len(pool.norms),
        n_compared=len(compared.pairs),
        blocking=points[-1],
        best=best_of(points),
        safe=safe_of(points),
        blind=rates_from(points, blind),
        automatic=rates_from(points, compared.model.thresholds.auto),
        persons_best=best_of(grouped.values()),
        persons_safe=safe_of(grouped.values()),
        persons_blind=grouped[blind],
    )


def persons_rates(pool: Pool, groups: Sequence[int], true: frozenset[Pair], *, at: float) -> Rates:
    """Returns the rates of the pairs that records in one group make."""
    n_found = sum(1 for _ in together(pool, groups))
    n_right = sum(groups[one] == groups[other] for one, other in true)
    return Rates(n_found, n_right, len(true), at)


def together(pool: Pool, groups: Sequence[int]) -> Iterator[Pair]:
    """Gives the pairs of records that are in one group, as far as they are compared at all."""
    members: dict[int, list[int]] = defaultdict(list)
    for record, group in enumerate(groups):
        members[group].append(record)
    for records in members.values():
        yield from (pair for pair in combinations(records, 2) if pool.is_pair(*pair))
