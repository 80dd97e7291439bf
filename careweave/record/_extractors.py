"""One compiled extractor per resource type, from the definitions of its parameters."""

from collections.abc import Callable
from datetime import tzinfo
from functools import lru_cache

from careweave.record._extract import Gathered, Handler, Tree
from careweave.record._extract_composites import pair_handler
from careweave.record._extract_ordered import (
    address_handler,
    date_handler,
    name_handler,
    phonetic_handler,
    presence_handler,
    quantity_handler,
    text_handler,
)
from careweave.record._extract_references import reference_handler, resource_handler
from careweave.record._extract_tokens import (
    Slot,
    coding_handler,
    concept_handler,
    contact_handler,
    deceased_handler,
    identifier_handler,
    plain_handler,
    uri_handler,
)
from careweave.record._keys import Keys
from careweave.record._nodes import Kind, Place
from careweave.record._parameters import PHONETIC, Definition, Filter, Way, definitions
from careweave.terms import Json

Maker = Callable[[tuple[Slot, ...], Keys], Handler]
Spot = tuple[tuple[tuple[str, Filter], ...], str, str]
"""The steps to an element, the type of its value, and the family of kinds that reads it alike."""

_NOT_KEPT = {Place.NONE, Place.ID, Place.UPDATED, Place.LIST}
_TOKENS: dict[str, Maker] = {
    "Coding": coding_handler,
    "CodeableConcept": concept_handler,
    "Identifier": identifier_handler,
    "ContactPoint": contact_handler,
    "Deceased": deceased_handler,
}
_REFERENCES: dict[str, Maker] = {
    "Reference": reference_handler,
    "Resource": resource_handler,
    "canonical": uri_handler,
    "uri": uri_handler,
}
_STRINGS: dict[str, Maker] = {"HumanName": name_handler, "Address": address_handler}
_BY_LEAF: dict[str, tuple[dict[str, Maker], Maker]] = {
    Kind.TOKEN: (_TOKENS, plain_handler),
    Kind.REFERENCE: (_REFERENCES, presence_handler),
    Kind.STRING: (_STRINGS, text_handler),
    Kind.URI: ({}, uri_handler),
}
_MEASURED = frozenset(
    {"Quantity", "Age", "Duration", "Count", "Distance", "Money", "Range", "integer", "decimal",
     "positiveInt", "unsignedInt"}
)  # fmt: skip
_TIMED = frozenset({"date", "dateTime", "instant", "Period", "Timing"})


def gather(type_name: str, value: dict[str, Json], keys: Keys, zone: tzinfo) -> Gathered:
    """Returns the search values of a resource."""
    out = Gathered()
    extractor(type_name, keys, zone)(value, out)
    return out


@lru_cache(maxsize=1024)
def extractor(type_name: str, keys: Keys, zone: tzinfo) -> Handler:
    """Returns the extractor of a type: a function that walks a resource once."""
    tree = Tree()
    spots: dict[Spot, list[Slot]] = {}
    for definition in definitions(type_name).values():
        if definition.parameter.place not in _NOT_KEPT:
            _spread(definition, spots)
            _pairs(definition, tree, keys, zone)
    for (steps, leaf, family), slots in spots.items():
        make = _maker(family, leaf, zone)
        tree.at(steps).handlers.append(make(tuple(slots), keys))
    return tree.walker()


def _spread(definition: Definition, spots: dict[Spot, list[Slot]]) -> None:
    parameter = definition.parameter
    if definition.union or definition.together:
        return
    for way in definition.ways:
        slot = _slot(definition, way)
        family = PHONETIC if parameter.name == PHONETIC else parameter.kind.value
        spots.setdefault((way.steps, way.leaf, family), []).append(slot)


def _slot(definition: Definition, way: Way) -> Slot:
    parameter = definition.parameter
    return Slot(
        parameter.type,
        parameter.name,
        parameter.place,
        way.is_type,
        way.system,
        way.only,
        parameter.targets,
    )


def _pairs(definition: Definition, tree: Tree, keys: Keys, zone: tzinfo) -> None:
    name = (definition.parameter.type, definition.parameter.name)
    for root in definition.roots:
        tree.at(root.steps).handlers.append(pair_handler(name, root, keys, zone))


def _maker(family: str, leaf: str, zone: tzinfo) -> Maker:
    """Returns what makes the handler of an element.

    Some types of a choice cannot be compared by the kind of the parameter: SampledData as a
    quantity, the ages and texts of a choice as a date. They only count as present.
    """
    if family in _BY_LEAF:
        table, other = _BY_LEAF[family]
        return table.get(leaf, other)
    if family == PHONETIC:
        return phonetic_handler
    return _ordered(family, leaf, zone)


def _ordered(family: str, leaf: str, zone: tzinfo) -> Maker:
    if family == Kind.DATE:
        return date_handler(zone) if leaf in _TIMED else presence_handler
    return quantity_handler if leaf in _MEASURED else presence_handler
