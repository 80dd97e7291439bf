"""Pairs of one person share what few share, and one error leaves something to share."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._norm import Norm
from careweave.identity._normalise import normalise
from careweave.identity._sounds import sound
from careweave.identity.train import Pool, pool, table_rules, truth_of
from careweave.identity.train._blocks import candidates
from careweave.identity.train._features import features
from tests.identity.train.tables import table, two_tables

TODAY = date(2026, 1, 1)
WORDS = st.text("abcdefghijklmnoprstuvw", min_size=4, max_size=12)


def norm(**told) -> Norm:
    return normalise(Demographics(**told), table_rules(), today=TODAY)


def shared(one: Norm, other: Norm) -> set[str]:
    return {fact for fact, _ in features(one) & features(other)}


@given(WORDS, st.data())
def test_a_name_with_one_letter_changed_left_out_or_put_in_shares_something(name, data):
    at = data.draw(st.integers(0, len(name) - 1))
    for other in (name[:at] + "z" + name[at + 1 :], name[:at] + name[at + 1 :]):
        if len(other) >= 4:
            left, right = (norm(names=(WrittenName(one),)) for one in (name, other))
            assert "name" in shared(left, right)


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 7), st.integers(0, 9))
def test_a_birth_date_with_one_digit_changed_shares_something(born, at, digit):
    text = f"{born:%Y%m%d}"
    changed = text[:at] + str(digit) + text[at + 1 :]
    left, right = norm(birth_date=text), norm(birth_date=changed)
    if left.birth is not None and right.birth is not None and right.birth[2]:
        assert shared(left, right) == {"birth"}


def test_names_exchanged_share_their_sounds():
    left = norm(names=(WrittenName("smith", ("ann",)),))
    assert shared(left, norm(names=(WrittenName("ann", ("smith",)),))) == {"name"}


def test_every_fact_has_features():
    whole = norm(
        names=(WrittenName("smith", ("ann",)),),
        birth_date="1980-05",
        addresses=(WrittenAddress(("7 old mill lane",), "leeds", "", "4011"),),
        contacts=(WrittenContact("phone", "0113 4960001"), WrittenContact("email", "anna@b.example")),
        numbers=(WrittenNumber("card", "12345"),),
        extra={"job": "poet laureate of leeds"},
    )  # fmt: skip
    facts = {fact for fact, _ in features(whole)}
    assert ("street", "7|" + sound("old mill lane")) in features(whole)
    assert facts == {
        "name", "birth", "postcode", "street", "city", "phone", "email", "number:card", "extra:job",
    }  # fmt: skip
    assert features(Norm()) == frozenset()
    assert {fact for fact, _ in features(norm(addresses=(WrittenAddress(city="leeds"),)))} == {
        "city"
    }
    assert features(norm(birth_date="1980")) == {("birth", "198000")}


def test_nearly_all_pairs_of_one_person_are_among_the_first():
    rows = table(200)
    known = pool(rows, table_rules(), today=TODAY)
    true = truth_of(rows)
    first = set(candidates(known)[: 3 * len(rows)])
    assert len(first & true) / len(true) > 0.95
    assert all(one < other for one, other in first)


def test_sources_without_doubles_make_pairs_across_alone():
    rows = two_tables(60)
    known = pool(rows, table_rules(), today=TODAY, are_deduplicated=True)
    assert known.n_pairs == 3600
    found = candidates(known)
    assert found
    assert all(rows[one].source != rows[other].source for one, other in found)


def test_what_all_share_is_no_reason_to_compare():
    same = norm(names=(WrittenName("smith"),))
    assert candidates(Pool((same,) * 50, ("",) * 50)) == ()


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_is_compared_with_nobody(n):
    assert candidates(Pool((norm(birth_date="1980-01-01"),) * n, ("",) * n)) == ()


def test_pairs_at_random_are_the_same_for_one_seed_and_others_for_another():
    known = Pool((Norm(),) * 30, ("",) * 30)
    first = list(known.some_pairs(100, 1))
    assert first == list(known.some_pairs(100, 1))
    assert first != list(known.some_pairs(100, 2))
    assert len(first) == 100
    assert all(one < other for one, other in first)
    assert len(list(known.some_pairs(10_000, 1))) == known.n_pairs // 2


def test_the_same_source_makes_no_pair_where_it_has_nobody_twice():
    alone = Pool((Norm(),) * 4, ("a", "a", "a", "b"), are_deduplicated=True)
    assert alone.n_pairs == 3
    assert all(other == 3 for _, other in alone.some_pairs(10, 1))
