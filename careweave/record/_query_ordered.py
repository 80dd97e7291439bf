"""Conditions on dates, numbers and quantities."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from careweave.formats import canonical_quantity, date_range, number_range
from careweave.record._live import ALWAYS, NEVER
from careweave.record._nodes import (
    Amount,
    AnyOf,
    HasAmount,
    HasDate,
    Kind,
    Moment,
    Place,
    Predicate,
    Prefix,
)
from careweave.record._query_terms import Asked, plain, prefixed, split
from careweave.record._values import CURRENCY, UCUM
from careweave.terms import Incorrect

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
# A plus that nobody encoded arrives as a blank.
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})")
_TENTH = Decimal("0.1")
_ONE_DAY = timedelta(days=1)


def date_node(asked: Asked) -> Predicate:
    """Returns the node of a date. Source: FHIR R4 4.0.1, search.html 3.1.1.4.7."""
    if asked.modifier is not None:
        asked.refuse_modifier()
    moments = tuple(_moment(asked, plain(text)) for text in asked.values)
    place = asked.parameter.place
    if asked.parts or place is Place.RANGE or asked.parameter.kind is Kind.COMPOSITE:
        return HasDate(asked.key(), moments)
    return HasDate(None, moments, updated=place is Place.UPDATED)


def _moment(asked: Asked, text: str) -> Moment:
    prefix, rest = prefixed(asked, text)
    try:
        low, high = date_range(_LOST_PLUS.sub(r"\1+\2", rest), asked.setting.zone)
    except Incorrect as fault:
        asked.refuse(fault.message)
    if prefix is Prefix.AP:
        low, high = _widened(low, high, asked.setting.now)
    return Moment(prefix, low, high)


def _widened(low: datetime, high: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Widens by a tenth of the distance to now, at least a day. Source: `store.md` 4.2."""
    distance = max(low - now, now - high, timedelta(0))
    by = max(distance / 10, _ONE_DAY)
    return (
        low - by if low - NEVER > by else NEVER,
        high + by if ALWAYS - high > by else ALWAYS,
    )


def number_node(asked: Asked) -> Predicate:
    """Returns the node of a number. Source: FHIR R4 4.0.1, search.html 3.1.1.4.6."""
    if asked.modifier is not None:
        asked.refuse_modifier()
    amounts = tuple(_amount(asked, *prefixed(asked, plain(text))) for text in asked.values)
    return HasAmount(asked.key(), amounts)


def _amount(asked: Asked, prefix: Prefix, text: str) -> Amount:
    if not _NUMBER.fullmatch(text):
        asked.refuse("A number is written with digits, a point and perhaps an exponent.")
    exact = Decimal(text)
    try:
        low, high = number_range(text)
    except Incorrect as fault:
        asked.refuse(fault.message)
    if prefix is Prefix.AP:
        low, high = exact - abs(exact) * _TENTH, exact + abs(exact) * _TENTH
    return Amount(prefix, low, high, exact)


def quantity_node(asked: Asked) -> Predicate:
    """Returns the node of a quantity. Source: FHIR R4 4.0.1, search.html 3.1.1.4.14.

    What is asked in UCUM is compared in base units; any other unit as it was given.
    """
    if asked.modifier is not None:
        asked.refuse_modifier()
    found: dict[int, list[Amount]] = {}
    for text in asked.values:
        key, amount = _measure(asked, text)
        found.setdefault(key, []).append(amount)
    nodes = tuple(HasAmount(key, tuple(amounts)) for key, amounts in found.items())
    return nodes[0] if len(nodes) == 1 else AnyOf(nodes)


def _measure(asked: Asked, text: str) -> tuple[int, Amount]:
    number, *unit = [plain(part) for part in split(text, "|")]
    amount = _amount(asked, *prefixed(asked, number))
    if not unit:
        return asked.key(), amount
    system, code = _unit(asked, unit)
    based = _based(amount, system, code) if system == UCUM else None
    if based is not None:
        base, low, high, exact = based
        units = (asked.setting.keys.unit("", base),)
        return asked.key("ucum"), Amount(amount.prefix, low, high, exact, units)
    units = (asked.setting.keys.unit(system, code),)
    return asked.key(), Amount(amount.prefix, amount.low, amount.high, amount.exact, units)


def _unit(asked: Asked, unit: list[str]) -> tuple[str, str]:
    money = any(way.leaf == "Money" for way in asked.definition.ways)
    if money and len(unit) == 1:
        unit = [CURRENCY, *unit]
    if len(unit) != 2 or not unit[1]:
        asked.refuse("A quantity is written number, number|system|code or number||unit.")
    return unit[0], unit[1]


def _based(amount: Amount, system: str, code: str) -> tuple[str, Decimal, Decimal, Decimal] | None:
    ends = [canonical_quantity(n, system, code) for n in (amount.low, amount.high, amount.exact)]
    low, high, exact = ends
    if low is None or high is None or exact is None:
        return None
    return exact[1], low[0], high[0], exact[0]
