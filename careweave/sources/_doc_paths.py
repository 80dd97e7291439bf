"""Paths into rows and JSON documents, as closures."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from careweave.sources._scope import Get, Scope, Value

_STEP = re.compile(
    r"""\.(?P<name>[^\s.\[\]"=*]+)|\["(?P<quoted>[^"]+)"\]|\[(?P<index>[0-9]{1,5})\]|(?P<all>\[\*\])"""
    r"""|\[(?P<key>[A-Za-z_][\w-]*)=(?P<values>[^\]\[]*)\]"""
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step down: a member, an item by its number, all items, or the items that are like that."""

    name: str = ""
    index: int | None = None
    is_all: bool = False
    key: str = ""
    values: frozenset[str] = frozenset()


def steps_of(text: str) -> tuple[Step, ...] | None:
    """Returns the steps of `.a["b c"][0]`, None where it is not written so."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return None
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return Step(index=int(found["index"]))
    if found["key"] is not None:
        return Step(key=found["key"], values=frozenset(found["values"].split("|")))
    return Step(name=found["name"] or found["quoted"] or "", is_all=found["all"] is not None)


def row_cell(column: str, *, is_used: bool) -> Get:
    """Gives the cell of a row."""

    def get(scope: Scope) -> Value:
        row = scope.run.doc["row"]
        text = row.get(column)
        if not text:
            return None
        if is_used:
            scope.run.used.add((id(row), column))
        text = text.strip() if type(text) is str else _plain(text)
        return text or None

    return get


Found = Sequence[tuple[Any, str | int, Any]]
"""What a path leads to: the holder, the name or number in it, and the value."""


def document(scope: Scope) -> Any:  # noqa: ANN401  any JSON value
    """Returns the whole document."""
    return scope.run.doc


def item(scope: Scope) -> Any:  # noqa: ANN401  any JSON value
    """Returns what a loop is at."""
    return scope.it


def doc_value(start: Callable[[Scope], Any], steps: tuple[Step, ...], *, is_used: bool) -> Get:
    """Gives the single value that a path leads to; of several, all of them as a list."""
    is_many = any(step.is_all for step in steps)

    def get(scope: Scope) -> Value:
        found = _walk([(None, "", start(scope))], steps)
        if is_used:
            scope.run.used.update((id(holder), name) for holder, name, _ in found)
        values = [value for _, _, one in found if (value := _plain(one)) is not None]
        if is_many:
            return values or None
        return values[0] if values else None

    return get


def doc_items(
    start: Callable[[Scope], Any], steps: tuple[Step, ...], *, is_used: bool
) -> Callable[[Scope], list[Any]]:
    """Gives the items of a loop: those of a list, or the one value that is no list."""

    def get(scope: Scope) -> list[Any]:
        items: list[Any] = []
        for holder, name, value in _walk([(None, "", start(scope))], steps):
            inside = value if isinstance(value, list) else [value]
            items += (one for one in inside if one not in (None, "", [], {}))
            if is_used:
                _mark(scope, holder, name, value)
        return items

    return get


def _mark(scope: Scope, holder: Any, name: str | int, value: Any) -> None:  # noqa: ANN401
    # The single values of a loop are used by it; of an object, what its paths name.
    if isinstance(value, list):
        singles = (i for i, one in enumerate(value) if not isinstance(one, dict | list))
        scope.run.used.update((id(value), i) for i in singles)
    elif not isinstance(value, dict):
        scope.run.used.add((id(holder), name))


def _walk(found: Found, steps: tuple[Step, ...]) -> Found:
    for step in steps:
        found = [down for _, _, value in found for down in _down(value, step)]
    return [one for one in found if one[2] is not None]


def _down(value: Any, step: Step) -> Found:  # noqa: ANN401  any JSON value
    if isinstance(value, dict):
        return [(value, step.name, value[step.name])] if step.name in value else []
    if not isinstance(value, list) or step.name:
        return []
    if step.index is not None:
        within = step.index < len(value)
        return [(value, step.index, value[step.index])] if within else []
    if step.is_all:
        return [(value, i, one) for i, one in enumerate(value)]
    return [(value, i, one) for i, one in enumerate(value) if _is_like(one, step)][:1]


def _is_like(one: Any, step: Step) -> bool:  # noqa: ANN401  any JSON value
    return isinstance(one, dict) and str(one.get(step.key, "")) in step.values


def _plain(value: Any) -> Value:  # noqa: ANN401  any JSON value
    # A path leads to single values; what is inside of an object is named by a longer path.
    if isinstance(value, str):
        return value.strip() or None
    return None if isinstance(value, dict | list) else value
