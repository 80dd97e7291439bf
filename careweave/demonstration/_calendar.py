"""The scenario's clock: day 0 is Monday 16 March 2026, 08:00 in London.

Source: reference/people.md 1.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from careweave.terms import Incorrect

DAY_0 = date(2026, 3, 16)
HISTORY_DAYS = 10
"""How many days of the scenario lie behind when a demonstration opens."""


@cache
def london() -> ZoneInfo:
    """Returns the zone in which the scenario happens."""
    return ZoneInfo("Europe/London")


def moment(day: date, clock: time) -> datetime:
    """Returns the aware time of a clock on a day in London."""
    return datetime.combine(day, clock, london())


def start() -> datetime:
    """Returns the beginning of day 0."""
    return moment(DAY_0, time(8))


def opening() -> datetime:
    """Returns when a demonstration opens: the morning up to which history is sent."""
    return moment(DAY_0 + timedelta(HISTORY_DAYS), time(8))


def day_of(at: datetime) -> int:
    """Returns the number of the scenario's day in which a time lies."""
    return (at.astimezone(london()).date() - DAY_0).days


def read_moment(value: object, usual: time) -> datetime:
    """Returns the time that a file means: a date, a day number, or one of them with a clock.

    `20` is day 20 at the usual hour, `20 02:10` the same day at ten past two.
    """
    day, _, clock = str(value).partition(" ")
    try:
        on = date.fromisoformat(day) if day.count("-") == 2 else DAY_0 + timedelta(int(day))
        return moment(on, time.fromisoformat(clock) if clock else usual)
    except (ValueError, OverflowError) as fault:
        message = "A time is a date, a day of the scenario, or one of them and hh:mm."
        raise Incorrect(message, where="at") from fault
