"""Which models are used, and which are refused with every fault named."""

import json
from dataclasses import replace
from decimal import Decimal
from math import log2

import pytest

from careweave.identity._model import default_model, load_model, model_of, with_frequencies
from careweave.identity._score import score
from careweave.identity._spec import Comparison, Draft, Level, Thresholds
from careweave.terms import Incorrect
from tests.identity.norms import GRACE

SEX = Comparison("sex", (Level("exact", "exact", 0.985, 0.5), Level("else", "else", 0.015, 0.5)))
DRAFT = Draft("small", (SEX,), 0.001, Thresholds(10, 0, -4, 6, -2))


def places(draft):
    """Returns the places of all faults of a draft."""
    with pytest.raises(Incorrect) as refused:
        model_of(draft)
    return [issue.where for issue in refused.value.issues]


def places_of(document):
    """Returns the places of all faults of the form of a document."""
    with pytest.raises(Incorrect) as refused:
        load_model(document)
    return [issue.where for issue in refused.value.issues]


def compared(*levels, field="sex", **more):
    return replace(DRAFT, comparisons=(Comparison(field, levels, **more),))


EXACT, ELSE = SEX.levels


def test_the_default_model_is_sound_and_reads_back_as_it_was_written():
    model = default_model()
    again = load_model(model.document)
    assert again.draft == model.draft
    assert again.digest == model.digest
    assert again.weights == model.weights
    assert (model.name, model.norm_version) == ("default-1", "n1")
    assert model.thresholds == Thresholds(auto=10, review=0, show=-4, lead=6, floor=-2)


def test_a_model_with_all_that_it_may_say_reads_back_as_it_was_written():
    levels = (
        Level("exact", "exact", 0.8, 0.01, tf="given", tf_base=0.02, is_past=True),
        Level("similar", "jw", 0.1, 0.09, at=0.9, tf="given", tf_weight=0.5, tf_minimum=1e-4),
        Level("else", "else", 0.1, 0.9),
    )
    draft = replace(
        DRAFT,
        comparisons=(
            SEX,
            Comparison("given", levels, null="exchanged", null_at=0.9),
        ),
        frequencies={"given": {"grace": 0.01, "": 1e-6}},
        sources={"clinic": {"sex": (0.9, 0.1)}},
        about={"trained_on": "a table"},
    )
    text = json.dumps(model_of(draft).document, default=str)
    document = json.loads(json.dumps(model_of(draft).document, default=float), parse_float=Decimal)
    assert load_model(document).draft == draft
    assert "grace" in text
    assert model_of(draft).frequencies == draft.frequencies


def test_the_digest_is_of_all_but_the_frequencies():
    with_terms = with_frequencies(default_model(), {"family": {"okafor": 0.001}})
    assert with_terms.digest == default_model().digest
    assert model_of(replace(DRAFT, name="other")).digest != model_of(DRAFT).digest


def test_a_prior_may_be_said_as_a_population():
    document = model_of(DRAFT).document | {"prior": {"population": 500_000}}
    assert load_model(document).prior == pytest.approx(-log2(499_999))
    assert load_model(document | {"prior": {"population": 0}}).prior == 0


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (replace(DRAFT, name=""), ["name"]),
        (replace(DRAFT, probability=0.0), ["prior"]),
        (replace(DRAFT, probability=1.0), ["prior"]),
        (replace(DRAFT, comparisons=()), ["comparisons"]),
        (replace(DRAFT, comparisons=(SEX, SEX)), ["comparisons"]),
        (replace(DRAFT, thresholds=Thresholds(1, 2, 0, 6, -2)), ["thresholds"]),
        (replace(DRAFT, thresholds=Thresholds(2, 1, 0, -1, -2)), ["thresholds.lead"]),
        (compared(EXACT, ELSE, field="shoe_size"), ["comparisons[0].field"]),
        (compared(ELSE), ["comparisons[0].levels"]),
        (compared(EXACT, ELSE, null="blue"), ["comparisons[0].null"]),
        (compared(replace(EXACT, test="blue"), ELSE), ["comparisons[0].levels[0].test"]),
        (compared(replace(EXACT, tf="blue"), ELSE), ["comparisons[0].levels[0].tf"]),
        (compared(replace(EXACT, tf_base=0.0), ELSE), ["comparisons[0].levels[0].tf_base"]),
        (compared(EXACT, replace(ELSE, test="jw")), ["comparisons[0].levels"]),
        (compared(EXACT, replace(ELSE, name="exact")), ["comparisons[0].levels"]),
        (
            compared(replace(EXACT, m=0.0), replace(ELSE, m=1.0)),
            ["comparisons[0].levels[0].m"],
        ),
        (
            compared(replace(EXACT, u=0.0, tf="sex"), replace(ELSE, u=1.0)),
            ["comparisons[0].levels[0].u"],
        ),
        (compared(replace(EXACT, m=0.9), ELSE), ["comparisons[0].levels"]),
        (compared(EXACT, replace(ELSE, u=0.4)), ["comparisons[0].levels"]),
        (
            compared(replace(EXACT, m=0.5), replace(ELSE, m=0.5)),
            ["comparisons[0].levels[0]"],
        ),
        (
            replace(
                compared(replace(EXACT, tf="sex"), ELSE), frequencies={"sex": {"female": 0.99}}
            ),
            ["comparisons[0].levels[0].m"],
        ),
        (replace(DRAFT, frequencies={"family": {"a": 0.0}}), ["frequencies.family"]),
        (replace(DRAFT, sources={"a": {"birth": (1.0,)}}), ["sources.a.birth"]),
        (replace(DRAFT, sources={"a": {"sex": (1.0,)}}), ["sources.a.sex"]),
        (replace(DRAFT, sources={"a": {"sex": (1.0, 0.0)}}), ["sources.a.sex"]),
        (replace(DRAFT, sources={"a": {"sex": (0.7, 0.7)}}), ["sources.a.sex"]),
    ],
)
def test_a_model_that_breaks_a_law_is_refused_with_the_place(draft, expected):
    assert places(draft) == expected


def test_names_are_compared_together_or_by_part():
    levels = (Level("exact", "exact", 0.9, 0.1), Level("else", "else", 0.1, 0.9))
    both = replace(DRAFT, comparisons=(Comparison("names", levels), Comparison("family", levels)))
    assert places(both) == ["comparisons"]


def test_a_level_of_exchanged_names_may_weigh_more_than_the_first():
    levels = (
        Level("exact", "exact", 0.9, 0.1),
        Level("exchanged", "exchanged", 0.05, 0.0001, at=0.9),
        Level("else", "else", 0.05, 0.8999),
    )
    assert model_of(compared(*levels, field="given")).weights[0][1] > 8


def test_all_faults_are_told_at_once():
    draft = replace(compared(replace(EXACT, test="blue", m=2.0), ELSE), name="", probability=2.0)
    assert places(draft) == [
        "name",
        "prior",
        "comparisons[0].levels[0].test",
        "comparisons[0].levels[0].m",
        "comparisons[0].levels",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": 1}, ["name"]),
        ({"blue": 1}, ["model.blue"]),
        ({"prior": None}, ["prior", "prior.probability"]),
        ({"prior": {"probability": "a"}}, ["prior.probability"]),
        ({"prior": {"probability": Decimal("Infinity")}}, ["prior.probability"]),
        ({"prior": {"probability": True}}, ["prior.probability"]),
        ({"thresholds": {}}, [f"thresholds.{name}" for name in Thresholds.__slots__]),
        ({"comparisons": None}, ["comparisons"]),
        ({"comparisons": [1]}, ["comparisons[0]", "comparisons[0].field", "comparisons[0].levels"]),
        ({"sources": {"a": {"sex": ["x"]}}}, ["sources.a.sex"]),
        ({"frequencies": {"sex": []}}, ["frequencies.sex"]),
    ],
)
def test_a_document_of_another_form_is_refused_with_every_place(change, expected):
    assert places_of(model_of(DRAFT).document | change) == expected


def test_a_model_scores_what_it_compares_and_nothing_else():
    assert [part.field for part in score(GRACE, GRACE, model_of(DRAFT)).parts] == ["sex"]
