"""Objects and lists put together of what is there.

Most of what a mapping names is empty in most messages. The members that read one and the same
segment, or the item of a loop, are told by one look which of them to run: see `_strict`.
"""

import copy
import marshal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from careweave.formats import NULL
from careweave.sources._reading import Head
from careweave.sources._scope import Get, Item, Run, Scope, Value
from careweave.sources._strict import guarded

Guard = tuple[str, int]
"""A segment, or "@" for the item of a loop, and the fields of it as bits."""

_ALWAYS = 1
"""Bit 0: the name of a segment, which is always there."""

Fill = Callable[[Scope], int]


@dataclass(frozen=True, slots=True)
class Part:
    """A member of an object, or an item of a list; `guard` is None where it must be run always."""

    name: str
    get: Get
    is_constant: bool
    guard: Guard | None
    is_path: bool = False


def _fill_of(parts: list[Part]) -> tuple[str, Fill | None]:
    """Returns what most parts read, and what tells which of its fields hold anything."""
    found = Counter(part.guard[0] for part in parts if part.guard is not None)
    name, n_parts = found.most_common(1)[0] if found else ("", 0)
    # One look for one part is no saving: the part looks itself.
    if n_parts < 2:
        return "", None
    return name, _item_fill if name == "@" else _line_fill(name)


def _item_fill(scope: Scope) -> int:
    item = scope.it
    return item.filled if type(item) is Item else -1


def _line_fill(name: str) -> Fill:
    def fill(scope: Scope) -> int:
        line = scope.first.get(name)
        if line is None:
            return _ALWAYS
        filled = line.filled
        return filled if filled >= 0 else line.fill()

    return fill


def _masked(part: Part, name: str) -> tuple[str, Get, int]:
    if part.guard is None:
        return part.name, part.get, _ALWAYS
    if part.guard[0] == name:
        return part.name, part.get, part.guard[1]
    if part.is_path:
        return part.name, part.get, _ALWAYS
    return part.name, guarded(part.get, {part.guard[0]: part.guard[1]}), _ALWAYS


def object_of(parts: list[Part]) -> Get:
    """Returns what builds an object; with constants alone of what is not empty it gives nothing."""
    constants = [part for part in parts if part.is_constant]
    least = len(constants) if len(constants) < len(parts) else -1
    computed = frozenset(part.name for part in parts if not part.is_constant)
    build = _builder(parts, least)
    if not constants or least < 0:
        return build

    def with_constants(scope: Scope) -> Value:
        made = build(scope)
        if made is not None and scope.run.has_nulls and isinstance(made, dict):
            held = [made[name] for name in made if name in computed]
            return NULL if all(value is NULL for value in held) else made
        return made

    return with_constants


def _builder(parts: list[Part], least: int) -> Get:
    name, fill = _fill_of(parts)
    gets = [_masked(part, name) for part in parts]
    if fill is None:
        return _all_builder(parts, [(name, get) for name, get, _ in gets], least)
    return _line_builder(gets, least, name) if name != "@" else _item_builder(gets, least)


# Three times the same loop: a call in it for each object would be a tenth of the whole time.
def _all_builder(parts: list[Part], gets: list[tuple[str, Get]], least: int) -> Get:
    first = _first_constants(parts)
    gets = gets[len(first) :]

    def build(scope: Scope) -> Value:
        made = first.copy()
        for name, get in gets:
            value = get(scope)
            if value is not None:
                made[name] = value
        return made if len(made) > least else None

    return build


def _first_constants(parts: list[Part]) -> dict[str, Value]:
    """Returns the single constants that an object begins with, as most do: its system, its kind."""
    made: dict[str, Value] = {}
    for part in parts:
        value = part.get(_nowhere()) if part.is_constant else None
        if value is None or isinstance(value, dict | list):
            break
        made[part.name] = value
    return made


def _nowhere() -> Scope:
    return Scope(Run(Head()), {}, {})


def _line_builder(gets: list[tuple[str, Get, int]], least: int, segment: str) -> Get:
    def build(scope: Scope) -> Value:
        line = scope.first.get(segment)
        filled = _ALWAYS if line is None else line.filled if line.filled >= 0 else line.fill()
        made = {}
        for name, get, mask in gets:
            if filled & mask:
                value = get(scope)
                if value is not None:
                    made[name] = value
        return made if len(made) > least else None

    return build


def _item_builder(gets: list[tuple[str, Get, int]], least: int) -> Get:
    def build(scope: Scope) -> Value:
        item = scope.it
        filled = item.filled if type(item) is Item else -1
        made = {}
        for name, get, mask in gets:
            if filled & mask:
                value = get(scope)
                if value is not None:
                    made[name] = value
        return made if len(made) > least else None

    return build


def identified(parts: list[Part], needed: str) -> Get:
    """Returns what builds an object that is nothing without one of its members."""
    build = _builder(parts, 0)

    def get(scope: Scope) -> Value:
        made = build(scope)
        if not isinstance(made, dict) or needed not in made:
            return None
        return NULL if made[needed] is NULL else made

    return get


def list_of(parts: list[Part]) -> Get:
    """Returns what builds a list; a list in it is spread out."""
    if len(parts) == 1 and parts[0].guard is None:
        return one_item(parts[0].get)
    name, fill = _fill_of(parts)
    gets = [_masked(part, name)[1:] for part in parts]

    def items(scope: Scope) -> Value:
        filled = fill(scope) if fill is not None else _ALWAYS
        found: list[Value] = []
        for get, mask in gets:
            if filled & mask:
                value = get(scope)
                if type(value) is list:
                    found += value
                elif value is not None:
                    found.append(value)
        return found or None

    return items


def fresh(get: Get) -> Get:
    """Returns what gives a constant object or list, a new one each time: it may be changed."""
    value: Any = get(_nowhere())
    try:
        # Read anew from its bytes: ten times as fast as a copy made level by level.
        data = marshal.dumps(value)
    except ValueError:
        return lambda _scope: copy.deepcopy(value)
    return lambda _scope: marshal.loads(data)  # noqa: S302  bytes that were made a line above


def one_item(get: Get) -> Get:
    """Returns what makes a list of a single value."""

    def one(scope: Scope) -> Value:
        value = get(scope)
        return [value] if value is not None and type(value) is not list else value

    return one


def first_of(parts: list[Part]) -> Get:
    """Returns what gives the first part that is not empty; of a list its first item."""
    name_of, fill = _fill_of(parts)
    gets = [_masked(part, name_of)[1:] for part in parts]

    if name_of not in {"", "@"}:
        return _first_in_line(gets, name_of)

    def first(scope: Scope) -> Value:
        filled = fill(scope) if fill is not None else _ALWAYS
        for get, mask in gets:
            if filled & mask:
                value = get(scope)
                if type(value) is list:
                    value = next((item for item in value if item is not NULL), None)
                # Two quotation marks say something: they win like any other value.
                if value is not None:
                    return value
        return None

    return first


def _first_in_line(gets: list[tuple[Get, int]], segment: str) -> Get:
    def first(scope: Scope) -> Value:
        line = scope.first.get(segment)
        filled = _ALWAYS if line is None else line.filled if line.filled >= 0 else line.fill()
        for get, mask in gets:
            if filled & mask:
                value = get(scope)
                if type(value) is list:
                    value = next((item for item in value if item is not NULL), None)
                if value is not None:
                    return value
        return None

    return first
