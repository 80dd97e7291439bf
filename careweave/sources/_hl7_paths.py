"""Paths into HL7 v2 messages, as closures."""

from collections.abc import Callable

from careweave.formats import NULL, Null, unescape
from careweave.sources._scope import Get, Item, Line, Scope, Signs, Value

_QUOTES = '""'
Pick = Callable[[list[str], Signs], bool]
"""Whether the repetition with these components is meant."""


def piece(text: str, signs: Signs, component: int, sub: int) -> str | Null | None:
    """Returns a piece of one repetition with its escapes resolved and outer blanks taken away."""
    if text == _QUOTES:
        return NULL
    between = signs[0]
    if between in text:
        parts = text.split(between, component)
        if component > len(parts):
            return None
        text = parts[component - 1]
    elif component != 1:
        return None
    return part(text, signs, sub)


def part(text: str, signs: Signs, sub: int) -> str | Null | None:
    """Returns a part of one component, NULL for two quotation marks, None for blanks."""
    _, within, _, escape, all_signs = signs
    if within in text:
        subs = text.split(within, sub)
        if sub > len(subs):
            return None
        text = subs[sub - 1]
    elif sub != 1:
        return None
    if text == _QUOTES:
        return NULL
    if escape in text:
        text = unescape(text, all_signs)
    return text.strip() or None


def first_piece(name: str, field: int, component: int, sub: int, *, is_used: bool) -> Get:
    """Gives `PID-5.1`: the piece of the first repetition of the first such segment."""
    bit = 1 << field if is_used else 0

    def get(scope: Scope) -> Value:
        line = scope.first.get(name)
        if line is None:
            return None
        fields = line.fields
        if field >= len(fields):
            return None
        text = fields[field]
        if not text:
            return None
        line.used |= bit
        repeat = line.signs[2]
        if repeat in text:
            text = text[: text.index(repeat)]
        return piece(text, line.signs, component, sub)

    return get


def field_text(name: str, number: int, field: int, *, is_used: bool) -> Callable[[Scope], str]:
    """Gives a whole field as sent, "" where there is none."""
    bit = 1 << field if is_used else 0
    line_at = line_getter(name, number)

    def get(scope: Scope) -> str:
        line = line_at(scope)
        if line is None or field >= len(line.fields):
            return ""
        line.used |= bit
        return line.fields[field]

    return get


def line_getter(name: str, number: int) -> Callable[[Scope], Line | None]:
    """Gives the segment `NAME[number]` that is seen from a place."""

    def first(scope: Scope) -> Line | None:
        return scope.first.get(name)

    def nth(scope: Scope) -> Line | None:
        lines = scope.all.get(name, ())
        return lines[number - 1] if number <= len(lines) else None

    return first if number == 1 else nth


def items_getter(
    name: str, number: int, field: int, pick: Pick | None, *, is_used: bool
) -> Callable[[Scope], list[Item] | Null]:
    """Gives the repetitions that are meant; NULL where the field says "take it away"."""
    text_at = field_text(name, number, field, is_used=is_used)
    line_at = line_getter(name, number)

    def get(scope: Scope) -> list[Item] | Null:
        text = text_at(scope)
        line = line_at(scope)
        if not text or line is None:
            return []
        if text == _QUOTES:
            return NULL
        signs = line.signs
        between = signs[0]
        cut = (Item(one.split(between), signs) for one in text.split(signs[2]) if one)
        return [item for item in cut if pick is None or pick(item.parts, signs)]

    return get


def picked_piece(
    items: Callable[[Scope], list[Item] | Null], number: int, place: tuple[int, int]
) -> Get:
    """Gives the piece of the repetition `number` (from 1) of those that are meant."""
    component, sub = place

    def get(scope: Scope) -> Value:
        found = items(scope)
        if isinstance(found, Null):
            return NULL
        if number > len(found):
            return None
        return item_piece(found[number - 1], component, sub)

    return get


def every_piece(items: Callable[[Scope], list[Item] | Null], place: tuple[int, int]) -> Get:
    """Gives the pieces of all repetitions that are meant, as a list."""
    component, sub = place

    def get(scope: Scope) -> Value:
        found = items(scope)
        if isinstance(found, Null):
            return NULL
        pieces = (item_piece(item, component, sub) for item in found)
        return [one for one in pieces if isinstance(one, str)] or None

    return get


def item_piece(item: Item, component: int, sub: int) -> str | Null | None:
    """Returns a piece of a repetition."""
    parts = item.parts
    if component > len(parts) or not parts[component - 1]:
        return None
    return part(parts[component - 1], item.signs, sub)


def picker(component: int, wanted: frozenset[str], *, is_one_of: bool) -> Pick:
    """Gives the test `[5=PI|MR]`, or `[5!=NH]` where it is none of them. "" stands for no value."""

    def pick(parts: list[str], _signs: Signs) -> bool:
        text = parts[component - 1].strip() if component <= len(parts) else ""
        return (text in wanted) is is_one_of

    return pick


def all_of(picks: list[Pick]) -> Pick | None:
    """Gives the test of all filters of a path together."""
    if len(picks) < 2:
        return picks[0] if picks else None
    return lambda parts, signs: all(pick(parts, signs) for pick in picks)
