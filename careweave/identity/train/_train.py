"""A scoring model learnt from records, without labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from careweave.identity._model import Model, default_model, model_of
from careweave.identity._score import probability, score
from careweave.identity.train._blind import Blind, blind, thresholds
from careweave.identity.train._draft import Weighted, blank, finished
from careweave.identity.train._em import SAME, posteriors
from careweave.identity.train._learning import Learner, gather
from careweave.identity.train._pool import Pair, Pool
from careweave.identity.train._shapes import comparisons
from careweave.terms import Incorrect


@dataclass(frozen=True, slots=True)
class Compared:
    """The pairs of a pool that were worth a comparison, what a model weighs them, and from where.

    `blind` are the weights from which on they may be taken, found without labels.
    """

    model: Model
    pairs: tuple[Pair, ...]
    weights: tuple[float, ...]
    blind: Blind


def train(pool: Pool, *, name: str, seed: int) -> Compared:
    """Returns a model of how records of this pool agree, learnt from the records alone.

    Source: reference/identity.md section 13; docs/decisions/0024-blind-thresholds.md.
    """
    shapes = comparisons(pool.norms)
    if not shapes:
        text = "There is nothing to learn from: no field is filled in often enough."
        raise Incorrect(text)
    learner = Learner(pool, model_of(blank(name, shapes)), seed)
    pairs = gather(pool, learner.take)
    learnt = learner.learn()
    shares = [one[SAME] for one in posteriors(learner.vectors, learnt)]
    seen = Weighted(pairs, learner.vectors, shares)
    model = model_of(finished(name, shapes, learnt, seen, pool))
    weights = tuple(_weight(pool, model, pair) for pair in pairs)
    found = blind(weights)
    told = replace(model.draft, thresholds=thresholds(found, default_model().thresholds))
    return Compared(model_of(told), pairs, weights, found)


def compare(pool: Pool, model: Model) -> Compared:
    """Returns what a model that is there already says of the pairs of a pool."""
    weights: list[float] = []

    def expected(pairs: Sequence[Pair]) -> float:
        found = [_weight(pool, model, pair) for pair in pairs]
        weights.extend(found)
        return sum(map(probability, found))

    pairs = gather(pool, expected)
    return Compared(model, pairs, tuple(weights), blind(weights))


def _weight(pool: Pool, model: Model, pair: Pair) -> float:
    return score(pool.norms[pair[0]], pool.norms[pair[1]], model).weight
