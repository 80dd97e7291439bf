"""The conditions of a Splink model, read into functions: a closed grammar and a closed table.

Source: Splink 5.0.0, `comparison_level_library.py`, as it writes conditions for DuckDB 2.0.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from careweave.identity._splink_functions import (
    Value,
    functions,
    is_date_form,
    is_pattern,
    signs,
)
from careweave.terms import Incorrect

Row = Mapping[str, Value]
"""One record as columns with names in small letters; None where a column is empty."""

Condition = Callable[[Row, Row], Value]
"""True, false, or None where it cannot be said, for a left and a right record."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<name>"(?:[^"]|"")+"|`[^`]+`)
    |(?P<text>'(?:[^']|'')*')
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign><=|>=|<>|!=|[=<>()+\-*/,])
    )""",
    re.VERBOSE,
)

_MOST_TOKENS = 300
"""No condition of the library is near as long; it bounds the depth of the reader."""

_STRENGTH = {"OR": 1, "AND": 2, "=": 4, "<>": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
_STRENGTH |= {"IS": 4, "+": 5, "-": 5, "*": 6, "/": 6}

_NOT = 3


@dataclass(frozen=True, slots=True)
class Node:
    """One piece of a condition: `kind` is column, text, number, null, call, or an operator.

    A column has its name and, as `side`, `l` or `r`.
    """

    kind: str
    word: str = ""
    parts: tuple["Node", ...] = ()
    side: str = ""


def read_condition(sql: str) -> Node:
    """Returns a condition as its pieces, or raises Incorrect where its shape is not known."""
    reader = _Reader(sql)
    node = reader.expression(0)
    reader.expect("")
    return node


def equal_columns(node: Node) -> frozenset[str]:
    """Returns the columns that a condition wants equal on both sides; none if it wants more."""
    if node.kind == "AND":
        both = [equal_columns(part) for part in node.parts]
        return frozenset[str]().union(*both) if all(both) else frozenset()
    if node.kind == "=" and all(part.kind == "column" for part in node.parts):
        left, right = node.parts
        if left.word == right.word and left.side != right.side:
            return frozenset({left.word})
    return frozenset()


class _Reader:
    """Reads a condition from left to right, binding stronger operators first."""

    def __init__(self, sql: str) -> None:
        self._tokens = list(_tokens(sql))
        self._at = 0
        if len(self._tokens) > _MOST_TOKENS:
            raise _unknown()

    def expect(self, word: str) -> None:
        """Goes past a word, which must come next; '' is the end."""
        if self._take()[1] != word:
            raise _unknown()

    def expression(self, strength: int) -> Node:
        """Returns what is bound more strongly than `strength`."""
        left = self._first()
        while _STRENGTH.get(self._peek(), 0) > strength:
            word = self._take()[1]
            left = self._is_null(left) if word == "IS" else self._joined(left, word)
        return left

    def _joined(self, left: Node, word: str) -> Node:
        right = self.expression(_STRENGTH[word])
        if word in {"AND", "OR"} and left.kind == word:
            return Node(word, parts=(*left.parts, right))
        return Node("<>" if word == "!=" else word, parts=(left, right))

    def _is_null(self, left: Node) -> Node:
        found = self._take()[1]
        if found == "NOT":
            self.expect("NULL")
            return Node("NOT", parts=(Node("IS NULL", parts=(left,)),))
        if found != "NULL":
            raise _unknown()
        return Node("IS NULL", parts=(left,))

    def _first(self) -> Node:
        kind, word = self._take()
        match kind:
            case "name":
                return _column(word)
            case "text" | "number":
                return Node(kind, word)
            case "word":
                return self._word(word)
            case _:
                return self._signed(word)

    def _signed(self, sign: str) -> Node:
        if sign != "(":
            raise _unknown()
        node = self.expression(0)
        self.expect(")")
        return node

    def _word(self, word: str) -> Node:
        if word == "NOT":
            return Node("NOT", parts=(self.expression(_NOT),))
        if word == "NULL":
            return Node("null")
        if self._peek() == "(":
            return self._cast() if word == "CAST" else self._call(word.lower())
        return _column(word)

    def _call(self, name: str) -> Node:
        self.expect("(")
        parts = [self.expression(0)]
        while self._peek() == ",":
            self._take()
            parts.append(self.expression(0))
        self.expect(")")
        node = Node("call", name, tuple(parts))
        if not _is_callable(node):
            raise _unknown()
        return node

    def _cast(self) -> Node:
        self.expect("(")
        part = self.expression(0)
        self.expect("AS")
        if self._take()[1].upper() not in {"TEXT", "VARCHAR"}:
            raise _unknown()
        self.expect(")")
        return Node("call", "text", (part,))

    def _peek(self) -> str:
        return self._tokens[self._at][1]

    def _take(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    """Gives the pieces with their kind, keywords in capitals, and at last an empty one."""
    at, end = 0, len(sql.rstrip())
    while at < end:
        found = _TOKEN.match(sql, at)
        if found is None:
            raise _unknown()
        kind, word = str(found.lastgroup), found[found.lastgroup or 0]
        at = found.end()
        if kind in {"name", "text"}:
            word = word[1:-1].replace(word[0] * 2, word[0])
        elif kind == "word" and word.upper() in {"AND", "OR", "NOT", "IS", "NULL", "CAST", "AS"}:
            word = word.upper()
        yield kind, word
    yield "end", ""


def _is_callable(node: Node) -> bool:
    """Says whether a call is one of the table, with patterns and forms that are understood."""
    _, fewest, most = functions().get(node.word, (None, 1, 0))
    if not fewest <= len(node.parts) <= most:
        return False
    fixed = node.parts[1:]
    match node.word:
        case "regexp_extract":
            return fixed[0].kind == "text" and is_pattern(fixed[0].word, _literals(fixed[1:]))
        case "try_strptime":
            return fixed[0].kind == "text" and is_date_form(fixed[0].word)
        case "substr" | "substring":
            return all(part.kind == "number" for part in fixed)
        case _:
            return True


def _literals(parts: tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(part.word if part.kind == "number" else "" for part in parts)


def _column(word: str) -> Node:
    name, side = word[:-2], word[-2:].lower()
    if not name or side not in {"_l", "_r"}:
        raise _unknown()
    return Node("column", name.lower(), side=side[1])


def _unknown() -> Incorrect:
    text = "This condition has a shape that is not known here; see the list in the reference."
    return Incorrect(text, where="sql_condition")


def compiled(node: Node) -> Condition:
    """Returns the function of a condition. It knows true, false and unknown, as SQL does."""
    parts = tuple(compiled(part) for part in node.parts)
    match node.kind:
        case "column":
            return _of_column(node.word, node.side)
        case "text":
            return lambda _left, _right: node.word
        case "number":
            number = float(node.word)
            return lambda _left, _right: number
        case "null":
            return lambda _left, _right: None
        case _:
            return _of_parts(node, parts)


def _of_column(name: str, side: str) -> Condition:
    if side == "l":
        return lambda left, _right: left.get(name)
    return lambda _left, right: right.get(name)


def _of_parts(node: Node, parts: tuple[Condition, ...]) -> Condition:
    known = _joins().get(node.kind)
    if known is not None:
        return known(parts)
    if node.kind == "call":
        call = functions()[node.word][0]
        return lambda left, right: call(*(part(left, right) for part in parts))
    one, other = parts
    sign = signs()[node.kind]
    return lambda left, right: sign(one(left, right), other(left, right))


@cache
def _joins() -> Mapping[str, Callable[[tuple[Condition, ...]], Condition]]:
    return {"AND": _and, "OR": _or, "NOT": _not, "IS NULL": _null}


def _and(parts: tuple[Condition, ...]) -> Condition:
    def holds(left: Row, right: Row) -> Value:
        found = [part(left, right) for part in parts]
        return False if False in found else None if None in found else True

    return holds


def _or(parts: tuple[Condition, ...]) -> Condition:
    def holds(left: Row, right: Row) -> Value:
        found = [part(left, right) for part in parts]
        return True if True in found else None if None in found else False

    return holds


def _not(parts: tuple[Condition, ...]) -> Condition:
    def holds(left: Row, right: Row) -> Value:
        found = parts[0](left, right)
        return None if found is None else not found

    return holds


def _null(parts: tuple[Condition, ...]) -> Condition:
    return lambda left, right: parts[0](left, right) is None
