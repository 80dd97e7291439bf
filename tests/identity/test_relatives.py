"""What relatives share takes evidence away, and nothing else changes."""

from dataclasses import replace
from math import log2

import pytest
from hypothesis import given

from careweave.identity._levels import levels
from careweave.identity._model import Model, load_model, model_of
from careweave.identity._score import score, weight_of
from careweave.identity._spec import Comparison, Draft, Level, Thresholds
from careweave.terms import Incorrect
from tests.identity.norms import GRACE, named, norms, with_names


def model(share: float = 0.01, **kin: tuple[float, float]) -> Model:
    """Returns a model of two names; relatives have the same family name more often."""
    family, first = kin.get("family", (0.6, 0.4)), kin.get("given", (None, None))
    return model_of(
        Draft(
            "kin",
            (
                Comparison(
                    "family",
                    (
                        Level("exact", "exact", 0.9, 0.001, tf="family", kin=family[0]),
                        Level("else", "else", 0.1, 0.999, kin=family[1]),
                    ),
                ),
                Comparison(
                    "given",
                    (
                        Level("exact", "exact", 0.9, 0.01, kin=first[0]),
                        Level("else", "else", 0.1, 0.99, kin=first[1]),
                    ),
                ),
            ),
            0.001,
            Thresholds(10, 0, -4, 6, -2),
            frequencies={"family": {"okafor": 0.0001, "smith": 0.01}},
            kin_share=share,
        )
    )


SIBLING = with_names(named("okafor", "hope"))


def relatives_part(scored):
    return next(part for part in scored.parts if part.field == "relatives")


def test_a_pair_that_shares_a_family_name_alone_weighs_less():
    without = score(GRACE, SIBLING, model(0.0))
    assert [part.field for part in without.parts] == ["family", "given"]
    assert score(GRACE, SIBLING, model()).weight < without.weight - 3


def test_a_pair_that_shares_nothing_hardly_changes():
    stranger = with_names(named("mensah", "hope"))
    part = relatives_part(score(GRACE, stranger, model()))
    assert part.weight == pytest.approx(-log2(0.99 + 0.01 * 0.4 / 0.999), abs=1e-9)
    assert abs(part.weight) < 0.02


def test_the_rarity_of_a_name_speaks_for_relatives_too():
    rare = relatives_part(score(GRACE, SIBLING, model()))
    common = relatives_part(
        score(with_names(named("smith", "ann")), with_names(named("smith", "hope")), model())
    )
    assert rare.weight < common.weight < 0


@given(norms(), norms())
def test_with_relatives_the_parts_still_add_up_in_either_order(a, b):
    scored = score(a, b, model())
    total = model().prior + sum(part.weight + part.tf_weight for part in scored.parts)
    assert total == pytest.approx(scored.weight, abs=1e-9)
    assert score(b, a, model()).weight == pytest.approx(scored.weight, abs=1e-9)
    assert scored.levels == levels(a, b, model())
    again = weight_of(scored.levels, model(), adjustments=scored.adjustments)
    assert again == pytest.approx(scored.weight, abs=1e-9)


def test_levels_alone_weigh_without_what_terms_add():
    given = weight_of((0, 1), model())
    assert given == pytest.approx(weight_of((0, 1), model(), adjustments=(0.0, 0.0)))


def test_a_model_with_relatives_reads_back_as_it_was_written():
    assert load_model(model().document).draft == model().draft


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"share": 1.0}, "kin_share"),
        ({"share": -0.1}, "kin_share"),
        ({"family": (0.6, 0.6)}, "comparisons[0].levels"),
        ({"family": (1.2, -0.2)}, "comparisons[0].levels"),
        ({"family": (0.95, 0.05)}, "comparisons[0].levels[0].kin"),
        ({"given": (None, 0.5)}, "comparisons[1].levels"),
    ],
)
def test_shares_of_relatives_that_cannot_be_are_refused(changed, where):
    with pytest.raises(Incorrect) as refused:
        model(**changed)
    assert [issue.where for issue in refused.value.issues] == [where]


def test_beyond_all_measure_the_weight_stays_a_number():
    certain = model(0.5, family=(0.9, 0.1))
    assert certain.relatives is not None
    weights = ((2000.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    found = replace(certain.relatives, weights=weights, bonds=((None,) * 3,) * 2)
    assert found.weight((0, 0), (0.0, 0.0)) == pytest.approx(-1999.0)
