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
        signs = line.signs
        if signs[2] in text:
            text = text[: text.index(signs[2])]
        if line.is_plain and sub == 1:
            return _plain_piece(text, signs[0], component)
        return piece(text, signs, component, sub)

    return get


def _plain_piece(text: str, between: str, component: int) -> str | None:
    if between in text:
        parts = text.split(between, component)
        return (parts[component - 1].strip() or None) if component <= len(parts) else None
    return (text.strip() or None) if component == 1 else None


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
    bit = 1 << field if is_used else 0
    line_at = line_getter(name, number)
    is_first = number == 1
    key = (field, pick)

    def get(scope: Scope) -> list[Item] | Null:
        line = scope.first.get(name) if is_first else line_at(scope)
        if line is None or field >= len(line.fields):
            return []
        line.used |= bit
        # Segments are asked for the same field again and again: names, numbers, telephones.
        found: list[Item] | Null | None = line.memo.get(key)
        if found is None:
            found = line.memo[key] = _items(line, field, pick)
        return found

    return get


def _items(line: Line, field: int, pick: Pick | None) -> list[Item] | Null:
    text = line.fields[field]
    if text == _QUOTES:
        return NULL
    signs = line.signs
    every: list[Item] | None = line.memo.get(field)
    if every is None:
        if signs[2] in text:
            every = [Item(one, signs) for one in text.split(signs[2]) if one]
        else:
            every = [Item(text, signs)] if text else []
        line.memo[field] = every
    return every if pick is None else [item for item in every if pick(item.parts, signs)]


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
    if component > len(parts):
        return NULL if parts == [_QUOTES] else None
    text = parts[component - 1]
    if not text or item.is_plain:
        return (text.strip() or None) if sub == 1 else None
    return part(text, item.signs, sub)


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
    if len(picks) == 2:
        first, second = picks
        return lambda parts, signs: first(parts, signs) and second(parts, signs)
    return lambda parts, signs: all(pick(parts, signs) for pick in picks)
