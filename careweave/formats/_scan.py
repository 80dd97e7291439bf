"""The strict scanner of JSON: the C scanner of the standard library with suspicious hooks.

The quick pass only notices that something is wrong; `_faults` then names the place.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from json import JSONDecoder
from typing import Any, NoReturn

from careweave.formats._limits import Limits
from careweave.terms import Incorrect, Json

Reader = Callable[[str, int], tuple[Any, int]]
"""Reads the value that begins at a place of a text; gives it and the place after it."""

_SPACE = r"[ \t\n\r]*"
_match_member = re.compile(
    rf'{_SPACE}"((?:[^"\\\x00-\x1f]|\\.)*+)"{_SPACE}:{_SPACE}', re.DOTALL
).match
_match_next = re.compile(rf"{_SPACE}([,\]}}])").match
_match_item = re.compile(_SPACE).match
_search_odd_escape = re.compile(r"\\(?:u(?:[dD][89a-fA-F]|00[01]|[fF]{3}[eEfF])|[bf])").search
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALL_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_COUNTED = bytes(set(range(256)) - set(b"[{,"))


class Suspect(Incorrect):
    """The document breaks a rule; read it again slowly to say where."""


UNREADABLE = (Suspect, ValueError, StopIteration, RecursionError)
"""What the readers raise."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Suspect
    return value


def _decimal(text: str) -> Decimal:
    if (len(text) > 18 or "e" in text or "E" in text) and not is_moderate(text):
        raise Suspect
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > 18 and not is_moderate(text):
        raise Suspect
    return int(text)


def _constant(_text: str) -> NoReturn:
    raise Suspect


_match_number = re.compile(r"-?(\d+)(?:\.(\d+))?(?:[eE][+-]?0*(\d+))?").fullmatch


def is_moderate(text: str, *, digits: int = 18, exponent: int = 308) -> bool:
    """Says whether a number has no more significant digits and no larger exponent than these."""
    found = _match_number(text)
    if found is None:
        return False
    whole, fraction, power = found.groups(default="")
    return (
        len((whole + fraction).lstrip("0")) <= digits
        and len(power) <= 4
        and int(power or "0") <= exponent
    )


@cache
def strict() -> Reader:
    """Returns the reader that raises `Suspect` at the first rule broken."""
    decoder = JSONDecoder(
        object_pairs_hook=_object,
        parse_float=_decimal,
        parse_int=_integer,
        parse_constant=_constant,
    )
    reader: Reader = decoder.scan_once  # type: ignore[attr-defined]  # left out of the stubs
    return reader


@cache
def trusting() -> Reader:
    """Returns the quicker reader for text that the strict one has read before."""
    decoder = JSONDecoder(parse_float=Decimal)
    reader: Reader = decoder.scan_once  # type: ignore[attr-defined]  # left out of the stubs
    return reader


def read_members(
    text: str, at: int, readers: Mapping[str, Reader], spans: list[int]
) -> tuple[dict[str, Any], int]:
    """Reads the object that begins at a place, member by member; returns it and the place after.

    A member whose name is in `readers` is read by its reader. The spans of the members `id` and
    `meta` with the commas that leave with them are added to `spans`, neighbours joined.
    """
    value: dict[str, Any] = {}
    scan = strict()
    at = _after_brace(text, at)
    previous = at
    is_first = True
    while True:
        member = _match_member(text, at)
        if member is None:
            return _ended(text, at, value)
        name = member[1]
        item, end = readers.get(name, scan)(text, member.end())
        if name in value or "\\" in name:
            raise Suspect
        value[name] = item
        after = _match_next(text, end)
        if after is None or after[1] == "]":
            raise Suspect
        if name not in {"id", "meta"}:
            is_first = False
        elif is_first:
            _note(spans, at, after.end())
        else:
            _note(spans, previous, end)
        if after[1] == "}":
            return value, after.end()
        previous, at = end, after.end()


def read_items(text: str, at: int, reader: Reader) -> tuple[list[Any], int]:
    """Reads the array that begins at a place, each item by the reader."""
    if not text.startswith("[", at):
        raise Suspect
    items: list[Any] = []
    at = _item(text, at + 1)
    if text.startswith("]", at):
        return items, at + 1
    while True:
        item, end = reader(text, at)
        items.append(item)
        after = _match_next(text, end)
        if after is None or after[1] == "}":
            raise Suspect
        if after[1] == "]":
            return items, after.end()
        at = _item(text, after.end())


def _item(text: str, at: int) -> int:
    found = _match_item(text, at)
    return found.end() if found else at


def _after_brace(text: str, at: int) -> int:
    if not text.startswith("{", at):
        raise Suspect
    return at + 1


def _ended(text: str, at: int, value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    after = _match_next(text, at)
    if value or after is None or after[1] != "}":
        raise Suspect
    return value, after.end()


def _note(spans: list[int], start: int, end: int) -> None:
    if spans and spans[-1] == start:
        spans[-1] = end
    else:
        spans += (start, end)


def is_suspicious(text: str, limits: Limits) -> bool:
    """Says whether text that the strict reader took may still break a limit."""
    if len(text) > limits.string or ("\\" in text and _search_odd_escape(text)):
        return True
    if not text.isascii() and ("\ufffe" in text or "\uffff" in text):
        return True
    if text.count("{") + text.count("[") <= limits.depth:
        return False
    outline = _outside_strings(text)
    return _is_deep(outline, limits.depth) or _is_large(outline, limits.nodes)


def _outside_strings(text: str) -> bytes:
    # A run of backslashes stands only in strings and begins with an escape: pairs go first.
    data = text.encode()
    if "\\" in text:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(data.split(b'"')[::2])


def _is_deep(outline: bytes, depth: int) -> bool:
    # Each round takes the innermost pairs and with them exactly one level.
    brackets = outline.translate(_ALL_SQUARE, _NOT_BRACKETS)
    for _ in range(depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _is_large(outline: bytes, nodes: int) -> bool:
    return len(outline.translate(None, _NOT_COUNTED)) >= nodes
