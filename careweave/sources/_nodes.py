"""Nodes: constants, paths, lists, objects and operators, as closures. Source: interop.md 6.2."""

from collections.abc import Iterable
from dataclasses import replace

from careweave.formats import Member, members
from careweave.sources._build import Part, fresh, list_of, object_of, one_item
from careweave.sources._context import NOTHING, Context, Made, constant, nothing
from careweave.sources._faults import near
from careweave.sources._scope import Get, Scope, Value
from careweave.sources._strict import guard_of, guarded, is_remembered
from careweave.sources._yaml import Scalar, Sequence, Table, Tree

_FREE = frozenset({"", "Resource", "Element", "xhtml"})
_LISTING = frozenset({"$each", "$split", "$refs", "$jsonata"})
"""Operators that may give a list."""


def compile_node(c: Context, tree: Tree) -> Made:
    """Returns the closure of a node; of a wrong one a closure that gives nothing, and a fault."""
    if isinstance(tree, Scalar):
        return _scalar(c, tree)
    if isinstance(tree, Sequence):
        return _list(c, tree)
    if any(name.startswith("$") for name in tree.members):
        return _operator(c, tree)
    return _object(c, tree)


def compile_guarded(c: Context, tree: Tree) -> Made:
    """Returns the closure of a node that is passed over where all that it reads is empty."""
    if isinstance(tree, Scalar):
        return compile_node(c, tree)
    part = part_of(c, "", tree)
    if part.guard is None:
        return Made(part.get, is_constant=part.is_constant)
    return Made(guarded(part.get, {part.guard[0]: part.guard[1]}))


def compile_many(c: Context, tree: Tree) -> list[Get]:
    """Returns the closures of the items of a list, or of the one node that is no list."""
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    return [compile_node(c, item).get for item in items]


def _scalar(c: Context, tree: Scalar) -> Made:
    text = tree.text
    if text.startswith("=="):
        return constant(text[1:])
    if text.startswith("=") and len(text) > 1:
        return path_node(c, tree)
    value = tree.value
    return NOTHING if value in (None, "") else constant(value)


def path_node(c: Context, tree: Scalar) -> Made:
    """Returns the closure of a path, which is written behind an equals sign."""
    path = tree.text.removeprefix("=").strip()
    root, _, rest = path.partition(".")
    if root == "source" and rest:
        return _fact(c, rest)
    if root == "system" and rest:
        return constant(system_of(c, Scalar(tree.spot, rest)))
    if root == "message" and rest:
        return _of_message(c, tree, rest)
    get = c.paths.value(path, is_used=c.is_used)
    if get is None:
        c.fault(tree.spot, f"{tree.text} is not a path", c.paths.form)
        return NOTHING
    _check_column(c, tree, path)
    c.note_origin(path)
    return Made(get)


def _check_column(c: Context, tree: Scalar, path: str) -> None:
    columns = c.paths.columns
    column = c.paths.column(path)
    if columns and column and column not in columns:
        what = f"the column {column} is not declared in file.header"
        c.fault(tree.spot, what, near(column, columns))


def _fact(c: Context, name: str) -> Made:
    # A parameter that the source does not declare is empty: mappings serve several sources.
    value = c.place.facts.get(name)
    return NOTHING if value in (None, "") else constant(value)


def _of_message(c: Context, tree: Scalar, name: str) -> Made:
    if name in {"event_at", "sent_at"}:
        return Made(lambda scope: _iso(scope, name))
    if name in {"control_id", "kind"}:
        return Made(lambda scope: getattr(scope.run.head, name) or None)
    known = ("event_at", "sent_at", "control_id", "kind")
    c.fault(tree.spot, f"message.{name} is not known", near(name, known))
    return NOTHING


def _iso(scope: Scope, name: str) -> Value:
    at = getattr(scope.run.head, name)
    return at.isoformat(timespec="seconds") if at is not None else None


def system_of(c: Context, tree: Tree | None) -> str:
    """Returns the URI of a short name of a system, or the URI that was written."""
    if not isinstance(tree, Scalar):
        if tree is not None:
            c.fault(tree.spot, "a system is one word", "write its short name or its URI")
        return ""
    name = tree.text
    if name.startswith("=system."):
        name = name.removeprefix("=system.")
    if name in c.systems:
        return c.systems[name]
    if ":" in name:
        return name
    c.fault(tree.spot, f"there is no system {name}", near(name, c.systems))
    return ""


def _list(c: Context, tree: Sequence) -> Made:
    parts = parts_of(c, tree.items)
    if all(part.is_constant for part in parts):
        return Made(fresh(list_of(parts)), is_constant=True)
    return Made(list_of(parts))


def parts_of(c: Context, trees: Iterable[Tree]) -> list[Part]:
    """Returns several nodes, each with what tells that it gives nothing."""
    return [part_of(c, "", tree) for tree in trees]


def part_of(c: Context, name: str, tree: Tree) -> Part:
    """Returns a node by its name, with what tells that it gives nothing."""
    guard = guard_of(c, tree)
    if guard is None or is_remembered(c, tree):
        made = compile_node(c, tree)
        return Part(name, made.get, made.is_constant, None)
    held, c.guard = c.guard, guard
    made = compile_node(c, tree)
    c.guard = held
    pair = None if made.is_constant else next(iter(guard.items()))
    return Part(name, made.get, made.is_constant, pair, isinstance(tree, Scalar))


def _operator(c: Context, tree: Table) -> Made:
    name, *others = tree.members
    if others or name not in c.operators:
        at = tree.names[others[0]] if others and name in c.operators else tree.names[name]
        what = f"{name} stands beside other names" if others else f"there is no operator {name}"
        c.fault(
            at,
            what,
            "give the operator an object of its own" if others else near(name, c.operators),
        )
        return NOTHING
    with c.at(operator=name):
        return c.operators[name](c, tree.members[name], name)


def _object(c: Context, tree: Table) -> Made:
    parts = members_of(c, tree, c.shape)
    if all(part.is_constant for part in parts):
        return Made(fresh(object_of(parts)), is_constant=True)
    return Made(object_of(parts))


def members_of(c: Context, tree: Table, shape: str) -> list[Part]:
    """Returns the members of an object.

    `shape` is the R4 type or backbone that the object is, "" where that is not known.
    """
    parts: list[Part] = []
    for name, inside in tree.members.items():
        with c.at(shape=shape):
            member = _member(c, tree, name) if shape not in _FREE else None
        below = member.shape if member is not None and not name.startswith("_") else ""
        with c.at(name, shape=below, kind=member.type if member is not None else ""):
            part = part_of(c, name, inside)
        if part.get is not nothing:
            parts.append(replace(part, get=_fitting(c, name, inside, part.get, member)))
    return parts


def _member(c: Context, tree: Table, name: str) -> Member | None:
    known = members(c.shape)
    plain = name.removeprefix("_")
    found = known.get(plain)
    if found is None and name != "resourceType":
        what = f"{name} is not an element of {c.shape} in FHIR R4"
        c.fault(tree.names[name], what, near(plain, known))
    return found


def _fitting(c: Context, name: str, inside: Tree, get: Get, member: Member | None) -> Get:
    if member is None:
        return get
    if member.element.is_many:
        return get if _is_list(c, inside) else one_item(get)
    if isinstance(inside, Sequence):
        c.fault(inside.spot, f"{name} is a single value, not a list", "take the brackets away")
    where = ".".join((*c.element, name))
    return _single(get, where) if _may_be_many(c, inside) else get


def _is_list(c: Context, tree: Tree, depth: int = 0) -> bool:
    """Says whether a node gives nothing but lists."""
    if isinstance(tree, Sequence):
        return True
    name, inside = (
        next(iter(tree.members.items()), ("", tree)) if isinstance(tree, Table) else ("", tree)
    )
    if name == "$use" and isinstance(inside, Scalar) and inside.text in c.nodes and depth < 40:
        return _is_list(c, c.nodes[inside.text], depth + 1)
    return name == "$each"


def _may_be_many(c: Context, tree: Tree, depth: int = 0) -> bool:
    """Says whether a node may give a list where a single value is wanted."""
    if isinstance(tree, Scalar):
        return "[*]" in tree.text
    if isinstance(tree, Sequence) or depth > 40:
        return True
    name, inside = next(iter(tree.members.items()), ("", tree))
    if name == "$use" and isinstance(inside, Scalar) and inside.text in c.nodes:
        return _may_be_many(c, c.nodes[inside.text], depth + 1)
    if name in {"$when", "$with"} and isinstance(inside, Table):
        ways = (inside.get(key) for key in ("then", "else", "do"))
        return any(_may_be_many(c, way, depth + 1) for way in ways if way is not None)
    return name in _LISTING


def _single(get: Get, where: str) -> Get:
    def one(scope: Scope) -> Value:
        value = get(scope)
        if type(value) is not list:
            return value
        scope.run.note("too-many-values", where, "the first one was taken")
        first: Value = value[0]
        return first

    return one
