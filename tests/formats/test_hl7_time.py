"""Dates and times keep the precision they were sent with, and clocks that change are minded."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import (
    HL7_PLACEHOLDERS,
    Hl7Number,
    hl7_instant,
    hl7_number,
    hl7_structured,
    hl7_time,
)

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "expected", "codes"),
    [
        ("2026", "2026", []),
        ("202603", "2026-03", []),
        ("20260301", "2026-03-01", []),
        ("2026030110", "2026-03-01T10:00:00+00:00", []),
        ("202607011030", "2026-07-01T10:30:00+01:00", []),
        ("20260701103059", "2026-07-01T10:30:59+01:00", []),
        ("20260701103059.1200", "2026-07-01T10:30:59.1200+01:00", []),
        ("20260701103059.1+0530", "2026-07-01T10:30:59.1+05:30", []),
        ("202607011030-0800", "2026-07-01T10:30:00-08:00", []),
        ("20260701103060", "2026-07-01T10:30:60+01:00", []),
        ("20260701+0100", "2026-07-01", []),
        (" 20260701 ", "2026-07-01", []),
        ("202610250130", "2026-10-25T01:30:00+01:00", ["time-ambiguous"]),
        ("202610250130+0000", "2026-10-25T01:30:00+00:00", []),
        ("202603290130", "2026-03-29T02:30:00+01:00", ["time-nonexistent"]),
        ("202603290030", "2026-03-29T00:30:00+00:00", []),
        ("20260230", None, ["bad-date"]),
        ("20261301", None, ["bad-date"]),
        ("2026030125", None, ["bad-date"]),
        ("20260301 10:00", None, ["bad-date"]),
        ("01/03/2026", None, ["bad-date"]),
        ("2026-03-01", None, ["bad-date"]),
        ("202603011030+1500", None, ["bad-date"]),
        ("202603011030+0190", None, ["bad-date"]),
        ("00000000", None, ["placeholder-date"]),
        ("19000101", None, ["placeholder-date"]),
        ("99991231235959", None, ["placeholder-date"]),
        ("", None, ["bad-date"]),
        ("٢٠٢٦", None, ["bad-date"]),
        ("9" * 1000, None, ["bad-date"]),
    ],
)
def test_dates_keep_their_precision(text: str, expected: str | None, codes: list[str]) -> None:
    told, findings = hl7_time(text, LONDON, placeholders=HL7_PLACEHOLDERS)
    assert told == expected
    assert [finding.code for finding in findings] == codes


def test_placeholders_mean_nothing_only_where_they_are_declared() -> None:
    assert hl7_time("19000101", LONDON) == ("1900-01-01", ())
    told, findings = hl7_time("20260301000000", LONDON, placeholders=["000000"])
    assert told == "2026-03-01"
    assert [finding.code for finding in findings] == ["placeholder-date"]
    assert hl7_time("20260301000000", LONDON)[0] == "2026-03-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("202607", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("20260701103059.25", datetime(2026, 7, 1, 9, 30, 59, 250_000, tzinfo=UTC)),
        ("202610250130", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("202603290130", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("00010101+1400", None),
        ("000101010000+1400", None),
        ("nonsense", None),
        ("20261301", None),
    ],
)
def test_a_moment_is_the_beginning_of_what_is_said(text: str, expected: datetime | None) -> None:
    assert hl7_instant(text, LONDON) == expected


@given(st.timedeltas(timedelta(0), timedelta(days=73_000)))
def test_what_is_told_is_the_moment_itself(since: timedelta) -> None:
    at = datetime(1900, 1, 1, tzinfo=UTC) + since
    text = at.strftime("%Y%m%d%H%M%S") + f".{at.microsecond // 100:04}"
    told, _ = hl7_time(text, LONDON)
    assert told is not None
    assert datetime.fromisoformat(told) == hl7_instant(text, LONDON)


@given(st.text(alphabet="0123456789+-. TZ", max_size=30))
def test_no_text_makes_it_fail(text: str) -> None:
    told, findings = hl7_time(text, LONDON)
    assert (told is None) <= bool(findings)
    hl7_instant(text, LONDON)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", Hl7Number("5")),
        ("0.10", Hl7Number("0.10")),
        ("+5.0", Hl7Number("5.0")),
        ("-0.5", Hl7Number("-0.5")),
        ("007", Hl7Number("7")),
        ("000", Hl7Number("0")),
        (".5", Hl7Number("0.5")),
        ("5.", Hl7Number("5")),
        ("<5", Hl7Number("5", "<")),
        (">= 90", Hl7Number("90", ">=")),
        (" 12 ", Hl7Number("12")),
        ("haemolysed", None),
        ("1e5", None),
        ("1,5", None),
        ("5 mg", None),
        ("", None),
        ("٥", None),
        ("9" * 19, None),
    ],
)
def test_numbers_keep_their_digits(text: str, expected: Hl7Number | None) -> None:
    assert hl7_number(text) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((">", "90"), Hl7Number("90", ">")),
        (("", "5.10"), Hl7Number("5.10")),
        (("=", "5"), Hl7Number("5")),
        (("", "1", ":", "128"), Hl7Number("1", "", ":", "128")),
        (("", "3", "-", "5"), Hl7Number("3", "", "-", "5")),
        (("", "3", "+"), Hl7Number("3", "", "+")),
        (("<>", "3"), None),
        (("", ""), None),
        (("", "3", "?", "5"), None),
        (("", "3", "-", "five"), None),
        (("", "3", "", "5"), None),
    ],
)
def test_structured_numbers_are_told_apart(
    parts: tuple[str, ...], expected: Hl7Number | None
) -> None:
    assert hl7_structured(*parts) == expected
