"""Generated SQL out of literal pieces: the only way to a statement that no file holds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import LiteralString

from careweave.db._queries import Query, generated


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a statement that holds no value of anybody: made of literals and numbers only."""

    text: str


def piece(text: LiteralString) -> Piece:
    """Returns a literal as a piece."""
    return Piece(text)


def numbered(prefix: LiteralString, number: int) -> Piece:
    """Returns a name such as `r3`, for the alias of a table."""
    return Piece(f"{prefix}{number:d}")


def parameter(prefix: LiteralString, number: int) -> Piece:
    """Returns a place for a bound value such as `%(p3)s`, bound under the name `p3`."""
    return Piece(f"%({prefix}{number:d})s")


def fill(template: LiteralString, **parts: Piece) -> Piece:
    """Returns the template with each `{name}` replaced by the piece of that name."""
    return Piece(template.format_map({name: part.text for name, part in parts.items()}))


def join(separator: LiteralString, pieces: Iterable[Piece]) -> Piece:
    """Returns the pieces with the separator between them."""
    return Piece(separator.join(part.text for part in pieces))


def whole(made: Piece) -> Query:
    """Returns a piece as a statement; equal pieces give the same prepared statement."""
    return generated(made.text)


def reworded(query: Query, changes: Sequence[tuple[LiteralString, LiteralString]]) -> Query:
    """Returns the statement with each phrase exchanged for another, in order.

    `{r}` in a phrase stands for the name of any table, and for the same name in the other. As any
    generated statement it is not kept prepared for good; whoever asks must remember it.
    """
    text = query.text
    for old, new in changes:
        phrase = re.escape(old).replace(r"\{r\}", r"\b(?P<r>\w+)")
        text = re.sub(phrase, partial(_with_name, new.split("{r}")), text)
    return Query(query.name, text, kept=False)


def _with_name(parts: Sequence[str], found: re.Match[str]) -> str:
    return parts[0] if len(parts) == 1 else found["r"].join(parts)
