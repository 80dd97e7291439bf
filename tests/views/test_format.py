"""Dates, ages, numbers and doses as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.views import Audience, clock_time, day, moment, nhs, recent, span, written
from careweave.views._format import NBSP, age, dose, plain_number, quantity, trimmed_number
from tests.lib.shown import NOW, making

CITIZEN = making(audience=Audience.CITIZEN)
HERE = making()
ALL_NUMERIC = (r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b", r"\b\d{4}-\d{2}-\d{2}\b")


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def test_the_audience_decides_how_a_day_is_written() -> None:
    assert day(date(2008, 4, 5), HERE).text == "05-Apr-2008"
    assert plain(day(date(2008, 4, 5), CITIZEN).text) == "5 April 2008"
    assert day(date(2008, 4, 5), HERE).machine == "2008-04-05"


@pytest.mark.parametrize(
    ("of", "professional", "citizen"),
    [
        ("2008-04-05", "05-Apr-2008", "5 April 2008"),
        ("2008-04", "Apr-2008", "April 2008"),
        ("2008", "2008", "2008"),
        ("2008-04-05T09:05:00+01:00", "05-Apr-2008 09:05", "5 April 2008 at 9:05am"),
        ("yesterday", "", ""),
        ("2008-13-45", "", ""),
        ("2008-13", "", ""),
    ],
)
def test_a_date_is_written_as_far_as_it_is_known(of: str, professional: str, citizen: str) -> None:
    assert written(of, HERE).text == professional
    assert plain(written(of, CITIZEN).text) == citizen


def test_a_time_is_of_the_region_and_midday_has_a_name() -> None:
    assert clock_time(datetime(2026, 7, 1, 8, 5, tzinfo=UTC), HERE) == "09:05"
    assert clock_time(datetime(2026, 7, 1, 8, 5, tzinfo=UTC), CITIZEN) == "9:05am"
    assert clock_time(datetime(2026, 7, 1, 11, 0, tzinfo=UTC), CITIZEN) == "midday"
    assert clock_time(datetime(2026, 6, 30, 23, 0, tzinfo=UTC), CITIZEN) == "midnight"
    assert clock_time(datetime(2026, 7, 1, 16, 0, tzinfo=UTC), CITIZEN) == "5pm"


def test_what_was_recent_says_how_long_ago() -> None:
    two_hours = datetime(2026, 4, 5, 8, 5, tzinfo=UTC)
    at_eleven = making(datetime(2026, 4, 5, 10, 10, tzinfo=UTC))
    assert plain(recent(two_hours, at_eleven).text) == "05-Apr-2026 09:05 (2 h ago)"
    citizen = making(datetime(2026, 4, 5, 10, 10, tzinfo=UTC), Audience.CITIZEN)
    assert recent(two_hours, citizen).text == "today at 9:05am"
    assert recent(two_hours - timedelta(days=1), citizen).text == "yesterday at 9:05am"
    assert plain(recent(NOW + timedelta(minutes=30), HERE).text).endswith("(in 30 min)")


def test_a_range_is_as_short_as_it_may_be() -> None:
    assert span("2008-04-05", "2008-04-09", HERE) == "05-Apr-2008 to 09-Apr-2008"
    assert plain(span("2008-04-05", "2008-04-09", CITIZEN)) == "5 to 9 April 2008"
    assert plain(span("2008-04-05", "2008-05-09", CITIZEN)) == "5 April to 9 May 2008"
    assert span("2008-04-05", "", HERE) == "from 05-Apr-2008"


@pytest.mark.parametrize(
    ("born", "said"),
    [
        ("2026-04-04T08:42:00Z", "25h"),
        ("2026-04-03", "2d"),
        ("2026-03-08", "4w"),
        ("2025-04-06", "52w"),
        ("2025-04-05", "12m"),
        ("2024-04-06", "23m"),
        ("2024-04-05", "2y 0m"),
        ("2019-08-17", "6y 7m"),
        ("2008-04-06", "17y 11m"),
        ("2008-04-05", "18y"),
        ("1948-04-05", "78y"),
        ("1948", "78y"),
        ("2027-01-01", ""),
        ("", ""),
    ],
)
def test_an_age_is_said_in_the_unit_that_its_years_ask_for(born: str, said: str) -> None:
    assert age(born, NOW, HERE) == said


def test_a_number_of_a_person_is_read_in_three_groups_and_copies_as_ten_digits() -> None:
    assert plain(nhs("9990000018")) == "999 000 0018"
    assert plain(nhs("999 000-0018")) == "999 000 0018"
    assert nhs("9990000018").replace(NBSP, "") == "9990000018"
    assert nhs("A123") == "A123"


@pytest.mark.parametrize(
    ("written_so", "said"),
    [
        ("5.0 mg od", "5 mg once a day"),
        (".5 mL bd", "0.5 mL twice a day"),
        ("400 mcg od", "400 micrograms once a day"),
        ("400 ug", "400 micrograms"),
        ("10000 units on", "10,000 units at night"),
        ("400 mg in 5 mL", "400 mg in 5 mL"),
        ("two tablets prn", "two tablets when needed"),
        ("od", "od"),
        ("one drop in each eye", "one drop in each eye"),
        ("1 Xyz", "1 Xyz"),
    ],
)
def test_a_dose_is_safe_to_read_and_is_otherwise_what_its_source_wrote(
    written_so: str, said: str
) -> None:
    assert plain(dose(written_so, HERE)) == said


def test_a_number_and_its_unit_are_never_split() -> None:
    value = {"value": Decimal("4.10"), "unit": "mmol/L"}
    assert quantity(value, HERE).text == f"4.10{NBSP}mmol/L"
    assert quantity({"value": 2, "unit": "{INR}"}, HERE).text == "2"
    assert (
        quantity({"value": 98, "unit": "mm[Hg]", "comparator": "<"}, HERE).text == f"<98{NBSP}mmHg"
    )
    assert quantity({"unit": "mg"}, HERE).text == ""
    assert dose("5 mg", HERE) == f"5{NBSP}mg"


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9
    )
)
def test_a_result_keeps_its_digits_and_a_dose_keeps_its_value(value: Decimal) -> None:
    assert Decimal(plain_number(value).replace(",", "")) == value
    assert plain_number(value).partition(".")[2] == format(value, "f").partition(".")[2]
    trimmed = trimmed_number(value)
    assert Decimal(trimmed.replace(",", "")) == value
    assert not (trimmed.endswith("0") and "." in trimmed)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001  made aware below
def test_no_date_is_ever_all_numeric(at: datetime) -> None:
    import re

    aware = at.replace(tzinfo=UTC)
    for here in (HERE, CITIZEN):
        for said in (moment(aware, here), recent(aware, here), day(aware.date(), here)):
            assert not any(re.search(one, said.text) for one in ALL_NUMERIC)
