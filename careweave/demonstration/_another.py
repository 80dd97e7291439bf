"""Turns the named people into others: new names, dates, numbers and doses, the same traps.

Every change keeps what a trap is made of. Letters move only within their Soundex class, so that
names that sound alike still do; the digits of all numbers move by the same steps, so that the
twins' still differ in two; all old dates of a family move together, so that nobody changes places.
Source: reference/people.md 11.6.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from careweave.demonstration._calendar import DAY_0
from careweave.demonstration._dice import Dice
from careweave.demonstration._numbers import check_digit
from careweave.terms import Incorrect, Json

Raw = dict[str, Json]

_CLASSES = ("bfpv", "cgjkqsxz", "dt", "mn", "aeiou")
_NAMED = frozenset({"name", "as", "renamed", "contact", "neighbour"})
_DOSED = frozenset({"dose"})
_DATED = frozenset({"at", "ended", "from", "born", "sent", "known", "review", "decided"})
_STILL = timedelta(days=14)
_NO_NUMBER = 10
_TRIES = 5000


def vary(people: list[Raw], seed: str) -> list[Raw]:
    """Returns the same people under another seed."""
    letters = _letters(Dice(seed, "letters"))
    numbers = _numbers(people, seed)
    return [_Varied(seed, letters, numbers, raw).person() for raw in people]


def _letters(dice: Dice) -> dict[int, str]:
    table: dict[int, str] = {}
    for letters in _CLASSES:
        turn = dice.between(1, len(letters) - 1)
        moved = letters[turn:] + letters[:turn]
        table |= {ord(a): b for a, b in zip(letters, moved, strict=True)}
        table |= {ord(a): b for a, b in zip(letters.upper(), moved.upper(), strict=True)}
    return table


def _numbers(people: list[Raw], seed: str) -> dict[str, str]:
    found = {text for raw in people for text in re.findall(r"\b999\d{7}\b", repr(raw))}
    for turn in range(_TRIES):
        dice = Dice(seed, "numbers", turn)
        steps = [dice.below(10) for _ in range(5)]
        moved = {one: _moved(one, steps) for one in sorted(found)}
        if "" not in moved.values():
            return moved
    message = "No set of numbers could be made from this seed; take another."
    raise Incorrect(message)


def _moved(number: str, steps: list[int]) -> str:
    """Returns a number with digits moved; empty where none exists.

    The first digits stay: they keep named people, their later numbers and background apart.
    """
    kept = 6 if number.startswith("9997") else 4
    moved = zip(number[kept:9], steps[kept - 4 :], strict=True)
    stem = number[:kept] + "".join(str((int(a) + b) % 10) for a, b in moved)
    digit = check_digit(stem)
    if digit == _NO_NUMBER:
        return ""
    # A planted wrong check digit stays wrong.
    wrong = (int(number[9]) - check_digit(number[:9])) % 10
    return f"{stem}{(digit + wrong) % 10}"


class _Varied:
    """One person on the way into another."""

    def __init__(
        self, seed: str, letters: dict[int, str], numbers: dict[str, str], raw: Raw
    ) -> None:
        self._letters, self._numbers, self._raw = letters, numbers, raw
        dice = Dice(seed, "family", raw.get("family", raw["key"]))
        self._back = timedelta(days=dice.between(1, 20))
        self._phone = Dice(seed, "phones").between(1, 999)
        self._factors = Dice(seed, "doses").between(2, 5)

    def person(self) -> Raw:
        """Returns the other person."""
        return {name: self._member(name, value) for name, value in self._raw.items()}

    def _member(self, name: str, value: Json) -> Json:
        change = self._change(name)
        if isinstance(value, dict):
            return {inner: self._member(inner, one) for inner, one in value.items()}
        if isinstance(value, list) and not all(isinstance(one, str) for one in value):
            return [self._member(name, one) for one in value]
        if isinstance(value, list):
            return [change(str(one)) for one in value]
        if value is None or isinstance(value, bool):
            return value
        text = change(str(value))
        return type(value)(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text

    def _change(self, name: str) -> Callable[[str], str]:
        if name in _NAMED:
            return lambda text: text.translate(self._letters)
        if name in _DOSED:
            return self._dosed
        if name in _DATED:
            return self._born if name == "born" else self._dated
        return self._numbered

    def _numbered(self, text: str) -> str:
        text = re.sub(r"\b999\d{7}\b", lambda found: self._numbers[found[0]], text)
        return re.sub(r"\b(01632 960|07700 900)(\d{3})\b", self._phoned, text)

    def _phoned(self, found: re.Match[str]) -> str:
        return f"{found[1]}{(int(found[2]) + self._phone) % 1000:03d}"

    def _dosed(self, text: str) -> str:
        def more(found: re.Match[str]) -> str:
            return f"{Decimal(found[0]) * self._factors}"

        return re.sub(r"\d+(?:\.\d+)?", more, text)

    def _born(self, text: str) -> str:
        born = date.fromisoformat(text)
        if self._raw.get("keeps_birth"):
            return text
        if (born.month, born.day) == (1, 1):
            return born.replace(year=born.year - 1).isoformat()
        return (born - self._back).isoformat()

    def _dated(self, text: str) -> str:
        day, blank, clock = text.partition(" ")
        if re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            on = date.fromisoformat(day)
            return text if on > DAY_0 - _STILL else f"{on - self._back}{blank}{clock}"
        if re.fullmatch(r"-\d+", day) and int(day) < -_STILL.days:
            return f"{int(day) - self._back.days}{blank}{clock}"
        return text
