"""FHIRPath Patch on resources."""

from typing import NoReturn

from careweave.formats._fhirpath import Node, children, evaluate
from careweave.formats._fhirpath_syntax import Step, Tree, parse
from careweave.formats._patch_json import kept_identity
from careweave.formats._patch_place import Fresh, Slot, pruned
from careweave.formats._shape import Member, members
from careweave.terms import Incorrect, Json, Unprocessable

_MOST_OPERATIONS = 250
Parts = dict[str, dict[str, Json]]


def fhirpath_patch(value: dict[str, Json], parameters: Json) -> dict[str, Json]:
    """Returns the resource after the operations of a Parameters resource.

    All operations hold or none; the resource given stays as it is. Neither `resourceType` nor `id`
    may change, and what becomes empty goes. Source: FHIR R4 4.0.1, fhirpatch.html.
    """
    document = copied(value)
    assert isinstance(document, dict)  # noqa: S101  a copy of an object is an object
    for number, operation in enumerate(_operations(parameters)):
        where = f"Parameters.parameter[{number}]"
        try:
            _apply(document, _parts(operation))
        except Incorrect as fault:
            if fault.where is not None:
                raise
            raise type(fault)(fault.message, where=where, code=fault.issues[0].code) from fault
    return kept_identity(value, pruned(document))


def copied(value: Json) -> Json:
    """Returns a copy that shares no object or list."""
    if isinstance(value, dict):
        return {name: copied(part) for name, part in value.items()}
    if isinstance(value, list):
        return [copied(part) for part in value]
    return value


def _operations(parameters: Json) -> list[Json]:
    if isinstance(parameters, dict) and parameters.get("resourceType") == "Parameters":
        operations = parameters.get("parameter", [])
        if isinstance(operations, list) and len(operations) <= _MOST_OPERATIONS:
            return operations
    message = f"A FHIRPath Patch is a Parameters resource of at most {_MOST_OPERATIONS} operations."
    raise Incorrect(message, code="structure")


def _parts(operation: Json) -> Parts:
    if not isinstance(operation, dict) or operation.get("name") != "operation":
        message = "Each parameter of a FHIRPath Patch is named operation."
        raise Incorrect(message, code="structure")
    return {str(part["name"]): part for part in _listed(operation)}


def _listed(holder: dict[str, Json]) -> list[dict[str, Json]]:
    parts = holder.get("part", [])
    if isinstance(parts, list):
        good = [p for p in parts if isinstance(p, dict) and isinstance(p.get("name"), str)]
        if len(good) == len(parts):
            return good
    message = "Each part of a FHIRPath Patch has a name."
    raise Incorrect(message, code="structure")


def _text(parts: Parts, name: str) -> str:
    part = parts.get(name, {})
    for key in ("valueString", "valueCode"):
        text = part.get(key)
        if isinstance(text, str):
            return text
    message = f"The operation needs the part {name}."
    raise Incorrect(message, code="required")


def _number(parts: Parts, name: str) -> int:
    number = parts.get(name, {}).get("valueInteger")
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    message = f"The operation needs the part {name}, a whole number."
    raise Incorrect(message, code="required")


def _apply(document: dict[str, Json], parts: Parts) -> None:
    tree = parse(_text(parts, "path"))
    match _text(parts, "type"):
        case "add":
            _add(document, tree, parts)
        case "insert":
            _insert(document, tree, parts)
        case "delete":
            _delete(evaluate(tree, document))
        case "replace":
            _replace(document, tree, parts)
        case "move":
            slot = _list_of(document, tree)
            slot.move(_number(parts, "source"), _number(parts, "destination"))
        case _:
            message = "type is one of add, insert, delete, replace, move."
            raise Incorrect(message, code="value")


def _one(nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    if nodes:
        message = "The path leads to more than one element; name one."
        raise Unprocessable(message, code="multiple-matches")
    message = "The path leads to nothing in this resource."
    raise Unprocessable(message, code="not-found")


def _add(document: dict[str, Json], tree: Tree, parts: Parts) -> None:
    node = _one(evaluate(tree, document))
    _put(node, _text(parts, "name"), _value_part(parts))


def _put(node: Node, name: str, part: dict[str, Json]) -> None:
    member = _chosen(members(node.type).get(name, ()), part)
    if not member.many and any(children(node, member.name)):
        message = "This element has a value already; replace it."
        raise Unprocessable(message)
    slot = Slot(_holder(node), member)
    slot.insert(len(slot), _fresh(part, member))


def _holder(node: Node) -> dict[str, Json]:
    """Returns the object that holds the members of a node, made for a primitive that has none."""
    if isinstance(node.value, dict):
        return node.value
    if isinstance(node.extra, dict):
        return node.extra
    if node.parent is None or node.member is None:
        message = "Nothing can be added here."
        raise Unprocessable(message)
    extra: dict[str, Json] = {}
    Slot(node.parent, node.member).set(node.at or 0, Fresh(node.value, extra))
    return extra


def _insert(document: dict[str, Json], tree: Tree, parts: Parts) -> None:
    slot = _list_of(document, tree)
    slot.insert(_number(parts, "index"), _fresh(_value_part(parts), slot.member))


def _list_of(document: dict[str, Json], tree: Tree) -> Slot:
    if not isinstance(tree, Step):
        message = "The path of this operation ends with the name of a list."
        raise Incorrect(message, code="value")
    root = Node(document, str(document.get("resourceType")))
    owner = root if tree.before is None else _one(evaluate(tree.before, document))
    found = [member for member in members(owner.type).get(tree.name, ()) if member.many]
    if len(found) != 1:
        message = "The path of this operation leads to a list."
        raise Incorrect(message, code="value")
    return Slot(_holder(owner), found[0])


def _delete(nodes: list[Node]) -> None:
    if not nodes:
        return
    node = _one(nodes)
    if node.parent is None or node.member is None:
        _refuse_root()
    Slot(node.parent, node.member).remove(node.at or 0)


def _replace(document: dict[str, Json], tree: Tree, parts: Parts) -> None:
    node = _one(evaluate(tree, document))
    if node.parent is None or node.member is None:
        _refuse_root()
    part, old = _value_part(parts), node.member
    choice = members(old.owner).get(old.name, ())
    member = _chosen(choice, part) if len(choice) > 1 else old
    slot = Slot(node.parent, member)
    if member.key == old.key:
        slot.set(node.at or 0, _fresh(part, member))
    else:
        Slot(node.parent, old).remove(0)
        slot.insert(0, _fresh(part, member))


def _refuse_root() -> NoReturn:
    message = "A patch works inside a resource, not on the whole of it."
    raise Unprocessable(message)


def _chosen(choice: tuple[Member, ...], part: dict[str, Json]) -> Member:
    if len(choice) == 1:
        return choice[0]
    suffix = next((k[5:] for k in part if k.startswith("value") and len(k) > 5), "")
    for member in choice:
        if member.key == member.name + suffix:
            return member
    message = "This element is unknown here, or may not have a value of this type."
    raise Unprocessable(message, code="structure")


def _value_part(parts: Parts) -> dict[str, Json]:
    part = parts.get("value")
    if part is None:
        message = "The operation needs the part value."
        raise Incorrect(message, code="required")
    return part


def _fresh(part: dict[str, Json], member: Member) -> Fresh:
    if "part" in part:
        made = Node({}, member.type)
        for inner in _listed(part):
            _put(made, str(inner["name"]), inner)
        return Fresh(made.value, None)
    if "resource" in part:
        return Fresh(copied(part["resource"]), None)
    names = {key.lstrip("_") for key in part if key.lstrip("_").startswith("value")}
    if len(names) != 1:
        message = "The part value has one value."
        raise Incorrect(message, code="structure")
    name = names.pop()
    return Fresh(copied(part.get(name)), copied(part.get(f"_{name}")))
