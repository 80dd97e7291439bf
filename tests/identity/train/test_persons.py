"""Records become persons group by group; how right that is, and for whom, is told."""

from collections import Counter
from dataclasses import replace
from datetime import date
from math import inf
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._norm import Home, Name, Norm
from careweave.identity.train import (
    Compared,
    Fairness,
    Pool,
    Rates,
    Share,
    best_of,
    calibrate,
    calibrated,
    curve,
    evaluate,
    fairness,
    figure,
    groups_of,
    operate,
    persons,
    persons_rates,
    pool,
    rates_from,
    safe_of,
    table_rules,
    train,
    truth_from,
    truth_of,
)
from careweave.identity.train._clusters import agglomerate
from tests.identity.train.tables import table, two_tables

TODAY = date(2026, 1, 1)


def never(_ours, _theirs):
    return False


def together(groups):
    found = {}
    for record, group in enumerate(groups):
        found.setdefault(group, set()).add(record)
    return sorted(map(sorted, found.values()))


def test_a_chain_of_pairs_makes_no_person():
    weights = {(0, 1): 9.0, (1, 2): 8.0, (2, 3): 9.0}
    found = agglomerate(weights, 4, lambda _a, _b: -12.0, at=0.0, forbids=never)
    assert together(found) == [[0, 1], [2, 3]]


def test_the_better_half_of_the_pairs_decides():
    weights = {(0, 1): 9.0, (0, 2): 8.0, (1, 2): -3.0}
    assert together(agglomerate(weights, 3, lambda _a, _b: 0.0, at=0.0, forbids=never)) == [
        [0, 1, 2]
    ]


def test_what_is_forbidden_is_not_joined_however_much_it_weighs():
    weights = {(0, 1): 40.0, (1, 2): 5.0}

    def apart(ours, theirs):
        return {0, 1} <= {*ours, *theirs}

    found = agglomerate(weights, 3, lambda _a, _b: 5.0, at=0.0, forbids=apart)
    assert together(found) == [[0], [1, 2]]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: tuple(sorted(p))).filter(
            lambda p: p[0] != p[1]
        ),
        st.floats(-30, 30),
    ),
    st.floats(-5, 15),
)  # fmt: skip
def test_every_record_is_in_the_group_of_its_lowest_member(weights, at):
    found = agglomerate(weights, 10, lambda _a, _b: -30.0, at=at, forbids=never)
    for group in together(found):
        assert {found[record] for record in group} == {group[0]}
        assert len(group) == 1 or any(
            weights.get((a, b), -30) >= at for a in group for b in group if a < b
        )


@pytest.fixture(scope="module")
def learnt():
    rows = table(150)
    known = pool(rows, table_rules(), today=TODAY)
    return rows, known, train(known, name="made-up", seed=1)


def test_persons_are_better_than_pairs_and_none_is_made_of_two(learnt):
    rows, known, compared = learnt
    found = evaluate(known, truth_of(rows), compared)
    assert found.n_records == 450
    assert found.n_compared == len(compared.pairs)
    assert found.blocking.recall > 0.95
    assert found.persons_blind.f1 >= found.blind.f1
    assert found.persons_blind.precision > 0.99
    assert found.best.f1 >= found.blind.f1
    assert found.persons_best.f1 >= found.persons_blind.f1
    assert found.automatic.n_found <= found.blind.n_found + found.automatic.n_found
    assert found.safe.precision >= 0.999
    assert found.persons_safe.precision >= 0.999


def test_sources_without_doubles_give_each_person_one_record_of_each():
    rows = two_tables(60)
    known = pool(rows, table_rules(), today=TODAY, are_deduplicated=True)
    found = persons(known, train(known, name="two", seed=1), at=-20.0)
    pairs = Counter((group, rows[record].source) for record, group in enumerate(found))
    assert max(pairs.values()) == 1


def test_one_after_the_other_nobody_is_linked_to_somebody_else(learnt):
    rows, known, compared = learnt
    done = operate(known, truth_of(rows), compared)
    assert done.n_known == 300
    assert done.n_wrong == 0
    assert done.n_linked > 150
    assert done.n_missed == 300 - done.n_linked - done.n_review
    assert done.n_missed >= 0


def test_rates_of_nothing_are_right():
    nothing = Rates(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)
    assert Rates(4, 2, 8).f1 == pytest.approx(1 / 3)


def test_the_curve_takes_ties_together_and_falls_from_the_highest():
    pairs, true = ((0, 1), (0, 2), (1, 2)), frozenset({(0, 1), (3, 4)})
    points = curve(pairs, (5.0, 1.0, 1.0), true)
    assert [(one.n_found, one.n_right) for one in points] == [(0, 0), (1, 1), (3, 1)]
    assert best_of(points).at == 5.0
    assert safe_of(points) == Rates(1, 1, 2, 5.0)
    assert safe_of(points[2:]).n_right == 0
    assert rates_from(points, 2.0).n_found == 1
    assert rates_from(points, 1.0).n_found == 3
    assert rates_from(points, 7.0).n_found == 0


def test_truth_may_be_a_list_of_pairs_of_ids():
    rows = table(3, n_each=2)
    ids = {row.person: [] for row in rows}
    for row in rows:
        ids[row.person].append(row.id)
    assert truth_from(rows, [(b, a) for a, b in ids.values()]) == truth_of(rows)
    assert truth_of([replace(row, person="") for row in rows]) == frozenset()


def test_rates_of_persons_count_pairs_that_are_compared_at_all():
    both = Pool((Norm(),) * 3, ("a", "a", "b"), are_deduplicated=True)
    assert persons_rates(both, (0, 0, 0), frozenset({(0, 2)}), at=1.0) == Rates(2, 1, 1, 1.0)


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_in_its_interval(n_hit, n):
    share = Share(min(n_hit, n), n)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-9
    assert share.value - 1e-9 <= high <= 1


def test_a_share_of_few_is_not_shown():
    assert not Share(0, 9).is_shown
    assert not Share(3, 100).is_shown
    assert Share(0, 100).is_shown
    assert Share(10, 100).is_shown
    assert (Share(0, 0).value, Share(0, 0).interval) == (0.0, (0.0, 1.0))


def name(family, *families):
    return (Name(family, "ann", families or (family,), ("ann",)),)


@pytest.mark.parametrize(
    ("norm", "kind", "group"),
    [
        (Norm(), "age", "not said"),
        (Norm(birth=(2026, 1, 1)), "age", "0"),
        (Norm(birth=(2000, 1, 1)), "age", "18-29"),
        (Norm(birth=(1900, 1, 1)), "age", "85+"),
        (Norm(sex="female"), "sex", "female"),
        (Norm(), "family name", "not said"),
        (Norm(names=(Name("", "ann", (), ("ann",)),)), "family name", "not said"),
        (Norm(names=name("suparman"), flags=frozenset({"single_name"})), "family name", "single name"),
        (Norm(names=name("محمد")), "family name", "another script"),
        (Norm(names=name("garcialopez", "garcia", "lopez")), "family name", "several parts"),
        (Norm(names=name("smith")), "family name", "common"),
        (Norm(), "birth date", "not said"),
        (Norm(birth=(1980, 1, 1), flags=frozenset({"jan1"})), "birth date", "1 January"),
        (Norm(birth=(1980, 1, 2)), "birth date", "other"),
        (Norm(flags=frozenset({"no_fixed_abode"})), "address", "no fixed abode"),
        (Norm(homes=(Home("LS1", is_communal=True),)), "address", "communal"),
        (Norm(homes=(Home("LS1"),)), "address", "own"),
        (Norm(), "address", "not said"),
    ],
)  # fmt: skip
def test_groups_are_told_by_demographics(norm, kind, group):
    (found,) = groups_of(Pool((norm,), ("",)), year=2026)
    assert found[kind] == group


def test_a_name_that_hardly_anybody_has_is_rare():
    crowd = Pool((Norm(names=name("smith")),) * 2_000 + (Norm(names=name("zuk")),), ("",) * 2_001)
    assert groups_of(crowd, year=2026)[-1]["family name"] == "rare"


def test_who_is_missed_more_often_is_told_beside_the_best_group():
    n = 400
    crowd = Pool((Norm(),) * n, ("",) * n)
    pairs = [(one, one + 1) for one in range(0, n, 2)]
    groups = [
        {"fifth": "poor" if one < n // 2 else "rich", "who": f"{one // 2}"} for one in range(n)
    ]
    linked = [one - one % 2 if one % 40 else one for one in range(n)]
    linked[:40] = range(40)
    linked[n - 1] = linked[0]
    found = {
        (one.kind, one.group): one for one in fairness(crowd, pairs, pairs[1:], linked, groups)
    }
    poor, rich = found["fifth", "poor"], found["fifth", "rich"]
    assert (poor.missed.n, rich.missed.n) == (100, 100)
    assert poor.missed.value > rich.missed.value > 0
    assert poor.ratio == pytest.approx(poor.missed.value / rich.missed.value)
    assert rich.ratio == 1.0
    assert poor.unseen.n_hit == 1
    assert poor.false.n_hit == rich.false.n_hit == 1
    assert {group for kind, group in found if kind == "who"} == {"others"}
    half = [one - one % 2 if one >= 100 else one for one in range(n)]
    ratios = {(one.kind, one.group): one.ratio for one in fairness(crowd, pairs, [], half, groups)}
    assert (ratios["fifth", "poor"], ratios["fifth", "rich"]) == (inf, 1.0)
    whole = fairness(crowd, pairs, pairs, [one - one % 2 for one in range(n)], groups)
    assert {one.ratio for one in whole} == {1.0}


def test_the_figure_is_a_drawing_with_a_row_for_each_group():
    shown = Fairness("sex", "female & <others>", Share(0, 100), Share(20, 100), Share(0, 100))
    hidden = Fairness("sex", "male", Share(0, 5), Share(2, 5), Share(0, 5))
    text = figure([shown, hidden], title="Who is missed < or found")
    root = ET.fromstring(text)
    words = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "sex: female & <others>" in words
    assert words.count("too few to tell") == 2
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 2
    assert figure([], title="none").startswith("<svg")


def test_labels_set_the_threshold_where_one_link_in_ten_thousand_is_wrong(learnt):
    rows, _, compared = learnt
    found = calibrate(compared, truth_of(rows))
    assert found is not None
    assert list(found.shares) == sorted(found.shares)
    assert found.share(99.0) == 1.0
    assert found.share(-99.0) == found.shares[0] < 0.1
    assert found.false.n_hit == 0
    model = calibrated(compared.model, found)
    assert model.thresholds.auto >= compared.model.thresholds.auto
    assert model.thresholds.review <= model.thresholds.auto


def test_of_few_labels_nothing_is_set(learnt):
    rows, _, compared = learnt
    assert calibrate(compared, list(truth_of(rows))[:50]) is None


def test_wrong_links_raise_the_automatic_threshold(learnt):
    compared = learnt[2]
    weights = tuple(float(n) for n in range(1_000))
    pairs = tuple((n, n + 1) for n in range(1_000))
    found = calibrate(
        Compared(compared.model, pairs, weights, compared.blind), pairs[300:500] + pairs[501:]
    )
    assert found is not None
    assert found.auto == 501.0
    assert found.review == 306.0
    every = Compared(compared.model, pairs[:300], weights[:300], compared.blind)
    whole = calibrate(every, pairs[:300])
    assert whole is not None
    assert (whole.auto, whole.review) == (0.0, 3.0)
