"""What is learnt without labels is what made the pairs; thresholds follow from it."""

from collections import defaultdict
from datetime import date
from itertools import product
from math import prod
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._demographics import Demographics, WrittenName
from careweave.identity._model import default_model, load_model
from careweave.identity._norm import Home, Name, Norm
from careweave.identity._score import probability
from careweave.identity._spec import NULL, Comparison, Level, Thresholds
from careweave.identity.train import Pool, Row, compare, pool, table_rules, train, truth_of
from careweave.identity.train._blind import Blind, blind, thresholds
from careweave.identity.train._draft import _capped, _comparison, _in_order
from careweave.identity.train._em import (
    KIN,
    SAME,
    STRANGERS,
    Counts,
    Learnt,
    learn,
    learn_on,
    posteriors,
)
from careweave.identity.train._shapes import comparisons
from careweave.terms import Incorrect
from tests.identity.norms import GRACE, named, with_homes, with_names
from tests.identity.train.tables import table, two_tables

TODAY = date(2026, 1, 1)
SIZES = (2, 2, 2)
AGREE = {
    SAME: (0.9, 0.85, 0.8),
    STRANGERS: (0.01, 0.02, 0.05),
    KIN: (0.01, 0.95, 0.9),
}


N_SAME = 6_000


def expected(n_of: dict[int, int]) -> dict[tuple[int, ...], int]:
    """Returns how often each vector of levels comes out, a field in twenty missing."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for vector in product((0, 1, NULL), repeat=len(SIZES)):
        for kind, n in n_of.items():
            chances = [
                0.05 if level == NULL else 0.95 * (share if level == 0 else 1 - share)
                for level, share in zip(vector, AGREE[kind], strict=True)
            ]
            found[vector] += n * prod(chances)
    return {vector: round(times) for vector, times in found.items()}


def counts(n_kin: int = 0) -> Counts:
    """Returns pairs of which those that agree on anything were compared."""
    every = expected({SAME: N_SAME, STRANGERS: 2_000_000, KIN: n_kin})
    near = {vector: times for vector, times in every.items() if 0 in vector}
    rest = {vector: times for vector, times in every.items() if 0 not in vector}
    return Counts(near, rest, sum(rest.values()), SIZES, (True, False, False))


def test_known_shares_are_found_again():
    found = learn_on(counts(), None)
    assert found.shares[SAME] * counts().n_pairs == pytest.approx(N_SAME, rel=0.12)
    for row, share in zip(found.levels[SAME], AGREE[SAME], strict=True):
        assert row[0] == pytest.approx(share, abs=0.05)
    again = learn_on(counts(), found)
    assert again.shares[SAME] == pytest.approx(found.shares[SAME], rel=0.01)


def test_relatives_are_told_from_one_person_by_what_is_of_the_person_alone():
    among = counts(n_kin=4_000)
    found = learn(among)
    assert found.levels[KIN][0] == found.levels[STRANGERS][0]
    assert found.levels[KIN][1][0] > 0.8
    assert found.shares[SAME] * among.n_pairs == pytest.approx(N_SAME, rel=0.12)
    (sibling, same) = posteriors([(1, 0, 0), (0, 0, 0)], found)
    assert sibling[SAME] < 0.5 < same[SAME]


def test_without_relatives_the_third_kind_takes_nothing_away():
    found = learn(counts())
    assert found.shares[SAME] * counts().n_pairs == pytest.approx(N_SAME, rel=0.12)


def level(name, m, u, test="dl"):
    return Level(name, test, m, u)


def test_no_level_weighs_more_than_the_first_but_exchanged_names():
    levels = (
        level("exact", 0.5, 0.01), level("near", 0.3, 0.0001),
        level("exchanged", 0.1, 0.000001, "exchanged"), level("else", 0.1, 0.99),
    )  # fmt: skip
    found = _in_order(levels)
    ratios = [one.m / one.u for one in found]
    assert ratios[1] < ratios[0] < ratios[2]
    assert sum(one.u for one in found) == pytest.approx(1)
    assert sum(one.m for one in found) == pytest.approx(1)


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.floats(1e-9, 1)), min_size=2, max_size=8))
def test_order_is_found_whatever_was_learnt(shares):
    found = _in_order([level(str(n), m, u) for n, (m, u) in enumerate(shares)])
    assert sum(one.m for one in found) == pytest.approx(1)
    assert sum(one.u for one in found) == pytest.approx(1)
    first, *others = (one.m / one.u for one in found)
    assert first > max(others)


def test_relatives_agree_no_more_than_one_person_does():
    assert _capped([0.9, 0.06, 0.04], 0.5) == pytest.approx([0.5, 0.3, 0.2])
    assert _capped([0.2, 0.8], 0.5) == [0.2, 0.8]


def test_the_blind_threshold_gives_the_highest_f1_to_be_expected():
    chance = Random(5)
    weights = [chance.gauss(8, 4) for _ in range(300)] + [chance.gauss(-9, 4) for _ in range(900)]
    found = blind(weights)
    total = sum(map(probability, weights))

    def expected(at: float) -> float:
        kept = [one for one in weights if one >= at]
        return 2 * sum(map(probability, kept)) / (len(kept) + total)

    assert expected(found.best) == pytest.approx(max(map(expected, weights)))
    assert found.best <= found.safe <= found.auto
    assert (
        found.review <= found.best
        or sum(probability(one) for one in weights if one >= found.review) >= 0.99 * total
    )


def test_of_nothing_the_threshold_is_even_odds():
    assert blind([]) == Blind(0.0, 0.0, 0.0, 0.0)


def test_no_link_alone_is_less_likely_than_999_in_1000():
    like = Thresholds(auto=10, review=0, show=-4, lead=6, floor=-2)
    assert thresholds(Blind(1, 2, 3, 20), like) == Thresholds(9.97, 1, -3, 6, -2)
    assert thresholds(Blind(1, 2, 14, -5), like) == Thresholds(14, -5, -9, 6, -2)


def test_what_is_filled_in_is_compared_and_numbers_that_only_find_are_not():
    full = Norm(
        names=(Name("smith", "ann", ("smith",), ("ann",)),),
        birth=(1980, 1, 2),
        homes=(Home("LS1", house="7", street="lane", city="leeds"),),
        numbers=(("card", "1234"), ("key:nin", "5678")),
        extra={"job": "poet"},
    )
    fields = [one.field for one in comparisons([full] * 3 + [Norm()] * 400)]
    assert fields == []
    fields = [one.field for one in comparisons([full] * 3)]
    assert fields == [
        "given", "family", "birth", "house", "street", "city", "postcode", "number:card",
        "extra:job",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "past",
    [
        with_names(named("okafor", "grace"), named("mensah", "grace", is_past=True)),
        with_homes(Home("LS1", is_past=True)),
        Norm(phones=("1",), past_contacts=frozenset({"1"})),
    ],
)
def test_former_values_have_a_level_where_there_are_any(past):
    def names(norms):
        return {level.name for one in comparisons(norms) for level in one.levels}

    assert "former" in names([GRACE, past])
    assert "former" not in names([GRACE])


def test_a_model_is_learnt_without_labels_and_finds_who_is_who():
    rows = table(150)
    known = pool(rows, table_rules(), today=TODAY)
    found = train(known, name="made-up", seed=1)
    true = truth_of(rows)
    right = [
        pair in true
        for pair, weight in zip(found.pairs, found.weights, strict=True)
        if weight >= found.blind.best
    ]
    assert sum(right) / len(right) > 0.97
    assert sum(right) / len(true) > 0.9
    assert found.model.thresholds.auto >= 9.97
    assert found.model.thresholds.lead == default_model().thresholds.lead
    assert train(known, name="made-up", seed=1).weights == found.weights
    again = compare(known, load_model(found.model.document))
    assert (
        dict(zip(again.pairs, again.weights, strict=True)).items()
        <= {
            **dict(zip(again.pairs, again.weights, strict=True)),
            **dict(zip(found.pairs, found.weights, strict=True)),
        }.items()
    )
    assert again.blind.best == pytest.approx(found.blind.best, abs=2)


def test_each_source_has_its_own_error_rates():
    rows = two_tables(120)
    known = pool(rows, table_rules(), today=TODAY, are_deduplicated=True)
    found = train(known, name="two", seed=1)
    assert set(found.model.draft.sources) == {"a", "b"}
    assert all(found.pairs[n] in truth_of(rows, are_deduplicated=True) for n in range(20))


def test_a_common_name_is_counted_by_person_and_not_by_record():
    def one(number: int, family: str, given: str, person: int) -> Row:
        born = f"19{40 + person}-0{1 + person % 9}-1{person % 8}"
        told = Demographics(names=(WrittenName(family, (given,)),), birth_date=born)
        return Row(str(number), "", told, str(person))

    names = [f"{a}{b}an" for a in ("bor", "ked", "lis", "mur", "nov", "pet") for b in "aeiou"]
    many = [one(n, "okafor", "grace", 0) for n in range(8)]
    rest = [one(8 + n, name, f"g{name}", 1 + n) for n, name in enumerate(names)]
    found = train(pool([*many, *rest], table_rules(), today=TODAY), name="m", seed=1)
    shares = found.model.frequencies["family"]
    assert shares["okafor"] < 0.15 < 8 / 38


def test_a_term_that_nearly_all_have_is_not_weighed_by():
    terms = {"leeds": 0.99, "york": 0.01}
    one = Comparison("city", (Level("exact", "exact", 0.5, 0.5), Level("else", "else", 0.5, 0.5)))
    table_ = [[0.9, 0.1]]
    learnt = Learnt((0.1, 0.9), (table_, [[0.5, 0.5]]))
    assert _comparison(one, 0, learnt, terms).levels[0].tf == ""
    assert _comparison(one, 0, learnt, {"leeds": 0.5, "york": 0.5}).levels[0].tf == "city"
    assert _comparison(one, 0, learnt, terms).levels[0].kin is None


def test_relatives_come_into_the_model_where_they_were_learnt():
    one = Comparison("city", (Level("exact", "exact", 0.5, 0.5), Level("else", "else", 0.5, 0.5)))
    learnt = Learnt((0.1, 0.8, 0.1), ([[0.7, 0.3]], [[0.1, 0.9]], [[0.9, 0.1]]))
    assert [level.kin for level in _comparison(one, 0, learnt, {}).levels] == [
        pytest.approx(0.7),
        pytest.approx(0.3),
    ]


def test_fewer_relatives_than_levels_are_none():
    every = expected({SAME: 60, STRANGERS: 20_000, KIN: 0})
    near = {vector: times for vector, times in every.items() if vector.count(0) > 1}
    assert len(learn(Counts(near, {(1, 1, 1): 1}, 20_000, SIZES, (True,) * 3)).shares) == 2


def test_of_a_pool_without_candidates_a_model_is_learnt_all_the_same():
    apart = [Norm(birth=(1900 + n, 1 + n % 12, 1 + n), precision="day") for n in range(25)]
    found = train(Pool(tuple(apart), ("",) * 25), name="none", seed=1)
    assert all(weight < 10 for weight in found.weights)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_of_hardly_anybody_a_model_is_learnt_all_the_same(n):
    twice = tuple(Norm(birth=(1980, 1, 1 + one // 2), precision="day") for one in range(n))
    assert train(Pool(twice, ("",) * n), name="few", seed=1).model.name == "few"


def test_of_empty_records_nothing_is_learnt():
    with pytest.raises(Incorrect, match="nothing to learn"):
        train(Pool((Norm(),) * 5, ("",) * 5), name="none", seed=1)
