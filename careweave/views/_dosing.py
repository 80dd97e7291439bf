"""What a dose amounts to, so that two ways of writing it can be compared. Never raises."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from careweave.terms import Json
from careweave.views import _fhir as fhir

_AMOUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([A-Za-z%]+)\b\s*(.*)", re.ASCII)

# To one unit of its kind each. Source: UCUM 2.1.
_SCALES: Mapping[str, tuple[str, Decimal]] = {
    "kg": ("mg", Decimal(1_000_000)),
    "g": ("mg", Decimal(1_000)),
    "mg": ("mg", Decimal(1)),
    "mcg": ("mg", Decimal("0.001")),
    "ug": ("mg", Decimal("0.001")),
    "microgram": ("mg", Decimal("0.001")),
    "micrograms": ("mg", Decimal("0.001")),
    "ng": ("mg", Decimal("0.000001")),
    "l": ("ml", Decimal(1_000)),
    "ml": ("ml", Decimal(1)),
    "[iu]": ("units", Decimal(1)),
    "iu": ("units", Decimal(1)),
    "unit": ("units", Decimal(1)),
    "units": ("units", Decimal(1)),
}

Amount = tuple[Decimal, str]


@dataclass(frozen=True, slots=True)
class Dosing:
    """How much, how often and by which way; None and "" where a source does not say."""

    text: str
    amount: Amount | None
    often: str
    route: str


def dosing(value: fhir.Value, often: Mapping[str, str]) -> Dosing:
    """Returns the dose that an entry about a medicine gives first."""
    for name in ("dosageInstruction", "dosage"):
        for one in fhir.items(value.get(name)):
            return _read(one, often)
    return Dosing("", None, "", "")


def _read(one: Mapping[str, Json], often: Mapping[str, str]) -> Dosing:
    text = fhir.words(one.get("text"))
    given = fhir.table(fhir.at(one.get("doseAndRate"), "doseQuantity") or one.get("dose"))
    amount, rest = _amount(given), ""
    written = _AMOUNT.match(text)
    if written is not None:
        rest = written[3]
        if amount is None:
            amount = _scaled(Decimal(written[1].replace(",", "")), written[2])
    timing = fhir.table(one.get("timing"))
    said = (*_said(timing.get("code")), rest)
    told = next((often[word] for word in map(_plain, said) if word in often), "")
    return Dosing(
        text or _quantity_text(given),
        amount,
        told or _repeated(timing) or _plain(rest),
        fhir.concept(one.get("route")),
    )


def _said(code: Json) -> Iterator[str]:
    yield fhir.words(fhir.at(code, "text"))
    for _, one in sorted(fhir.codes(code)):
        yield one


def _plain(text: str) -> str:
    return text.strip().casefold()


def _amount(given: fhir.Value) -> Amount | None:
    number = fhir.number(given.get("value"))
    unit = fhir.words(given.get("code")) or fhir.words(given.get("unit"))
    return None if number is None else _scaled(number, unit)


def _scaled(number: Decimal, unit: str) -> Amount:
    to, by = _SCALES.get(unit.casefold(), (unit.casefold(), Decimal(1)))
    return (number * by).normalize(), to


def _quantity_text(given: fhir.Value) -> str:
    number = fhir.number(given.get("value"))
    unit = fhir.words(given.get("unit")) or fhir.words(given.get("code"))
    return "" if number is None else f"{number} {unit}".strip()


def _repeated(timing: fhir.Value) -> str:
    """Returns how often a day, where the timing says it in numbers; "" otherwise."""
    repeat = fhir.table(timing.get("repeat"))
    times, period = fhir.number(repeat.get("frequency")), fhir.number(repeat.get("period"))
    if times is None or period is None or repeat.get("periodUnit") != "d" or period == 0:
        return ""
    return f"{(times / period).normalize():f}"
