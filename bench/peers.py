"""Splink and recordlinkage on the sets of people, with the settings that they publish.

Splink: its demonstrations of Febrl 3, Febrl 4 and fake_1000 (version 5.0.0); where a set has no
demonstration, comparisons of the same kinds. recordlinkage: its ECM classifier over the comparisons
of its guide. Both give each pair that they compare a weight, and learn without labels.
"""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from math import log2
from typing import Any

Cells = Sequence[Mapping[str, str]]
"""The rows of a set as its file has them, by column."""

Weights = dict[tuple[int, int], float]
"""What a peer weighs the pairs that it compares, by the places of both rows, the lower first."""

_FURTHEST = 300.0


@dataclass(frozen=True, slots=True)
class Demonstration:
    """How Splink is set for one kind of set: comparisons, blocking, what the prior is drawn from."""

    comparisons: Callable[[Any], list[Any]]
    blocks: tuple[str | tuple[str, ...], ...]
    certain: tuple[str | tuple[str, ...], ...]
    recall: float
    training: tuple[tuple[str, ...], ...]


_SWAPPED = "l.given_name = r.surname and l.surname = r.given_name"


def _febrl3(*, with_id: bool) -> Demonstration:
    """Returns the demonstration of Febrl 3, with the richer comparisons of that of Febrl 4."""
    by_id = (("soc_sec_id",),) if with_id else ()
    return replace(
        _febrl4(with_id=with_id),
        blocks=(*by_id, ("given_name",), ("surname",), ("date_of_birth",), ("postcode",)),
        certain=(
            *by_id,
            ("given_name", "surname", "date_of_birth"),
            f"{_SWAPPED} and l.date_of_birth = r.date_of_birth",
        ),
        recall=0.9,
    )


def _febrl4(*, with_id: bool) -> Demonstration:
    def comparisons(cl: Any) -> list[Any]:
        number = [cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2])] if with_id else []
        return [
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            _birth(cl, "date_of_birth"),
            *number,
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(
                term_frequency_adjustments=True
            ),
        ]

    by_id = (("soc_sec_id",),) if with_id else ()
    places = (("state", "address_1"), ("street_number", "address_1"), ("postcode",))
    return Demonstration(
        comparisons,
        (("given_name", "surname"), _SWAPPED, ("date_of_birth",), *by_id, *places),
        (*by_id, ("given_name", "surname", "date_of_birth")),
        0.8,
        (("date_of_birth",), ("postcode",)),
    )


def _fake_1000() -> Demonstration:
    near = "levenshtein(r.dob, l.dob) <= 1"
    return Demonstration(
        lambda cl: [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        (("first_name",), ("surname",), ("dob",), ("email",)),
        (
            f"l.first_name = r.first_name and {near}",
            f"l.surname = r.surname and {near}",
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            ("email",),
        ),
        0.7,
        (("dob",), ("email",), ("first_name", "surname")),
    )


def _uganda() -> Demonstration:
    return Demonstration(
        lambda cl: [
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            _birth(cl, "date_of_birth"),
            cl.ExactMatch("sex"),
            cl.DamerauLevenshteinAtThresholds("phone_number", [1, 2]),
        ],
        (
            ("uganda_nin",),
            ("art_number",),
            ("given_name", "surname"),
            ("date_of_birth",),
            ("phone_number",),
        ),
        (("uganda_nin",), ("art_number",)),
        0.95,
        (("date_of_birth",), ("phone_number",)),
    )


def _noisy() -> Demonstration:
    """Returns the demonstration of 50,000 historical persons, without the postcodes of that set."""
    return Demonstration(
        lambda cl: [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
        (
            ("substr(first_name,1,3)", "substr(surname,1,4)"),
            ("surname", "dob"),
            ("first_name", "dob"),
            ("dob", "birth_place"),
            ("surname", "birth_place"),
            ("first_name", "birth_place"),
            ("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ),
        (("first_name", "surname", "dob"), ("dob", "birth_place")),
        0.6,
        (("first_name", "surname"), ("dob",)),
    )


def _birth(cl: Any, column: str) -> Any:
    return cl.DateOfBirthComparison(
        column, input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
    )


_SPLINK: Mapping[str, Callable[[], Demonstration]] = {
    "febrl1": lambda: _febrl3(with_id=True),
    "febrl1_no_id": lambda: _febrl3(with_id=False),
    "febrl2": lambda: _febrl3(with_id=True),
    "febrl2_no_id": lambda: _febrl3(with_id=False),
    "febrl3_no_id": lambda: _febrl3(with_id=False),
    "febrl4": lambda: _febrl4(with_id=True),
    "febrl4_no_id": lambda: _febrl4(with_id=False),
    "fake_1000": _fake_1000,
    "uganda": _uganda,
    "noisy": _noisy,
}


def splink(name: str, sides: Sequence[Cells], seed: int) -> Weights:
    """Returns what Splink weighs the pairs of a set; two sides are linked, one is searched."""
    # The peers are there only where the extra `train` is.
    library: Any = import_module("splink")
    cl: Any = import_module("splink.comparison_library")
    how = _SPLINK[name]()

    def rules(given: Sequence[str | tuple[str, ...]]) -> list[Any]:
        return [one if isinstance(one, str) else library.block_on(*one) for one in given]

    settings = library.SettingsCreator(
        link_type="link_only" if len(sides) > 1 else "dedupe_only",
        unique_id_column_name="place",
        blocking_rules_to_generate_predictions=rules(how.blocks),
        comparisons=how.comparisons(cl),
    )
    database = library.DuckDBAPI()
    tables = [database.register(frame) for frame in _frames(sides)]
    linker = library.Linker(tables if len(tables) > 1 else tables[0], settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(rules(how.certain), recall=how.recall)
    training.estimate_u_using_random_sampling(
        max_pairs=1e6, seed=seed if len(tables) == 1 else None
    )
    for one in how.training:
        training.estimate_parameters_using_expectation_maximisation(
            library.block_on(*one), estimate_without_term_frequencies=True
        )
    found = linker.inference.predict().as_pandas_dataframe()
    return {
        (min(one, other), max(one, other)): float(weight)
        for one, other, weight in zip(
            found["place_l"], found["place_r"], found["match_weight"], strict=True
        )
    }


def _frames(sides: Sequence[Cells]) -> list[Any]:
    """Returns a table for each side; `place` counts the rows of all sides through."""
    pandas: Any = import_module("pandas")
    frames: list[Any] = []
    begin = 0
    for cells in sides:
        frame = pandas.DataFrame([{k: v or None for k, v in row.items()} for row in cells])
        frame["place"] = range(begin, begin + len(cells))
        begin += len(cells)
        frames.append(frame)
    return frames


Compared = tuple[str, str]
"""A column and how it's compared: exactly, or by a similarity from .85 on."""

_FEBRL: tuple[Compared, ...] = (
    ("given_name", "jarowinkler"),
    ("surname", "jarowinkler"),
    ("date_of_birth", "exact"),
    ("suburb", "exact"),
    ("state", "exact"),
    ("address_1", "levenshtein"),
)
_FEBRL_BLOCKS = ("given_name", "surname", "date_of_birth", "postcode")
_ECM: Mapping[str, tuple[tuple[Compared, ...], tuple[str, ...]]] = {
    "febrl": ((*_FEBRL, ("soc_sec_id", "exact")), (*_FEBRL_BLOCKS, "soc_sec_id")),
    "febrl_no_id": (_FEBRL, _FEBRL_BLOCKS),
    "fake_1000": (
        (
            ("first_name", "jarowinkler"),
            ("surname", "jarowinkler"),
            ("dob", "exact"),
            ("city", "jarowinkler"),
            ("email", "jarowinkler"),
        ),
        ("first_name", "surname", "dob", "email"),
    ),
    "uganda": (
        (
            ("given_name", "jarowinkler"),
            ("surname", "jarowinkler"),
            ("date_of_birth", "exact"),
            ("sex", "exact"),
            ("phone_number", "exact"),
        ),
        ("given_name", "surname", "date_of_birth", "phone_number"),
    ),
    "noisy": (
        (
            ("first_name", "jarowinkler"),
            ("surname", "jarowinkler"),
            ("dob", "exact"),
            ("birth_place", "jarowinkler"),
            ("occupation", "exact"),
        ),
        ("first_name", "surname", "dob"),
    ),
}


def recordlinkage(name: str, sides: Sequence[Cells]) -> Weights:
    """Returns what the ECM classifier of recordlinkage weighs the pairs of a set."""
    rl: Any = import_module("recordlinkage")
    columns, blocks = _ECM[re.sub(r"^febrl\d", "febrl", name)]
    frames = [frame.set_index("place") for frame in _frames(sides)]
    index = rl.Index()
    for column in blocks:
        index.block(column)
    pairs = index.index(*frames)
    compare = rl.Compare()
    for column, method in columns:
        if method == "exact":
            compare.exact(column, column, label=column)
        else:
            compare.string(column, column, method=method, threshold=0.85, label=column)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        levels = compare.compute(pairs, *frames)
        model = rl.ECMClassifier()
        model.fit(levels)
        chances = model.prob(levels)
    return {
        (min(one, other), max(one, other)): _weight(float(chance))
        for (one, other), chance in chances.items()
    }


def _weight(chance: float) -> float:
    if chance <= 0 or chance >= 1:
        return -_FURTHEST if chance <= 0 else _FURTHEST
    return log2(chance / (1 - chance))
