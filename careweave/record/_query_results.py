"""The parameters that shape the answer: order, size, total, summary and what comes along."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from careweave.record._keys import Keys
from careweave.record._nodes import Include, Kind, Parameter, Place, Sort, Summary, Total
from careweave.record._parameters import PHONETIC, definitions, parameters
from careweave.record._types import all_types, is_type
from careweave.terms import Incorrect

MOST_COUNT = 500
MOST_SORT_KEYS = 3
_ONCE = frozenset({"_sort", "_count", "_total", "_summary", "_elements", "_cursor"})
_INCLUDES = frozenset({"_include", "_revinclude", "_include:iterate", "_revinclude:iterate"})
CONTROLS = _ONCE | _INCLUDES
_SORTABLE = frozenset(
    {Place.ID, Place.UPDATED, Place.DATE, Place.STRING, Place.RANGE, Place.QUANTITY}
)
_INDEXED = frozenset({Place.STRING, Place.RANGE, Place.QUANTITY})
_NOT_LED = frozenset({Place.NONE, Place.LIST})


@dataclass(slots=True)
class Results:
    """The controls found so far, as `Search` takes them."""

    type: str
    keys: Keys
    seen: set[str] = field(default_factory=set)
    sort: tuple[Sort, ...] = ()
    count: int = 20
    total: Total = Total.NONE
    summary: Summary = Summary.FALSE
    elements: tuple[str, ...] = ()
    includes: dict[Include, None] = field(default_factory=dict)
    cursor: str | None = None

    def take(self, name: str, value: str) -> None:
        """Takes one control, or raises Incorrect that names it."""
        if not value:
            raise Incorrect("The value is empty.", where=name)
        if name in _ONCE and name in self.seen:
            raise Incorrect("This parameter is given more than once.", where=name)
        self.seen.add(name)
        if name in _INCLUDES:
            self._include(name, value)
        else:
            self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        match name:
            case "_sort":
                self.sort = _sort(self.type, value, self.keys)
            case "_count":
                self._count(value)
            case "_total":
                self.total = Total(_one_of(name, value, [t.value for t in Total]))
            case "_summary":
                self.summary = Summary(_one_of(name, value, [s.value for s in Summary]))
            case "_elements":
                self.elements = _elements(value)
            case _:
                self.cursor = value

    def _count(self, value: str) -> None:
        if not (value.isascii() and value.isdecimal()) or len(value) > 9:
            raise Incorrect("The value is a whole number, 0 or more.", where="_count")
        # A server may always give fewer than asked; the self link says how many. Clients that
        # page by themselves ask for 1,000. Source: FHIR R4 4.0.1, search.html 3.1.1.5.1.
        self.count = min(int(value), MOST_COUNT)

    def _include(self, name: str, value: str) -> None:
        base, _, iterate = name.partition(":")
        reverse = base == "_revinclude"
        for include in _includes(self.type, name, value, reverse=reverse):
            wanted = Include(
                include.source, include.parameter, include.target, bool(iterate), reverse
            )
            self.includes[wanted] = None


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value not in allowed:
        raise Incorrect(f"The value is one of {', '.join(allowed)}.", where=name)
    return value


def _elements(value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    if not all(part.isidentifier() for name in names for part in name.split(".")):
        raise Incorrect("The value is a list of elements with commas.", where="_elements")
    return names


def _sort(type_name: str, value: str, keys: Keys) -> tuple[Sort, ...]:
    names = value.split(",")
    if len(names) > MOST_SORT_KEYS:
        raise Incorrect(f"There are at most {MOST_SORT_KEYS} sort keys.", where="_sort")
    return tuple(_sort_key(type_name, name, keys) for name in names)


def _sort_key(type_name: str, name: str, keys: Keys) -> Sort:
    bare = name.removeprefix("-")
    definition = definitions(type_name).get(bare)
    if (
        definition is None
        or definition.union
        or bare == PHONETIC
        or definition.parameter.kind is Kind.COMPOSITE
        or definition.parameter.place not in _SORTABLE
    ):
        message = "Sorting by this parameter is not supported."
        raise Incorrect(message, where="_sort", code="not-supported")
    place = definition.parameter.place
    key = keys.of(type_name, bare) if place in _INDEXED else None
    return Sort(bare, place, name != bare, key)


def _refuse(name: str, message: str) -> NoReturn:
    raise Incorrect(message, where=name, code="not-supported")


def _includes(type_name: str, given: str, value: str, *, reverse: bool) -> list[Include]:
    """Returns what is to come along. Source: FHIR R4 4.0.1, search.html 3.1.1.5.6."""
    parts = value.split(":")
    if len(parts) > 3 or not all(parts):
        raise Incorrect("It is written Type:parameter or Type:parameter:Target.", where=given)
    target = parts[2] if len(parts) == 3 else None
    if parts == ["*"]:
        parts = ["*", "*"] if reverse else [type_name, "*"]
    if len(parts) < 2 or (parts[0] != "*" and not is_type(parts[0])):
        _refuse(given, "This type is not known.")
    iterate = given.endswith(":iterate")
    found = list(_found(parts[0], parts[1], target))
    if not iterate:
        found = [one for one in found if _starts_at(type_name, one, reverse=reverse)]
    if not found:
        _refuse(given, "No such reference leads there.")
    return found


def _found(source: str, name: str, target: str | None) -> Iterator[Include]:
    for type_name in all_types() if source == "*" else (source,):
        for parameter in _references(type_name, name):
            if target is None or target in parameter.targets:
                yield Include(type_name, parameter, target, iterate=False, reverse=False)


def _starts_at(type_name: str, include: Include, *, reverse: bool) -> bool:
    if not reverse:
        return include.source == type_name
    return type_name in ((include.target,) if include.target else include.parameter.targets)


def _references(type_name: str, name: str) -> Iterator[Parameter]:
    for parameter in parameters(type_name).values():
        led = parameter.kind is Kind.REFERENCE and parameter.place not in _NOT_LED
        if led and name in {"*", parameter.name}:
            yield parameter
