"""What a weight is made of."""

import sys
from dataclasses import replace
from math import log2
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._levels import levels
from careweave.identity._model import default_model, model_of, with_frequencies, with_population
from careweave.identity._norm import Home
from careweave.identity._score import probability, score, weight_of
from careweave.identity._spec import NULL, UNSEEN, Comparison, Draft, Level, Thresholds
from tests.identity.norms import GRACE, named, norms, with_names

PERSONS = 1_000_000

FREQUENCIES = {
    "family": {"okafor": 4e-5, "smith": 0.012, UNSEEN: 1e-6},
    "given": {"grace": 0.01, "ann": 0.02, UNSEEN: 1e-6},
    "postcode": {"LS1 4AB": 3e-5},
    "practice": {"B12345": 0.01},
}


def worked_model():
    """Returns the model of the worked example of section 9 of the reference."""
    rest = 22 / PERSONS
    return model_of(
        Draft(
            name="worked",
            comparisons=(
                Comparison(
                    "birth",
                    (
                        Level("exact", "exact", 0.93, 1 / 25_000),
                        Level("else", "else", 0.07, 1 - 1 / 25_000),
                    ),
                ),
                Comparison(
                    "family",
                    (
                        Level("exact", "exact", 0.88, 0.001, tf="family"),
                        Level("else", "else", 0.12, 0.999),
                    ),
                ),
                Comparison(
                    "given",
                    (
                        Level("exact", "exact", 0.88, 0.01, tf="given"),
                        Level("similar", "jw", 0.07, 0.02, at=0.9),
                        Level("else", "else", 0.05, 0.97),
                    ),
                ),
                Comparison(
                    "postcode",
                    (Level("exact", "exact", 0.72, rest), Level("else", "else", 0.28, 1 - rest)),
                ),
                Comparison(
                    "sex",
                    (Level("exact", "exact", 0.985, 0.5), Level("else", "else", 0.015, 0.5)),
                ),
            ),
            probability=1 / PERSONS,
            thresholds=Thresholds(10, 0, -4, 6, -2),
            frequencies={"family": {"okafor": 0.00004}, "given": {"grace": 0.01}},
        )
    )


def by_field(scored):
    return {part.field: round(part.weight + part.tf_weight, 2) for part in scored.parts}


def test_a_person_who_moved_weighs_as_in_the_worked_example():
    moved = replace(GRACE, homes=(Home("BD7 1XY", "BD7 1", "BD7", "BD"),))
    scored = score(GRACE, moved, worked_model())
    assert round(worked_model().prior, 2) == -19.93
    assert by_field(scored) == {
        "birth": 14.5,
        "family": 14.43,
        "given": 6.46,
        "postcode": -1.84,
        "sex": 0.98,
    }
    assert round(scored.weight, 2) == 14.6
    assert round(scored.probability, 5) == 0.99996


def test_a_twin_weighs_more_than_a_person_who_moved():
    twin = with_names(named("okafor", "hope"))
    scored = score(GRACE, twin, worked_model())
    assert by_field(scored) | {"postcode": 15.0} == {
        "birth": 14.5,
        "family": 14.43,
        "given": -4.28,
        "postcode": 15.0,
        "sex": 0.98,
    }
    assert scored.weight == pytest.approx(20.7, abs=0.05)
    assert round(scored.probability, 6) == 0.999999


def region_model():
    return with_frequencies(default_model(), FREQUENCIES)


@given(norms(), norms())
def test_the_order_of_a_pair_does_not_matter(a, b):
    assert score(a, b, region_model()).weight == pytest.approx(
        score(b, a, region_model()).weight, abs=1e-9
    )
    assert levels(a, b, region_model()) == levels(b, a, region_model())


@given(norms(), norms())
def test_what_the_fields_say_adds_up_to_the_weight(a, b):
    scored = score(a, b, region_model())
    total = region_model().prior + sum(part.weight + part.tf_weight for part in scored.parts)
    assert total == pytest.approx(scored.weight, abs=1e-9)
    assert scored.levels == levels(a, b, region_model())


@given(norms(), norms())
def test_the_levels_and_what_terms_add_give_the_weight_again(a, b):
    scored = score(a, b, region_model())
    again = weight_of(scored.levels, region_model(), adjustments=scored.adjustments)
    assert again == pytest.approx(scored.weight, abs=1e-9)


@given(norms(), norms(), st.sampled_from(["sex", "phones", "emails", "nhs", "birth", "practice"]))
def test_a_field_that_is_missing_changes_no_other(a, b, missing):
    empty = replace(a, **{missing: type(getattr(a, missing))() if missing != "birth" else None})
    whole, less = score(a, b, region_model()), score(empty, b, region_model())
    field = {"phones": "phone", "emails": "email"}.get(missing, missing)
    for one, other in zip(whole.parts, less.parts, strict=True):
        if one.field == "relatives":
            continue
        if one.field != field:
            assert one == other
        else:
            assert (other.level, other.weight, other.tf_weight) == ("null", 0.0, 0.0)


@given(norms(), norms())
def test_a_first_level_never_lowers_the_weight(a, b):
    scored = score(a, b, region_model())
    parts = [part for part in scored.parts if part.field != "relatives"]
    for at, (level, part) in enumerate(zip(scored.levels, parts, strict=True)):
        if level == 0:
            assert part.weight + part.tf_weight > 0
            levels_without = (*scored.levels[:at], NULL, *scored.levels[at + 1 :])
            added = (*scored.adjustments[:at], 0.0, *scored.adjustments[at + 1 :])
            without = weight_of(levels_without, region_model(), adjustments=added)
            assert scored.weight >= without - 1e-9


def test_a_household_that_shares_all_but_the_person_is_not_linked():
    child = replace(
        GRACE, names=(named("okafor", "emeka"),), birth=(2009, 8, 30), sex="male", nhs="9434765870"
    )
    for other in (child, replace(child, sex="female"), replace(child, birth=(1983, 2, 11))):
        assert score(GRACE, other, region_model()).weight < -5


def test_a_common_name_weighs_less_than_a_rare_one():
    common = with_names(named("smith", "ann"))
    rare, frequent = (
        next(part for part in score(one, one, region_model()).parts if part.field == "names")
        for one in (GRACE, common)
    )
    assert rare.tf_weight > 0 > frequent.tf_weight
    assert frequent.weight + frequent.tf_weight > 0


def test_a_source_with_its_own_errors_weighs_its_agreements_by_them():
    draft = replace(worked_model().draft, sources={"clinic": {"sex": (0.75, 0.25)}})
    model = model_of(draft)
    assert score(GRACE, GRACE, model, source="clinic").parts[-1].weight == log2(0.75 / 0.5)
    assert score(GRACE, GRACE, model, source="ward").parts[-1].weight == log2(0.985 / 0.5)
    given = score(GRACE, GRACE, model, source="clinic")
    again = weight_of(given.levels, model, adjustments=given.adjustments, source="clinic")
    assert again == pytest.approx(given.weight)


def test_fields_that_one_side_lacks_are_not_counted_as_compared():
    scored = score(GRACE, replace(GRACE, homes=(), phones=(), nhs=""), default_model())
    assert scored.n_compared == 5
    assert scored.levels.count(NULL) == len(scored.levels) - 5


def test_a_larger_population_makes_every_pair_less_likely():
    larger = with_population(default_model(), 4_000_000)
    assert larger.prior == pytest.approx(-21.93, abs=0.01)
    assert larger.draft.kin_share == pytest.approx(5e-7)
    assert with_population(default_model(), 0).prior == 0.0


@pytest.mark.parametrize(
    ("weight", "expected"), [(0, 0.5), (6.6294, 0.99), (-2000, 0.0), (2000, 1.0)]
)
def test_a_weight_is_the_logarithm_of_the_odds(weight, expected):
    assert probability(weight) == pytest.approx(expected, abs=1e-5)


@pytest.mark.skipif(sys.gettrace() is not None, reason="what traces a program slows it")
def test_a_pair_is_scored_within_its_time():
    other = replace(
        GRACE,
        names=(named("smithson", "peter john"), named("miller", "pete", is_past=True)),
        birth=(1981, 6, 13),
        sex="male",
        homes=(Home("BD7 1XY", "BD7 1", "BD7", "BD", "3", "church road", "york"),),
        phones=("777000111",),
        emails=("peter@mail.example",),
        nhs="4010232137",
    )
    model = region_model()
    best = min(_microseconds(other, model) for _ in range(5))
    # The bar is 50 microseconds on a machine of its own; this one may be shared.
    assert best < 100


def _microseconds(other, model):
    begin = process_time()
    for _ in range(200):
        score(GRACE, other, model)
    return (process_time() - begin) / 200 * 1e6
