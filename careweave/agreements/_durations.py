"""ISO 8601 durations: the part of them that agreements use."""

import re
from datetime import timedelta

SPAN = r"P(?=.)(?:\d{1,5}Y)?(?:\d{1,5}M)?(?:\d{1,5}W)?(?:\d{1,5}D)?(?:T(?=.)(?:\d{1,5}H)?(?:\d{1,5}M)?(?:\d{1,6}(?:\.\d{1,3})?S)?)?"
"""Any duration, with years and months, which have no fixed length."""

FIXED = r"P(?=.)(?:(?P<w>\d{1,4})W)?(?:(?P<d>\d{1,5})D)?(?:T(?=.)(?:(?P<h>\d{1,5})H)?(?:(?P<m>\d{1,5})M)?(?:(?P<s>\d{1,6}(?:\.\d{1,3})?)S)?)?"
"""A duration of fixed length: weeks, days, hours, minutes and seconds."""

_FIXED = re.compile(FIXED)


def duration(text: str) -> timedelta | None:
    """Returns a duration of fixed length, None where the text is none."""
    found = _FIXED.fullmatch(text)
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (float(found[part] or 0) for part in "wdhms")
    return timedelta(
        weeks=weeks, days=days, hours=hours, minutes=minutes, milliseconds=round(seconds * 1000)
    )
