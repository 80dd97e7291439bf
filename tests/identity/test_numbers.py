"""National numbers: reference/identity.md section 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._numbers import (
    NumberRange,
    agrees_with_chi,
    check_digit,
    check_number,
)
from careweave.identity._rules import rules

RANGES = rules().number_ranges


def permitted(kind: str) -> st.SearchStrategy[str]:
    """Valid numbers of a kind."""
    stems = st.one_of(*(st.integers(one.low, one.high) for one in RANGES if one.kind == kind))
    padded = stems.map(lambda stem: f"{stem:09}").filter(lambda stem: check_digit(stem) != 10)
    return padded.map(lambda stem: f"{stem}{check_digit(stem)}")


@pytest.mark.parametrize(
    ("stem", "digit"),
    [
        ("943476591", 9),
        ("401023213", 7),
        ("450557710", 4),
        ("400000002", 0),
        ("999000005", 0),
        ("999000000", 10),
        ("987654432", 2),
        ("010190100", 3),
        ("311299102", 8),
        ("290200101", 0),
        ("010190102", 10),
    ],
)
def test_the_check_digit_is_the_published_one(stem: str, digit: int) -> None:
    assert check_digit(stem) == digit


@pytest.mark.parametrize("kind", ["nhs", "chi", "hc"])
@given(st.data())
def test_a_valid_number_of_its_range_is_kept(kind: str, data: st.DataObject) -> None:
    number = data.draw(permitted(kind))
    assert check_number(kind, number, RANGES).digits == number
    assert check_number(kind, f"{number[:3]} {number[3:6]}-{number[6:]}", RANGES).digits == number


@given(permitted("nhs"), st.integers(0, 9), st.integers(0, 9))
def test_a_number_with_one_digit_changed_is_refused(number: str, at: int, digit: int) -> None:
    changed = f"{number[:at]}{digit}{number[at + 1 :]}"
    checked = check_number("nhs", changed, RANGES, accepts_test=True)
    assert (checked.digits == number) == (changed == number)
    if changed != number:
        assert checked.faults == {"bad_number"}


@given(permitted("nhs"), st.integers(0, 8))
def test_a_number_with_two_neighbours_exchanged_is_refused(number: str, at: int) -> None:
    changed = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if changed != number:
        assert check_number("nhs", changed, RANGES).faults == {"bad_number"}


@given(permitted("nhs"), permitted("nhs"))
def test_folding_never_turns_two_numbers_into_one(one: str, other: str) -> None:
    folded = [check_number("nhs", number, RANGES).digits for number in (one, other)]
    assert (folded[0] == folded[1]) == (one == other)


@pytest.mark.parametrize("digit", "0123456789")
def test_one_repeated_digit_is_no_number(digit: str) -> None:
    everything = (NumberRange("nhs", 0, 999_999_999),)
    assert check_number("nhs", digit * 10, everything).faults == {"bad_number"}


@pytest.mark.parametrize("text", ["", "943476591", "94347659190", "943476591X", "٩٤٣٤٧٦٥٩١٩"])
def test_what_is_not_ten_digits_is_no_number(text: str) -> None:
    assert check_number("nhs", text, RANGES).faults == {"bad_number"}


def test_a_number_of_the_test_range_is_taken_where_it_is_wanted_only() -> None:
    assert check_number("nhs", "9990001014", RANGES).faults == {"wrong_range"}
    assert check_number("nhs", "9990001014", RANGES, accepts_test=True).digits == "9990001014"
    assert check_number("chi", "9990001014", RANGES, accepts_test=True).digits == ""


def test_a_number_of_another_kind_is_not_in_range() -> None:
    assert check_number("nhs", "0101901003", RANGES).faults == {"wrong_range"}
    assert check_number("chi", "0101901003", RANGES).digits == "0101901003"


@pytest.mark.parametrize(
    ("birth", "sex", "agrees"),
    [
        ((1990, 1, 1), "female", True),
        ((1890, 1, 1), "", True),
        ((1990, 1, 0), "other", True),
        (None, "female", True),
        ((1990, 1, 1), "male", False),
        ((1990, 1, 2), "female", False),
        ((1990, 2, 1), "female", False),
        ((1991, 0, 0), "female", False),
    ],
)
def test_a_chi_agrees_with_the_birth_date_and_the_sex_it_holds(
    birth: tuple[int, int, int] | None, sex: str, agrees: bool
) -> None:
    assert agrees_with_chi("0101901003", birth, sex) is agrees
