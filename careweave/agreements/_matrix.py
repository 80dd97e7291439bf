"""Levels as sets of filters, and how they meet: restrictions unite, without judgement.

Source: `reference/agreements.md` 1.4 and 1.5.
"""

from typing import Final

from careweave.agreements._values import Filter, Filters, Level, Rules
from careweave.terms import Heading, Label, Role

_LEVELS: Final[dict[str, Filters]] = {
    Level.FULL: frozenset(),
    Level.CURRENT: frozenset({Filter.CURRENT}),
    Level.SHORT: frozenset({Filter.BRIEF}),
    Level.INDICATOR: frozenset({Filter.INDICATOR}),
    Level.REASON: frozenset({Filter.GATE, Filter.CURRENT}),
    Level.THIRD_PARTY: frozenset({Filter.CLEARED}),
    Level.DE_IDENTIFIED: frozenset({Filter.CODED}),
    Level.NEVER: frozenset({Filter.NEVER}),
}
# What a label says differs from a level in two things: its reason asks for nothing current, and
# it knows consent and masks, of which the latter restrict what is shown and not which entries are.
_CELLS: Final[dict[str, Filters]] = {
    **_LEVELS,
    "o": frozenset(),
    "R": frozenset({Filter.GATE}),
    "K": frozenset({Filter.CONSENT}),
    "mask": frozenset(),
    "tie": frozenset(),
}
_NOTHING: Final[Filters] = frozenset({Filter.NEVER})
# Whoever gets no entry needs no rule about which entries.
_MOOT: Final[Filters] = frozenset({Filter.CURRENT, Filter.BRIEF, Filter.CLEARED})


def filters_of(level: Level) -> Filters:
    """Returns the filters that a level of a clause or of the role matrix stands for."""
    return _LEVELS[level]


def cell_filters(word: str) -> Filters:
    """Returns the filters that a cell of the table of labels stands for; an unknown one: never."""
    return _CELLS.get(word, _NOTHING)


def meet(*sets: Filters) -> Filters:
    """Returns what is left when all of them restrict.

    `never` absorbs everything; `indicator` absorbs which entries, but no gate and no consent.
    """
    union = frozenset[Filter]().union(*sets)
    if Filter.NEVER in union:
        return _NOTHING
    return union - _MOOT if Filter.INDICATOR in union else union


def matrix_filters(rules: Rules, role: Role, heading: Heading) -> Filters:
    """Returns what the role matrix lets a role see of a heading; an unknown role: never."""
    level = rules.matrix.get((role, heading))
    return _NOTHING if level is None else filters_of(level)


def cell(rules: Rules, label: Label, heading: Heading | None, role: Role, setting: str) -> str:
    """Returns what the table of labels says of a role that is not the origin, exceptions first."""
    if heading is not None and (label, heading, role) in rules.exceptions:
        return rules.exceptions[label, heading, role]
    if (label, role, setting) in rules.in_settings:
        return rules.in_settings[label, role, setting]
    return rules.labels.get((label, role), Level.NEVER)


def origin_cell(rules: Rules, label: Label) -> str:
    """Returns what the table of labels says of the service that recorded an entry."""
    return rules.labels.get((label, None), Level.NEVER)
