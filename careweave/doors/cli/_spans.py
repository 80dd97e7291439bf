"""Where the parts of an HL7 v2 message lie in its bytes, for whoever reads it beside a hex viewer."""

import re
from collections import Counter
from dataclasses import dataclass

from careweave.formats import Hl7Message, Segment

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[([0-9]+)\])?-([0-9]+)")


@dataclass(frozen=True, slots=True)
class SegmentSpan:
    """A segment as sent, and the bytes it lies in: from `start` to before `end`."""

    name: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """A field by its path, its value, and the bytes it lies in; None where that is not known."""

    path: str
    value: str
    start: int | None = None
    end: int | None = None


def segments_of(message: Hl7Message) -> tuple[SegmentSpan, ...]:
    """Returns the segments in order."""
    spans = [(segment, *message.span(segment)) for segment in message.segments]
    return tuple(
        SegmentSpan(segment.name, start, start + length, segment.raw)
        for segment, start, length in spans
    )


def fields_of(message: Hl7Message, fields: tuple[tuple[str, str], ...]) -> tuple[FieldSpan, ...]:
    """Returns fields, given as path and value in the order of the message, with their places."""
    passed: Counter[str] = Counter()
    found = []
    for path, value in fields:
        found.append(_field(message, path, value, passed[path]))
        passed[path] += 1
    return tuple(found)


def _field(message: Hl7Message, path: str, value: str, n_before: int) -> FieldSpan:
    parts = _PATH.match(path)
    if parts is None:
        return FieldSpan(path, value)
    number = int(parts[3])
    named = message.of(parts[1])
    at = int(parts[2]) - 1 if parts[2] else n_before
    filled = named if parts[2] else [one for one in named if one.raw_field(number)]
    segment = filled[at] if at < len(filled) else None
    if segment is None:
        return FieldSpan(path, value)
    start = message.span(segment)[0] + _before(message, segment, number)
    return FieldSpan(path, value, start, start + _width(message, segment.raw_field(number)))


def _before(message: Hl7Message, segment: Segment, number: int) -> int:
    sign = segment.delimiters.field
    fields = segment.fields
    if segment.name == "MSH":
        # MSH-1 is the separator itself, so that no other stands before MSH-2.
        return _width(message, "MSH" if number == 1 else "MSH" + sign + sign.join(fields[2:number]))
    return _width(message, sign.join(fields[:number])) + len(sign)


def _width(message: Hl7Message, text: str) -> int:
    # UTF-16 is counted as if it were UTF-8, as the reader counts.
    codec = "utf-8" if message.codec.startswith("utf-16") else message.codec
    return len(text.encode(codec, errors="replace"))
