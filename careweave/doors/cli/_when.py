"""Moments as people type them."""

import re
from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from careweave.terms import Incorrect

_AGO = re.compile(r"([0-9]{1,6})(s|min|h|d|w)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MEANING = "2026-03-14, 2026-03-14T09:30, or 90min, 2h, 3d ago"


def moment(text: str | None, *, now: datetime, zone: ZoneInfo, where: str) -> datetime | None:
    """Returns the moment that a text means, None of none; without a zone it is the region's."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        message = f"A moment is {MEANING}."
        raise Incorrect(message, where=where) from fault
    return found if found.tzinfo else found.replace(tzinfo=zone)


def whole(text: str) -> int:
    """Returns a whole number of one or more, for options."""
    if not (text.isascii() and text.isdecimal() and int(text[:18]) > 0):
        raise ArgumentTypeError("a whole number from 1 on")
    return int(text[:18])
