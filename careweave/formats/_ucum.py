"""Quantities in canonical base units, by a reader of UCUM codes."""

import re
from collections import Counter
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from functools import lru_cache
from math import lcm

from careweave.formats._ucum_units import PREFIXES, Atom, Unit, atoms, takes_prefix

_UCUM = "http://unitsofmeasure.org"
_TOKEN = re.compile(
    r"\{[\x21-\x7a\x7c\x7e ]*\}|(?:10[*^]|(?:[A-Za-z%_'\u00b5]|\[[^\]\s]*\])+)(?:[+-]?[0-9]+)?|[0-9]+|[./()]",
)
_POWER = re.compile(r"(10[*^]|.*?[^0-9+-])([+-]?[0-9]+)?")
# By the grammar `1.73` is 1 times 73. Nobody means that.
_FRACTION = re.compile(r"[0-9]\.[0-9]")
_ANNOTATION = re.compile(r"\{[^}]*\}")
_LONGEST, _DEEPEST, _LARGEST_POWER = 64, 8, 40
_ROUNDED = Context(prec=34)
_EXACT = Context(prec=2000, traps=[Inexact])
_UNREAD = "The code is not one that is read here."


def canonical_quantity(value: Decimal, system: str | None, code: str) -> tuple[Decimal, str] | None:
    """Returns the value in base units and the code of these; None where the unit cannot be read.

    Base codes name base units with their powers in order of the alphabet, as `g.m-3`; a plain
    number is `1`. Amounts of substance never turn into masses.
    """
    if system != _UCUM or len(code) > _LONGEST:
        return None
    scale = _scale(code)
    if scale is None:
        return None
    times, plus, over, name = scale
    return _ROUNDED.divide(_EXACT.fma(value, times, plus), over), name


@lru_cache(maxsize=2048)
def _scale(code: str) -> tuple[Decimal, Decimal, Decimal, str] | None:
    """Returns what turns a number into base units, and their code: (x * times + plus) / over.

    All three are whole, so that only the division rounds; fractions take ten times as long.
    """
    unit = _unit(code)
    if unit is None:
        return None
    over = lcm(unit.factor.denominator, unit.offset.denominator)
    whole = (unit.factor * over, unit.offset * over, Fraction(over))
    times, plus, below = (Decimal(part.numerator) for part in whole)
    return times, plus, below, _name(unit.dimensions)


def _name(dimensions: tuple[tuple[str, int], ...]) -> str:
    parts = [name if power == 1 else f"{name}{power}" for name, power in dimensions]
    return ".".join(parts) or "1"


def _unit(code: str) -> Unit | None:
    try:
        special = atoms().get(code)
        if isinstance(special, Unit):
            return special
        return _Reader(code).whole()
    except ValueError:
        return None


class _Reader:
    """Reads one term: `mmol/L`, `10*3/uL`, `kg.m/s2`, `mL/min/{1.73_m2}`."""

    def __init__(self, code: str) -> None:
        self._tokens = _TOKEN.findall(code)
        if "".join(self._tokens) != code or _FRACTION.search(_ANNOTATION.sub("", code)):
            raise ValueError(_UNREAD)
        self._at = 0

    def whole(self) -> Unit:
        unit = self._term(0)
        if self._at != len(self._tokens):
            raise ValueError(_UNREAD)
        return unit

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _term(self, depth: int) -> Unit:
        if depth > _DEEPEST:
            raise ValueError(_UNREAD)
        unit = Unit(Fraction(1)) if self._peek() == "/" else self._component(depth)
        while self._peek() in {".", "/"}:
            sign = 1 if self._next() == "." else -1
            unit = _times(unit, self._component(depth), sign)
        return unit

    def _component(self, depth: int) -> Unit:
        part = self._next()
        if part == "(":
            unit = self._term(depth + 1)
            if self._next() != ")":
                raise ValueError(_UNREAD)
        elif part.isdecimal() and int(part):
            unit = Unit(Fraction(int(part)))
        elif part.startswith("{"):
            return Unit(Fraction(1))
        else:
            unit = _powered(part)
        if self._peek().startswith("{"):
            self._at += 1
        return unit


def _powered(token: str) -> Unit:
    found = _POWER.fullmatch(token)
    if found is None:
        raise ValueError(_UNREAD)
    power = int(found[2] or 1)
    if abs(power) > _LARGEST_POWER:
        raise ValueError(_UNREAD)
    unit = _simple(found[1])
    return Unit(unit.factor**power, tuple((name, n * power) for name, n in unit.dimensions))


@lru_cache(maxsize=1024)
def _simple(name: str) -> Unit:
    if name in atoms():
        return _meaning(name)
    for size in (2, 1):
        prefix, rest = name[:size], name[size:]
        if prefix in PREFIXES and takes_prefix(rest):
            unit = _meaning(rest)
            return Unit(unit.factor * Fraction(10) ** PREFIXES[prefix], unit.dimensions)
    raise ValueError(_UNREAD)


def _meaning(name: str) -> Unit:
    atom = atoms()[name]
    if isinstance(atom, Atom):
        unit = _Reader(atom.per).whole()
        return Unit(unit.factor * Fraction(atom.factor), unit.dimensions)
    if atom.offset:
        # A temperature on a scale with an offset stands alone: there is no Cel per hour.
        raise ValueError(_UNREAD)
    return atom


def _times(left: Unit, right: Unit, sign: int) -> Unit:
    powers = Counter(dict(left.dimensions))
    for name, power in right.dimensions:
        powers[name] += sign * power
    dimensions = tuple(sorted((name, power) for name, power in powers.items() if power))
    return Unit(left.factor * right.factor**sign, dimensions)
