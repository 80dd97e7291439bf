"""Dates as systems write them, as far as they are possible."""

import re
from dataclasses import dataclass
from datetime import date

from careweave.identity._rules import Rules

_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?P<y>\d{4})(?:-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2})(?:[T ].*)?)?)?",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})",
    )
)
_LONGEST = 31
_MONTHS = 12

_Parts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class FoldedDate:
    """A date of birth: year, month and day with 0 for what is not known, and the remarks on it."""

    parts: tuple[int, int, int] | None
    flags: frozenset[str]


_BAD = frozenset({"bad_birth_date"})
_NONE = FoldedDate(None, frozenset())


def fold_date(written: str, known: Rules, *, today: date) -> FoldedDate:
    """Returns a date written as ISO, as eight digits or as day/month/year.

    A date that can't be is cut to the parts that can, with the remark `bad_birth_date`, unless the
    rules keep it whole; one in the future or before anybody's time is none. Source:
    `reference/identity.md` section 4.
    """
    text = written.strip()
    if not text:
        return _NONE
    found = next((one for shape in _SHAPES if (one := shape.fullmatch(text))), None)
    if found is None:
        return FoldedDate(None, _BAD)
    year, month, day = (int(found[part] or 0) for part in ("y", "m", "d"))
    if f"{year:04}-{month:02}-{day:02}" in known.birth_dates:
        return FoldedDate(None, frozenset({"placeholder_birth_date"}))
    return _possible((year, month, day), known, today)


def _possible(parts: _Parts, known: Rules, today: date) -> FoldedDate:
    year, month, day = parts
    if not known.first_year <= year <= today.year:
        return FoldedDate(None, _BAD)
    cut = _cut(year, month, day)
    if cut != parts:
        return FoldedDate(parts if known.keeps_impossible_dates else cut, _BAD)
    if (year, month or 1, day or 1) > (today.year, today.month, today.day):
        return FoldedDate(None, _BAD)
    is_new_year = month == 1 and day == 1
    return FoldedDate(parts, frozenset({"jan1"}) if is_new_year else frozenset())


def _cut(year: int, month: int, day: int) -> _Parts:
    """Returns the parts of a date that can be."""
    if month > _MONTHS or (day and not month):
        return year, 0, 0
    return (year, month, 0) if day > _days(year, month) else (year, month, day)


def _days(year: int, month: int) -> int:
    """Returns the number of days of a month, 0 for none."""
    if not month:
        return 0
    if month == _MONTHS:
        return _LONGEST
    return (date(year, month + 1, 1) - date(year, month, 1)).days
