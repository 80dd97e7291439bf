"""What paths are written like, and the closures that they become."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from careweave.formats import NULL
from careweave.sources import _doc_paths as doc
from careweave.sources import _hl7_paths as hl7
from careweave.sources._scope import Get, Item, Line, Scope, Value

Items = Callable[[Scope], Any]
"""Gives the items of a loop as a list, or NULL."""

_SEGMENT = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[([1-9][0-9]{0,3})\])?")
_FIELD = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[([1-9][0-9]{0,3})\])?-([1-9][0-9]{0,2})((?:\[[^\[\]]*\])*)"
    r"(?:\.([1-9][0-9]?)(?:\.([1-9][0-9]?))?)?"
)
_FILTER = re.compile(r"(?:[A-Z]{2,3}\.)?([1-9][0-9]?)(!?=)([^=]*)")
_PIECE = re.compile(r"@\.([1-9][0-9]?)(?:\.([1-9][0-9]?))?")
_MOST_FIELDS = 600


@dataclass(slots=True)
class Deps:
    """What a node reads: of each segment the fields, of "@" the components, as bits.

    `is_wild` says that it reads something else too, so that nothing follows from these being empty.
    """

    masks: dict[str, int] = field(default_factory=dict)
    is_wild: bool = False

    def add(self, name: str, number: int) -> None:
        """Notes a field or a component."""
        self.masks[name] = self.masks.get(name, 0) | 1 << number

    def merge(self, other: "Deps") -> None:
        """Notes what another node reads."""
        for name, mask in other.masks.items():
            self.masks[name] = self.masks.get(name, 0) | mask
        self.is_wild = self.is_wild or other.is_wild


class Paths(Protocol):
    """How the paths of one kind of input become closures; None where a path is not written so."""

    def value(self, text: str, *, is_used: bool) -> Get | None:
        """Returns what gives the value."""

    def items(self, text: str, *, is_used: bool) -> Items | None:
        """Returns what gives the items of a loop."""

    def is_segment(self, text: str) -> bool:
        """Whether the path names segments, which a loop goes into."""

    def note(self, text: str, deps: Deps) -> None:
        """Notes what a path reads."""

    def column(self, text: str) -> str:
        """Returns the column that a path names, "" for none."""

    @property
    def columns(self) -> frozenset[str]:
        """Returns the columns that were declared, empty where none were."""

    @property
    def form(self) -> str:
        """Returns what a path looks like, for the message about one that does not."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A path into a field. `number` is the repetition, 0 for all of them."""

    segment: str
    nth: int
    field: int
    number: int
    picks: tuple[hl7.Pick, ...]
    component: int
    sub: int


class Hl7Paths:
    """Paths into HL7 v2: `PID-5.1`, `PID-3[5=PI|MR].1`, `OBX[2]-5[*]`, `NK1`, `@.2`."""

    form = "a path is written PID-5.1, PID-3[5=PI].1, PID-13[*], NK1 or @.2"
    columns: frozenset[str] = frozenset()

    def __init__(self) -> None:
        """Begins without any: the same path is the same closure, which keeps what it found."""
        self._values: dict[tuple[str, bool], Get | None] = {}
        self._items: dict[tuple[str, bool], Items | None] = {}

    def value(self, text: str, *, is_used: bool) -> Get | None:
        """Returns what gives the value of a path."""
        key = (text, is_used)
        if key not in self._values:
            self._values[key] = self._value(text, is_used=is_used)
        return self._values[key]

    def items(self, text: str, *, is_used: bool) -> Items | None:
        """Returns what gives the repetitions of a field, or the segments of a name."""
        key = (text, is_used)
        if key not in self._items:
            self._items[key] = _items_of(text, is_used=is_used)
        return self._items[key]

    def _value(self, text: str, *, is_used: bool) -> Get | None:
        if text in {"@it", "@"}:
            return _item_text
        piece = _PIECE.fullmatch(text)
        if piece:
            return _item_piece(int(piece[1]), int(piece[2] or 1))
        segment = _SEGMENT.fullmatch(text)
        if segment:
            return _presence(segment[1], int(segment[2] or 1))
        found = _field(text)
        return _value(found, is_used=is_used) if found else None

    def is_segment(self, text: str) -> bool:
        """Whether the path names segments."""
        return _SEGMENT.fullmatch(text) is not None

    def column(self, text: str) -> str:
        """Returns no column: a message has none."""
        return text[:0]

    def note(self, text: str, deps: Deps) -> None:
        """Notes the field or the component that a path reads."""
        piece = _PIECE.fullmatch(text)
        found = None if piece else _field(text)
        if piece:
            deps.add("@", int(piece[1]))
        elif found is not None and found.nth == 1:
            deps.add(found.segment, found.field)
        else:
            deps.is_wild = True


def _items_of(text: str, *, is_used: bool) -> Items | None:
    if text in {"@it", "@"}:
        return lambda scope: [scope.it]
    segment = _SEGMENT.fullmatch(text)
    if segment:
        return _segments(segment[1], int(segment[2] or 0))
    found = _field(text)
    return _items(found, is_used=is_used) if found else None


def _field(text: str) -> _Field | None:
    found = _FIELD.fullmatch(text)
    if found is None or int(found[3]) > _MOST_FIELDS:
        return None
    number, picks = 1, []
    for choice in re.findall(r"\[([^\]]*)\]", found[4]):
        if choice == "*" or choice.isdigit():
            number = 0 if choice == "*" else int(choice)
            continue
        test = _FILTER.fullmatch(choice)
        if test is None:
            return None
        wanted = frozenset(value.strip() for value in test[3].split("|"))
        picks.append(hl7.picker(int(test[1]), wanted, is_one_of=test[2] == "="))
    if number > 999 or found[4].count("[*]") > 1:
        return None
    component, sub = int(found[5] or 1), int(found[6] or 1)
    return _Field(found[1], int(found[2] or 1), int(found[3]), number, tuple(picks), component, sub)


def _value(path: _Field, *, is_used: bool) -> Get:
    if path.number == 1 and path.nth == 1 and not path.picks:
        return hl7.first_piece(path.segment, path.field, path.component, path.sub, is_used=is_used)
    every = _items(_Field(path.segment, path.nth, path.field, 0, path.picks, 1, 1), is_used=is_used)
    if path.number == 0:
        return hl7.every_piece(every, (path.component, path.sub))
    return hl7.picked_piece(every, path.number, (path.component, path.sub))


def _items(path: _Field, *, is_used: bool) -> Items:
    pick = hl7.all_of(list(path.picks))
    every = hl7.items_getter(path.segment, path.nth, path.field, pick, is_used=is_used)
    if path.number == 0:
        return every

    def one(scope: Scope) -> Any:  # noqa: ANN401  items of any kind
        found = every(scope)
        if found is NULL or (path.number == 1 and len(found) == 1):
            return found
        return found[path.number - 1 : path.number]

    return one


def _segments(name: str, number: int) -> Items:
    def get(scope: Scope) -> list[Line]:
        lines = scope.all.get(name, [])
        return lines[number - 1 : number] if number else lines

    return get


def _presence(name: str, number: int) -> Get:
    line_at = hl7.line_getter(name, number)
    return lambda scope: name if line_at(scope) is not None else None


def _item_text(scope: Scope) -> Value:
    item = scope.it
    return hl7.item_piece(item, 1, 1) if type(item) is Item else item


def _item_piece(component: int, sub: int) -> Get:
    index = component - 1
    is_whole = sub == 1

    def get(scope: Scope) -> Value:
        item = scope.it
        if type(item) is not Item:
            return item if component == sub == 1 else None
        if item.is_plain and is_whole:
            parts = item.parts
            return (parts[index].strip() or None) if index < len(parts) else None
        return hl7.item_piece(item, component, sub)

    return get


class DocPaths:
    """Paths into rows and documents: `row.Name`, `row["A b"]`, `doc.a.b[0]`, `@.name`."""

    form = 'a path is written row.Name, row["Two words"], doc.a.b[0], doc.items[*] or @.name'

    def __init__(self, root: str, columns: frozenset[str]) -> None:
        """Takes the name of the root ("row" or "doc") and the columns that are declared, if any."""
        self._root = root
        self.columns = columns

    def value(self, text: str, *, is_used: bool) -> Get | None:
        """Returns what gives the value of a path."""
        found = self._cut(text)
        if found is None:
            return None
        start, steps = found
        if start is doc.document and self._root == "row":
            is_cell = len(steps) == 2 and bool(steps[1].name)
            return doc.row_cell(steps[1].name, is_used=is_used) if is_cell else None
        return doc.doc_value(start, steps, is_used=is_used)

    def items(self, text: str, *, is_used: bool) -> Items | None:
        """Returns what gives the items of a list."""
        found = self._cut(text)
        return doc.doc_items(*found, is_used=is_used) if found else None

    def is_segment(self, text: str) -> bool:
        """Whether the path names segments: never."""
        return not text

    def note(self, text: str, deps: Deps) -> None:
        """Notes that a path reads something: a look at a document is as dear as the path."""
        deps.is_wild = deps.is_wild or bool(text)

    def column(self, text: str) -> str:
        """Returns the column that a path names, "" for none."""
        found = self._cut(text)
        is_cell = found is not None and found[0] is doc.document and len(found[1]) == 2
        return found[1][1].name if found and is_cell and self._root == "row" else ""

    def _cut(self, text: str) -> tuple[Callable[[Scope], Any], tuple[doc.Step, ...]] | None:
        root = self._root
        for prefix, start in (("@it", doc.item), ("@", doc.item), (root, doc.document)):
            if text.startswith(prefix):
                steps = doc.steps_of(text[len(prefix) :])
                if steps is None:
                    return None
                if start is doc.document:
                    steps = (doc.Step(name=root), *steps)
                return start, steps
        return None
