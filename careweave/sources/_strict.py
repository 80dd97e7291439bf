"""Which nodes give nothing where all they read is empty: these need not be run at all.

Most of a message is empty. A node that reads four fields of one segment, and gives nothing without
them, is passed over by one look at the segment. This is for speed alone: it changes no result.
"""

from collections.abc import Callable, Iterable

from careweave.sources._context import Context
from careweave.sources._paths import Deps
from careweave.sources._scope import Get, Item, Scope, Test, Value
from careweave.sources._yaml import Scalar, Sequence, Table, Tree

_FIXED = frozenset({"MSH", "EVN"})
"""Segments that no rule goes from one to the next of."""

_IN = frozenset({"$split", "$date", "$num", "$text"})
_LOOPS = frozenset({"$each", "$with", "$attach"})
_STRUCTURES = frozenset({"$each", "$refs", "$code", "$id", "$attach", "$ref"})
_WILD = frozenset({"$null", "$refs", "$jsonata"})


def is_constant(c: Context, tree: Tree) -> bool:
    """Says whether a node gives the same whatever the message is."""
    if isinstance(tree, Scalar):
        text = tree.text
        return not text.startswith("=") or text.startswith(("==", "=source.", "=system."))
    if isinstance(tree, Sequence):
        return all(is_constant(c, item) for item in tree.items)
    used = _used(c, tree)
    if used is not None:
        return is_constant(c, used)
    return not any(name.startswith("$") for name in tree.members) and all(
        is_constant(c, one) for one in tree.members.values()
    )


def _used(c: Context, tree: Table) -> Tree | None:
    name = tree.members.get("$use")
    return c.nodes.get(name.text) if isinstance(name, Scalar) else None


def is_strict(c: Context, tree: Tree | None, depth: int = 0) -> bool:
    """Says whether a node gives nothing where all that it reads is empty; no node gives nothing."""
    if tree is None or depth > 40:
        return tree is None
    found = c.known_strict.get(id(tree))
    if found is None:
        found = c.known_strict[id(tree)] = _is_strict(c, tree, depth)
    return found


def _is_strict(c: Context, tree: Tree, depth: int) -> bool:
    if isinstance(tree, Scalar):
        return not is_constant(c, tree) or tree.value in (None, "")
    if isinstance(tree, Sequence):
        return all(is_strict(c, item, depth + 1) for item in tree.items)
    name, inside = next(iter(tree.members.items()), ("", tree))
    if name.startswith("$"):
        return _is_strict_operator(c, name, inside, depth + 1)
    computed = [one for one in tree.members.values() if not is_constant(c, one)]
    return bool(computed) and all(is_strict(c, one, depth + 1) for one in computed)


def _is_strict_operator(c: Context, name: str, inside: Tree, depth: int) -> bool:
    if name == "$use":
        used = c.nodes.get(inside.text) if isinstance(inside, Scalar) else None
        return used is not None and is_strict(c, used, depth)
    if name == "$first":
        return is_strict(c, inside, depth)
    if not isinstance(inside, Table):
        return name == "$num" and is_strict(c, inside, depth)
    if name in _IN or name in _LOOPS:
        return _is_strict_input(c, inside, depth)
    rule = _RULES.get(name)
    return rule is not None and rule(c, inside, depth)


def _is_strict_input(c: Context, inside: Table, depth: int) -> bool:
    tree = inside.get("in")
    return tree is not None and is_strict(c, tree, depth)


def _when(c: Context, inside: Table, depth: int) -> bool:
    then = is_strict(c, inside.get("then"), depth) or is_strict_test(c, inside.get("if"), depth)
    return then and is_strict(c, inside.get("else"), depth)


def _join(c: Context, inside: Table, depth: int) -> bool:
    return is_strict(c, inside.get("of"), depth)


def _map(c: Context, inside: Table, depth: int) -> bool:
    table = inside.get("table")
    found = c.maps.get(table.text) if isinstance(table, Scalar) else None
    return found is not None and found.empty is None and is_strict(c, inside.get("in"), depth)


def _code(c: Context, inside: Table, depth: int) -> bool:
    return all(is_strict(c, inside.get(key), depth) for key in ("in", "also", "text", "display"))


def _id(c: Context, inside: Table, depth: int) -> bool:
    return is_strict(c, inside.get("value"), depth)


def _ref(c: Context, inside: Table, depth: int) -> bool:
    key = inside.get("key")
    parts = key.items if isinstance(key, Sequence) else (key,)
    return any(is_strict(c, part, depth) for part in parts)


_RULES: dict[str, Callable[[Context, Table, int], bool]] = {
    "$when": _when,
    "$join": _join,
    "$map": _map,
    "$code": _code,
    "$id": _id,
    "$ref": _ref,
}


def is_strict_test(c: Context, tree: Tree | None, depth: int = 0) -> bool:
    """Says whether a condition is false where all that it reads is empty."""
    if not isinstance(tree, Table) or depth > 40:
        return False
    name, inside = next(iter(tree.members.items()), ("", tree))
    if name == "$use":
        return is_strict_test(c, _used(c, tree), depth + 1)
    if name == "present":
        return is_strict(c, inside, depth + 1)
    items = inside.items if isinstance(inside, Sequence) else (inside,)
    if name in {"eq", "in", "matches"}:
        return bool(items) and is_strict(c, items[0], depth + 1)
    found = [is_strict_test(c, item, depth + 1) for item in items]
    return any(found) if name == "all" else name == "any" and all(found)


def deps_of(c: Context, tree: Tree, *, is_full: bool, depth: int = 0) -> Deps:
    """Returns what a node reads: all of it, or only what decides whether it gives anything."""
    key = (id(tree), is_full)
    known = c.known_deps.get(key)
    if known is not None:
        return known
    deps = Deps(is_wild=depth > 40)
    if depth <= 40:
        for part in _inputs(c, tree, deps, is_full=is_full):
            deps.merge(deps_of(c, part, is_full=is_full, depth=depth + 1))
    c.known_deps[key] = deps
    return deps


def _inputs(c: Context, tree: Tree, deps: Deps, *, is_full: bool) -> Iterable[Tree]:
    """Notes what a node reads itself, and returns the nodes inside of it."""
    if isinstance(tree, Scalar):
        if not is_constant(c, tree):
            c.paths.note(tree.text[1:].strip(), deps)
        return ()
    if isinstance(tree, Sequence):
        return tree.items
    name, inside = next(iter(tree.members.items()), ("", tree))
    if name in _WILD or name == "group":
        deps.is_wild = True
    if name == "$use":
        used = _used(c, tree)
        return () if used is None else (used,)
    return _operator_inputs(c, tree, inside, deps, is_full=is_full)


def _operator_inputs(
    c: Context, tree: Table, inside: Tree, deps: Deps, *, is_full: bool
) -> Iterable[Tree]:
    name = next(iter(tree.members), "")
    if name == "$when" and isinstance(inside, Table) and not is_full:
        ways = [inside.get("then"), inside.get("else")]
        if all(is_strict(c, way) for way in ways):
            # Whichever way is gone, it gives nothing: what chooses between them decides nothing.
            return [way for way in ways if way is not None]
    if name in _LOOPS and isinstance(inside, Table):
        return _loop_inputs(c, inside, deps, is_full=is_full)
    return tree.members.values()


def _loop_inputs(c: Context, inside: Table, deps: Deps, *, is_full: bool) -> Iterable[Tree]:
    if is_full:
        for key in ("do", "if", "type", "title"):
            part = inside.get(key)
            found = deps_of(c, part, is_full=True) if part is not None else Deps()
            # What is read at the items is read by the loop itself.
            rest = {name: mask for name, mask in found.masks.items() if name != "@"}
            deps.merge(Deps(rest, found.is_wild))
    given = inside.get("in")
    return (given,) if given is not None else ()


def guard_of(c: Context, tree: Tree) -> dict[str, int] | None:
    """Returns what one look can tell that a node gives nothing by; None where none can.

    What the look of the node around it tells already is not looked at again.
    """
    deps = deps_of(c, tree, is_full=False)
    if deps.is_wild or len(deps.masks) != 1 or deps.masks == c.guard:
        return None
    return deps.masks if is_strict(c, tree) else None


def guarded(get: Get, guard: dict[str, int]) -> Get:
    """Returns the closure with a look before it."""
    name, mask = next(iter(guard.items()))
    return _item_guard(get, mask) if name == "@" else _line_guard(get, name, mask)


def _line_guard(get: Get, name: str, mask: int) -> Get:
    def guard(scope: Scope) -> Value:
        line = scope.first.get(name)
        if line is None:
            return None
        filled = line.filled
        if filled < 0:
            filled = line.fill()
        return get(scope) if filled & mask else None

    return guard


def _item_guard(get: Get, mask: int) -> Get:
    def guard(scope: Scope) -> Value:
        item = scope.it
        if type(item) is Item and not item.filled & mask:
            return None
        return get(scope)

    return guard


def remembered(c: Context, tree: Tree, get: Get, name_of: str) -> Get:
    """Returns the closure that is run once for a segment, where it reads nothing but one."""
    name = _owner(deps_of(c, tree, is_full=True)) if _may_be_text(c, tree) else None
    if name is None:
        return get
    # What was worked out to be carried over serves a condition too; the reverse would leave the
    # fields unused.
    key, other = (name_of, c.is_used), (name_of, True)

    def memo(scope: Scope) -> Value:
        line = scope.first.get(name)
        if line is None:
            return get(scope)
        held = line.memo
        if key in held or other in held:
            known: Value = held[key] if key in held else held[other]
            return known
        value = get(scope)
        # Lists and objects are made anew each time: what is handed out may be changed.
        if type(value) is str or value is None:
            held[key] = value
        return value

    return memo


def remembered_test(c: Context, tree: Tree, test: Test, key: object) -> Test:
    """Returns the condition that is tried once for a segment, where it reads nothing but one."""
    name = _owner(deps_of(c, tree, is_full=True))
    if name is None:
        return test

    def memo(scope: Scope) -> bool:
        line = scope.first.get(name)
        if line is None:
            return test(scope)
        held = line.memo
        found = held.get(key)
        if found is None:
            found = held[key] = test(scope)
        return bool(found)

    return memo


def is_remembered(c: Context, tree: Tree) -> bool:
    """Says whether a node is one by name whose value is kept: then asking is as quick as looking."""
    used = _used(c, tree) if isinstance(tree, Table) else None
    if used is None or not _may_be_text(c, used):
        return False
    return _owner(deps_of(c, used, is_full=True)) is not None


def _may_be_text(c: Context, tree: Tree) -> bool:
    """Says whether a node may give a single value: lists and objects are never kept."""
    if isinstance(tree, Scalar):
        return True
    if isinstance(tree, Sequence):
        return False
    used = _used(c, tree)
    if used is not None:
        return _may_be_text(c, used)
    name = next(iter(tree.members), "")
    return name.startswith("$") and name not in _STRUCTURES


def _owner(deps: Deps) -> str | None:
    if deps.is_wild or "@" in deps.masks or not deps.masks:
        return None
    rest = deps.masks.keys() - _FIXED
    if len(rest) > 1:
        return None
    return next(iter(rest), "MSH")
