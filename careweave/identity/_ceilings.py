"""Frequencies that no exact agreement can turn against itself."""

from collections.abc import Mapping, Sequence
from math import log2

from careweave.identity._fields import comparator
from careweave.identity._spec import UNSEEN, Comparison, Frequencies

_BELOW = 0.99
"""How far below the ceiling a share is put, so that the agreement still weighs a little."""


def commonest(one: Comparison, frequencies: Frequencies) -> float:
    """Returns the share of the commonest term that the first level weighs by; 0 without one."""
    most = 1.0
    for name, _ in comparator(one.field).terms.get(one.levels[0].tf, ()):
        most *= max(frequencies.get(name, {UNSEEN: 0.0}).values(), default=0.0)
    return most if one.levels[0].tf else 0.0


def ceiling(one: Comparison) -> float:
    """Returns the share from which on an exact agreement would speak against one person."""
    level = one.levels[0]
    base = level.u if level.tf_base is None else level.tf_base
    return float(base * 2 ** (log2(level.m / level.u) / level.tf_weight))


def capped(comparisons: Sequence[Comparison], frequencies: Frequencies) -> Frequencies:
    """Returns the frequencies with the shares of very common terms lowered.

    In a small region everybody may live in one postcode. To agree on it says nothing there, but
    must not speak against: reference/identity.md section 19.1.
    """
    found: dict[str, Mapping[str, float]] = dict(frequencies)
    for one in comparisons:
        if not one.levels[0].tf_weight or commonest(one, found) < ceiling(one):
            continue
        terms = comparator(one.field).terms[one.levels[0].tf]
        most = (ceiling(one) * _BELOW) ** (1 / len(terms))
        for name, _ in terms:
            found[name] = {term: min(share, most) for term, share in found[name].items()}
    return found
