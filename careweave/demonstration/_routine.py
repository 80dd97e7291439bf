"""Ordinary care that fills a record: what each kind of organisation does all year round."""

from careweave.demonstration._dice import Dice
from careweave.terms import Json

Raw = dict[str, Json]

_TESTS = (
    ("Haemoglobin", 110, 165, "g/L"),
    ("Sodium", 133, 146, "mmol/L"),
    ("Creatinine", 55, 120, "umol/L"),
    ("C-reactive protein", 1, 30, "mg/L"),
    ("White cell count", 4, 11, "10*9/L"),
    ("Glycated haemoglobin", 34, 48, "mmol/mol"),
    ("Platelets", 150, 400, "10*9/L"),
    ("Alanine aminotransferase", 8, 44, "U/L"),
)
_SIGNS = (
    ("Body weight", 52, 96, "kg"),
    ("Heart rate", 58, 98, "/min"),
    ("Systolic blood pressure", 108, 152, "mm[Hg]"),
    ("Diastolic blood pressure", 62, 92, "mm[Hg]"),
    ("Body temperature", 36, 37, "Cel"),
    ("Oxygen saturation", 94, 99, "%"),
)
_REASONS = (
    "Review",
    "Cough",
    "Back pain",
    "Medication review",
    "Feeling tired",
    "Rash",
    "Headache",
)
_VACCINES = ("Influenza vaccine", "Coronavirus vaccine", "Pneumococcal vaccine")
_VISITS = ("Nurse visit", "Therapy visit", "Wound check", "Telephone call")
# What each kind of organisation writes, as often as it stands here.
_MIXES = {
    "gp": "visit result result sign sign visit result vaccination sign result",
    "acute": "result result result visit result sign result",
    "community": "visit sign visit sign",
    "mental-health": "visit visit sign",
    "pharmacy": "dispensed",
    "ambulance": "sign",
}


def routine(kind: str, times: int, dice: Dice) -> list[Raw]:
    """Returns so many ordinary facts of the last three years."""
    mix = _MIXES.get(kind, "visit").split()
    return [_one(mix[turn % len(mix)], dice) for turn in range(times)]


def _one(what: str, dice: Dice) -> Raw:
    on = -dice.between(15, 1100)
    if what == "result":
        return _measured("result", _TESTS, on, dice)
    if what == "sign":
        return _measured("sign", _SIGNS, on, dice)
    if what == "vaccination":
        return {"vaccination": dice.one(_VACCINES), "at": on}
    if what == "dispensed":
        return {"dispensed": "Emollient cream", "dose": "1 g bd", "at": on}
    return {"visit": dice.one(_REASONS if dice.chance(0.7) else _VISITS), "at": on}


def _measured(kind: str, table: tuple[tuple[str, int, int, str], ...], on: int, dice: Dice) -> Raw:
    text, low, high, unit = dice.one(table)
    value = dice.between(low * 10, high * 10) / 10
    return {kind: text, "value": f"{value:g}", "unit": unit, "at": on, "low": low, "high": high}
