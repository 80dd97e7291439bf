"""What a compiled mapping sees while it runs: the message, the place in it, and what was noticed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from careweave.formats import NULL, Delimiters, Null
from careweave.sources._reading import Failure, Head
from careweave.terms import Finding, Severity

Value = None | bool | int | Decimal | str | Null | list[Any] | dict[str, Any]
"""What a node gives: None for nothing, NULL for "take it away", else a value that is not empty."""

Signs = tuple[str, str, str, str, Delimiters]
"""The separators of components, of parts, of repetitions, the escape, and all of them."""

MOST_ITEMS = 20_000
_MOST_FINDINGS = 500


class Line:
    """One segment: its fields, its place, and which of them were used as bits of a number."""

    __slots__ = ("fields", "filled", "index", "is_plain", "memo", "name", "signs", "used")

    def __init__(
        self, name: str, index: int, fields: list[str], signs: Signs, *, is_plain: bool
    ) -> None:
        """Takes the fields as sent; `fields[n]` is field n.

        A plain segment has no parts of components, no escapes and nothing to take away: its
        components are what they say.
        """
        self.name = name
        self.index = index
        self.fields = fields
        self.signs = signs
        self.used = 0
        self.is_plain = is_plain
        self.filled = -1
        self.memo: dict[object, Any] = {}

    def fill(self) -> int:
        """Returns which fields hold anything, as bits, and keeps it."""
        filled = 0
        bit = 1
        for text in self.fields:
            if text:
                filled |= bit
            bit <<= 1
        self.filled = filled
        return filled


class Item:
    """One repetition of a field: its components as sent, and which of them hold anything, as bits.

    The bits count from 1, like components.
    """

    __slots__ = ("filled", "is_plain", "parts", "signs")

    def __init__(self, text: str, signs: Signs) -> None:
        """Takes the repetition as sent."""
        between, within, _, escape, _ = signs
        self.parts = parts = text.split(between)
        self.signs = signs
        # Most texts have neither parts nor escapes: then a component is what it says.
        self.is_plain = within not in text and escape not in text and '""' not in text
        filled = 1
        bit = 2
        for part in parts:
            if part:
                filled |= bit
            bit <<= 1
        # Two quotation marks for the whole stand for each of its components.
        self.filled = -1 if text == '""' else filled


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that came with a message: its public id, its media type and its base64."""

    id: str
    kind: str
    data: str


@dataclass(slots=True)
class Run:
    """One message on its way through a mapping.

    `used` are the members of a document that were used, as (identity of its holder, name). `ids`
    keeps the ids that were made. `holder` is the entry that is being made. `n_left` is how many more items the loops may take.
    """

    head: Head
    doc: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    is_absent: bool = False
    used: set[tuple[int, str | int]] = field(default_factory=set)
    ids: dict[tuple[str, ...], str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    codes: list[tuple[str, str, str]] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    holder: str = ""
    failure: Failure | None = None
    has_nulls: bool = False
    n_left: int = MOST_ITEMS

    def note(
        self, code: str, where: str, about: str = "", severity: Severity = Severity.WARNING
    ) -> None:
        """Adds a finding, as long as there are not hundreds."""
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(Finding(code, severity, where, about))

    def fail(self, failure: Failure) -> None:
        """Says why nothing may be stored; the first reason counts."""
        self.failure = self.failure or failure

    def take(self, n_items: int) -> None:
        """Counts items of a loop, and raises OverflowError where they are too many."""
        self.n_left -= n_items
        if self.n_left < 0:
            raise OverflowError


class Scope:
    """A place in a message: the segments that are seen from it, and the item of a loop.

    `first` and `all` are the segments by their name. `parts` are the groups directly below.
    """

    __slots__ = ("all", "first", "it", "parts", "run")

    def __init__(self, run: Run, first: dict[str, Line], every: dict[str, list[Line]]) -> None:
        """Takes what is seen from here."""
        self.run = run
        self.first = first
        self.all = every
        self.it: Any = None
        self.parts: dict[str, list[Scope]] = {}

    def at(self, line: Line) -> "Scope":
        """Returns the place where this segment is the only one of its name."""
        made = Scope(self.run, {**self.first, line.name: line}, {**self.all, line.name: [line]})
        made.it = self.it
        made.parts = self.parts
        return made


Get = Callable[[Scope], Value]
"""A compiled node."""

Test = Callable[[Scope], bool]
"""A compiled condition."""


def text_of(value: Value) -> str | None:
    """Returns a single value as text, None for nothing, for NULL, and for what is not single."""
    if type(value) is str:
        return value
    if value is None or value is NULL or isinstance(value, list | dict):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
