"""The elements of STU3, and what becomes of them in R4: two packaged tables.

Source: FHIR STU3 3.0.2, the StructureDefinitions; FHIR R4 4.0.1, the pages "R3 Conversions" of its
resources; CareConnect and UK Core, the names of their profiles and extensions.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from careweave.formats._table import Element, Member, primitives

_UNKNOWN = "Unknown"
"""The shape of what STU3 does not know: read as it comes, reported when it is converted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one STU3 element.

    `to` is the path of its R4 element. `system` is the code system of a code that becomes a
    concept, `codes` gives a code its R4 code ("" for none). `rest` is where values go that find no
    room in a `to` that holds one. `take` names the part of a group that is the R4 value, `cases` its
    element by the value of the part `by`. `spread` puts the parts of a group beside it. `sets` gives
    elements by value, `keep` keeps the value too. `unless` gives the extension for references to
    a type. `beside` is set beside the value in an element made for it.
    """

    to: str | None = None
    system: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    rest: str | None = None
    take: str | None = None
    by: str | None = None
    cases: Mapping[str, str] = field(default_factory=dict)
    spread: bool = False
    sets: Mapping[str, Mapping[str, Any]] | None = None
    keep: bool = False
    unless: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole table: renamed types, elements, what R4 asks for and STU3 may lack, and addresses."""

    types: Mapping[str, str]
    elements: Mapping[str, Rule]
    absent: Mapping[str, Mapping[str, Any]]
    extensions: Mapping[str, str]
    lifted: Mapping[str, str]
    profiles: Mapping[str, str]
    systems: Mapping[str, str]
    system_prefixes: Mapping[str, str]


@cache
def rules() -> Rules:
    """Returns the table of what becomes of STU3."""
    read = json.loads(_file("stu3_to_r4.json"))
    read.pop("source")
    names = {"set": "sets", "with": "beside"}
    read["elements"] = {
        path: Rule(**{names.get(key, key): value for key, value in said.items()})
        for path, said in read["elements"].items()
    }
    return Rules(**read)


def _file(name: str) -> bytes:
    return (files("careweave.formats") / "_definitions" / name).read_bytes()


@cache
def _table() -> Mapping[str, Any]:
    table: dict[str, Any] = json.loads(gzip.decompress(_file("stu3.json.gz")))
    return MappingProxyType(table)


@cache
def stu3_types() -> frozenset[str]:
    """Returns the names of the STU3 resource types."""
    return frozenset(_table()["types"])


def is_stu3_type(name: str) -> bool:
    """Says whether this is the name of an STU3 resource type."""
    return name in stu3_types()


@cache
def stu3_members(shape: str) -> Mapping[str, Member]:
    """Returns the elements of an STU3 type or group by their names in JSON; none if unknown."""
    row: Mapping[str, str] = _table()["shapes"].get(shape, {})
    return MappingProxyType({name: _member(shape, name, kind) for name, kind in row.items()})


def _member(shape: str, name: str, kind: str) -> Member:
    type_name = kind.removesuffix("*")
    is_primitive = type_name in primitives()
    own_shape = "" if is_primitive else type_name
    element = _element(shape, name, type_name, is_many=kind.endswith("*"))
    return Member(name, element, type_name, own_shape, is_primitive)


def _element(shape: str, name: str, kind: str, *, is_many: bool) -> Element:
    # An id is an attribute but in a resource, and so is the address of an extension.
    is_attribute = (name == "id" and shape not in stu3_types()) or f"{shape}.{name}" == (
        "Extension.url"
    )
    return Element(
        name,
        f"{shape}.{name}",
        (kind,),
        "",
        "",
        (),
        is_required=False,
        is_many=is_many,
        is_summary=False,
        is_modifier=False,
        is_choice=False,
        is_attribute=is_attribute,
    )
