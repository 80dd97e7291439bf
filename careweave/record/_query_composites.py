"""Conditions on composite parameters, and on parameters that are the union of others."""

from collections.abc import Callable
from dataclasses import replace

from careweave.record._nodes import AllOf, AnyOf, HasKeys, Kind, Place, Predicate
from careweave.record._parameters import definitions
from careweave.record._query_kinds import string_node, token_parts
from careweave.record._query_ordered import date_node, number_node, quantity_node
from careweave.record._query_references import reference_parts
from careweave.record._query_terms import Asked, plain, split

Reader = Callable[[Asked], Predicate]

_ORDERED: dict[Kind, Reader] = {
    Kind.QUANTITY: quantity_node,
    Kind.NUMBER: number_node,
    Kind.DATE: date_node,
    Kind.STRING: string_node,
}


def union_node(asked: Asked, read: Reader) -> Predicate:
    """Returns the node of a parameter that is what any of several others says."""
    table = definitions(asked.parameter.type)
    nodes = [read(replace(asked, definition=table[name])) for name in asked.definition.union]
    tokens = [node for node in nodes if isinstance(node, HasKeys)]
    if len(tokens) == len(nodes):
        return _one_of_keys(tokens)
    return AnyOf(tuple(nodes))


def _one_of_keys(tokens: list[HasKeys]) -> HasKeys:
    posted = all(token.posted for token in tokens)
    return HasKeys(
        keys=tuple(key for token in tokens for key in token.keys),
        posted=posted,
        main=posted and any(token.main for token in tokens),
        negated=tokens[0].negated,
    )


def composite_node(asked: Asked, read: Reader) -> Predicate:
    """Returns the node of a composite. Source: FHIR R4 4.0.1, search.html 3.1.1.4.15."""
    if asked.modifier is not None:
        asked.refuse_modifier()
    nodes = [_alternative(asked, text, read) for text in asked.values]
    tokens = [node for node in nodes if isinstance(node, HasKeys)]
    if len(tokens) == len(nodes):
        return _one_of_keys(tokens)
    return nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))


def _alternative(asked: Asked, text: str, read: Reader) -> Predicate:
    parts = split(text, "$")
    if len(parts) != len(asked.parameter.components) or not all(parts):
        asked.refuse("A composite is written with one value for each component, joined by $.")
    if asked.definition.together:
        return _together(asked, parts, read)
    return _pair(asked, parts[0], parts[1])


def _together(asked: Asked, parts: list[str], read: Reader) -> Predicate:
    table = definitions(asked.parameter.type)
    names = asked.definition.together
    return AllOf(
        tuple(
            read(replace(asked, definition=table[name], values=(part,)))
            for name, part in zip(names, parts, strict=True)
        )
    )


def _pair(asked: Asked, left: str, right: str) -> Predicate:
    kind = asked.parameter.components[1].kind
    under = replace(asked, parts=_token_key_parts(asked, left))
    read = _ORDERED.get(kind)
    if read is not None:
        return read(under.with_values(right))
    if kind is Kind.REFERENCE:
        second = _reference(asked, right)
    else:
        second = [_token_key_parts(asked, right)]
    keys = tuple(under.key(*parts) for parts in second)
    return HasKeys(keys, posted=asked.parameter.place is Place.POSTED)


def _token_key_parts(asked: Asked, text: str) -> tuple[str, str]:
    system, code = token_parts(asked, text)
    if code is None:
        asked.refuse("A token inside a composite has a code.")
    return "*" if system is None else system, code.casefold()


def _reference(asked: Asked, text: str) -> list[tuple[str, ...]]:
    name = asked.parameter.components[1].name
    other = replace(asked, definition=definitions(asked.parameter.type)[name])
    return reference_parts(other, plain(text), None)
