"""Numbers of HL7 v2 as text with their digits kept: 0.10 stays 0.10."""

import re
from dataclasses import dataclass

_SIGNED = r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})"
_NM = re.compile(rf"(?P<comparator><=|>=|<|>)? ?(?P<value>{_SIGNED})")
_is_number = re.compile(_SIGNED).fullmatch
_COMPARATORS = {"<", "<=", ">", ">="}
_BETWEEN = {"-", ":", "/", "+", "."}


@dataclass(frozen=True, slots=True)
class Hl7Number:
    """A number as FHIR may write it, with what stood before and behind it.

    `comparator` is <, <=, > or >=, or empty. `between` and `second` are of a structured numeric:
    ":" or "/" a ratio, "-" a range, "+" a category ("3+"), which has no second number.
    """

    value: str
    comparator: str = ""
    between: str = ""
    second: str = ""


def hl7_number(text: str) -> Hl7Number | None:
    """Returns the number of an NM value, "<5" too; None where it is none ("haemolysed").

    Source: HL7 v2.5.1, 2.A.47 (NM); `reference/interop.md` 2.4.
    """
    found = _NM.fullmatch(text.strip())
    if found is None:
        return None
    return Hl7Number(_plain(found["value"]), found["comparator"] or "")


def hl7_structured(
    comparator: str, first: str, between: str = "", second: str = ""
) -> Hl7Number | None:
    """Returns the number of the four components of an SN value; None where they make none.

    ">", "90" is a value with a comparator, "1", ":", "128" a ratio, "3", "-", "5" a range. A "="
    says nothing; "<>" has no meaning in FHIR. Source: HL7 v2.5.1, 2.A.71 (SN).
    """
    comparator, first, between, second = (
        part.strip() for part in (comparator, first, between, second)
    )
    if comparator == "=":
        comparator = ""
    if (comparator and comparator not in _COMPARATORS) or not _is_number(first):
        return None
    if not between and not second:
        return Hl7Number(_plain(first), comparator)
    if between not in _BETWEEN or (second and not _is_number(second)):
        return None
    return Hl7Number(_plain(first), comparator, between, _plain(second) if second else "")


def _plain(text: str) -> str:
    """Returns the digits as JSON writes them: no plus, no bare point, no leading zeros."""
    sign = "-" if text[0] == "-" else ""
    whole, _, part = text.lstrip("+-").partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{f'.{part}' if part else ''}"
