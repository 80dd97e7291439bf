"""Spreads a declared series into single facts: dialysis sessions, visits, routine care."""

from datetime import date, timedelta
from decimal import Decimal

from careweave.demonstration._calendar import DAY_0
from careweave.demonstration._dice import Dice
from careweave.demonstration._routine import routine
from careweave.terms import Json

Raw = dict[str, Json]


def spread(raw: Raw, dice: Dice) -> list[Raw]:
    """Returns the facts that one line of a file stands for.

    `repeat: {from: 2015-01-05, every: 2, times: 1700}` tells the same fact every so many days;
    a `value: [low, high]` is drawn for each. `routine: 40` stands for ordinary care.
    """
    if "routine" in raw:
        return routine(str(raw["kind"]), int(str(raw["routine"] or 0)), dice)
    repeat = raw.get("repeat")
    single = {name: value for name, value in raw.items() if name != "repeat"}
    if not isinstance(repeat, dict):
        return [_drawn(single, dice)]
    first = _first(repeat["from"])
    step, times = Decimal(str(repeat["every"])), int(str(repeat["times"]))
    days = (first + timedelta(int(step * turn)) for turn in range(times))
    return [_drawn({**single, "at": _on(day, repeat)}, dice) for day in days]


def _first(value: Json) -> date:
    text = str(value)
    return date.fromisoformat(text) if text.count("-") == 2 else DAY_0 + timedelta(int(text))


def _on(day: date, repeat: dict[str, Json]) -> str:
    clock = repeat.get("clock")
    return f"{day.isoformat()} {clock}" if clock else day.isoformat()


def _drawn(raw: Raw, dice: Dice) -> Raw:
    value = raw.get("value")
    if not isinstance(value, list):
        return raw
    low, high = (Decimal(str(one)) for one in value)
    places = max(0, -int(low.as_tuple().exponent)) if low.as_tuple().exponent != "F" else 0
    scale = Decimal(10) ** places
    drawn = Decimal(dice.between(int(low * scale), int(high * scale))) / scale
    return {**raw, "value": str(drawn)}
