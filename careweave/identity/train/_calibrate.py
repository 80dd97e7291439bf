"""Thresholds from labels, where verified numbers give them: weight against what came true."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from careweave.identity._model import Model, model_of
from careweave.identity.train._blind import Blind, thresholds
from careweave.identity.train._groups import Share
from careweave.identity.train._pool import Pair
from careweave.identity.train._train import Compared

_FALSE = 1e-4
_REVIEW_RECALL = 0.99
_FEWEST = 200
"""With fewer labelled pairs of one person the blind thresholds stay."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What share of pairs came true from each weight on, rising with the weight.

    `auto` is the lowest weight from which on the share of wrong links is at most 1 in 10,000 and
    `false` that share with its interval; `review` has 99 % of the labelled pairs above it.
    """

    weights: tuple[float, ...]
    shares: tuple[float, ...]
    auto: float
    review: float
    false: Share

    def share(self, weight: float) -> float:
        """Returns the share that came true at a weight; that of the nearest one at the ends."""
        return self.shares[max(bisect_right(self.weights, weight) - 1, 0)]


def calibrate(compared: Compared, truth: Collection[Pair]) -> Calibration | None:
    """Returns what labels say of the weights of a model; None where there are too few.

    Source: reference/identity.md section 13.4; isotonic regression by pooling adjacent violators
    (Ayer et al. 1955).
    """
    true = frozenset(truth)
    labels = sorted(
        (weight, pair in true)
        for weight, pair in zip(compared.weights, compared.pairs, strict=True)
    )
    n_true = sum(label for _, label in labels)
    if n_true < _FEWEST:
        return None
    blocks = _pooled(labels)
    auto, false = _auto(labels)
    return Calibration(
        tuple(begin for begin, _, _ in blocks),
        tuple(hits / n for _, hits, n in blocks),
        auto,
        _review(labels, n_true),
        false,
    )


def calibrated(model: Model, found: Calibration) -> Model:
    """Returns a model with the thresholds that labels ask for, never below those without labels."""
    was = model.thresholds
    auto = max(found.auto, was.auto)
    at = Blind(best=found.review, safe=auto, auto=auto, review=min(found.review, auto))
    return model_of(replace(model.draft, thresholds=thresholds(at, was)))


def _pooled(labels: Sequence[tuple[float, bool]]) -> list[tuple[float, int, int]]:
    """Returns blocks of weights, each with its begin, its hits and its size, hits ever denser."""
    blocks: list[tuple[float, int, int]] = []
    for weight, label in labels:
        begin, hits, n = weight, int(label), 1
        while blocks and blocks[-1][1] * n >= hits * blocks[-1][2]:
            begin, more, many = blocks.pop()
            hits, n = hits + more, n + many
        blocks.append((begin, hits, n))
    return blocks


def _auto(labels: Sequence[tuple[float, bool]]) -> tuple[float, Share]:
    at, best = float("inf"), Share(0, 0)
    n_false = 0
    for n_links, (weight, label) in enumerate(reversed(labels), 1):
        n_false += not label
        if n_false <= _FALSE * n_links:
            at, best = weight, Share(n_false, n_links)
    return at, best


def _review(labels: Sequence[tuple[float, bool]], n_true: int) -> float:
    """Returns the highest weight that has 99 % of the labelled pairs at or above it."""
    true = [weight for weight, label in labels if label]
    return true[int((1 - _REVIEW_RECALL) * n_true)]
