"""Times as ranges: precision, zones, nights when the clocks change, bounds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careweave.formats import date_range, temporal_range
from careweave.terms import Incorrect

LONDON = ZoneInfo("Europe/London")
MIN = datetime.min.replace(tzinfo=UTC)
MAX = datetime.max.replace(tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("2026-03", "2026-03-01T00:00", "2026-03-31T23:00"),
        ("2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2024-02", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("2024-02-29", "2024-02-29T00:00", "2024-03-01T00:00"),
        ("2026-07-01", "2026-06-30T23:00", "2026-07-01T23:00"),
        # The night in which the clocks go forward has 23 hours, the one in which they go back 25.
        ("2026-03-29", "2026-03-29T00:00", "2026-03-29T23:00"),
        ("2026-10-25", "2026-10-24T23:00", "2026-10-26T00:00"),
        # 01:30 occurs twice in October and not at all in March.
        ("2026-10-25T01:30:00", "2026-10-25T00:30", "2026-10-25T01:30:01"),
        ("2026-03-29T01:30:00", "2026-03-29T01:30", "2026-03-29T01:30:01"),
        ("2026-03-29T01:30:00+00:00", "2026-03-29T01:30", "2026-03-29T01:30:01"),
        ("2026-01-02T03:04", "2026-01-02T03:04", "2026-01-02T03:05"),
        ("2026-07-02T03:04:05", "2026-07-02T02:04:05", "2026-07-02T02:04:06"),
        ("2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600", "2026-01-02T03:04:05.700"),
        ("2026-01-02T03:04:05.678+02:00", "2026-01-02T01:04:05.678", "2026-01-02T01:04:05.679"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59", "2017-01-01T00:00:00"),
    ],
)
def test_a_time_covers_what_its_precision_leaves_open(text: str, low: str, high: str) -> None:
    assert date_range(text, LONDON) == (utc(low), utc(high))


def test_z_and_a_zero_offset_are_the_same_moment() -> None:
    assert date_range("2026-01-02T03:04:05Z", LONDON) == date_range(
        "2026-01-02T03:04:05+00:00", LONDON
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "26", "2026-13", "2026-00", "2023-02-29", "2026-01-32", "2026-1-1", "20260101", "0000",
        "2026-01-02T25:00:00Z", "2026-01-02T03:04:61Z", "2026-01-02T03:04:05+25:00", "2026-W01-1",
        "2026-01-02T03Z", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05z", "\uff12\uff10\uff12\uff16", "2026\n",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Incorrect) as caught:
        date_range(text, LONDON)
    assert not text.strip() or text not in caught.value.message


@pytest.mark.parametrize("text", ["9999", "9999-12-31", "9999-12-31T23:59:59-12:00"])
def test_the_end_of_time_is_a_bound_not_a_fault(text: str) -> None:
    low, high = date_range(text, LONDON)
    assert low <= high == MAX


def test_the_beginning_of_time_is_a_bound_not_a_fault() -> None:
    assert date_range("0001-01-01T00:00:00+14:00", LONDON)[0] == MIN


@given(st.dates(date(1, 1, 2), date(9999, 12, 30)), st.sampled_from(["year", "month", "day"]))
@example(date(2026, 3, 29), "day")
def test_a_narrower_date_lies_within_the_wider_one(day: date, precision: str) -> None:
    wide = day.isoformat()[: {"year": 4, "month": 7, "day": 10}[precision]]
    low, high = date_range(wide, LONDON)
    inner = date_range(day.isoformat(), LONDON)
    assert low <= inner[0] < inner[1] <= high


@given(
    st.datetimes(MIN.replace(year=1900, tzinfo=None), MIN.replace(year=2100, tzinfo=None)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_moves_a_moment_and_keeps_its_width(at: datetime, minutes: int) -> None:
    at = at.replace(microsecond=0)
    sign, span = ("-" if minutes < 0 else "+"), abs(minutes)
    text = f"{at.isoformat()}{sign}{span // 60:02d}:{span % 60:02d}"
    low, high = date_range(text, LONDON)
    assert low == at.replace(tzinfo=UTC) - timedelta(minutes=minutes)
    assert high - low == timedelta(seconds=1)


def test_a_period_without_an_end_has_no_upper_bound() -> None:
    assert temporal_range({"start": "2026-01-01"}, LONDON) == (utc("2026-01-01"), MAX)
    assert temporal_range({"end": "2026-01-01"}, LONDON) == (MIN, utc("2026-01-02"))


def test_a_period_the_wrong_way_round_still_gives_a_range() -> None:
    low, high = temporal_range({"start": "2026-02-01", "end": "2026-01-01"}, LONDON)
    assert low < high


def test_a_timing_gives_the_hull_of_its_events_and_bounds() -> None:
    timing = {
        "event": ["2026-01-05", "2026-01-03", "2026-01-04"],
        "repeat": {"boundsPeriod": {"start": "2026-01-04", "end": "2026-01-09"}},
    }
    assert temporal_range(timing, LONDON) == (utc("2026-01-03"), utc("2026-01-10"))


@pytest.mark.parametrize("value", [None, {}, {"extension": []}, {"repeat": {"count": 3}}, [], 5])
def test_what_has_no_time_has_no_range(value: object) -> None:
    assert temporal_range(value, LONDON) is None
