"""What relatives share takes evidence away: a pair may be of one family and not of one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from careweave.identity._spec import SMALLEST, Comparison, Level

_FURTHEST = 1000.0


@dataclass(frozen=True, slots=True)
class Relatives:
    """How relatives agree, where a model knows it.

    `share` is theirs of all pairs that are not of one person. By comparison and level, with the
    field that is not there last: the weight for relatives against strangers, and what of the
    agreement comes from being relatives (None where the rarity of a term changes nothing).
    """

    share: float
    weights: tuple[tuple[float, ...], ...]
    bonds: tuple[tuple[tuple[float, float] | None, ...], ...]

    def weight(self, levels: Sequence[int], adjustments: Sequence[float]) -> float:
        """Returns what is to be added to the weight of a pair because it may be of relatives.

        It is never above 0 by more than what the share makes up: -log2(1 - share + share * odds).
        Source: the odds against one person are those of strangers and of relatives together.
        """
        total = 0.0
        for weights, bonds, level, added in zip(
            self.weights, self.bonds, levels, adjustments, strict=True
        ):
            bond = bonds[level] if added else None
            total += weights[level] if bond is None else log2(bond[0] * 2.0**added + bond[1])
        if total > _FURTHEST:
            return -log2(self.share) - total
        return -log2(1 - self.share + self.share * 2.0**total)


def relatives(comparisons: Sequence[Comparison], share: float) -> Relatives | None:
    """Returns how relatives agree; None where a model has no relatives."""
    if not share:
        return None
    return Relatives(
        share,
        tuple((*map(_weight, one.levels), 0.0) for one in comparisons),
        tuple((*map(_bond, one.levels), None) for one in comparisons),
    )


def _weight(level: Level) -> float:
    return log2(max(_kin(level), SMALLEST) / max(level.u, SMALLEST))


def _bond(level: Level) -> tuple[float, float] | None:
    """Returns what being relatives adds to chance at a level, against u, and what it leaves.

    What relatives share they share whatever the term is; what only chance brings together is
    rarer for a rare term, as with strangers.
    """
    shared = (_kin(level) - level.u) / (1 - level.u) if level.u < 1 else 0.0
    return (shared / level.u, 1 - shared) if shared > 0 and level.u > 0 else None


def _kin(level: Level) -> float:
    return level.u if level.kin is None else level.kin
