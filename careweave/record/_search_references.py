"""The references that a row makes by one of its type's parameters."""

import json
from collections.abc import Iterable, Iterator
from typing import cast

from careweave.record._nodes import Parameter
from careweave.record._parameters import Filter, definitions
from careweave.record._references import CONTAINED, FOREIGN, literal
from careweave.record._row import Row
from careweave.terms import Json

Ref = tuple[str, str]
"""Type and id of what is referred to."""


def value_of(row: Row) -> dict[str, Json]:
    """Returns the parsed body of a row."""
    return cast("dict[str, Json]", json.loads(row.body or b"{}"))


def references_of(value: dict[str, Json], parameter: Parameter) -> list[Ref]:
    """Returns the types and ids that a resource refers to by a parameter of its type."""
    table = definitions(parameter.type)
    names = (parameter.name, *table[parameter.name].union)
    found = (
        ref
        for name in names
        for way in table[name].ways
        for end in _ends(value, way.steps)
        for ref in _read(end, way.is_type)
    )
    return list(dict.fromkeys(found))


def _ends(value: Json, steps: tuple[tuple[str, Filter], ...]) -> Iterator[Json]:
    """Yields what lies at the end of the steps, lists opened on the way."""
    if not steps:
        yield value
        return
    (name, condition), *rest = steps
    child = value.get(name) if isinstance(value, dict) else None
    for item in _kept(child, condition):
        yield from _ends(item, tuple(rest))


def _kept(child: Json, condition: Filter) -> Iterable[Json]:
    items = child if isinstance(child, list) else [] if child is None else [child]
    if condition is None:
        return items
    element, wanted = condition
    if element == "":
        return items[:1]
    return [item for item in items if isinstance(item, dict) and item.get(element) == wanted]


def _read(end: Json, is_type: str | None) -> Iterator[Ref]:
    text = end.get("reference") if isinstance(end, dict) else end
    if not isinstance(text, str):
        return
    kind, id_ = literal(text.partition("|")[0])
    if kind not in {CONTAINED, FOREIGN} and is_type in {None, kind}:
        yield kind, id_
