"""So many months or years ago, alike wherever it is asked."""

import calendar
from datetime import date, datetime


def months_before(at: datetime, months: int) -> datetime:
    """Returns the same day and time so many months earlier; the month's last day if it has none.

    Source: `reference/agreements.md` 2.2, `quantity.months_back`, which counts whole months.
    """
    place = at.year * 12 + at.month - 1 - months
    year, month = divmod(place, 12)
    return at.replace(year=year, month=month + 1, day=_last(year, month + 1, at.day))


def years_before(day: date, years: int) -> date:
    """Returns the same day so many years earlier: who was born by then is so old on `day`.

    Who was born on 29 February is a year older on 1 March in the years between.
    """
    year = day.year - years
    return day.replace(year=year, day=_last(year, day.month, day.day))


def _last(year: int, month: int, day: int) -> int:
    return min(day, calendar.monthrange(year, month)[1])
