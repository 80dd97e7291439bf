"""Nodes: constants, paths, lists, objects and operators, as closures. Source: interop.md 6.2."""

from careweave.formats import NULL, Member, members
from careweave.sources._context import NOTHING, Context, Made, constant
from careweave.sources._faults import near
from careweave.sources._scope import Get, Scope, Value
from careweave.sources._yaml import Scalar, Sequence, Table, Tree

_FREE = frozenset({"", "Resource", "Element", "xhtml"})
_LISTING = frozenset({"$each", "$split", "$first", "$when", "$use", "$with", "$refs", "$jsonata"})
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
    made = [compile_node(c, item) for item in tree.items]
    gets = [one.get for one in made]
    is_constant = all(one.is_constant for one in made)
    return Made(_one_item(gets[0]) if len(gets) == 1 else _items(gets), is_constant=is_constant)


def _one_item(get: Get) -> Get:
    def one(scope: Scope) -> Value:
        value = get(scope)
        return [value] if value is not None and type(value) is not list else value

    return one


def _items(gets: list[Get]) -> Get:
    def items(scope: Scope) -> Value:
        found: list[Value] = []
        for get in gets:
            value = get(scope)
            if type(value) is list:
                found += value
            elif value is not None:
                found.append(value)
        return found or None

    return items


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
    gets = members_of(c, tree, c.shape)
    computed = frozenset(name for name, _, is_constant in gets if not is_constant)
    plain = [(name, get) for name, get, _ in gets]
    if computed and len(computed) < len(gets):
        return Made(mixed_object(plain, computed))
    return Made(plain_object(plain), is_constant=not computed)


def members_of(c: Context, tree: Table, shape: str) -> list[tuple[str, Get, bool]]:
    """Returns for each member of an object its name, its closure and whether it is a constant.

    `shape` is the R4 type or backbone that the object is, "" where that is not known.
    """
    gets: list[tuple[str, Get, bool]] = []
    for name, inside in tree.members.items():
        with c.at(shape=shape):
            member = _member(c, tree, name) if shape not in _FREE else None
        below = member.shape if member is not None and not name.startswith("_") else ""
        with c.at(name, shape=below, kind=member.type if member is not None else ""):
            made = compile_node(c, inside)
        gets.append((name, _fitting(c, name, inside, made, member), made.is_constant))
    return gets


def _member(c: Context, tree: Table, name: str) -> Member | None:
    known = members(c.shape)
    plain = name.removeprefix("_")
    found = known.get(plain)
    if found is None and name != "resourceType":
        what = f"{name} is not an element of {c.shape} in FHIR R4"
        c.fault(tree.names[name], what, near(plain, known))
    return found


def _fitting(c: Context, name: str, inside: Tree, made: Made, member: Member | None) -> Get:
    if member is None:
        return made.get
    if member.element.is_many:
        return made.get if isinstance(inside, Sequence) else _one_item(made.get)
    if isinstance(inside, Sequence):
        c.fault(inside.spot, f"{name} is a single value, not a list", "take the brackets away")
    where = ".".join((*c.element, name))
    return _single(made.get, where) if _may_be_many(inside) else made.get


def _may_be_many(tree: Tree) -> bool:
    if isinstance(tree, Scalar):
        return "[*]" in tree.text
    return isinstance(tree, Table) and not _LISTING.isdisjoint(tree.members)


def _single(get: Get, where: str) -> Get:
    def one(scope: Scope) -> Value:
        value = get(scope)
        if type(value) is not list:
            return value
        scope.run.note("too-many-values", where, "the first one was taken")
        first: Value = value[0]
        return first

    return one


def plain_object(gets: list[tuple[str, Get]]) -> Get:
    """Gives an object of those members that are not empty."""

    def build(scope: Scope) -> Value:
        made = {}
        for name, get in gets:
            value = get(scope)
            if value is not None:
                made[name] = value
        return made or None

    return build


def mixed_object(gets: list[tuple[str, Get]], computed: frozenset[str]) -> Get:
    """Gives an object of constants and values, and nothing where all values are empty."""

    def build(scope: Scope) -> Value:
        made: dict[str, Value] = {}
        is_null = False
        is_filled = False
        for name, get in gets:
            value = get(scope)
            if value is None:
                continue
            made[name] = value
            if name in computed:
                is_null = is_null or value is NULL
                is_filled = is_filled or value is not NULL
        if is_filled:
            return made
        return NULL if is_null else None

    return build
