"""Conditions, as closures. Source: reference/interop.md 6.2."""

from collections.abc import Callable

from careweave.formats import NULL
from careweave.sources._context import Context
from careweave.sources._faults import near
from careweave.sources._nodes import compile_node
from careweave.sources._patterns import PatternFault, pattern
from careweave.sources._scope import Get, Scope, Test, text_of
from careweave.sources._strict import remembered_test
from careweave.sources._yaml import Scalar, Sequence, Table, Tree

_LONGEST = 10_000


def compile_test(c: Context, tree: Tree | None) -> Test | None:
    """Returns the closure of a condition; None where there is none, or a wrong one."""
    if tree is None:
        return None
    if not isinstance(tree, Table) or len(tree.members) != 1:
        c.fault(tree.spot, "a condition has one word", near("", _TESTS))
        return None
    name, inside = next(iter(tree.members.items()))
    if name not in _TESTS:
        c.fault(tree.names[name], f"there is no condition {name}", near(name, _TESTS))
        return None
    # What only steers a mapping is not carried over: it does not count as used.
    with c.at(is_used=False):
        return _TESTS[name](c, inside)


def _present(c: Context, tree: Tree) -> Test:
    get = compile_node(c, tree).get

    def test(scope: Scope) -> bool:
        value = get(scope)
        return value is not None and value is not NULL

    return test


def _pair(c: Context, tree: Tree, what: str) -> tuple[Get, Tree] | None:
    if isinstance(tree, Sequence) and len(tree.items) == 2:
        return compile_node(c, tree.items[0]).get, tree.items[1]
    c.fault(tree.spot, f"{what} has two things to compare", f"write {what}: [a, b]")
    return None


def _eq(c: Context, tree: Tree) -> Test | None:
    pair = _pair(c, tree, "eq")
    if pair is None:
        return None
    left, right = pair[0], _text(c, pair[1])

    def test(scope: Scope) -> bool:
        value = left(scope)
        found = value if type(value) is str else text_of(value)
        return found is not None and found == right(scope)

    return test


def _text(c: Context, tree: Tree) -> Callable[[Scope], str | None]:
    # Constants are compared by how they are written: 01 is not 1.
    if isinstance(tree, Scalar) and not tree.text.startswith("="):
        text = tree.text
        return lambda _scope: text
    get = compile_node(c, tree).get
    return lambda scope: text_of(get(scope))


def _in(c: Context, tree: Tree) -> Test | None:
    pair = _pair(c, tree, "in")
    if pair is None or not isinstance(pair[1], Sequence):
        c.fault(tree.spot, "in needs a list to look in", "write in: [a, [b, c]]")
        return None
    left, items = pair[0], pair[1].items
    fixed = frozenset(
        item.text for item in items if isinstance(item, Scalar) and not item.text.startswith("=")
    )
    others = [
        _text(c, item) for item in items if not isinstance(item, Scalar) or item.text[:1] == "="
    ]

    def test(scope: Scope) -> bool:
        value = left(scope)
        found = value if type(value) is str else text_of(value)
        if found is None or found in fixed:
            return found is not None
        return bool(others) and any(other(scope) == found for other in others)

    return test


def _matches(c: Context, tree: Tree) -> Test | None:
    pair = _pair(c, tree, "matches")
    if pair is None or not isinstance(pair[1], Scalar):
        c.fault(tree.spot, "matches needs a pattern", "write matches: [a, 'pattern']")
        return None
    left = pair[0]
    try:
        is_match = pattern(pair[1].text)
    except PatternFault as fault:
        c.fault(pair[1].spot, "this pattern is not of the subset", fault.args[0])
        return None

    def test(scope: Scope) -> bool:
        value = left(scope)
        found = value if type(value) is str else text_of(value)
        return found is not None and len(found) <= _LONGEST and is_match(found)

    return test


def _use(c: Context, tree: Tree) -> Test | None:
    name = tree.text if isinstance(tree, Scalar) else ""
    if name not in c.nodes or name in c.using:
        fix = near(name, c.nodes) if name not in c.nodes else "take the circle apart"
        c.fault(tree.spot, f"the condition {name} cannot be used here", fix)
        return None
    held = c.using
    c.using = (*held, name)
    test = compile_test(c, c.nodes[name])
    c.using = held
    return remembered_test(c, c.nodes[name], test, (name, "if")) if test is not None else None


def _not(c: Context, tree: Tree) -> Test | None:
    test = compile_test(c, tree)
    return (lambda scope: not test(scope)) if test else None


def _tests(c: Context, tree: Tree) -> list[Test]:
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    return [test for item in items if (test := compile_test(c, item)) is not None]


def _all(c: Context, tree: Tree) -> Test:
    tests = _tests(c, tree)

    def every(scope: Scope) -> bool:
        for test in tests:  # noqa: SIM110  all() would make a generator for each message
            if not test(scope):
                return False
        return True

    return every


def _any(c: Context, tree: Tree) -> Test:
    tests = _tests(c, tree)

    def some(scope: Scope) -> bool:
        for test in tests:  # noqa: SIM110  any() would make a generator for each message
            if test(scope):
                return True
        return False

    return some


_TESTS: dict[str, Callable[[Context, Tree], Test | None]] = {
    "present": _present,
    "eq": _eq,
    "in": _in,
    "matches": _matches,
    "not": _not,
    "all": _all,
    "any": _any,
    "$use": _use,
}
