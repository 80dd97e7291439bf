"""How far two records agree, field by field."""

from careweave.identity._fields import comparator
from careweave.identity._model import Model
from careweave.identity._norm import Norm


def levels(a: Norm, b: Norm, model: Model) -> tuple[int, ...]:
    """Returns the level of each comparison: 0 is the strongest, NULL where a side says nothing.

    Where a side has several names, addresses or contacts, the level is the best of any two.
    """
    return tuple([find(a, b)[0] for find in model.finders])


def frequency_terms(norm: Norm, model: Model) -> tuple[tuple[str, str], ...]:
    """Returns the terms of a record whose frequencies the model weighs by, each with its field."""
    found: set[tuple[str, str]] = set()
    for one in model.comparisons:
        names = frozenset(level.tf for level in one.levels)
        found.update(comparator(one.field).terms_of(norm, names))
    return tuple(sorted((name, term) for name, term in found if term))
