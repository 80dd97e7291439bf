"""Which types a search reads, so that a token of fewer types can be refused by the name asked."""

from collections.abc import Iterator

from careweave.record._nodes import (
    AllOf,
    AnyOf,
    Chain,
    Has,
    Include,
    InList,
    Predicate,
    Search,
)


def reach(search: Search) -> Iterator[tuple[str, str]]:
    """Yields each type that the search reads, with the parameter that leads there."""
    yield search.type, search.type
    for node in search.where:
        yield from _of_node(node)
    for include in search.includes:
        yield from _of_include(include)


def _of_include(include: Include) -> Iterator[tuple[str, str]]:
    if include.reverse:
        yield include.source, "_revinclude"
        return
    targets = (include.target,) if include.target else include.parameter.targets
    yield from ((target, "_include") for target in targets)


def _of_node(node: Predicate) -> Iterator[tuple[str, str]]:
    match node:
        case Chain():
            yield node.target, node.parameter.name
            yield from _of_node(node.inner)
        case Has():
            yield node.type, "_has"
            yield from _of_node(node.inner)
        case AnyOf() | AllOf():
            for inner in node.nodes:
                yield from _of_node(inner)
        case InList():
            yield "List", "_list"
        case _:
            return
