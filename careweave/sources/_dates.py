"""Dates and times as legacy systems write them, as FHIR does."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache

from careweave.formats import hl7_time

_ISO = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "d": r"(?P<day>[0-9]{1,2})",
    "m": r"(?P<month>[0-9]{1,2})",
    "Y": r"(?P<year>[0-9]{4})",
    "y": r"(?P<short>[0-9]{2})",
    "b": r"(?P<name>[A-Za-z]{3,9})",
    "B": r"(?P<name>[A-Za-z]{3,9})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "I": r"(?P<half>[0-9]{1,2})",
    "M": r"(?P<minute>[0-9]{2})",
    "S": r"(?P<second>[0-9]{2})",
    "p": r"(?P<noon>[AaPp][Mm])",
    "z": r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}
Read = Callable[[str, date | None], str | None]
"""Returns a date as HL7 v2 writes it, None where the text is not of this form."""


class FormatFault(Exception):
    """The format of a date is not known; the text says what is."""


@cache
def format_reader(text: str) -> Read:
    """Returns the reader of a format (`%d/%m/%Y %H:%M`), or raises FormatFault.

    A year of two digits is the latest one that is not after the message.
    """
    pieces = re.split(r"%(.)", text)
    if any(letter not in _PARTS for letter in pieces[1::2]) or text.endswith("%"):
        raise FormatFault("known are %d %m %Y %y %b %B %H %I %M %S %p %z")
    shape = "".join(_PARTS[piece] if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
    try:
        match = re.compile(shape).fullmatch
    except re.error:
        raise FormatFault("each part stands once in a format") from None
    if not {"Y", "y"} & set(pieces[1::2]):
        raise FormatFault("a format has a year: %Y or %y")
    return lambda value, latest: _compact(match(value.strip()), latest)


def iso_reader(value: str, _latest: date | None) -> str | None:
    """Returns an ISO 8601 date or time, or one of HL7 v2, as HL7 v2 writes it."""
    text = value.strip()
    found = _ISO.fullmatch(text)
    if found is None:
        return text if text[:8].isdecimal() else None
    *parts, zone = found.groups()
    return "".join(part for part in parts if part) + _zone(zone)


def _zone(text: str | None) -> str:
    return "+0000" if text == "Z" else (text or "").replace(":", "")


def _compact(found: re.Match[str] | None, latest: date | None) -> str | None:
    if found is None:
        return None
    held = found.groupdict()
    month = held.get("month") or ""
    if held.get("name"):
        name = held["name"][:3].lower()
        if name not in _MONTHS:
            return None
        month = str(_MONTHS.index(name) + 1)
    day = held.get("day") or ""
    year = held.get("year") or _full_year(held["short"], month, day, latest)
    text = year + (month.zfill(2) if month else "") + (day.zfill(2) if month and day else "")
    return text + _clock(held) + _zone(held.get("zone"))


def _full_year(short: str, month: str, day: str, latest: date | None) -> str:
    if latest is None:
        return f"{'19' if int(short) > 68 else '20'}{short}"
    year = latest.year // 100 * 100 + int(short)
    is_later = (year, int(month or 1), int(day or 1)) > (latest.year, latest.month, latest.day)
    return str(year - 100 if is_later else year)


def _clock(held: dict[str, str | None]) -> str:
    hour = held.get("hour")
    half = held.get("half")
    if half:
        is_late = (held.get("noon") or "").lower() == "pm"
        hour = str(int(half) % 12 + (12 if is_late else 0))
    if not hour:
        return ""
    return hour.zfill(2) + (held.get("minute") or "00") + (held.get("second") or "")


def later(text: str, minutes: int, zone: tzinfo) -> str | None:
    """Returns a time of HL7 v2 so many minutes later, None where it is no time."""
    told, _ = hl7_time(text, zone)
    if told is None or "T" not in told:
        return None
    moved = datetime.fromisoformat(told).astimezone(UTC) + timedelta(minutes=minutes)
    moved = moved.astimezone(zone)
    return moved.strftime("%Y%m%d%H%M%S%z")
