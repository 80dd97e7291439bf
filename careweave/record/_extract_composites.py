"""Handlers of composite parameters: the pairs of values that one element holds together."""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from itertools import product

from careweave.formats import temporal_range
from careweave.record._extract import Gathered, Handler
from careweave.record._keys import Keys
from careweave.record._nodes import Kind
from careweave.record._parameters import Filter, Root, Way
from careweave.record._references import CONTAINED, FOREIGN, literal
from careweave.record._values import normalise, quantity_amounts, text_of
from careweave.terms import Json

Parts = tuple[str, ...]
Keep = Callable[[tuple[str, str], Parts, Json, Gathered], None]


def pair_handler(name: tuple[str, str], root: Root, keys: Keys, zone: tzinfo) -> Handler:
    """Returns the handler of an element under a composite; `name` is (type, parameter)."""
    (_, first), (kind, second) = root.parts
    present = keys.of(*name, "has")
    keep = _keeper(kind, keys, zone)

    def take(value: Json, out: Gathered) -> None:
        left = {parts for way in first for one in _at(value, way) for parts in parts_of(one)}
        if not left:
            return
        for way in second:
            for one in _at(value, way):
                out.tok.append(present)
                for parts in left:
                    keep(name, parts, one, out)

    return take


def _at(value: Json, way: Way) -> Iterator[Json]:
    found: list[Json] = [value]
    for name, condition in way.steps:
        found = [item for one in found for item in _children(one, name, condition)]
    return iter(found)


def _children(value: Json, name: str, condition: Filter) -> Iterator[Json]:
    if not isinstance(value, dict) or name not in value:
        return
    child = value[name]
    for item in child if isinstance(child, list) else [child]:
        if condition is None or (isinstance(item, dict) and item.get(condition[0]) == condition[1]):
            yield item


def parts_of(value: Json) -> set[Parts]:
    """Returns the key parts of a CodeableConcept, Coding, Reference, code or boolean."""
    if isinstance(value, dict) and "reference" in value:
        return _reference_parts(value)
    pairs = set(_pairs(value))
    return {(s, code.casefold()) for system, code in pairs for s in (system, "*")}


def _pairs(value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool):
        yield "", "true" if value else "false"
    elif isinstance(value, str) and value:
        yield "", value
    elif isinstance(value, dict):
        codings = value.get("coding", [value])
        for coding in codings if isinstance(codings, list) else ():
            code = text_of(coding.get("code")) if isinstance(coding, dict) else None
            if code and isinstance(coding, dict):
                yield text_of(coding.get("system")) or "", code


def _reference_parts(value: dict[str, Json]) -> set[Parts]:
    text = text_of(value.get("reference"))
    if text is None:
        return set()
    kind, name = literal(text)
    if kind == CONTAINED:
        return set()
    return {("url", name)} if kind == FOREIGN else {("ref", kind, name)}


def _keeper(kind: Kind, keys: Keys, zone: tzinfo) -> Keep:
    if kind in {Kind.QUANTITY, Kind.NUMBER}:
        return _quantities(keys)
    if kind is Kind.DATE:
        return _dates(keys, zone)
    return _strings(keys) if kind is Kind.STRING else _tokens(keys)


def _tokens(keys: Keys) -> Keep:
    def keep(name: tuple[str, str], left: Parts, value: Json, out: Gathered) -> None:
        found = [keys.of(*name, *a, *b) for a, b in product((left,), parts_of(value))]
        out.tok += found
        out.posted += found

    return keep


def _quantities(keys: Keys) -> Keep:
    def keep(name: tuple[str, str], left: Parts, value: Json, out: Gathered) -> None:
        for in_base, unit, low, high in quantity_amounts(value, keys):
            key = keys.of(*name, *left, "ucum") if in_base else keys.of(*name, *left)
            out.quantities.append((key, unit, low, high))

    return keep


def _dates(keys: Keys, zone: tzinfo) -> Keep:
    def keep(name: tuple[str, str], left: Parts, value: Json, out: Gathered) -> None:
        found = temporal_range(value, zone)
        if found is not None:
            out.dates.append((keys.of(*name, *left), *found))

    return keep


def _strings(keys: Keys) -> Keep:
    def keep(name: tuple[str, str], left: Parts, value: Json, out: Gathered) -> None:
        text = text_of(value)
        if text is not None:
            out.strings.append((keys.of(*name, *left), normalise(text)))

    return keep
