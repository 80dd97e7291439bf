"""The walk over a resource that gathers its search values, each element once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from careweave.record._parameters import Filter
from careweave.terms import Json


@dataclass(slots=True)
class Gathered:
    """The search values found so far."""

    code: int | None = None
    low: datetime | None = None
    high: datetime | None = None
    tok: list[int] = field(default_factory=list)
    posted: list[int] = field(default_factory=list)
    strings: list[tuple[int, str]] = field(default_factory=list)
    dates: list[tuple[int, datetime, datetime]] = field(default_factory=list)
    quantities: list[tuple[int, int, Decimal, Decimal]] = field(default_factory=list)


Handler = Callable[[Json, Gathered], None]
"""Takes one value of an element."""


class Tree:
    """Elements by name, each with its handlers and the tree below it."""

    __slots__ = ("branches", "handlers")

    def __init__(self) -> None:
        self.branches: dict[str, dict[Filter, Tree]] = {}
        self.handlers: list[Handler] = []

    def at(self, steps: Iterable[tuple[str, Filter]]) -> "Tree":
        """Returns the tree at the end of the steps, grown where needed."""
        tree = self
        for name, condition in steps:
            tree = tree.branches.setdefault(name, {}).setdefault(condition, Tree())
        return tree

    def walker(self) -> Handler:
        """Returns one function that takes a value through all handlers and all branches."""
        handlers = list(self.handlers)
        if self.branches:
            handlers.append(_descender(self._steps()))
        return handlers[0] if len(handlers) == 1 else _sequence(tuple(handlers))

    def _steps(self) -> dict[str, Handler]:
        return {name: _branch(trees) for name, trees in self.branches.items()}


def _sequence(handlers: tuple[Handler, ...]) -> Handler:
    def each(value: Json, out: Gathered) -> None:
        for handler in handlers:
            handler(value, out)

    return each


def _descender(steps: dict[str, Handler]) -> Handler:
    get = steps.get

    def descend(value: Json, out: Gathered) -> None:
        if not isinstance(value, dict):
            return
        for name, item in value.items():
            handler = get(name)
            if handler is None:
                continue
            handler(item, out)

    return descend


def _branch(trees: dict[Filter, Tree]) -> Handler:
    parts = tuple(_elementwise(tree.walker(), condition) for condition, tree in trees.items())
    return parts[0] if len(parts) == 1 else _sequence(parts)


def _elementwise(handler: Handler, condition: Filter) -> Handler:
    if condition is None:
        return _all_of(handler)
    name, wanted = condition
    return _first_of(handler) if not name else _those_with(handler, name, wanted)


def _all_of(handler: Handler) -> Handler:
    def take(value: Json, out: Gathered) -> None:
        if type(value) is list:
            for item in value:
                handler(item, out)
        else:
            handler(value, out)

    return take


def _first_of(handler: Handler) -> Handler:
    def take(value: Json, out: Gathered) -> None:
        if isinstance(value, list) and value:
            handler(value[0], out)

    return take


def _those_with(handler: Handler, name: str, wanted: str) -> Handler:
    def take(value: Json, out: Gathered) -> None:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and item.get(name) == wanted:
                handler(item, out)

    return take
