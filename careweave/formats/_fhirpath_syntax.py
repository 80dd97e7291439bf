"""The words and the tree of the FHIRPath that patches use.

A subset: paths, indexers, functions, `=`, `!=`, `and`, `or`, `is`, `as`, `|`, literals.
Source: FHIRPath 2.0.0 (the normative release that FHIR R4 names), grammar.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from careweave.terms import Incorrect

_LONGEST, _DEEPEST = 2_000, 40
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<date>@[0-9T:.Z+-]+)
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<string>'(?:\\.|[^'\\])*')
    | `(?P<quoted>[^`]*)`
    | (?P<name>[%$]?[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>!=|[=|().,\[\]{}])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; None is the empty collection."""

    value: str | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Step:
    """One member of what comes before, or, first in a path, of the context."""

    before: "Tree | None"
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """One item of a collection, counted from 0."""

    before: "Tree"
    position: "Tree"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of what comes before."""

    before: "Tree | None"
    name: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides and an operator."""

    operator: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class OfType:
    """`is` and `as` with the name of a type."""

    operator: str
    left: "Tree"
    type: str


Tree = Literal | Step | Index | Call | Binary | OfType

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or", "xor"}),
    frozenset({"and"}),
    frozenset({"=", "!="}),
    frozenset({"is", "as"}),
    frozenset({"|"}),
)


def parse(expression: str) -> Tree:
    """Returns the tree of an expression; Incorrect names the position where it cannot be read."""
    if len(expression) > _LONGEST:
        message = f"An expression has at most {_LONGEST} characters."
        raise Incorrect(message, code="too-long")
    return _Parser(_words(expression)).whole()


def _words(expression: str) -> list[tuple[str, str, int]]:
    words, at, end = [], 0, len(expression.rstrip())
    while at < end:
        found = _TOKEN.match(expression, at)
        if found is None or found.lastgroup is None:
            raise _unread(at)
        words.append((found.lastgroup, found[found.lastgroup], at))
        at = found.end()
    words.append(("end", "", end))
    return words


def _unread(at: int) -> Incorrect:
    message = f"The FHIRPath expression cannot be read at character {at + 1}, or is not supported."
    return Incorrect(message, code="value")


def _text(quoted: str) -> str:
    def plain(found: re.Match[str]) -> str:
        mark = found[1]
        return chr(int(mark[1:], 16)) if len(mark) == 5 else _ESCAPES.get(mark, mark)

    return _ESCAPE.sub(plain, quoted[1:-1])


class _Parser:
    def __init__(self, words: list[tuple[str, str, int]]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    def whole(self) -> Tree:
        tree = self._level(0)
        if self._words[self._at][0] != "end":
            raise self._fault()
        return tree

    def _fault(self) -> Incorrect:
        return _unread(self._words[self._at][2])

    def _sees(self, *texts: str) -> bool:
        kind, text, _ = self._words[self._at]
        return kind in {"sign", "name"} and text in texts

    def _take(self) -> tuple[str, str]:
        kind, text, _ = self._words[self._at]
        self._at += 1
        return kind, text

    def _must(self, text: str) -> None:
        if not self._sees(text):
            raise self._fault()
        self._at += 1

    def _level(self, level: int) -> Tree:
        if level == len(_LEVELS):
            return self._path()
        left = self._level(level + 1)
        while self._sees(*_LEVELS[level]):
            _, operator = self._take()
            if operator in {"is", "as"}:
                left = OfType(operator, left, self._type())
            else:
                left = Binary(operator, left, self._level(level + 1))
        return left

    def _type(self) -> str:
        kind, name = self._take()
        if kind not in {"name", "quoted"}:
            self._at -= 1
            raise self._fault()
        if self._sees("."):
            self._at += 1
            return self._type()
        return name

    def _path(self) -> Tree:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fault()
        tree = self._term()
        while self._sees(".", "["):
            _, sign = self._take()
            if sign == ".":
                tree = self._invocation(tree)
            else:
                tree = Index(tree, self._level(0))
                self._must("]")
        self._depth -= 1
        return tree

    def _term(self) -> Tree:
        kind, text, _ = self._words[self._at]
        if kind in {"name", "quoted"} and text not in {"true", "false"}:
            return self._invocation(None)
        self._at += 1
        if text == "(" and kind == "sign":
            tree = self._level(0)
            self._must(")")
            return tree
        if text == "{" and kind == "sign":
            self._must("}")
            return Literal(None)
        return self._literal(kind, text)

    def _literal(self, kind: str, text: str) -> Literal:
        match kind:
            case "name":
                return Literal(text == "true")
            case "string":
                return Literal(_text(text))
            case "number":
                return Literal(Decimal(text))
            case "date":
                return Literal(text[1:].removesuffix("T"))
            case _:
                self._at -= 1
                raise self._fault()

    def _invocation(self, before: Tree | None) -> Tree:
        kind, name = self._take()
        if kind not in {"name", "quoted"}:
            self._at -= 1
            raise self._fault()
        if kind == "quoted" or not self._sees("("):
            return Step(before, name)
        self._at += 1
        arguments: list[Tree] = []
        while not self._sees(")"):
            if arguments:
                self._must(",")
            arguments.append(self._level(0))
        self._at += 1
        return Call(before, name, tuple(arguments))
