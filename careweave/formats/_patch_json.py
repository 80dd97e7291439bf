"""JSON Patch on resources."""

from decimal import Decimal

from careweave.terms import Incorrect, Json, TooCostly, Unprocessable

_MOST_OPERATIONS = 1_000
_MOST_COPIED = 200_000
_NEEDS = {
    "add": ("path", "value"), "remove": ("path",), "replace": ("path", "value"),
    "move": ("from", "path"), "copy": ("from", "path"), "test": ("path", "value"),
}  # fmt: skip

Parent = dict[str, Json] | list[Json]


def json_patch(value: dict[str, Json], patch: Json) -> dict[str, Json]:
    """Returns the resource after the patch; the one given stays as it is.

    All operations hold or none. Neither `resourceType` nor `id` may change, and a list that loses
    its last item goes, since FHIR has no empty lists. A failed `test` is Unprocessable.
    Source: RFC 6902; FHIR R4 4.0.1, http.html 3.1.0.7.
    """
    if not isinstance(patch, list) or len(patch) > _MOST_OPERATIONS:
        message = f"A JSON Patch is a list of at most {_MOST_OPERATIONS} operations."
        raise Incorrect(message, code="structure")
    work = _Work(value)
    for number, operation in enumerate(patch):
        work.apply(operation, f"[{number}]")
    return kept_identity(value, without_empty_lists(work.document))


def kept_identity(before: dict[str, Json], after: Json) -> dict[str, Json]:
    """Returns `after` when it is still the same resource, of the same type and id."""
    if isinstance(after, dict) and all(
        after.get(name) == before.get(name) for name in ("resourceType", "id")
    ):
        return after
    message = "A patch may not change the type or the id of a resource."
    raise Unprocessable(message, code="business-rule")


def without_empty_lists(value: Json) -> Json:
    """Returns `value` with every empty list left out of its object."""
    if isinstance(value, dict):
        pairs = ((name, without_empty_lists(part)) for name, part in value.items())
        return {name: part for name, part in pairs if part != []}
    if isinstance(value, list):
        return [without_empty_lists(part) for part in value]
    return value


class _Work:
    """The copy that operations change, with a budget for what `copy` makes."""

    def __init__(self, value: Json) -> None:
        self._left = _MOST_COPIED
        self.document = self._copied(value)

    def apply(self, operation: Json, where: str) -> None:
        if not isinstance(operation, dict):
            message = "An operation is an object with op and path."
            raise Incorrect(message, where=where, code="structure")
        op = operation.get("op")
        needs = _NEEDS.get(op) if isinstance(op, str) else None
        if needs is None:
            message = "op is one of add, remove, replace, move, copy, test."
            raise Incorrect(message, where=f"{where}.op", code="value")
        for name in needs:
            if name not in operation or (name != "value" and not isinstance(operation[name], str)):
                message = f"The operation {op} needs {' and '.join(needs)}."
                raise Incorrect(message, where=f"{where}.{name}", code="required")
        self._run(str(op), operation, where)

    def _run(self, op: str, operation: dict[str, Json], where: str) -> None:
        match op:
            case "add":
                self._add(operation, where)
            case "remove":
                self._taken(_steps(operation["path"], where), where)
            case "replace":
                self._replace(operation, where)
            case "move":
                self._move(operation, where)
            case "copy":
                self._copy(operation, where)
            case _:
                self._test(operation, where)

    def _copied(self, value: Json) -> Json:
        self._left -= 1
        if self._left < 0:
            message = "The patch makes a resource that is too large."
            raise TooCostly(message)
        if isinstance(value, dict):
            return {name: self._copied(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._copied(part) for part in value]
        return value

    def _add(self, operation: dict[str, Json], where: str) -> None:
        self._put(_steps(operation["path"], where), self._copied(operation["value"]), where)

    def _replace(self, operation: dict[str, Json], where: str) -> None:
        steps = _steps(operation["path"], where)
        fresh = self._copied(operation["value"])
        if not steps:
            self.document = fresh
            return
        parent, last = self._found(steps[:-1], where), steps[-1]
        if isinstance(parent, list):
            parent[_index(last, len(parent) - 1, where)] = fresh
        elif isinstance(parent, dict) and last in parent:
            parent[last] = fresh
        else:
            raise _absent(where)

    def _move(self, operation: dict[str, Json], where: str) -> None:
        origin = _steps(operation["from"], where)
        target = _steps(operation["path"], where)
        if target[: len(origin)] == origin and target != origin:
            message = "Nothing can be moved into itself."
            raise Unprocessable(message, where=where)
        self._put(target, self._taken(origin, where), where)

    def _copy(self, operation: dict[str, Json], where: str) -> None:
        origin = self._found(_steps(operation["from"], where), where)
        self._put(_steps(operation["path"], where), self._copied(origin), where)

    def _test(self, operation: dict[str, Json], where: str) -> None:
        found = self._found(_steps(operation["path"], where), where)
        if not same(found, operation["value"]):
            message = "The value at this path is not the one that the patch expects."
            raise Unprocessable(message, where=where)

    def _found(self, steps: list[str], where: str) -> Json:
        here = self.document
        for step in steps:
            here = _child(here, step, where)
        return here

    def _put(self, steps: list[str], fresh: Json, where: str) -> None:
        if not steps:
            self.document = fresh
            return
        parent, last = self._found(steps[:-1], where), steps[-1]
        if isinstance(parent, dict):
            parent[last] = fresh
        elif isinstance(parent, list):
            parent.insert(len(parent) if last == "-" else _index(last, len(parent), where), fresh)
        else:
            raise _absent(where)

    def _taken(self, steps: list[str], where: str) -> Json:
        if not steps:
            message = "The whole resource cannot be removed by a patch."
            raise Unprocessable(message, where=where)
        parent, last = self._found(steps[:-1], where), steps[-1]
        if isinstance(parent, list):
            return parent.pop(_index(last, len(parent) - 1, where))
        if isinstance(parent, dict) and last in parent:
            return parent.pop(last)
        raise _absent(where)


def same(left: Json, right: Json) -> bool:
    """Returns whether two values are equal: numbers by value, never equal to true or false."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return left == right
    return type(left) is type(right) and left == right


def _steps(pointer: Json, where: str) -> list[str]:
    text = str(pointer)
    if text and not text.startswith("/"):
        message = "A path is a JSON Pointer, such as /name/0/family."
        raise Incorrect(message, where=where, code="value")
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _child(parent: Json, step: str, where: str) -> Json:
    if isinstance(parent, list):
        return parent[_index(step, len(parent) - 1, where)]
    if isinstance(parent, dict) and step in parent:
        return parent[step]
    raise _absent(where)


def _index(step: str, most: int, where: str) -> int:
    plain = step.isascii() and step.isdecimal() and (step == "0" or step[0] != "0")
    if not plain or len(step) > 9 or int(step) > most:
        raise _absent(where)
    return int(step)


def _absent(where: str) -> Unprocessable:
    return Unprocessable("There is nothing at this path of the resource.", where=where)
