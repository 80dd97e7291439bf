"""From one pair of a query to the node that it asks for, chains and `_has` included."""

from dataclasses import dataclass, replace
from typing import NoReturn

from careweave.record._nodes import (
    AllOf,
    AnyOf,
    ByIds,
    Chain,
    Has,
    Kind,
    Missing,
    Parameter,
    Place,
    Predicate,
)
from careweave.record._parameters import definitions
from careweave.record._query_composites import Reader, composite_node, union_node
from careweave.record._query_kinds import string_node, token_node, uri_node
from careweave.record._query_ordered import date_node, number_node, quantity_node
from careweave.record._query_references import list_node, reference_node
from careweave.record._query_terms import Asked, Setting, is_public_id, plain, split
from careweave.record._types import is_type
from careweave.terms import Incorrect

DEEPEST_CHAIN = 3
DEEPEST_HAS = 2
MOST_TARGETS = 12

_KINDS: dict[Kind, Reader] = {
    Kind.TOKEN: token_node,
    Kind.REFERENCE: reference_node,
    Kind.STRING: string_node,
    Kind.DATE: date_node,
    Kind.NUMBER: number_node,
    Kind.QUANTITY: quantity_node,
    Kind.URI: uri_node,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and value of a query, seen from one type; `given` is the whole name as written."""

    type: str
    name: str
    value: str
    given: str
    setting: Setting
    n_chained: int = 0
    n_has: int = 0


def predicate(pair: Pair) -> Predicate:
    """Returns the node of one condition, or raises Incorrect that names it."""
    if pair.name.startswith("_has:"):
        return _has(pair)
    if "." in pair.name:
        return _chain(pair)
    name, _, modifier = pair.name.partition(":")
    definition = definitions(pair.type).get(name)
    if definition is None or definition.parameter.place is Place.NONE:
        _refuse_name(pair)
    values = tuple(split(pair.value, ","))
    asked = Asked(definition, pair.given, modifier or None, values, pair.setting)
    if not all(values):
        asked.refuse("The value is empty.")
    if pair.name.endswith(":"):
        asked.refuse_modifier()
    return _missing(asked) if modifier == "missing" else _read(asked)


def _refuse_name(pair: Pair, message: str | None = None) -> NoReturn:
    text = message or "This search parameter is not supported."
    raise Incorrect(text, where=pair.given, code="not-supported")


def _read(asked: Asked) -> Predicate:
    if asked.definition.union:
        return union_node(asked, _read)
    parameter = asked.parameter
    if parameter.place is Place.ID:
        return _ids(asked)
    if parameter.place is Place.LIST:
        return list_node(asked)
    if parameter.kind is Kind.COMPOSITE:
        return composite_node(asked, _read)
    return _KINDS[parameter.kind](asked)


def _ids(asked: Asked) -> Predicate:
    if asked.modifier is not None:
        asked.refuse_modifier()
    ids = tuple(dict.fromkeys(plain(text) for text in asked.values))
    if not all(map(is_public_id, ids)):
        asked.refuse("An id has 1 to 64 letters, digits, points or hyphens.")
    return ByIds(ids)


def _missing(asked: Asked) -> Predicate:
    if asked.definition.together or asked.parameter.place in {Place.ID, Place.UPDATED, Place.LIST}:
        asked.refuse_modifier()
    if asked.values not in {("true",), ("false",)}:
        asked.refuse("With :missing the value is true or false.")
    missing = asked.values == ("true",)
    if not asked.definition.union:
        return Missing(asked.key("has"), missing)
    table = definitions(asked.parameter.type)
    parts = tuple(
        _missing(replace(asked, definition=table[name])) for name in asked.definition.union
    )
    return AllOf(parts) if missing else AnyOf(parts)


def _chain(pair: Pair) -> Predicate:
    head, _, rest = pair.name.partition(".")
    name, _, only = head.partition(":")
    if pair.n_chained == DEEPEST_CHAIN:
        _refuse_name(pair, f"A chain has at most {DEEPEST_CHAIN} steps.")
    parameter = _reference_parameter(pair, pair.type, name)
    if only and only not in parameter.targets:
        _refuse_name(pair, "The parameter does not lead to this type.")
    targets = (only,) if only else _targets_with(parameter, rest)
    if not targets:
        _refuse_name(pair)
    if len(targets) > MOST_TARGETS:
        _refuse_name(pair, "The chain could lead to many types: name one, as in subject:Patient.")
    nodes = _hops(pair, parameter, targets, rest)
    return nodes[0] if len(nodes) == 1 else AnyOf(nodes)


def _targets_with(parameter: Parameter, rest: str) -> tuple[str, ...]:
    name = rest.split(".", maxsplit=1)[0].split(":", maxsplit=1)[0]
    if name == "_has":
        return parameter.targets
    return tuple(target for target in parameter.targets if name in definitions(target))


def _hops(
    pair: Pair, parameter: Parameter, targets: tuple[str, ...], rest: str
) -> tuple[Predicate, ...]:
    """Returns a hop for each type that understands the rest; refuses if none does."""
    nodes: list[Predicate] = []
    fault: Incorrect | None = None
    for target in targets:
        inner = replace(pair, type=target, name=rest, n_chained=pair.n_chained + 1)
        try:
            node = predicate(inner)
        except Incorrect as found:
            fault = fault or found
            continue
        by_subject = parameter.place is Place.SUBJECT and target == "Patient"
        nodes.append(Chain(parameter, target, node, by_subject))
    if not nodes and fault is not None:
        raise fault
    return tuple(nodes)


def _reference_parameter(pair: Pair, type_name: str, name: str) -> Parameter:
    definition = definitions(type_name).get(name)
    if definition is None or definition.parameter.kind is not Kind.REFERENCE:
        _refuse_name(pair)
    if definition.parameter.place in {Place.NONE, Place.LIST}:
        _refuse_name(pair)
    return definition.parameter


def _has(pair: Pair) -> Predicate:
    parts = pair.name.split(":", 3)
    if len(parts) != 4 or not is_type(parts[1]):
        _refuse_name(pair, "It is written _has:Type:reference:parameter.")
    if pair.n_has == DEEPEST_HAS:
        _refuse_name(pair, f"_has is nested at most {DEEPEST_HAS} deep.")
    _, type_name, name, rest = parts
    parameter = _reference_parameter(pair, type_name, name)
    if pair.type not in parameter.targets:
        _refuse_name(pair, "The reference of _has does not lead to this type.")
    inner = predicate(replace(pair, type=type_name, name=rest, n_has=pair.n_has + 1))
    by_subject = parameter.place is Place.SUBJECT and pair.type == "Patient"
    return Has(type_name, parameter, inner, by_subject)
