"""The model card says what the model says."""

import json
from decimal import Decimal
from pathlib import Path

from careweave.identity._explain import words
from careweave.identity._fields import comparator
from careweave.identity._model import default_model, load_model
from careweave.identity._texts import text_tests

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/identity-model.md"


def rows():
    model = default_model()
    for one, weights in zip(model.comparisons, model.weights, strict=True):
        for level, weight in zip(one.levels, weights, strict=False):
            test = level.test + (f" {level.at:g}" if level.at else "")
            test += ", any period" if level.is_past else ""
            terms = level.tf if level.tf_weight == 1 else f"{level.tf} x {level.tf_weight:g}"
            kin = "" if level.kin is None else f"{level.kin:g}"
            shares = (f"{level.m:g}", f"{level.u:g}", kin)
            cells = (one.field, level.name, test, *shares, f"{weight:+.2f}")
            yield f"| {' | '.join(cells)} | {terms if level.tf else ''} |"


def test_the_card_shows_every_level_of_the_default_model():
    text = PAGE.read_text()
    shown = [line for line in text.splitlines() if line.count("|") == 9][2:]
    assert shown == list(rows())


def test_the_document_on_the_page_is_a_model():
    [_, example] = PAGE.read_text().split("```json\n")
    document = load_model(_read(example.split("```", maxsplit=1)[0]))
    assert document.name == "small-1"


def _read(text):

    return json.loads(text, parse_float=Decimal)


def test_there_are_words_for_every_level_of_the_default_model():
    told = words()
    levels = {level.name for one in default_model().comparisons for level in one.levels}
    assert sorted(levels - set(told.levels)) == []
    assert [one.field for one in default_model().comparisons if one.field not in told.fields] == []


def test_the_page_names_every_test_of_every_field():
    text = PAGE.read_text()
    fields = ("names", "family", "given", "birth", "postcode", "address", "email", "sex")
    names = {name for field in fields for name in comparator(field).tests} | set(text_tests())
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
