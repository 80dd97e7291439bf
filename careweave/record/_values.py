"""Values in the form in which they are compared: the same for what is kept and what is asked."""

from decimal import Decimal
from functools import lru_cache
from typing import Final
from unicodedata import combining, normalize

from careweave.formats import canonical_quantity
from careweave.record._keys import Keys
from careweave.terms import Incorrect, Json

# A row of the index must stay below a third of a page: 2,700 bytes.
LONGEST: Final = 500
CURRENCY: Final = "urn:iso:std:iso:4217"
UCUM: Final = "http://unitsofmeasure.org"
INFINITE: Final = Decimal("Infinity")
_LARGEST_EXPONENT = 400


@lru_cache(maxsize=16_384)
def normalise(text: str) -> str:
    """Returns a text without case, marks and extra blanks, cut to its first 500 characters.

    Source: `reference/store.md` 2.10; FHIR R4 4.0.1, search.html 3.1.1.4.8.
    """
    if not text.isascii():
        apart = normalize("NFKD", text[: LONGEST * 2])
        text = "".join(c for c in apart if not combining(c))
    return " ".join(text.casefold().split())[:LONGEST]


_SOUND: Final = dict(zip("bfpvcgjkqsxzdtlmnr", "111122222222334556", strict=True))


@lru_cache(maxsize=8192)
def sound_of(text: str) -> str:
    """Returns how a name sounds: its first letter and three digits for the consonants after it.

    Letters h and w do not part two equal sounds, vowels do. A name in another script stays itself.
    Source: American Soundex, National Archives (United States), "The Soundex Indexing System".
    """
    name = "".join(c for c in normalise(text) if c.isalnum())
    if not (name.isascii() and name.isalpha()):
        return name
    digits = [_SOUND.get(letter, "") for letter in name]
    kept, last = [], digits[0]
    for letter, digit in zip(name[1:], digits[1:], strict=True):
        if digit and digit != last:
            kept.append(digit)
        if letter not in "hw":
            last = digit
    return (name[0] + "".join(kept) + "000")[:4]


def text_of(value: Json) -> str | None:
    """Returns the value if it is a text that is not empty."""
    return value if type(value) is str and value else None


def decimal_of(value: Json) -> Decimal | None:
    """Returns the number as a Decimal; None where the value is no number."""
    if type(value) is Decimal:
        number = value
    elif type(value) is int:
        number = Decimal(value)
    else:
        return None
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise Incorrect("This number is too large or too small to be kept.", code="value")
    return number


Bounds = tuple[Decimal, Decimal]
Amounts = tuple[tuple[bool, int, Decimal, Decimal], ...]
"""Rows of one quantity: whether it is in canonical units, the unit key, and the closed range."""


def quantity_amounts(value: Json, keys: Keys) -> Amounts:
    """Returns the rows of a Quantity (Age, Duration, Count, Distance), Money, Range or number.

    A comparator, or an open end of a Range, has an infinite bound. Source: `reference/store.md`
    4.3, except that a plain value is a point: FHIR R4 says of `lt100` "less than exactly 100".
    """
    if not isinstance(value, dict):
        number = decimal_of(value)
        return () if number is None else ((False, keys.unit("", ""), number, number),)
    if "low" in value or "high" in value:
        return _range_amounts(value, keys)
    bounds = _bounds(value)
    return () if bounds is None else _rows(value, bounds, keys)


def _bounds(quantity: dict[str, Json]) -> Bounds | None:
    number = decimal_of(quantity.get("value"))
    if number is None:
        return None
    comparator = quantity.get("comparator")
    if comparator in {"<", "<="}:
        return -INFINITE, number
    if comparator in {">", ">="}:
        return number, INFINITE
    return number, number


def _range_amounts(value: dict[str, Json], keys: Keys) -> Amounts:
    low, high = value.get("low"), value.get("high")
    lower = _bounds(low) if isinstance(low, dict) else None
    upper = _bounds(high) if isinstance(high, dict) else None
    if lower is None and upper is None:
        return ()
    unit = low if lower is not None else high
    bounds = (lower[0] if lower else -INFINITE, upper[1] if upper else INFINITE)
    return _rows(unit if isinstance(unit, dict) else {}, bounds, keys)


def _rows(quantity: dict[str, Json], bounds: Bounds, keys: Keys) -> Amounts:
    system, code = text_of(quantity.get("system")), text_of(quantity.get("code"))
    currency = text_of(quantity.get("currency"))
    if currency:
        system, code = CURRENCY, currency
    base = _canonical(bounds, system, code)
    given = _unit_keys(system, code, text_of(quantity.get("unit")), keys, base is not None)
    rows = tuple((False, unit, *bounds) for unit in given)
    return rows if base is None else (*rows, (True, keys.unit("", base[0]), *base[1]))


def _unit_keys(
    system: str | None, code: str | None, unit: str | None, keys: Keys, in_ucum: bool,  # noqa: FBT001  private, and a fact of the row
) -> tuple[int, ...]:  # fmt: skip
    names = dict.fromkeys(("", name) for name in (code, unit) if name)
    if system and code and not in_ucum:
        names["", code] = None
        names[system, code] = None
    return tuple(keys.unit(*name) for name in names or {("", ""): None})


def _canonical(bounds: Bounds, system: str | None, code: str | None) -> tuple[str, Bounds] | None:
    if code is None:
        return None
    low, base = _in_base(bounds[0], system, code)
    if bounds[0] == bounds[1]:
        return None if base is None else (base, (low, low))
    high, other = _in_base(bounds[1], system, code)
    name = base or other
    return None if name is None or (base and other and base != other) else (name, (low, high))


def _in_base(bound: Decimal, system: str | None, code: str) -> tuple[Decimal, str | None]:
    if bound.is_infinite():
        return bound, None
    found = canonical_quantity(bound, system, code)
    return (bound, None) if found is None else found
