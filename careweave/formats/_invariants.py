"""What an invariant is, and what the functions that state invariants have in common."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from careweave.formats._temporal import date_range
from careweave.terms import Incorrect, Severity

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule of R4 that every instance of a shape keeps; `key` is its name in the specification."""

    shape: str
    key: str
    message: str
    holds: Callable[[Value], bool]
    severity: Severity = Severity.ERROR


def has(value: Value, *names: str) -> bool:
    """Says whether any of these elements exists, be it only by an extension of a primitive."""
    for name in names:  # noqa: SIM110  any() takes three times as long, and this runs often
        if name in value or f"_{name}" in value:
            return True
    return False


def has_choice(value: Value, name: str) -> bool:
    """Says whether a choice element exists with whatever type."""
    starts = (name, f"_{name}")
    for key in value:  # noqa: SIM110  see above
        if key.startswith(starts):
            return True
    return False


def parts(value: Value, name: str) -> list[Value]:
    """Returns the objects of an element that repeats or not; what is no object is left out."""
    found = value.get(name)
    listed = found if isinstance(found, list) else [found]
    return [part for part in listed if isinstance(part, dict)]


def has_code(value: Value, name: str, system: str, codes: Iterable[str]) -> bool:
    """Says whether a CodeableConcept element has one of these codes."""
    wanted = frozenset(codes)
    return any(
        coding.get("system") == system and coding.get("code") in wanted
        for concept in parts(value, name)
        for coding in parts(concept, "coding")
    )


def number(value: Value, name: str) -> Decimal | int | None:
    """Returns the number of an element, None where there is none."""
    found = value.get(name)
    return found if isinstance(found, Decimal | int) and not isinstance(found, bool) else None


def is_in_order(first: object, second: object) -> bool:
    """Says whether a time may be before or at another; only what is surely later is not."""
    if not isinstance(first, str) or not isinstance(second, str):
        return True
    if first[:10] <= second[:10] and first[10:] == second[10:]:
        return True
    try:
        begins, _ = date_range(first, UTC)
        _, ends = date_range(second, UTC)
    except Incorrect:
        return True
    return begins < ends
