"""An evaluator of the FHIRPath subset that patches use, over FHIR JSON.

Every result remembers its place, so that a patch can change it there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from careweave.formats._fhirpath_syntax import Binary, Call, Index, Literal, OfType, Step, Tree
from careweave.formats._patch_json import same
from careweave.formats._shape import Member, members
from careweave.terms import Incorrect, Json, TooCostly

_MOST_STEPS = 1_000
_ROOT_NAMES = ("Resource", "DomainResource", "%resource", "%context", "%rootResource")


@dataclass(frozen=True, slots=True)
class Node:
    """A value, its type, and where it lies: under `key` of `parent`, at `at` when in a list.

    `extra` is what the sibling member `_key` says of a primitive.
    """

    value: Json
    type: str
    extra: Json = None
    parent: dict[str, Json] | None = None
    member: Member | None = None
    at: int | None = None


Nodes = list[Node]


def evaluate(tree: Tree, root: dict[str, Json]) -> Nodes:
    """Returns what the expression selects in a resource, in order."""
    node = Node(root, str(root.get("resourceType")))
    return _Evaluation(node).of(tree, [node])


def _truth(value: bool) -> Nodes:  # noqa: FBT001  a value of the language, no option
    return [Node(value, "boolean")]


def _type_names(node: Node) -> set[str]:
    return {node.type, f"System.{node.type}", node.type[:1].lower() + node.type[1:]}


def children(node: Node, name: str) -> Iterator[Node]:
    """Gives the members of a node with one name, whatever type a choice has taken."""
    holder = node.value if isinstance(node.value, dict) else node.extra
    if not isinstance(holder, dict):
        return
    for member in members(node.type).get(name, ()):
        yield from items(holder, member)


def items(holder: dict[str, Json], member: Member) -> Iterator[Node]:
    """Gives the items of one JSON member, each with what its `_` sibling says of it."""
    value, extra = holder.get(member.key), holder.get(f"_{member.key}")
    if isinstance(value, list) or isinstance(extra, list):
        values = value if isinstance(value, list) else []
        extras = extra if isinstance(extra, list) else []
        for at in range(max(len(values), len(extras))):
            one = values[at] if at < len(values) else None
            beside = extras[at] if at < len(extras) else None
            yield Node(one, _actual(one, member), beside, holder, member, at)
    elif value is not None or extra is not None:
        yield Node(value, _actual(value, member), extra, holder, member)


def _actual(value: Json, member: Member) -> str:
    if member.type == "Resource" and isinstance(value, dict):
        return str(value.get("resourceType"))
    return member.type


class _Evaluation:
    """One run, with its budget of steps."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._left = _MOST_STEPS

    def of(self, tree: Tree, focus: Nodes) -> Nodes:
        result = self._of(tree, focus)
        self._left -= 1 + len(result)
        if self._left < 0:
            message = "The expression takes too many steps; make it narrower."
            raise TooCostly(message)
        return result

    def _of(self, tree: Tree, focus: Nodes) -> Nodes:
        match tree:
            case Literal(value):
                found = [] if value is None else [Node(value, _literal_type(value))]
            case Step():
                found = self._step(tree, focus)
            case Index(before, position):
                found = self._item(self.of(before, focus), self.of(position, focus))
            case Call(before, name, arguments):
                start = focus if before is None else self.of(before, focus)
                found = self._call(name, start, arguments, focus)
            case OfType(operator, left, type_name):
                found = _typed(operator, self.of(left, focus), type_name)
            case _:
                found = self._binary(tree, focus)
        return found

    def _step(self, tree: Step, focus: Nodes) -> Nodes:
        if tree.before is not None:
            found = self.of(tree.before, focus)
        elif tree.name == "$this":
            return focus
        elif tree.name in {self._root.type, *_ROOT_NAMES}:
            return [self._root]
        else:
            found = focus
        return [child for node in found for child in children(node, tree.name)]

    def _item(self, nodes: Nodes, position: Nodes) -> Nodes:
        number = position[0].value if len(position) == 1 else None
        if isinstance(number, bool) or not isinstance(number, int | Decimal) or number % 1:
            message = "An index in brackets is a whole number."
            raise Incorrect(message, code="value")
        at = int(number)
        return nodes[at : at + 1]

    def _binary(self, tree: Binary, focus: Nodes) -> Nodes:
        left = self.of(tree.left, focus)
        right = self.of(tree.right, focus)
        if tree.operator == "|":
            return left + [node for node in right if not any(_equal(node, one) for one in left)]
        if tree.operator in {"=", "!="}:
            return _compared(left, right, wanted=tree.operator == "=")
        return _logic(tree.operator, boolean(left), boolean(right))

    def _call(self, name: str, nodes: Nodes, arguments: tuple[Tree, ...], focus: Nodes) -> Nodes:
        simple = _SIMPLE.get(name)
        if simple is not None and not arguments:
            return simple(nodes)
        if name in _WITH_CRITERIA and len(arguments) == 1:
            kept = [node for node in nodes if boolean(self.of(arguments[0], [node]))]
            return _WITH_CRITERIA[name](nodes, kept)
        if name in {"ofType", "as", "is"} and len(arguments) == 1:
            return _typed("is" if name == "is" else "as", nodes, _type_named(arguments[0]))
        if name in _WITH_VALUE and len(arguments) == 1:
            return _WITH_VALUE[name](nodes, self.of(arguments[0], focus))
        # Its name is not told: it is the client's own text.
        message = "A function of the expression is not supported here with these arguments."
        raise Incorrect(message, code="not-supported")


def boolean(nodes: Nodes) -> bool | None:
    """Returns the truth of a collection: None when empty, true for one value of another kind."""
    if not nodes:
        return None
    if len(nodes) > 1:
        message = "A condition has more than one value."
        raise Incorrect(message, code="value")
    value = nodes[0].value
    return value if isinstance(value, bool) else True


def _logic(operator: str, left: bool | None, right: bool | None) -> Nodes:  # noqa: FBT001
    if operator == "xor":
        return [] if left is None or right is None else _truth(left is not right)
    deciding = operator == "or"
    if left is deciding or right is deciding:
        return _truth(deciding)
    return [] if left is None or right is None else _truth(not deciding)


def _equal(left: Node, right: Node) -> bool:
    return same(left.value, right.value) and same(left.extra, right.extra)


def _compared(left: Nodes, right: Nodes, *, wanted: bool) -> Nodes:
    if not left or not right:
        return []
    equal = len(left) == len(right) and all(
        same(one.value, other.value) for one, other in zip(left, right, strict=True)
    )
    return _truth(equal is wanted)


def _literal_type(value: str | Decimal | bool) -> str:  # noqa: FBT001
    match value:
        case bool():
            return "boolean"
        case str():
            return "string"
        case _:
            return "decimal"


def _type_named(tree: Tree) -> str:
    if isinstance(tree, Step):
        return tree.name
    message = "A type is given by its name."
    raise Incorrect(message, code="value")


def _typed(operator: str, nodes: Nodes, name: str) -> Nodes:
    if operator == "as":
        return [node for node in nodes if name in _type_names(node)]
    return [] if not nodes else _truth(all(name in _type_names(node) for node in nodes))


def _single(nodes: Nodes) -> Nodes:
    if len(nodes) > 1:
        message = "single() found more than one."
        raise Incorrect(message, code="value")
    return nodes


def _negation(nodes: Nodes) -> Nodes:
    truth = boolean(nodes)
    return [] if truth is None else _truth(not truth)


def _with_value(nodes: Nodes) -> Nodes:
    one = len(nodes) == 1 and nodes[0].value is not None
    return _truth(one and not isinstance(nodes[0].value, dict))


def _extension(nodes: Nodes, url: Nodes) -> Nodes:
    wanted = url[0].value if len(url) == 1 else None
    found = [child for node in nodes for child in children(node, "extension")]
    return [one for one in found if isinstance(one.value, dict) and one.value.get("url") == wanted]


def _text_test(test: Callable[[str, str], bool]) -> Callable[[Nodes, Nodes], Nodes]:
    def run(nodes: Nodes, other: Nodes) -> Nodes:
        if len(nodes) != 1 or len(other) != 1:
            return []
        text, part = nodes[0].value, other[0].value
        return _truth(isinstance(text, str) and isinstance(part, str) and test(text, part))

    return run


_SIMPLE: dict[str, Callable[[Nodes], Nodes]] = {
    "first": lambda nodes: nodes[:1],
    "last": lambda nodes: nodes[-1:],
    "tail": lambda nodes: nodes[1:],
    "single": _single,
    "exists": lambda nodes: _truth(bool(nodes)),
    "empty": lambda nodes: _truth(not nodes),
    "not": _negation,
    "hasValue": _with_value,
    "count": lambda nodes: [Node(len(nodes), "integer")],
}

_WITH_CRITERIA: dict[str, Callable[[Nodes, Nodes], Nodes]] = {
    "where": lambda _, kept: kept,
    "exists": lambda _, kept: _truth(bool(kept)),
    "all": lambda nodes, kept: _truth(len(kept) == len(nodes)),
}

_WITH_VALUE: dict[str, Callable[[Nodes, Nodes], Nodes]] = {
    "extension": _extension,
    "startsWith": _text_test(str.startswith),
    "endsWith": _text_test(str.endswith),
    "contains": _text_test(lambda text, part: part in text),
}
