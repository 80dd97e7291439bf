"""Rules of single cells: texts for nothing, decimal signs, day numbers, mangled identifiers."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from careweave.formats._csv_settings import CsvSettings, IdentifierRule

Mend = Callable[[str], str | None]
"""Gives a cell as it is kept, or None where the row must not be used."""

_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[Ee][+-]?[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:\.?[0-9]{3})*(?:,[0-9]+)?|[+-]?[0-9]*,[0-9]+")
_SERIAL = re.compile(r"[1-9][0-9]{4}")
_DAY_0 = date(1899, 12, 30)
"""Day 0 of a spreadsheet that counts 29 February 1900, as they all do from 1 March 1900 on."""


def mends(header: Sequence[str], settings: CsvSettings) -> tuple[tuple[int, Mend], ...]:
    """Returns what is done to which column, in order."""
    found: list[tuple[int, Mend]] = []
    for index, name in enumerate(header):
        if settings.nulls:
            found.append((index, _nothing(settings.nulls)))
        if settings.decimal == "," and name in settings.numbers:
            found.append((index, _with_point))
        if settings.has_serial_dates and name in settings.dates:
            found.append((index, _day))
        if name in settings.identifiers:
            found.append((index, _identifier(settings.identifiers[name])))
    return tuple(found)


def _nothing(nulls: frozenset[str]) -> Mend:
    def mend(cell: str) -> str:
        return "" if cell.strip() in nulls else cell

    return mend


def _with_point(cell: str) -> str:
    text = cell.strip()
    if not _NUMBER.fullmatch(text):
        return cell
    return text.replace(".", "").replace(",", ".")


def _day(cell: str) -> str:
    text = cell.strip()
    if not _SERIAL.fullmatch(text):
        return cell
    return (_DAY_0 + timedelta(days=int(text))).isoformat()


def _identifier(rule: IdentifierRule) -> Mend:
    def mend(cell: str) -> str | None:
        text = cell.strip()
        if _SCIENTIFIC.fullmatch(text):
            return None
        digits = text.replace(" ", "")
        if rule.length is None or not _DIGITS.fullmatch(digits) or len(digits) >= rule.length:
            return cell
        return digits.zfill(rule.length) if rule.is_padded else None

    return mend
