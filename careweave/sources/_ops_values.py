"""Operators for dates, numbers and texts. Source: reference/interop.md 6.2, 2.4."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from careweave.formats import NULL, hl7_number, hl7_time
from careweave.sources._context import NOTHING, Context, Made, arguments, word, words
from careweave.sources._dates import FormatFault, Read, format_reader, iso_reader, later
from careweave.sources._nodes import compile_node
from careweave.sources._ops_codes import where_of
from careweave.sources._rtf import rtf_text
from careweave.sources._scope import Get, Run, Scope, Value, text_of
from careweave.sources._yaml import Table, Tree

_KINDS = ("date", "dateTime", "instant")
_MOST_MINUTES = 10_000_000
_LONGEST = 1024 * 1024
_is_iso = re.compile(r"[0-9]{4}-").match
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def to_date(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$date`: a date, dateTime or instant with the precision given."""
    table = arguments(c, tree, ("in",), ("formats", "as", "plus_minutes"))
    if table is None:
        return NOTHING
    kind = word(c.faults, table.get("as"), "as", default=c.kind if c.kind in _KINDS else "dateTime")
    if kind not in _KINDS:
        c.fault(
            table.members["as"].spot,
            f"as: {kind} is no kind of date",
            f"one of {', '.join(_KINDS)}",
        )
    get = compile_node(c, table.members["in"]).get
    told = _told(c, _readers(c, table), where_of(c, table.members["in"]), kind)
    more = table.get("plus_minutes")
    if more is not None:
        get = _moved(c, get, compile_node(c, more).get)
    return Made(_date(get, told))


def _readers(c: Context, table: Table) -> tuple[Read, ...]:
    made: list[Read] = []
    for text in words(c.faults, table.get("formats"), "formats"):
        try:
            made.append(format_reader(text))
        except FormatFault as fault:
            c.fault(table.members["formats"].spot, f"the format {text} is not known", fault.args[0])
    return tuple(made) or (iso_reader,)


def _date(get: Get, told: Callable[[Scope, str], str | None]) -> Get:
    def date_of(scope: Scope) -> Value:
        value = get(scope)
        if value is None:
            return None
        text = value if type(value) is str else text_of(value)
        if text is None:
            return NULL if value is NULL else None
        return told(scope, text)

    return date_of


def _told(
    c: Context, readers: tuple[Read, ...], where: str, kind: str
) -> Callable[[Scope, str], str | None]:
    zone, placeholders = c.place.zone, c.place.placeholders
    is_date, is_instant = kind == "date", kind == "instant"

    def told(scope: Scope, text: str) -> str | None:
        compact = text
        if len(readers) > 1 or readers[0] is not iso_reader or _is_iso(text):
            compact = _read(readers, text, scope.run)
        found, odd = hl7_time(compact, zone, placeholders=placeholders)
        for finding in odd:
            scope.run.note(finding.code, where)
        if found is None or is_date:
            return found[:10] if found else None
        if is_instant and "T" not in found:
            scope.run.note("bad-date", where, "an instant has a time")
            return None
        return found

    return told


def _read(readers: tuple[Read, ...], text: str, run: Run) -> str:
    at = run.head.event_at or run.head.sent_at
    latest: date | None = at.date() if at is not None else None
    for reader in readers:
        found = reader(text, latest)
        if found is not None:
            return found
    return ""


def _moved(c: Context, get: Get, minutes: Get) -> Get:
    zone = c.place.zone

    def moved(scope: Scope) -> Value:
        text = text_of(get(scope))
        width = text_of(minutes(scope))
        if text is None or width is None or not width.isdecimal() or int(width) > _MOST_MINUTES:
            return None
        compact = iso_reader(text, None)
        return later(compact, int(width), zone) if compact else None

    return moved


def number(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$num`: a number with its digits kept, or the comparator before it."""
    inside, take = tree, "value"
    if isinstance(tree, Table) and "in" in tree.members:
        table = arguments(c, tree, ("in",), ("take",))
        if table is None:
            return NOTHING
        inside = table.members["in"]
        take = word(c.faults, table.get("take"), "take", default="value")
    if take not in {"value", "comparator"}:
        c.fault(tree.spot, f"take: {take} is not known", "one of value, comparator")
    get = compile_node(c, inside).get
    where = where_of(c, inside)
    return Made(_number(get, where) if take == "value" else _comparator(get))


def _number(get: Get, where: str) -> Get:
    def number_of(scope: Scope) -> Value:
        value = get(scope)
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return value
        text = text_of(value)
        if text is None:
            return NULL if value is NULL else None
        found = hl7_number(text)
        if found is None:
            scope.run.note("bad-number", where)
            return None
        return Decimal(found.value)

    return number_of


def _comparator(get: Get) -> Get:
    def comparator(scope: Scope) -> Value:
        text = text_of(get(scope))
        found = hl7_number(text) if text is not None else None
        return (found.comparator or None) if found else None

    return comparator


def text(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$text`: cleaned text; `of` says what it is now."""
    table = arguments(c, tree, ("in",), ("of",))
    if table is None:
        return NOTHING
    of = word(c.faults, table.get("of"), "of", default="plain")
    if of not in _CLEANERS:
        c.fault(tree.spot, f"of: {of} is not known", f"one of {', '.join(_CLEANERS)}")
        return NOTHING
    get = compile_node(c, table.members["in"]).get
    return Made(_text(get, _CLEANERS[of], where_of(c, table.members["in"])))


def _text(get: Get, cleaned: Callable[[str], str | None], where: str) -> Get:
    def text_at(scope: Scope) -> Value:
        value = get(scope)
        found = text_of(value)
        if found is None:
            return NULL if value is NULL else None
        if len(found) > _LONGEST:
            scope.run.note("text-too-long", where)
            return None
        made = cleaned(found)
        if made is None:
            scope.run.note("bad-text", where)
        return made or None

    return text_at


def _plain(found: str) -> str:
    return " ".join(_CONTROLS.sub(" ", found).split())


def _formatted(found: str) -> str:
    lines = (_CONTROLS.sub(" ", line).rstrip() for line in found.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines).strip("\n")


_CLEANERS: dict[str, Callable[[str], str | None]] = {
    "plain": _plain,
    "ft": _formatted,
    "rtf": rtf_text,
}
