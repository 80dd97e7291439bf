"""The R4 table of elements and required codes, read once from the packaged file."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from careweave.terms import NotFound

_REQUIRED, _MANY, _SUMMARY, _MODIFIER, _CHOICE, _ATTRIBUTE = 1, 2, 4, 8, 16, 32
_NO_SHAPE = frozenset({"BackboneElement", "Element"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an R4 type or backbone, as the specification defines it.

    `shape` is where its own elements stand: a type, or a path such as Observation.component; for a
    choice and for a primitive it is empty. `binding` is the value set of a required binding.
    """

    name: str
    path: str
    types: tuple[str, ...]
    shape: str
    binding: str
    targets: tuple[str, ...]
    is_required: bool
    is_many: bool
    is_summary: bool
    is_modifier: bool
    is_choice: bool
    is_attribute: bool


@dataclass(frozen=True, slots=True)
class Member:
    """An element under the name that it has in JSON, with the one type that the name says."""

    name: str
    element: Element
    type: str
    shape: str
    is_primitive: bool


@cache
def _table() -> Mapping[str, Any]:
    data = (files("careweave.formats") / "_definitions" / "elements.json.gz").read_bytes()
    table: dict[str, Any] = json.loads(gzip.decompress(data))
    return MappingProxyType(table)


@cache
def known_types() -> tuple[str, ...]:
    """Returns the names of the R4 resource types, sorted."""
    return tuple(_table()["types"])


@cache
def _type_names() -> frozenset[str]:
    return frozenset(known_types())


def is_type(name: str) -> bool:
    """Says whether this is the name of an R4 resource type."""
    return name in _type_names()


@cache
def primitives() -> frozenset[str]:
    """Returns the names of the primitive types."""
    return frozenset(_table()["primitives"])


def has_shape(name: str) -> bool:
    """Says whether the table has this type or backbone."""
    return name in _table()["shapes"]


@cache
def elements(name: str) -> tuple[Element, ...]:
    """Returns the elements of a type or backbone (Observation.component) in R4's order."""
    rows = _table()["shapes"].get(name)
    if rows is None:
        message = "FHIR R4 has no such type."
        raise NotFound(message)
    return tuple(_element(name, *row) for row in rows)


def _element(
    shape: str,
    name: str,
    flags: int,
    types: list[str] | None = None,
    binding: str = "",
    *rest: Any,  # noqa: ANN401  a content reference and targets, where they exist
) -> Element:
    content: str = rest[0] if rest else ""
    targets: list[str] = rest[1] if len(rest) > 1 else []
    kinds = tuple(types or ())
    path = f"{shape}.{name}"
    return Element(
        name,
        path,
        kinds,
        content or _shape_of(path, kinds, is_choice=bool(flags & _CHOICE)),
        binding,
        tuple(targets),
        is_required=bool(flags & _REQUIRED),
        is_many=bool(flags & _MANY),
        is_summary=bool(flags & _SUMMARY),
        is_modifier=bool(flags & _MODIFIER),
        is_choice=bool(flags & _CHOICE),
        is_attribute=bool(flags & _ATTRIBUTE),
    )


def _shape_of(path: str, types: tuple[str, ...], *, is_choice: bool) -> str:
    if is_choice or types[0] in primitives():
        return ""
    return path if types[0] in _NO_SHAPE else types[0]


@cache
def members(name: str) -> Mapping[str, Member]:
    """Returns the elements of a type or backbone by their names in JSON, in R4's order."""
    made = {}
    for element in elements(name):
        for kind in element.types or ("",):
            suffix = kind[0].upper() + kind[1:] if element.is_choice else ""
            is_primitive = kind in primitives()
            shape = element.shape or ("" if is_primitive else kind)
            member = Member(element.name + suffix, element, kind, shape, is_primitive)
            made[member.name] = member
    return MappingProxyType(made)


@cache
def codes(value_set: str) -> Mapping[str, frozenset[str]] | None:
    """Returns the codes of a required value set by system; None: it is open-ended."""
    systems = _table()["codes"].get(value_set)
    if systems is None:
        return None
    return MappingProxyType({system: frozenset(listed) for system, listed in systems.items()})
