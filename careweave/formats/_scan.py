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
_NAMED = rf'"([^"\\\x00-\x1f]*+)"{_SPACE}:{_SPACE}'
_match_first = re.compile(rf"\{{{_SPACE}(?:{_NAMED}|\}})").match
_match_more = re.compile(rf"{_SPACE}(?:,{_SPACE}{_NAMED}|\}})").match
_match_next = re.compile(rf"{_SPACE}([,\]])").match
_match_item = re.compile(_SPACE).match
_search_odd_escape = re.compile(r"\\(?:u(?:[dD][89a-fA-F]|00[01]|[fF]{3}[eEfF])|[bf])").search
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALL_SQUARE = bytes.maketrans(b"{}", b"[]")
_STAMPED = frozenset({"id", "meta"})
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
    end = 0
    keeps = False
    member = _match_first(text, at)
    while member is not None:
        name = member[1]
        if name is None:
            return value, member.end()
        if name in value:
            raise Suspect
        before = end
        value[name], end = readers.get(name, scan)(text, member.end())
        following = _match_more(text, end)
        if name not in _STAMPED:
            keeps = True
        elif keeps:
            _note(spans, before, end)
        elif following is not None:
            _note(spans, member.start(1) - 1, _start(following, end))
        member = following
    raise Suspect


def _start(member: re.Match[str], end: int) -> int:
    # Where the name of the member begins; the end of the last value where there is none.
    return end if member[1] is None else member.start(1) - 1


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
        if after is None:
            raise Suspect
        if after[1] == "]":
            return items, after.end()
        at = _item(text, after.end())


def _item(text: str, at: int) -> int:
    found = _match_item(text, at)
    return found.end() if found else at


def _note(spans: list[int], start: int, end: int) -> None:
    if spans and spans[-1] == start:
        spans[-1] = end
    else:
        spans += (start, end)


def is_suspicious(text: str, limits: Limits) -> bool:
    """Says whether text that the strict reader took may still break a rule or a limit."""
    return has_odd_strings(text, limits) or is_large(text, limits)


def has_odd_strings(text: str, limits: Limits) -> bool:
    """Says whether there may be a string that is too long or has forbidden characters."""
    if "\\" in text and _search_odd_escape(text):
        return True
    if len(text) > limits.string and _longest(text) > limits.string:
        return True
    return not text.isascii() and ("\ufffe" in text or "\uffff" in text)


def _longest(text: str) -> int:
    # At least the length of the longest string: an escape counts as two characters.
    if "\\" in text:
        text = text.replace("\\\\", "__").replace('\\"', "__")
    return max(map(len, text.split('"')))


def is_large(text: str, limits: Limits) -> bool:
    """Says whether text is nested too deep or has too many values."""
    if text.count("{") + text.count("[") <= limits.depth:
        return False
    outline = _outside_strings(text)
    return _is_deep(outline, limits.depth) or _has_many(outline, limits.nodes)


def _outside_strings(text: str) -> bytes:
    # A run of backslashes stands only in strings and begins with an escape: pairs go first.
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    return "".join(text.split('"')[::2]).encode()


def _is_deep(outline: bytes, depth: int) -> bool:
    # Each round takes the innermost pairs and with them exactly one level.
    brackets = outline.translate(_ALL_SQUARE, _NOT_BRACKETS)
    for _ in range(depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _has_many(outline: bytes, nodes: int) -> bool:
    return len(outline.translate(None, _NOT_COUNTED)) >= nodes
