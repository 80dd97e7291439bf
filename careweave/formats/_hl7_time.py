"""Dates and times of HL7 v2, as FHIR writes them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from careweave.terms import Finding, Severity

_SHAPE = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})(?:(?P<hour>[0-9]{2})"
    r"(?:(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?P<part>\.[0-9]{1,9})?)?)?)?)?)?"
    r"(?P<zone>[+-][0-9]{4})?"
)
_FURTHEST = timedelta(hours=14)

HL7_PLACEHOLDERS = frozenset({"00000000", "19000101", "99991231"})
"""Dates that systems write for "not known". Source: `reference/interop.md` 2.4."""

Told = tuple[str | None, tuple[Finding, ...]]


def hl7_time(text: str, zone: tzinfo, *, placeholders: Iterable[str] = ()) -> Told:
    """Returns the date or dateTime of FHIR with the precision given, or None, and what was odd.

    A time without an offset is read in `zone`: in the hour that occurs twice the first is taken,
    and in the hour that is skipped the clock is put forward. `placeholders` are dates (YYYYMMDD)
    that mean nothing; "000000" among them says the same of the time. FHIR has no hour without
    minutes, nor minutes without seconds: those are zero. Source: HL7 v2.5.1, 2.A.22 (DTM);
    FHIR R4 4.0.1, dateTime; `reference/interop.md` 2.4.
    """
    return _told(text.strip(), zone, frozenset(placeholders))


def hl7_instant(text: str, zone: tzinfo) -> datetime | None:
    """Returns the moment that the text begins at, in UTC; None where it is no date."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        at = _local(found)
        return _placed(found, at, zone)[0].astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def _told(text: str, zone: tzinfo, placeholders: frozenset[str]) -> Told:
    if text[:8] in placeholders:
        return _refused("placeholder-date")
    found = _SHAPE.fullmatch(text)
    if found is None:
        return _refused("bad-date")
    try:
        return _read(found, zone, has_zero_times="000000" in placeholders)
    except (ValueError, OverflowError):
        return _refused("bad-date")


def _read(found: re.Match[str], zone: tzinfo, *, has_zero_times: bool) -> Told:
    at = _local(found)
    if not found["hour"]:
        return _date(found), ()
    if has_zero_times and at.time() == datetime.min.time():
        return _date(found), (_finding("placeholder-date"),)
    return _moment(found, at, zone)


def _refused(code: str) -> Told:
    return None, (_finding(code),)


def _finding(code: str) -> Finding:
    return Finding(code, Severity.WARNING)


def _local(found: re.Match[str]) -> datetime:
    # A leap second has no place in datetime: it is put back in the text.
    second = 59 if found["second"] == "60" else int(found["second"] or 0)
    part = int((found["part"] or ".0")[1:7].ljust(6, "0"))
    day = (int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
    return datetime(*day, int(found["hour"] or 0), int(found["minute"] or 0), second, part)  # noqa: DTZ001  the zone follows


def _date(found: re.Match[str]) -> str:
    return "-".join(part for part in (found["year"], found["month"], found["day"]) if part)


def _placed(found: re.Match[str], at: datetime, zone: tzinfo) -> tuple[datetime, str]:
    """Returns the time with its offset, and the code of what was odd, or nothing."""
    if found["zone"]:
        return at.replace(tzinfo=_offset(found["zone"])), ""
    first, second = at.replace(tzinfo=zone), at.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after or before is None or after is None:
        return first, ""
    if before > after:
        return first, "time-ambiguous"
    return (at + (after - before)).replace(tzinfo=zone), "time-nonexistent"


def _offset(text: str) -> timezone:
    width = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    if width > _FURTHEST or int(text[3:5]) > 59:
        raise ValueError("no such offset")
    return timezone(-width if text[0] == "-" else width)


def _moment(found: re.Match[str], at: datetime, zone: tzinfo) -> Told:
    placed, code = _placed(found, at, zone)
    second = found["second"] if found["second"] == "60" else f"{placed.second:02}"
    clock = f"{placed.hour:02}:{placed.minute:02}:{second}{found['part'] or ''}"
    text = f"{placed.year:04}-{placed.month:02}-{placed.day:02}T{clock}{_shown(placed)}"
    return text, (_finding(code),) if code else ()


def _shown(placed: datetime) -> str:
    shown = placed.strftime("%z")
    return f"{shown[:3]}:{shown[3:5]}"
