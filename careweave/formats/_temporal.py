"""Dates and times as half-open ranges in UTC, by the precision they were written with.

`datetime.min` and `datetime.max` in UTC stand for "no bound".
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from careweave.terms import Incorrect, Json

_MIN = datetime.min.replace(tzinfo=UTC)
_MAX = datetime.max.replace(tzinfo=UTC)
_SHAPE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]+))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
)
_MESSAGE = "A date is written YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone."

Range = tuple[datetime, datetime]


@lru_cache(maxsize=8192)
def date_range(text: str, zone: tzinfo) -> Range:
    """Returns the range [low, high) that `text` covers, in UTC.

    `text` is a FHIR date, dateTime or instant, or a date-time to the minute as searches use. What
    has no zone of its own is read in `zone`: a day at a change of clocks has 23 or 25 hours, and a
    time that occurs twice covers both. Source: FHIR R4 4.0.1, search.html 3.1.1.4.7.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise Incorrect(_MESSAGE, code="value")
    try:
        return _moment(found, text, zone) if found["hour"] else _days(found, zone)
    except ValueError as fault:
        raise Incorrect(_MESSAGE, code="value") from fault


def temporal_range(value: Json, zone: tzinfo) -> Range | None:
    """Returns the range of a date, dateTime, instant, Period or Timing; None where it has no time.

    A Period without an end has no upper bound. A Timing gives the hull of its events and of the
    period that bounds its repetition.
    """
    if isinstance(value, str):
        return date_range(value, zone)
    if not isinstance(value, Mapping):
        return None
    parts = [part for part in _parts(value, zone) if part is not None]
    if not parts:
        return None
    return min(low for low, _ in parts), max(high for _, high in parts)


def _parts(value: Mapping[str, Json], zone: tzinfo) -> Iterator[Range | None]:
    yield _period(value, zone)
    events = value.get("event")
    if isinstance(events, list):
        for event in events:
            yield date_range(event, zone) if isinstance(event, str) else None
    repeat = value.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, Mapping) else None
    yield _period(bounds, zone) if isinstance(bounds, Mapping) else None


def _period(value: Mapping[str, Json], zone: tzinfo) -> Range | None:
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) and not isinstance(end, str):
        return None
    low = date_range(start, zone)[0] if isinstance(start, str) else _MIN
    high = date_range(end, zone)[1] if isinstance(end, str) else _MAX
    return (low, high) if low < high else (high, low)


def _days(found: re.Match[str], zone: tzinfo) -> Range:
    year, month, day = int(found["year"]), found["month"], found["day"]
    first = datetime(year, int(month or 1), int(day or 1), tzinfo=zone)
    if day:
        n_days = 1
    elif month:
        n_days = monthrange(year, int(month))[1]
    else:
        n_days = (datetime(year, 12, 31, tzinfo=zone) - first).days + 1
    return _utc(first), _after(first, timedelta(days=n_days))


def _moment(found: re.Match[str], text: str, zone: tzinfo) -> Range:
    if found["second"] == "60":
        # A leap second has no place in datetime: it counts with the second before.
        text = f"{text[:17]}59{text[19:]}"
    at = datetime.fromisoformat(text)
    width = _width(found)
    if at.tzinfo is not None:
        return _utc(at), _later(_utc(at), width)
    local = at.replace(tzinfo=zone)
    return _utc(local), _later(_utc(local.replace(fold=1)), width, least=_utc(local))


def _width(found: re.Match[str]) -> timedelta:
    if not found["second"]:
        return timedelta(minutes=1)
    part = found["part"]
    if not part:
        return timedelta(seconds=1)
    return timedelta(microseconds=max(1, 10 ** (6 - len(part))) if len(part) < 6 else 1)


def _after(first: datetime, width: timedelta) -> datetime:
    # Adds days of the calendar, so that the result is midnight whatever the clocks did.
    try:
        return _utc(first + width)
    except OverflowError:
        return _MAX


def _later(at: datetime, width: timedelta, *, least: datetime = _MIN) -> datetime:
    # In the hour that the clocks skip the second reading lies before the first one.
    try:
        return max(at, least) + width
    except OverflowError:
        return _MAX


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _MIN if at.year < 2 else _MAX
