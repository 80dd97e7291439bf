"""How likely two records are of one person, with the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from careweave.identity._model import Model
from careweave.identity._norm import Norm
from careweave.identity._spec import NULL


@dataclass(frozen=True, slots=True)
class Part:
    """What one field says: its level, the weight of that, and what the rarity of its term adds."""

    field: str
    level: str
    weight: float
    tf_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Scored:
    """The weight of a pair: log2 of the odds that both are one person.

    `levels` and `adjustments` are by comparison of the model; `parts` names them.
    """

    weight: float
    levels: tuple[int, ...]
    adjustments: tuple[float, ...]
    model: Model = field(repr=False)
    source: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What each field says; with the prior they add up to the weight. No values of anybody."""
        kin = self.model.relatives
        added = (
            (Part("relatives", "possible", kin.weight(self.levels, self.adjustments)),)
            if kin
            else ()
        )
        return added + tuple(
            Part(
                one.field,
                "null" if level == NULL else one.levels[level].name,
                weights[level],
                adjustment,
            )
            for one, level, weights, adjustment in zip(
                self.model.comparisons,
                self.levels,
                self.model.weights_of(self.source),
                self.adjustments,
                strict=True,
            )
        )

    @property
    def probability(self) -> float:
        """The probability that both are one person."""
        return probability(self.weight)

    @property
    def n_compared(self) -> int:
        """How many fields both sides have."""
        return len(self.levels) - self.levels.count(NULL)


def score(a: Norm, b: Norm, model: Model, *, source: str = "") -> Scored:
    """Returns the weight of a pair, with the level of each field.

    `source` is that of the record asked for, where the model knows its error rates. The other may
    be all versions of a record together: the best level of any period counts.
    """
    found = [find(a, b) for find in model.finders]
    weight = model.prior
    for (level, adjustment), weights in zip(found, model.weights_of(source), strict=True):
        weight += weights[level] + adjustment
    levels, adjustments = zip(*found, strict=True)
    if model.relatives is not None:
        weight += model.relatives.weight(levels, adjustments)
    return Scored(weight, levels, adjustments, model, source)


def weight_of(
    levels: Sequence[int], model: Model, *, adjustments: Sequence[float] = (), source: str = ""
) -> float:
    """Returns the weight of a pair whose levels are known, with what its terms add, if given."""
    weights = model.weights_of(source)
    kin = model.relatives
    return (
        model.prior
        + sum(one[level] for one, level in zip(weights, levels, strict=True))
        + sum(adjustments)
        + (kin.weight(levels, adjustments or (0.0,) * len(levels)) if kin else 0.0)
    )


def probability(weight: float) -> float:
    """Returns the probability of a weight."""
    # Beyond these the power overflows and the probability is 0 or 1 to the last digit.
    if weight > 1000:
        return 1.0
    return 0.0 if weight < -1000 else 2.0**weight / (1.0 + 2.0**weight)
