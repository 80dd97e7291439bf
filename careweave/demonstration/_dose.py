"""Doses as people write them: 40 mg od, 1 g qds."""

import re
from dataclasses import dataclass
from decimal import Decimal

_SHAPE = re.compile(
    r"(?P<amount>\d+(?:\.\d+)?) (?P<unit>[a-zA-Z]+)(?: (?P<often>od|bd|tds|qds|om|on|weekly|prn))?\b"
)
# Source: UCUM 2.1; units it does not have stay words.
_UCUM = {"mg": "mg", "mcg": "ug", "g": "g", "ml": "mL", "units": "[iU]"}


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount and how often; `ucum` is empty for a unit that UCUM lacks."""

    amount: Decimal
    unit: str
    frequency: str
    ucum: str


def read_dose(text: str) -> Dose | None:
    """Returns the first dose in a text, None where it names none."""
    found = _SHAPE.match(text)
    if found is None:
        return None
    amount, unit = Decimal(found["amount"]), found["unit"]
    return Dose(amount, unit, found["often"] or "other", _UCUM.get(unit, ""))
