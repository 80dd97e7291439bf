"""Operators that choose, repeat, join and divide. Source: reference/interop.md 6.2."""

from collections.abc import Callable, Iterable
from typing import Any

from careweave.formats import NULL
from careweave.sources._build import first_of
from careweave.sources._conditions import compile_test
from careweave.sources._context import NOTHING, Context, Made, arguments, check_names, nothing, word
from careweave.sources._faults import near
from careweave.sources._nodes import compile_guarded, compile_many, compile_node, parts_of
from careweave.sources._paths import Items
from careweave.sources._scope import Get, Item, Line, Scope, Test, Value, text_of
from careweave.sources._strict import remembered
from careweave.sources._yaml import Scalar, Sequence, Table, Tree


def first(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$first`: the first of several nodes that is not empty; lists count item by item."""
    return Made(first_of(parts_of(c, tree.items if isinstance(tree, Sequence) else (tree,))))


def null(c: Context, tree: Tree, name: str) -> Made:
    """Compiles `$null`: as if the sender had written two quotation marks."""
    if not isinstance(tree, Scalar) or tree.value is not True:
        c.fault(tree.spot, f"{name} takes no arguments", f"write {{{name}: true}}")
    return Made(_null)


def _null(scope: Scope) -> Value:
    scope.run.has_nulls = True
    return NULL


def when(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$when`: one node or another, by a condition."""
    table = arguments(c, tree, ("if", "then"), ("else",))
    if table is None:
        return NOTHING
    test = compile_test(c, table.get("if"))
    then = compile_node(c, table.members["then"]).get
    held = table.get("else")
    other = compile_node(c, held).get if held is not None else nothing
    if test is None:
        return NOTHING
    return Made(_choice(test, then, other))


def _choice(test: Test, then: Get, other: Get) -> Get:
    if other is nothing:
        return lambda scope: then(scope) if test(scope) else None
    return lambda scope: then(scope) if test(scope) else other(scope)


def use(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$use`: the node of that name, as if it stood here."""
    name = word(c.faults, tree, "the name of a node")
    if name not in c.nodes:
        c.fault(tree.spot, f"there is no node {name}", near(name, c.nodes))
        return NOTHING
    if name in c.using:
        c.fault(tree.spot, f"the node {name} uses itself", "take the circle apart")
        return NOTHING
    key = (name, c.is_used, c.shape, c.kind, c.type_name)
    if key not in c.made or c.has_lineage:
        held = c.using
        c.using = (*held, name)
        made = compile_guarded(c, c.nodes[name])
        c.using = held
        if not made.is_constant:
            made = Made(remembered(c, c.nodes[name], made.get, name))
        c.made[key] = made
    return c.made[key]


def join(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$join`: the texts that are not empty, with something between."""
    table = arguments(c, tree, ("of", "by"))
    if table is None:
        return NOTHING
    gets = compile_many(c, table.members["of"])
    by = word(c.faults, table.members["by"], "by")

    return Made(_joined(gets, by))


def _joined(gets: list[Get], by: str) -> Get:
    def get(scope: Scope) -> Value:
        texts: list[str] = []
        is_null = False
        for one in gets:
            value = one(scope)
            if type(value) is str:
                texts.append(value)
            elif value is not None:
                is_null = is_null or value is NULL
                found = (text_of(item) for item in _flat(value))
                texts += (text for text in found if text is not None)
        if texts:
            return by.join(texts)
        return NULL if is_null else None

    return get


def _flat(value: Value) -> Iterable[Value]:
    return value if isinstance(value, list) else (value,)


def split(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$split`: the pieces of a text, or the one that `take` counts, from 1."""
    table = arguments(c, tree, ("in", "by"), ("take",))
    if table is None:
        return NOTHING
    get = compile_node(c, table.members["in"]).get
    by = word(c.faults, table.members["by"], "by")
    take = word(c.faults, table.get("take"), "take", default="0")
    if not by or not take.isdecimal():
        c.fault(tree.spot, "by is a text and take a number from 1", "mend them")
        return NOTHING
    return Made(_piece(get, by, int(take)))


def _piece(get: Get, by: str, take: int) -> Get:
    def piece(scope: Scope) -> Value:
        value = get(scope)
        text = text_of(value)
        if text is None:
            return NULL if value is NULL else None
        parts = [part.strip() for part in text.split(by, take or -1)]
        if take:
            return (parts[take - 1] or None) if take <= len(parts) else None
        scope.run.take(len(parts))
        return [part for part in parts if part] or None

    return piece


def each(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$each`: a node for each repetition, segment, item or value."""
    table = arguments(c, tree, ("in", "do"), ("if",))
    if table is None:
        return NOTHING
    items, do, test = _parts(c, table)
    return Made(_loop(items, do, test)) if items else NOTHING


def _parts(c: Context, table: Table) -> tuple[Items | None, Get, Test | None]:
    items = compile_items(c, table.members["in"])
    # That there are items says nothing of what they hold.
    held, c.guard = c.guard, {}
    do = compile_node(c, table.members["do"]).get
    test = compile_test(c, table.get("if"))
    c.guard = held
    return items, do, test


def with_one(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$with`: like `$each` for one value, and gives what it makes without a list."""
    table = arguments(c, tree, ("in", "do"), ("if",))
    if table is None:
        return NOTHING
    items, do, test = _parts(c, table)
    return Made(_at_first(items, do, test)) if items is not None else NOTHING


def _at_first(items: Items, do: Get, test: Test | None) -> Get:
    def get(scope: Scope) -> Value:
        found = items(scope)
        if found is NULL or not found:
            return NULL if found is NULL else None
        item = found[0]
        held = scope.it
        inside = _place(scope, item)
        value = do(inside) if test is None or test(inside) else None
        scope.it = held
        return value

    return get


def compile_items(c: Context, tree: Tree) -> Items | None:
    """Returns what gives the items of a loop; None, and a fault, where it cannot be read."""
    if isinstance(tree, Table) and "group" in tree.members:
        check_names(c.faults, tree, ("group",))
        return _group(word(c.faults, tree.members["group"], "group"))
    if isinstance(tree, Scalar) and tree.text.startswith("="):
        path = tree.text[1:].strip()
        found = c.paths.items(path, is_used=c.is_used)
        if found is None:
            c.fault(tree.spot, f"{tree.text} is not a path", c.paths.form)
        elif not c.paths.is_segment(path):
            c.note_origin(path)
        return found
    return _values(
        compile_many(c, tree) if isinstance(tree, Sequence) else [compile_node(c, tree).get]
    )


def _group(name: str) -> Items:
    return lambda scope: scope.parts.get(name, [])


def _values(gets: list[Get]) -> Items:
    def items(scope: Scope) -> list[Value]:
        found = [value for get in gets for value in _flat(get(scope))]
        return [value for value in found if value is not None and value is not NULL]

    return items


def _loop(items: Items, do: Get, test: Test | None) -> Get:
    def get(scope: Scope) -> Value:
        found = items(scope)
        if found is NULL or not found:
            return NULL if found is NULL else None
        if len(found) > 1:
            scope.run.take(len(found))
        return _of_each(scope, found, do, test) or None

    return get


def _of_each(scope: Scope, found: list[Any], do: Get, test: Test | None) -> list[Value]:
    made: list[Value] = []
    held = scope.it
    for item in found:
        inside = scope
        if type(item) is Item:
            scope.it = item
        else:
            inside = _place(scope, item)
        if test is None or test(inside):
            value = do(inside)
            if type(value) is list:
                made += value
            elif value is not None:
                made.append(value)
    scope.it = held
    return made


def _place(scope: Scope, item: Any) -> Scope:  # noqa: ANN401  items of any kind
    """Returns the place that an item is seen from; the item of a loop is `@`."""
    if isinstance(item, Line):
        return scope.at(item)
    if isinstance(item, Scope):
        return item
    scope.it = item
    return scope


def places_of(scope: Scope, found: list[Any]) -> Iterable[Scope]:
    """Gives the places that the items of a loop are at, one after the other."""
    held = scope.it
    for item in found:
        yield _place(scope, item)
    scope.it = held


Loop = Callable[[Scope], Iterable[Scope]]


def places(items: Items) -> Loop:
    """Returns what goes from place to place, one for each item."""

    def get(scope: Scope) -> Iterable[Scope]:
        found = items(scope)
        if found is NULL or not found:
            return ()
        if len(found) > 1:
            scope.run.take(len(found))
        return places_of(scope, found)

    return get
