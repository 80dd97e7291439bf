"""How commands show what they found: tables for people, JSON for programs."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from careweave.doors.cli._desk import say
from careweave.terms import Json

_DIGITS = re.compile(r'"\\u0000([-+0-9.eE]+)\\u0000"')
_WIDEST = 60
"""Of a column; a longer cell, such as an id that somebody made up, widens its own row alone."""
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def say_json(value: object) -> None:
    """Prints a value as JSON."""
    say(json_text(value))


def json_text(value: object) -> str:
    """Returns a value as JSON on several lines; a decimal keeps its digits."""
    text = json.dumps(plain(value), indent=1, ensure_ascii=False, default=_marked)
    return _DIGITS.sub(r"\1", text)


def say_line(text: str) -> None:
    """Prints one line of which a part came from elsewhere."""
    say(visible(text))


def visible(text: str) -> str:
    """Returns a text with what steers a terminal written out: what somebody sent moves nothing."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def say_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints rows below their head, each column as wide as most need; "none" without any."""
    rows = list(rows)
    if not rows:
        say("none")
        return
    texts = [[str(cell) for cell in head], *([_cell(cell) for cell in row] for row in rows)]
    widths = [min(max(len(row[at]) for row in texts), _WIDEST) for at in range(len(head))]
    for row in texts:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())


def plain(value: object) -> Json:
    """Returns a value as JSON has it: moments as ISO 8601, spans in seconds, values by name."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _scalar(value)


def leaves(value: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """Yields each value in a JSON value with its path; a list of one needs no number."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from leaves(item, path if len(value) == 1 else f"{path}[{at}]")
    else:
        yield path, value if isinstance(value, str) else json_text(value)


def _scalar(value: object) -> Json:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return Decimal(str(round(value.total_seconds(), 3)))
    if isinstance(value, float):
        return Decimal(str(round(value, 6)))
    return value if value is None or isinstance(value, bool | int | Decimal) else str(value)


def _marked(value: object) -> str:
    # The encoder writes no number with its digits: a mark shows where one stood.
    return f"\0{value}\0"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, timedelta):
        return span(value)
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else visible(str(value))


def span(value: timedelta) -> str:
    """Returns a span of time in its largest unit: "350 ms", "12 s", "4 min", "3 h", "2 d"."""
    seconds = value.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for unit, size, until in (("s", 1.0, _MINUTE), ("min", _MINUTE, _HOUR), ("h", _HOUR, _DAY)):
        if seconds < until:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / _DAY:.0f} d"


def since(moment: datetime | None, now: datetime) -> str:
    """Returns how long ago a moment was."""
    if moment is None:
        return "never"
    return f"{span(now - moment)} ago" if moment <= now else "to come"
