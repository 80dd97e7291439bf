"""Where and why a JSON document is refused: the slow second reading, for people.

Names of members are repeated only when they look like names: a message carries no person's data.
"""

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

from careweave.formats._limits import Limits
from careweave.formats._scan import is_moderate
from careweave.terms import Incorrect, TooLong

_is_name = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}").fullmatch
_is_base64 = re.compile(r"[A-Za-z0-9+/=\s]*").fullmatch
_search_unreadable = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
_FIRST_PLACE: Final = "line 1, column 1"

# The elements of type base64Binary; a value of any other element keeps to the bound of strings.
# Source: FHIR R4 4.0.1, elements of type base64Binary.
_BASE64 = frozenset(
    {"data", "hash", "query", "carrierAIDC", "valueBase64Binary", "defaultValueBase64Binary"}
)


class _Members(list[tuple[str, Any]]):
    """The members of an object in order, repeated ones too."""


class _Number(str):
    """A number as it is written, or a constant that JSON does not know."""

    __slots__ = ()


_Step = str | int


def fault_of(text: str, limits: Limits) -> Incorrect | None:
    """Returns the first thing that is wrong with the text, with its place; None: nothing is."""
    try:
        tree = _tree(text)
    except RecursionError:
        return _deep(limits)
    except JSONDecodeError as error:
        return _malformed(text, error.pos)
    faults = _walk(tree, _root(tree), limits)
    return next(faults, None)


def _tree(text: str) -> Any:  # noqa: ANN401  anything that JSON can say
    decoder = JSONDecoder(
        object_pairs_hook=_Members,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_Number,
    )
    return decoder.decode(text)


def _malformed(text: str, at: int) -> Incorrect:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    where = f"line {line}, column {column}"
    return Incorrect(f"This is not JSON from {where} on.", where=where, code="structure")


def _deep(limits: Limits) -> Incorrect:
    message = f"The document is nested more than {limits.depth} deep."
    return Incorrect(message, where=_FIRST_PLACE, code="structure")


def _root(tree: object) -> str:
    if isinstance(tree, _Members):
        kind = dict(tree).get("resourceType")
        if isinstance(kind, str) and _is_name(kind):
            return kind
    return "$"


def _walk(tree: object, root: str, limits: Limits) -> Iterator[Incorrect]:
    pending: list[tuple[object, tuple[_Step, ...]]] = [(tree, ())]
    n_nodes = 0
    while pending:
        node, path = pending.pop()
        n_nodes += 1
        if n_nodes > limits.nodes:
            yield TooLong(f"The document has more than {limits.nodes} values.", where=root)
        if len(path) >= limits.depth and isinstance(node, list):
            yield _deep(limits)
        if isinstance(node, _Members):
            yield from _member_faults(node, root, path)
            pending.extend((item, (*path, name)) for name, item in reversed(node))
        elif isinstance(node, list):
            pending.extend((item, (*path, i)) for i, item in reversed(list(enumerate(node))))
        elif isinstance(node, str):
            yield from _simple_faults(node, root, path, limits)


def _member_faults(members: _Members, root: str, path: tuple[_Step, ...]) -> Iterator[Incorrect]:
    seen: set[str] = set()
    for name, _ in members:
        where = _written(root, (*path, name))
        if name in seen:
            yield Incorrect("A member appears more than once.", where=where, code="structure")
        if _search_unreadable(name):
            yield Incorrect("A name has characters that are not text.", where=where, code="value")
        seen.add(name)


def _simple_faults(
    text: str, root: str, path: tuple[_Step, ...], limits: Limits
) -> Iterator[Incorrect]:
    where = _written(root, path)
    if isinstance(text, _Number):
        yield from _number_faults(text, where, limits)
        return
    if len(text) > limits.string and not _is_base64_data(text, path):
        message = f"A string is longer than {limits.string} characters."
        yield TooLong(message, where=where)
    if _search_unreadable(text):
        message = "A string has lone surrogates or control characters; FHIR allows neither."
        yield Incorrect(message, where=where, code="value")


def _number_faults(text: _Number, where: str, limits: Limits) -> Iterator[Incorrect]:
    if text in {"NaN", "Infinity", "-Infinity"}:
        message = "JSON has no NaN and no Infinity."
        yield Incorrect(message, where=where, code="value")
    elif not is_moderate(text, digits=limits.digits, exponent=limits.exponent):
        message = f"A number has more than {limits.digits} digits or is out of range."
        yield Incorrect(message, where=where, code="value")


def _is_base64_data(text: str, path: tuple[_Step, ...]) -> bool:
    names = [step for step in path if isinstance(step, str)]
    return bool(names) and names[-1] in _BASE64 and _is_base64(text) is not None


def _written(root: str, path: tuple[_Step, ...]) -> str:
    parts = [root]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append("." + (step if _is_name(step) else "?"))
    return "".join(parts)
