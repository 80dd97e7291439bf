"""What a file may say: kinds of values and the check of a file against them.

An unknown name is a fault, and so is a value of another kind: nothing is ignored and nothing is
guessed. The same kinds print the reference of the format. Source: `reference/agreements.md` 3.1.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from careweave.agreements._notices import Grade, Notice, Notices, near
from careweave.agreements._yaml import Document, Path, place
from careweave.terms import Json


@dataclass(frozen=True, slots=True)
class Text:
    """Words, at most so many characters, of the form of a pattern; `what` says which form."""

    what: str = "text"
    most: int = 2000
    pattern: str = r"(?s).*\S.*"


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day, written 2026-03-31."""

    what: str = "date"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int = 0
    most: int = 1_000_000_000
    what: str = "whole number"


@dataclass(frozen=True, slots=True)
class Number:
    """Any number, with or without decimals."""

    what: str = "number"


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false; with `only`, no other than that."""

    only: bool | None = None
    what: str = "true or false"


@dataclass(frozen=True, slots=True)
class Word:
    """One of these words; what they are together is `what`."""

    what: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one kind, each once, at least so many."""

    of: "Kind"
    least: int = 0


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values of one kind by names of another, at least so many."""

    key: "Text | Word"
    of: "Kind"
    least: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One named value of a table: mandatory, optional, or mandatory under a condition."""

    name: str
    of: "Kind"
    must: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with named members and no others; at least `least` of them."""

    name: str
    members: tuple[Member, ...]
    least: int = 0


@dataclass(frozen=True, slots=True)
class Either:
    """One of these kinds, told apart by their form."""

    kinds: tuple["Kind", ...]


Kind = Text | Day | Whole | Number | Flag | Word | ListOf | MapOf | Table | Either

MANDATORY, OPTIONAL = "M", "O"


def check(document: Document, kind: Kind, notices: Notices) -> bool:
    """Says whether a file is of a kind, and notes every fault with its path and line."""
    seen = _Check(document, notices)
    seen.value(document.value, kind, ())
    return not seen.is_faulty


def _name(kind: Kind) -> str:
    match kind:
        case ListOf():
            return "a list"
        case MapOf() | Table():
            return "names with values"
        case Either(kinds):
            return " or ".join(dict.fromkeys(_name(one) for one in kinds))
        case Word(what, words) if len(words) < 13:
            return f"{what} ({', '.join(words)})"
        case _:
            return kind.what


_FORMS: Mapping[type, tuple[type, ...]] = {
    ListOf: (list,),
    MapOf: (dict,),
    Table: (dict,),
    Flag: (bool,),
    Whole: (int, Decimal),
    Number: (int, Decimal),
}


def _fits(value: Json, kind: Kind) -> bool:
    """Says whether a value has the form of a kind, whatever it says."""
    if isinstance(kind, Either):
        return any(_fits(value, one) for one in kind.kinds)
    return type(value) in _FORMS.get(type(kind), (str,))


@dataclass(slots=True)
class _Check:
    document: Document
    notices: Notices
    is_faulty: bool = False

    def fault(self, path: Path, what: str, fix: str, rule: str = "FORM") -> None:
        self.is_faulty = True
        line = self.document.line(path)
        self.notices.add(
            Notice(Grade.REJECT, rule, self.document.file, line, place(path), what, fix)
        )

    def value(self, value: Json, kind: Kind, path: Path) -> None:
        match kind:
            case Either(kinds):
                self._either(value, kinds, path)
            case _ if not _fits(value, kind):
                self._misfit(value, kind, path)
            case Table():
                self._table(_table(value), kind, path)
            case MapOf():
                self._map(_table(value), kind, path)
            case ListOf():
                self._list(value if isinstance(value, list) else [], kind, path)
            case _:
                self._leaf(value, kind, path)

    def _either(self, value: Json, kinds: tuple[Kind, ...], path: Path) -> None:
        fitting = [one for one in kinds if _fits(value, one)]
        # Among words of several vocabularies, the one that knows the word.
        knowing = [one for one in fitting if isinstance(one, Word) and value in one.words]
        if fitting:
            self.value(value, (knowing or fitting)[-1 if not knowing else 0], path)
        else:
            self._misfit(value, Either(kinds), path)

    def _misfit(self, value: Json, kind: Kind, path: Path) -> None:
        is_text = isinstance(kind, Text | Word | Day)
        if is_text and not isinstance(value, list | dict):
            self.fault(path, f"{_name(kind)} is asked for", "write it in quotation marks")
        else:
            self.fault(path, f"{_name(kind)} is asked for here", "write that")

    def _table(self, value: dict[str, Json], kind: Table, path: Path) -> None:
        known = {member.name: member for member in kind.members}
        for name, inner in value.items():
            if name in known:
                self.value(inner, known[name].of, (*path, name))
            else:
                self.fault((*path, name), "this name is not known here", near(name, known))
        for member in kind.members:
            if member.must == MANDATORY and member.name not in value:
                self.fault((*path, member.name), "this is missing", member.meaning)
        if len(value) < kind.least:
            self.fault(path, "this says nothing", f"write one of {', '.join(known)}")

    def _map(self, value: dict[str, Json], kind: MapOf, path: Path) -> None:
        for name, inner in value.items():
            self._leaf(name, kind.key, (*path, name))
            self.value(inner, kind.of, (*path, name))
        self._least(len(value), kind.least, path)

    def _list(self, value: list[Json], kind: ListOf, path: Path) -> None:
        for at, inner in enumerate(value):
            self.value(inner, kind.of, (*path, at))
            if inner in value[:at]:
                self.fault((*path, at), "this stands in the list twice", "keep one of them")
        self._least(len(value), kind.least, path)

    def _least(self, count: int, least: int, path: Path) -> None:
        if count < least:
            self.fault(path, f"at least {least} are asked for here", "write more")

    def _leaf(self, value: Json, kind: Kind, path: Path) -> None:
        match kind:
            case Text(what, most, pattern):
                if len(str(value)) > most or not re.fullmatch(pattern, str(value)):
                    self.fault(path, f"this is not {what}, of at most {most} characters", "mend it")
            case Word(what, words):
                if value not in words:
                    self.fault(path, f"this is no {what}", near(str(value), words), "V1")
            case Day() if not is_day(str(value)):
                self.fault(path, "this is no day", "write year, month and day: 2026-03-31")
            case Whole() | Flag():
                self._exact(value, kind, path)
            case _:
                pass

    def _exact(self, value: Json, kind: Whole | Flag, path: Path) -> None:
        if isinstance(kind, Flag):
            if kind.only not in {None, value}:
                self.fault(path, f"only {str(kind.only).lower()} may stand here", "write that")
        elif not isinstance(value, int) or not kind.least <= value <= kind.most:
            what = f"a whole number from {kind.least} to {kind.most} is asked for"
            self.fault(path, what, "mend it")


def is_day(text: str) -> bool:
    """Says whether a text is a calendar day."""
    # Python reads weeks and ordinal days as well; here a day is written in one way.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _table(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def words_of(words: Iterable[str]) -> tuple[str, ...]:
    """Returns the words of an enumeration as plain text, in order."""
    return tuple(str(word) for word in words)
