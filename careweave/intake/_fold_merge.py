"""How what a message says of an entry meets what is held of it.

Absent is unchanged, what is to be deleted is named, lists are whole unless their mapping says
otherwise. Source: reference/interop.md 6.1 (the rule of HL7 v2).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from careweave.formats import members
from careweave.intake._fold_lists import by_role, by_url, met
from careweave.sources import Mapped
from careweave.terms import Json

Value = dict[str, Json]
_APART = frozenset({"resourceType", "id", "meta"})
_OPEN = frozenset({"BackboneElement", "Period"})


def merged(held: Value, said: Mapped, at: datetime) -> Value:
    """Returns the elements of an entry after a message that tells of the moment `at`."""
    found = dict(held)
    for name, new in said.value.items():
        if name not in _APART:
            _make_room(found, said.type, name)
            found[name] = _together(found.get(name), new, name, said, at)
    for path in said.nulls:
        _delete(found, path.split("."))
    return {name: value for name, value in found.items() if value not in ([], {})}


def in_order(type_name: str, value: Value) -> Value:
    """Returns the elements in the order of R4, so that it does not tell in which order they came."""
    places = _places(type_name)
    last = len(places)
    return dict(sorted(value.items(), key=lambda item: places.get(item[0].lstrip("_"), last)))


def has_element(type_name: str, name: str) -> bool:
    """Says whether R4 gives this type an element of this name."""
    return name in members(type_name)


@cache
def _places(type_name: str) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(members(type_name))}


def _together(held: Json, said: Json, name: str, how: Mapped, at: datetime) -> Json:
    if isinstance(said, list):
        mode = how.lists.get(name)
        before = held if isinstance(held, list) else []
        if mode is not None:
            return met(mode, before, said, at=at, forces=how.forces_status)
        if name == "extension":
            return by_url(before, said)
        return by_role(before, said) if name == "participant" else said
    if isinstance(said, dict) and isinstance(held, dict) and name in _open(how.type):
        return {**held, **said}
    return said


@cache
def _open(type_name: str) -> frozenset[str]:
    """Returns the elements whose parts say something each by itself: any other is one value."""
    return frozenset(name for name, one in members(type_name).items() if one.type in _OPEN)


def _make_room(held: Value, type_name: str, name: str) -> None:
    """Takes away what the new value stands in for: the same choice in another type, its extras."""
    for other in _alternatives(type_name).get(name, ()):
        held.pop(other, None)
        held.pop(f"_{other}", None)
    held.pop(f"_{name}", None)


@cache
def _alternatives(type_name: str) -> Mapping[str, tuple[str, ...]]:
    by_choice: dict[str, list[str]] = {}
    for name, member in members(type_name).items():
        if member.element.is_choice:
            by_choice.setdefault(member.element.name, []).append(name)
    return {
        name: tuple(other for other in names if other != name)
        for names in by_choice.values()
        for name in names
    }


def _delete(held: Value, path: list[str]) -> None:
    """Deletes an element; what is deleted is copied first where it lies inside another."""
    name, *rest = path
    if not rest:
        held.pop(name, None)
        held.pop(f"_{name}", None)
    inner = held.get(name)
    if rest and isinstance(inner, dict):
        inner = dict(inner)
        _delete(inner, rest)
        held[name] = inner
