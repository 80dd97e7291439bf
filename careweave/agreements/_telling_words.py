"""Days, times, numbers and sentences as plain English has them."""

from datetime import date, timedelta

from careweave.agreements._values import Agreement
from careweave.agreements._words import named

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def day(when: date) -> str:
    """Returns a day in words: "31 March 2026"."""
    return f"{when.day} {when:%B %Y}"


def lasting(time: timedelta) -> str:
    """Returns a length of time in words: "15 minutes", "1.5 seconds"."""
    seconds = time.total_seconds()
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            return counted(round(seconds / size), unit)
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"


def counted(number: int, what: str) -> str:
    """Returns a number of things: "1 day", "3 days"."""
    many = {"person": "people", "entry": "entries"}.get(what, f"{what}s")
    return f"{number:,} {what if number == 1 else many}"


def ended(sentence: str) -> str:
    """Returns a sentence with its full stop, without white space around it."""
    trimmed = " ".join(sentence.split())
    return trimmed if not trimmed or trimmed[-1] in ".!?" else f"{trimmed}."


def reason_words(agreement: Agreement) -> str:
    """Returns why what is confidential may be shared under an agreement."""
    return named("basis", agreement.confidentiality)
