"""Our arithmetic and Splink's are the same."""

import importlib.util
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

import pytest

from careweave.identity._columns import ColumnModel, Terms, score_columns
from careweave.identity._model import default_model, model_of, with_frequencies
from careweave.identity._norm import Home, Name, Norm
from careweave.identity._score import score
from careweave.identity._spec import UNSEEN
from careweave.identity._splink_export import adopt_splink, export_pair, export_splink
from careweave.identity._splink_import import import_splink
from careweave.terms import Incorrect
from tests.identity.splink_peer import (
    FIXTURE,
    Record,
    febrl4,
    febrl4_model,
    of_all_pairs,
    weights,
    weights_of_rows,
)
from tests.lib.published import DATA

FEBRL = DATA / "identity" / "febrl"
MODELS = ("fuzzy", "trained", "untrained")


@cache
def fixture() -> dict[str, Any]:
    return json.loads(FIXTURE.read_text(), parse_float=Decimal)


def shares_of(records: list[Record]) -> Terms:
    """Returns the share of each value of each column among those that are there."""
    columns = {name: [one[name] for one in records if one[name] is not None] for name in records[0]}
    return {
        name: {value: n / len(values) for value, n in Counter(values).items()}
        for name, values in columns.items()
    }


@cache
def shares() -> Terms:
    return shares_of(fixture()["records"])


def ours(model: ColumnModel, left: int, right: int) -> float:
    records = fixture()["records"]
    return score_columns(records[left], records[right], model, shares()).weight


@pytest.mark.parametrize("name", MODELS)
def test_every_pair_weighs_what_splink_says(name):
    made = fixture()["models"][name]
    model = import_splink(made["model"])
    far = [
        (left, right)
        for left, right, weight in made["pairs"]
        if abs(ours(model, left, right) - float(weight)) > 1e-9
    ]
    assert len(made["pairs"]) > 600
    assert far == []


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("splink") is None, reason="the extra `train`")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODELS)
def test_splink_itself_gives_the_same_weights_today(name):
    records, made = fixture()["records"], fixture()["models"][name]
    plain = json.loads(json.dumps(made["model"], default=float))
    model = import_splink(made["model"])
    theirs = weights(of_all_pairs(plain), records)
    assert len(theirs) == len(records) * (len(records) - 1) // 2
    assert all(abs(ours(model, *pair) - weight) < 1e-9 for pair, weight in theirs.items())
    assert all(
        abs(theirs[int(left), int(right)] - float(weight)) < 1e-9
        for left, right, weight in made["pairs"]
    )


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("splink") is None, reason="the extra `train`")
@pytest.mark.skipif(not FEBRL.is_dir(), reason="../shared/data does not lie beside this checkout")
@pytest.mark.filterwarnings("ignore")
def test_every_blocked_pair_of_febrl4_weighs_what_splink_says():
    records = febrl4(FEBRL)
    model = febrl4_model(records)
    theirs = weights(model, records)
    read = import_splink(json.loads(json.dumps(model), parse_float=Decimal))
    terms = shares_of(records)
    far = [
        (left, right)
        for (left, right), weight in theirs.items()
        if abs(score_columns(records[left], records[right], read, terms).weight - weight) > 1e-9
    ]
    assert len(theirs) > 5_000
    assert far == []


def norm(family: str, given: str, year: int, postcode: str) -> Norm:
    return Norm(
        names=(Name(family, given, (family,), (given,)),),
        birth=(year, 5, 12),
        precision="day",
        sex="female",
        homes=(
            Home(
                postcode,
                postcode[:-2],
                postcode.split(maxsplit=1)[0],
                postcode[:2],
                "1",
                "mill lane",
            ),
        ),
    )


NORMS = [
    norm("okafor", "grace", 1980, "LS1 4AB"),
    norm("okafor", "gracie", 1980, "LS1 4AB"),
    norm("grace", "okafor", 1981, "LS1 4AC"),
    norm("smith", "grace", 1980, "BD7 1XY"),
    replace(norm("smith", "", 1950, "LS1 4AB"), sex=""),
]

FREQUENCIES = {
    "family": {"okafor": 4e-5, "smith": 0.01},
    "given": {"grace": 0.004, UNSEEN: 1e-5},
    "postcode": {"LS1 4AB": 3e-5},
}


def exported():
    model = with_frequencies(default_model(), FREQUENCIES)
    return model, export_splink(model)


@pytest.mark.parametrize(("a", "b"), list(product(NORMS, NORMS)))
def test_an_exported_model_weighs_every_pair_as_our_own(a, b):
    model, document = exported()
    pair = export_pair(a, b, model)
    theirs = score_columns(pair.left, pair.right, import_splink(document), pair.terms)
    assert theirs.weight == pytest.approx(score(a, b, model).weight, abs=1e-9)


def test_an_export_names_a_share_for_every_level_and_no_value_of_anybody():
    _, document = exported()
    levels = [level for one in document["comparisons"] for level in one["comparison_levels"]]
    assert all("m_probability" in level for level in levels if not level.get("is_null_level"))
    assert "okafor" not in json.dumps(document, default=float)


def test_a_model_without_relatives_is_exported_without_them():
    alone = model_of(replace(default_model().draft, kin_share=0.0))
    document = export_splink(alone)
    assert len(document["comparisons"]) == len(alone.comparisons)
    assert len(exported()[1]["comparisons"]) == len(alone.comparisons) + 1
    pair = export_pair(NORMS[0], NORMS[1], alone)
    theirs = score_columns(pair.left, pair.right, import_splink(document), pair.terms)
    assert theirs.weight == pytest.approx(score(NORMS[0], NORMS[1], alone).weight, abs=1e-9)
    assert adopt_splink(alone, document).draft == alone.draft


def test_what_splink_learned_of_an_export_is_taken_back():
    model, document = exported()
    assert adopt_splink(model, document).draft == model.draft
    learned = json.loads(json.dumps(document, default=float))
    same, differs = learned["comparisons"][2]["comparison_levels"][1:]
    same["m_probability"], differs["m_probability"] = 0.9, 0.1
    adopted = adopt_splink(model, learned)
    assert [level.m for level in adopted.comparisons[2].levels] == [0.9, 0.1]


def test_an_export_of_another_model_is_not_taken():
    model, document = exported()
    with pytest.raises(Incorrect) as refused:
        adopt_splink(model, {**document, "comparisons": document["comparisons"][:3]})
    assert [issue.where for issue in refused.value.issues] == ["comparisons"]
    document["comparisons"][0]["comparison_levels"].pop()
    with pytest.raises(Incorrect) as refused:
        adopt_splink(model, document)
    assert [issue.where for issue in refused.value.issues] == ["comparisons[0].comparison_levels"]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("splink") is None, reason="the extra `train`")
@pytest.mark.filterwarnings("ignore")
def test_splink_itself_weighs_an_exported_pair_as_we_do():
    model, document = exported()
    plain = json.loads(json.dumps(document, default=float))
    for a, b in ((NORMS[0], NORMS[0]), (NORMS[0], NORMS[1]), (NORMS[0], NORMS[2])):
        pair = export_pair(a, b, model)
        found = weights_of_rows(plain, [dict(pair.left), dict(pair.right)], pair.terms)
        assert found == pytest.approx(score(a, b, model).weight, abs=1e-9)
