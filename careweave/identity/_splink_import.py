"""A model read from the document in which Splink keeps it.

Source: Splink 5.0.0, `comparison_level.py`, `comparison.py`, `settings.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2

from careweave.identity._columns import ColumnComparison, ColumnLevel, ColumnModel
from careweave.identity._reading import Reading
from careweave.identity._spec import SMALLEST
from careweave.identity._splink_sql import Node, compiled, equal_columns, read_condition
from careweave.terms import Incorrect, Json

_PRIOR = 0.0001
"""The prior of a model that names none."""

_NOT_OBSERVED = "level not observed in training dataset"
_UNOBSERVED_SHARE = 1e-6
"""What Splink writes for a level that its training never met, and the share it takes for it."""

_TOP_MATCH, _OTHERS_MATCH = 0.95, 0.05
"""The share `m` of the strongest level that was not trained, and that of all others together."""

_LOWEST, _HIGHEST, _TOP = -5.0, 3.0, 10.0
"""The weights that levels have which were not trained: those below the strongest, and it."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A level as read: its condition is None for the level that takes all else."""

    members: Mapping[str, Json]
    where: str
    node: Node | None
    m: float = 1.0
    u: float = 1.0

    @property
    def is_null(self) -> bool:
        return self.members.get("is_null_level") is True


def import_splink(document: Mapping[str, Json]) -> ColumnModel:
    """Returns the model of a Splink model document, or raises Incorrect with all faults of it.

    A condition whose shape is not known is a fault: no level is ever left out.
    """
    reading = Reading()
    given = document.get("probability_two_random_records_match")
    prior = reading.number(given, "probability_two_random_records_match", _PRIOR)
    if not 0 < prior < 1:
        reading.note("probability_two_random_records_match", "It is above 0 and below 1.")
    comparisons = tuple(
        _comparison(reading, one, f"comparisons[{number}]")
        for number, one in enumerate(reading.items(document.get("comparisons"), "comparisons"))
    )
    reading.refuse("The document is not a Splink model that can be used: see the places named.")
    return ColumnModel(log2(prior / (1 - prior)), comparisons)


def _comparison(reading: Reading, value: Json, where: str) -> ColumnComparison:
    members = reading.members(value, where)
    place = f"{where}.comparison_levels"
    raw = [
        _written(reading, one, f"{place}[{number}]")
        for number, one in enumerate(reading.items(members.get("comparison_levels"), place))
    ]
    if not raw or any((one.node is None) != (one is raw[-1]) for one in raw):
        reading.note(place, "The last level, and only it, takes all else.")
    if sum(not one.is_null for one in raw) < 2:
        reading.note(place, "A comparison has at least two levels beside that of missing values.")
    levels = _with_shares(reading, raw)
    name = reading.text(members.get("output_column_name"), f"{where}.output_column_name", "")
    return ColumnComparison(name, tuple(_level(reading, one, levels) for one in levels))


def _written(reading: Reading, value: Json, where: str) -> _Written:
    members = reading.members(value, where)
    sql = reading.text(members.get("sql_condition"), f"{where}.sql_condition")
    if sql.strip().upper() == "ELSE":
        return _Written(members, where, None)
    try:
        return _Written(members, where, read_condition(sql))
    except Incorrect as fault:
        reading.note(f"{where}.sql_condition", fault.message)
        return _Written(members, where, Node("null"))


def _with_shares(reading: Reading, raw: Sequence[_Written]) -> list[_Written]:
    """Returns the levels with their shares; those that were not trained have Splink's own."""
    ranks = iter(range(sum(not one.is_null for one in raw) - 1, -1, -1))
    n_levels = sum(not one.is_null for one in raw)
    return [one if one.is_null else _with_share(reading, one, next(ranks), n_levels) for one in raw]


def _with_share(reading: Reading, one: _Written, rank: int, n_levels: int) -> _Written:
    """Returns a level with its shares; `rank` is 0 for the weakest."""
    m, u = _untrained(rank, n_levels)
    return replace(
        one,
        m=_share(reading, one.members.get("m_probability"), m, f"{one.where}.m_probability"),
        u=_share(reading, one.members.get("u_probability"), u, f"{one.where}.u_probability"),
    )


def _untrained(rank: int, n_levels: int) -> tuple[float, float]:
    """Returns the shares of a level that was not trained."""
    n_lower = n_levels - 1
    if rank == n_lower:
        return _TOP_MATCH, _TOP_MATCH / 2**_TOP
    m = _OTHERS_MATCH / n_lower
    step = (_HIGHEST - _LOWEST) / (n_lower - 1) if n_lower > 1 else 0.0
    return m, m / 2 ** (_LOWEST + rank * step)


def _share(reading: Reading, value: Json, untrained: float, where: str) -> float:
    if value == _NOT_OBSERVED:
        return _UNOBSERVED_SHARE
    share = reading.number(value, where, untrained)
    if share < SMALLEST:
        reading.note(where, "A share is above 0.")
    return share


def _level(reading: Reading, one: _Written, levels: Sequence[_Written]) -> ColumnLevel:
    members = one.members
    plain = ColumnLevel(
        label=reading.text(members.get("label_for_charts"), f"{one.where}.label_for_charts", ""),
        holds=None if one.node is None else compiled(one.node),
        is_null=one.is_null,
        m=one.m,
        u=one.u,
    )
    column = reading.text(members.get("tf_adjustment_column"), f"{one.where}.tf_column", "")
    if not column or one.is_null or one.node is None:
        return plain
    weight, least = members.get("tf_adjustment_weight"), members.get("tf_minimum_u_value")
    column = column.strip('"`').lower()
    return replace(
        plain,
        tf_column=column,
        tf_weight=reading.number(weight, f"{one.where}.tf_adjustment_weight", 1.0),
        tf_minimum=reading.number(least, f"{one.where}.tf_minimum_u_value", 0.0),
        tf_base=_base(reading, one, column, levels),
    )


def _base(reading: Reading, one: _Written, column: str, levels: Sequence[_Written]) -> float:
    """Returns the share that the frequency of a term replaces: that of the column being equal."""
    if one.members.get("disable_tf_exact_match_detection") is True:
        return one.u
    for level in levels:
        if level.node is not None and equal_columns(level.node) == {column}:
            return level.u
    reading.note(f"{one.where}.tf_adjustment_column", "No level wants this column alone equal.")
    return one.u
