"""What a plain entry says in a line: its title, its text, its status, and in which phase it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from careweave.terms import Json
from careweave.views import _fhir as fhir
from careweave.views._context import Detail
from careweave.views._format import (
    NBSP,
    clock_time,
    day_of,
    instant_of,
    plain_number,
    quantity,
    span,
    written,
)
from careweave.views._making import Making


class Phase(StrEnum):
    """Where something stands in time: these are never mixed in one list.

    Source: `reference/interface.md` 6.3, "status never mixed".
    """

    CURRENT = "current"
    PLANNED = "planned"
    ENDED = "ended"
    REFUTED = "refuted"


_ENDED = frozenset(
    {
        *("inactive", "resolved", "remission", "completed", "stopped", "finished", "revoked"),
        *("ended", "retired", "superseded", "cancelled", "failed", "rejected", "noshow"),
        *("fulfilled", "not-done", "abated", "achieved", "not-taken"),
    }
)
_PLANNED = frozenset({"planned", "draft", "proposed", "booked", "pending", "waitlist", "arrived"})
_REFUTED = frozenset({"refuted", "entered-in-error"})


def phase_of(status: str) -> Phase:
    """Returns the phase that a status of FHIR means; what is unknown counts as current."""
    if status in _REFUTED:
        return Phase.REFUTED
    if status in _ENDED:
        return Phase.ENDED
    return Phase.PLANNED if status in _PLANNED else Phase.CURRENT


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says: `text` is empty where the title says it all."""

    title: str
    text: str
    status: str = ""
    phase: Phase = Phase.CURRENT
    details: tuple[Detail, ...] = ()


def details(making: Making, *pairs: tuple[str, str]) -> tuple[Detail, ...]:
    """Returns the labelled parts that say something."""
    return tuple(Detail(making.say(label), text) for label, text in pairs if text)


def joined(*parts: str) -> str:
    """Returns what is said, parted by semicolons, each thing once."""
    return "; ".join(dict.fromkeys(part for part in parts if part))


def period_text(value: fhir.Value, making: Making) -> str:
    """Returns from when to when something is or was so."""
    start, end = fhir.main_date(value), fhir.end_date(value)
    if not end or start[:10] == end[:10]:
        return ""
    return span(start, end, making)


def is_over(value: fhir.Value, now: datetime) -> bool:
    """Says whether the end that an entry gives has passed."""
    end = fhir.end_date(value)
    exact = instant_of(end)
    if exact is not None:
        return exact <= now
    last = day_of(end) if end else None
    return last is not None and last < now.astimezone(UTC).date()


def observed(value: fhir.Value, making: Making) -> str:
    """Returns the value of an observation as it is printed: number with unit, words, yes or no."""
    for name, one in value.items():
        if name.startswith("value"):
            return answer(one, making)
    parts = (
        f"{fhir.concept(part.get('code'))} {said}"
        for part in fhir.items(value.get("component"))
        if (said := observed(part, making))
    )
    return joined(*parts) or fhir.concept(value.get("dataAbsentReason"))


def answer(value: Json, making: Making) -> str:
    """Returns any value[x] of FHIR as it is printed."""
    if isinstance(value, bool):
        return making.say("yes") if value else making.say("no")
    found = fhir.number(value)
    if found is not None:
        return plain_number(found)
    if isinstance(value, str):
        return _text(value, making)
    return (
        quantity(value, making).text
        or fhir.concept(value)
        or fhir.words(fhir.at(value, "display"))
        or fhir.words(fhir.at(value, "code"))
        or fhir.words(fhir.at(value, "text"))
    )


def _text(value: str, making: Making) -> str:
    # An answer that is a date is printed as one: nothing on a page is all-numeric.
    if day_of(value) is not None and len(value) <= len("2026-04-05"):
        return written(value, making).text or fhir.words(value)
    return fhir.words(value)


def range_text(value: fhir.Value, making: Making) -> str:
    """Returns the reference range that the source gives with a result."""
    for one in fhir.items(value.get("referenceRange")):
        if said := _ends(one, making) or fhir.words(one.get("text")):
            return said
    return ""


def _ends(one: dict[str, Json], making: Making) -> str:
    low, high = (quantity(one.get(end), making).text for end in ("low", "high"))
    if low and high:
        number, _, unit = low.partition(NBSP)
        is_alike = high.endswith(f"{NBSP}{unit}")
        return making.say("{low} to {high}", low=number if is_alike else low, high=high)
    if low:
        return making.say("from {low}", low=low)
    return making.say("up to {high}", high=high) if high else ""


def hours(start: str, end: str, making: Making) -> str:
    """Returns a moment with the hours of a visit: 05-Apr-2026 09:05 to 09:35."""
    last = instant_of(end)
    first = written(start, making).text
    return (
        making.say("{start} to {end}", start=first, end=clock_time(last, making)) if last else first
    )


def names(value: Json) -> Iterable[str]:
    """Yields what references or participants are displayed as."""
    for one in fhir.items(value):
        for part in (one, *(one.get(name) for name in ("individual", "actor", "member"))):
            if said := fhir.words(fhir.at(part, "display")):
                yield said
