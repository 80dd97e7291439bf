"""Thresholds without labels, from how likely each pair is of one person."""

from collections.abc import Sequence
from dataclasses import dataclass

from careweave.identity._score import probability
from careweave.identity._spec import Thresholds

_AUTO_FALSE = 1e-4
_REVIEW_RECALL = 0.99
_SAFE_FALSE = 1e-3
_LEAST_AUTO = 9.97
"""No single link by itself is less likely than .999. Source: reference/identity.md section 1."""


@dataclass(frozen=True, slots=True)
class Blind:
    """Weights from which on pairs are taken: as the weights themselves foretell the errors.

    `best` gives the highest F1 that is to be expected, `safe` a precision of .999, `auto` one of
    .9999; from `review` on are 99 % of the pairs of one person.
    """

    best: float
    safe: float
    auto: float
    review: float


def blind(weights: Sequence[float]) -> Blind:
    """Returns the thresholds for pairs of these weights.

    Source: with calibrated probabilities the F1 to be expected of the k likeliest pairs is
    2 * (sum of their probabilities) / (k + sum of all).
    """
    ordered = sorted(weights, reverse=True)
    chances = [probability(weight) for weight in ordered]
    total = sum(chances)
    best = safe = auto = review = 0
    highest = found = 0.0
    for n_taken, chance in enumerate(chances, 1):
        found += chance
        expected = 2 * found / (n_taken + total)
        if expected > highest:
            highest, best = expected, n_taken
        false = 1 - found / n_taken
        safe = n_taken if false <= _SAFE_FALSE else safe
        auto = n_taken if false <= _AUTO_FALSE else auto
        review = review or (n_taken if found >= _REVIEW_RECALL * total else 0)
    at = [ordered[max(n - 1, 0)] if ordered else 0.0 for n in (best, safe, auto, review)]
    return Blind(*at)


def thresholds(found: Blind, like: Thresholds) -> Thresholds:
    """Returns the thresholds of a model; lead and floor are those of the model it is like."""
    auto = max(found.auto, _LEAST_AUTO)
    review = min(found.review, found.best, auto)
    return Thresholds(
        auto=auto,
        review=review,
        show=review - (like.review - like.show),
        lead=like.lead,
        floor=like.floor,
    )
