"""The search parameters of R4, as compiled at build time by `tools/compile_search.py`."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from careweave.record._nodes import Component, Kind, Parameter, Place
from careweave.record._types import rt_of

PHONETIC = "phonetic"
"""The one parameter of kind string that compares sounds."""

Filter = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Way:
    """One path from a resource to the values of a parameter.

    `steps` are (element, filter): None, ("", "first"), or (child, value) that must be equal. `leaf`
    is the type of the value; `is_type` what a reference must lead to; `system` the code system of
    a bound code; `only` the single target type that the element allows.
    """

    steps: tuple[tuple[str, Filter], ...]
    leaf: str
    is_type: str | None
    system: str | None
    only: str | None


@dataclass(frozen=True, slots=True)
class Root:
    """One element from which a composite is read, with the ways of each component from there."""

    steps: tuple[tuple[str, Filter], ...]
    parts: tuple[tuple[Kind, tuple[Way, ...]], ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """How the values of one parameter are found.

    `union`: the parameter is what any of these parameters says. `together`: all of these must
    hold, since their element occurs once. Neither keeps anything of its own.
    """

    parameter: Parameter
    ways: tuple[Way, ...]
    roots: tuple[Root, ...]
    union: tuple[str, ...]
    together: tuple[str, ...]


def parameters(type_name: str) -> Mapping[str, Parameter]:
    """Returns the search parameters of a resource type by name, common ones included.

    Source: FHIR R4 4.0.1, search-parameters.json; `reference/store.md` section 4.
    """
    return _parameters(type_name)


@cache
def _parameters(type_name: str) -> Mapping[str, Parameter]:
    found = {name: one.parameter for name, one in definitions(type_name).items()}
    return MappingProxyType(found)


@cache
def definitions(type_name: str) -> Mapping[str, Definition]:
    """Returns how each parameter of a type is found, by name."""
    rt_of(type_name)
    table = _table()
    rows = [*table["Resource"], *table.get(type_name, ())]
    return MappingProxyType({row["name"]: _definition(type_name, row) for row in rows})


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    packed = files("careweave.record").joinpath("_definitions/search.json.gz").read_bytes()
    table: dict[str, list[dict[str, Any]]] = json.loads(gzip.decompress(packed))
    return table


def _definition(type_name: str, row: dict[str, Any]) -> Definition:
    parameter = Parameter(
        type=type_name,
        name=row["name"],
        kind=Kind(row["kind"]),
        place=Place(row["place"]),
        expression=row["expression"],
        targets=tuple(row.get("targets", ())),
        components=tuple(Component(n, Kind(k), e) for n, k, e in row.get("components", ())),
        url=row["url"],
    )
    return Definition(
        parameter=parameter,
        ways=tuple(_way(one) for one in row.get("paths", ())),
        roots=tuple(_root(steps, parts) for steps, parts in row.get("roots", ())),
        union=tuple(row.get("union", ())),
        together=tuple(row.get("together", ())),
    )


def _way(packed: list[Any]) -> Way:
    steps, leaf, is_type, system, only = packed
    return Way(_steps(steps), leaf, is_type, system, only)


def _root(steps: list[Any], parts: list[Any]) -> Root:
    return Root(_steps(steps), tuple((Kind(k), tuple(map(_way, ways))) for k, ways in parts))


def _steps(steps: list[Any]) -> tuple[tuple[str, Filter], ...]:
    return tuple((name, _filter(condition)) for name, condition in steps)


def _filter(condition: list[str] | str | None) -> Filter:
    if condition is None:
        return None
    return ("", "first") if isinstance(condition, str) else (condition[0], condition[1])
