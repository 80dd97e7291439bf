"""Numbers as ranges, quantities in base units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import canonical_quantity, number_range
from careweave.terms import Incorrect

UCUM = "http://unitsofmeasure.org"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "50", "150"),
        ("0", "-0.5", "0.5"),
        ("-5.4", "-5.45", "-5.35"),
        ("5.40e-3", "0.005395", "0.005405"),
    ],
)
def test_a_number_covers_what_its_digits_leave_open(text: str, low: str, high: str) -> None:
    assert number_range(text) == (Decimal(low), Decimal(high))
    assert number_range(Decimal(text)) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    "text", ["", "x", "1,5", "NaN", "Infinity", "1e999999", "1e-999999", "--1"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Incorrect):
        number_range(text)


@pytest.mark.parametrize(
    ("one", "unit", "other", "same_unit"),
    [
        ("5000", "ug", "5", "mg"),
        ("5", "g/L", "500", "mg/dL"),
        ("1", "10*3/uL", "1", "10*9/L"),
        ("1", "10^9/L", "1e9", "/L"),
        ("120", "mm[Hg]", "15998.64", "Pa"),
        ("72", "/min", "1.2", "Hz"),
        ("72", "{beats}/min", "72", "1/min"),
        ("50", "%", "0.5", "1"),
        ("1", "[in_i]", "2.54", "cm"),
        ("1", "[lb_av]", "453.59237", "g"),
        ("1", "[stone_av]", "14", "[lb_av]"),
        ("37", "Cel", "310.15", "K"),
        ("98.6", "[degF]", "37", "Cel"),
        ("1", "L", "1", "l"),
        ("1", "dm3", "1", "L"),
        ("1", "kg/m2", "1000", "g.m-2"),
        ("1", "U/L", "1", "umol/min/L"),
        ("1", "kg.(m/s)/s", "1", "N"),
        ("60", "mL/min/{1.73_m2}", "1", "mL/s"),
        ("1", "wk", "168", "h"),
        ("1", "kcal", "4.184", "kJ"),
        ("1", "[iU]/L", "1", "m[iU]/mL"),
        ("10", "cm[H2O]", "980.665", "Pa"),
    ],
)
def test_equal_amounts_have_equal_base_values(
    one: str, unit: str, other: str, same_unit: str
) -> None:
    left = canonical_quantity(Decimal(one), UCUM, unit)
    assert left is not None
    assert left == canonical_quantity(Decimal(other), UCUM, same_unit)


@pytest.mark.parametrize(
    ("unit", "other"),
    [("mmol/L", "mg/dL"), ("meq/L", "mmol/L"), ("[iU]", "ug"), ("mg", "mL"), ("[CFU]", "1")],
)
def test_nothing_is_converted_across_molar_mass_valence_or_assay(unit: str, other: str) -> None:
    left = canonical_quantity(Decimal(1), UCUM, unit)
    right = canonical_quantity(Decimal(1), UCUM, other)
    assert left is not None
    assert right is not None
    assert left[1] != right[1]


@pytest.mark.parametrize(
    "code",
    [
        "", "foo", "mg/", ".mg", "/0", "0", "mg..L", "(mg", "mg)", "Cel/h", "mCel", "bpm", "m200",
        "mL/min/1.73.m2", "{", "mg dL", "m" * 65, "(" * 30, "µg!", "dB",
    ],
)  # fmt: skip
def test_a_unit_that_cannot_be_read_gives_nothing(code: str) -> None:
    assert canonical_quantity(Decimal(1), UCUM, code) is None


@pytest.mark.parametrize("system", [None, "", "http://example.org/units"])
def test_only_ucum_is_converted(system: str | None) -> None:
    assert canonical_quantity(Decimal(1), system, "mg") is None


@given(st.text(alphabet="mgkuL/.[]{}()0123456789*^+-%_'dCelHs", max_size=70))
def test_no_code_makes_a_fault(code: str) -> None:
    result = canonical_quantity(Decimal("1.5"), UCUM, code)
    assert result is None or result[0].is_finite()


@given(
    st.decimals(-10_000, 10_000, places=3),
    st.sampled_from(["mg", "mmol/L", "[in_i]", "kPa", "10*3/uL", "[oz_av]"]),
)
def test_a_thousandth_of_the_unit_is_a_thousandth_of_the_value(value: Decimal, unit: str) -> None:
    whole = canonical_quantity(value, UCUM, unit)
    parts = canonical_quantity(value * 1000, UCUM, f"{unit}/1000")
    assert whole is not None
    assert whole == parts
