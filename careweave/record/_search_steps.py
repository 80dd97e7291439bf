"""Conditions that need a question of their own first: chains, `_has` and `_list`.

A chain along the subject is a join and needs none. Any other hop is asked for by itself, under the
same sight, and what it leads to replaces it: a hop that the caller may not see does not exist.
"""

from dataclasses import replace
from typing import cast

from careweave.record._compile_plan import Wish
from careweave.record._keyring import keys
from careweave.record._nodes import (
    AllOf,
    AnyOf,
    ByIds,
    Chain,
    Has,
    HasKeys,
    InList,
    Predicate,
    Search,
)
from careweave.record._read import located
from careweave.record._references import literal
from careweave.record._row import Row
from careweave.record._search_page import Reading, page
from careweave.record._search_references import Ref, references_of, value_of
from careweave.terms import TooCostly

MOST_HOPS = 5_000
"""How many entries a step may lead to. Source: issue 2."""


def is_plain(search: Search) -> bool:
    """Says whether one statement answers the search; else several should see one snapshot."""
    return not search.includes and not any(_has_step(node) for node in search.where)


def resolved(reading: Reading, search: Search) -> Search:
    """Returns the search with every step taken, so that one statement can answer it."""
    if not any(_has_step(node) for node in search.where):
        return search
    stepper = _Stepper(reading)
    where = tuple(stepper.taken(search.type, node) for node in search.where)
    return replace(search, where=where)


def _has_step(node: Predicate) -> bool:
    match node:
        case InList():
            return True
        case Chain() | Has():
            return not node.by_subject or _has_step(node.inner)
        case AnyOf() | AllOf():
            return any(_has_step(inner) for inner in node.nodes)
        case _:
            return False


class _Stepper:
    """Takes the steps of one search."""

    __slots__ = ("_reading",)

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def taken(self, type_name: str, node: Predicate) -> Predicate:
        """Returns the condition on rows of `type_name` without any step in it."""
        match node:
            case InList():
                return ByIds(self._listed(type_name, node.ids))
            case Chain():
                return self._chain(
                    type_name, replace(node, inner=self.taken(node.target, node.inner))
                )
            case Has():
                return self._has(type_name, replace(node, inner=self.taken(node.type, node.inner)))
            case AnyOf() | AllOf():
                nodes = tuple(self.taken(type_name, inner) for inner in node.nodes)
                return replace(node, nodes=nodes)
            case _:
                return node

    def _chain(self, type_name: str, node: Chain) -> Predicate:
        if node.by_subject:
            return node
        make = keys(self._reading.session)
        name = node.parameter.name
        rows = self._rows(node.target, node.inner, bodies=False)
        found = tuple(make.of(type_name, name, "ref", row.type, row.id) for row in rows)
        return HasKeys(found, posted=True)

    def _has(self, type_name: str, node: Has) -> Predicate:
        if node.by_subject:
            return node
        refs = {
            ref
            for row in self._rows(node.type, node.inner, bodies=True)
            for ref in references_of(value_of(row), node.parameter)
        }
        return ByIds(tuple(sorted(id_ for name, id_ in refs if name == type_name)))

    def _rows(self, type_name: str, inner: Predicate, *, bodies: bool) -> tuple[Row, ...]:
        asked = Search(type_name, (inner,), count=MOST_HOPS)
        found = page(self._reading, asked, Wish(bodies=bodies))
        if found.last is not None:
            raise TooCostly(
                f"A chain or _has leads through more than {MOST_HOPS} entries of type"
                f" {type_name}; add a narrower condition on them.",
                where=type_name,
            )
        return found.rows

    def _listed(self, type_name: str, ids: tuple[str, ...]) -> tuple[str, ...]:
        lists = [("List", id_) for id_ in ids]
        rows = located(self._reading.session, lists, sight=self._reading.sight)
        refs = {ref for row in rows for ref in _items(row)}
        return tuple(sorted(id_ for name, id_ in refs if name == type_name))


def _items(row: Row) -> list[Ref]:
    """Returns the items of a List that are not marked as deleted. Source: R4 List.entry."""
    entries = cast("list[dict[str, dict[str, str]]]", value_of(row).get("entry") or [])
    return [
        literal(entry["item"]["reference"])
        for entry in entries
        if not entry.get("deleted") and "reference" in entry.get("item", {})
    ]
