"""A model over plain columns, as Splink keeps one, and its scorer.

Source: Splink 5.0.0, `comparison_level.py` and `predict.py`: the weights are equal to 1e-9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from careweave.identity._spec import SMALLEST
from careweave.identity._splink_sql import Condition, Row

Terms = Mapping[str, Mapping[str, float]]
"""By column, the share of each value among all that are there."""


@dataclass(frozen=True, slots=True)
class ColumnLevel:
    """One level of a comparison of columns: `holds` is None for the one that takes all else."""

    label: str
    holds: Condition | None
    is_null: bool
    m: float
    u: float
    tf_column: str = ""
    tf_weight: float = 0.0
    tf_minimum: float = 0.0
    tf_base: float = 1.0

    @property
    def weight(self) -> float:
        """The weight of the level, before the rarity of a term."""
        if self.is_null:
            return 0.0
        return log2(max(self.m, SMALLEST) / max(self.u, SMALLEST))


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """One comparison of columns: the first level that holds counts."""

    name: str
    levels: tuple[ColumnLevel, ...]


@dataclass(frozen=True, slots=True)
class ColumnModel:
    """A model over plain columns, as Splink has it. `prior` is the weight before any comparison."""

    prior: float
    comparisons: tuple[ColumnComparison, ...]


@dataclass(frozen=True, slots=True)
class ColumnPart:
    """What one comparison says: its level (its label), weight, and what its term adds."""

    name: str
    level: str
    weight: float
    tf_weight: float


@dataclass(frozen=True, slots=True)
class ColumnScored:
    """The weight of a pair of rows, and what each comparison says; with the prior they add up."""

    weight: float
    parts: tuple[ColumnPart, ...]


def score_columns(left: Row, right: Row, model: ColumnModel, terms: Terms) -> ColumnScored:
    """Returns the weight of two rows. `terms` are the shares of values, by column."""
    parts = tuple(_part(left, right, one, terms) for one in model.comparisons)
    weight = model.prior + sum(part.weight + part.tf_weight for part in parts)
    return ColumnScored(weight, parts)


def _part(left: Row, right: Row, one: ColumnComparison, terms: Terms) -> ColumnPart:
    level = next(
        level for level in one.levels if level.holds is None or level.holds(left, right) is True
    )
    return ColumnPart(one.name, level.label, level.weight, _adjustment(left, right, level, terms))


def _adjustment(left: Row, right: Row, level: ColumnLevel, terms: Terms) -> float:
    """Returns what the rarity of a term adds: the more common of the two sides counts."""
    if not level.tf_column or level.is_null or level.holds is None:
        return 0.0
    shares = terms.get(level.tf_column, {})
    values = (row.get(level.tf_column) for row in (left, right))
    known = [shares[str(value)] for value in values if str(value) in shares]
    if not known:
        return 0.0
    return level.tf_weight * (log2(level.tf_base) - log2(max(*known, level.tf_minimum)))
