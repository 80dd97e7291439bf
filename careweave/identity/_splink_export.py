"""A model written as Splink keeps one, and pairs written as rows that it can score.

Splink's conditions cannot say what our tests say, so a pair becomes two rows that hold, for each
comparison, the level found and the share that its term stands for; the conditions ask for the
level. What Splink then learns of m and u is taken back by `adopt_splink`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from careweave.identity._columns import Terms
from careweave.identity._model import Model, model_of, with_frequencies
from careweave.identity._norm import Norm
from careweave.identity._reading import Reading
from careweave.identity._score import score
from careweave.identity._spec import NULL, Comparison, Level
from careweave.identity._splink_functions import Value
from careweave.identity._splink_sql import Row
from careweave.terms import Json

_KIN = Comparison(
    "relatives",
    (Level("possible", "possible", 0.5, 0.5, tf="relatives"), Level("else", "else", 0.5, 0.5)),
)
"""What relatives share, as a comparison that only says what its term adds."""


@dataclass(frozen=True, slots=True)
class ExportedPair:
    """A pair as two rows, and the shares of the terms in them, by column."""

    left: Row
    right: Row
    terms: Terms


def export_splink(model: Model) -> dict[str, Json]:
    """Returns the model as a Splink document, with a number for every share.

    What relatives share is a comparison of its own there: it weighs nothing but its "term".
    """
    comparisons = [_comparison(one) for one in model.comparisons]
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "sql_dialect": "duckdb",
        "probability_two_random_records_match": _digits(model.draft.probability),
        "comparisons": [*comparisons, *([_comparison(_KIN)] if model.relatives else [])],
    }


def export_pair(a: Norm, b: Norm, model: Model) -> ExportedPair:
    """Returns the rows of a pair: Splink gives them the weight that `score` gives."""
    scored = score(a, b, model)
    row: dict[str, Value] = {}
    terms: dict[str, dict[str, float]] = {}
    found = list(zip(model.comparisons, scored.levels, scored.adjustments, strict=True))
    if model.relatives:
        found.append((_KIN, 0, model.relatives.weight(scored.levels, scored.adjustments)))
    for one, number, added in found:
        row[_level_column(one)] = None if number == NULL else float(number)
        row[_share_column(one)] = None
        if added:
            share = _share(one.levels[number], added)
            row[_share_column(one)] = repr(share)
            terms[_share_column(one)] = {repr(share): share}
    return ExportedPair(row, row, terms)


def adopt_splink(model: Model, document: Mapping[str, Json]) -> Model:
    """Returns the model with the shares and the prior that Splink learned for its export.

    Raises Incorrect where the document is not an export of this model, or not a sound model.
    """
    reading = Reading()
    given = reading.items(document.get("comparisons"), "comparisons")
    if model.relatives:
        given = given[:-1]
    if len(given) != len(model.comparisons):
        reading.note("comparisons", "There is one comparison for each of the model.")
    adopted = tuple(
        _adopted(reading, one, theirs, f"comparisons[{number}]")
        for number, (one, theirs) in enumerate(zip(model.comparisons, given, strict=False))
    )
    name = "probability_two_random_records_match"
    probability = reading.number(document.get(name), name)
    reading.refuse("The document is not an export of this model: see the places named.")
    draft = replace(model.draft, comparisons=adopted, probability=probability, frequencies={})
    return with_frequencies(model_of(draft), model.frequencies)


def _share(level: Level, added: float) -> float:
    """Returns the share for which Splink, from the base u, comes to the same adjustment."""
    return float(level.u * 2 ** (-added / level.tf_weight))


def _comparison(one: Comparison) -> Json:
    column = _level_column(one)
    null: Json = {
        "sql_condition": f'"{column}_l" IS NULL OR "{column}_r" IS NULL',
        "label_for_charts": "null",
        "is_null_level": True,
    }
    levels = [_level(one, number) for number in range(len(one.levels))]
    return {"output_column_name": column, "comparison_levels": [null, *levels]}


def _level(one: Comparison, number: int) -> Json:
    level, column = one.levels[number], _level_column(one)
    is_last = number == len(one.levels) - 1
    asked = f'"{column}_l" = {number} AND "{column}_r" = {number}'
    written: dict[str, Json] = {
        "sql_condition": "ELSE" if is_last else asked,
        "label_for_charts": level.name,
        "m_probability": _digits(level.m),
        "u_probability": _digits(level.u),
    }
    if level.tf and level.tf_weight and not is_last:
        written |= {
            "tf_adjustment_column": _share_column(one),
            "tf_adjustment_weight": _digits(level.tf_weight),
            "disable_tf_exact_match_detection": True,
        }
    return written


def _adopted(reading: Reading, one: Comparison, theirs: Json, where: str) -> Comparison:
    place = f"{where}.comparison_levels"
    levels = reading.items(reading.members(theirs, where).get("comparison_levels"), place)
    if len(levels) != len(one.levels) + 1:
        reading.note(place, "There is one level for each of the comparison, and one for null.")
        return one
    members = [reading.members(level, place) for level in levels[1:]]
    return replace(
        one,
        levels=tuple(
            replace(
                level,
                m=reading.number(found.get("m_probability"), f"{place}.m_probability"),
                u=reading.number(found.get("u_probability"), f"{place}.u_probability"),
            )
            for level, found in zip(one.levels, members, strict=True)
        ),
    )


def _level_column(one: Comparison) -> str:
    return re.sub(r"\W", "_", one.field).lower() + "_level"


def _share_column(one: Comparison) -> str:
    return re.sub(r"\W", "_", one.field).lower() + "_share"


def _digits(value: float) -> Decimal:
    return Decimal(repr(value))
