"""An HL7 v2 message as its segments."""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from careweave.formats._hl7_decode import Decoded
from careweave.formats._hl7_header import Hl7Header, header_of
from careweave.formats._hl7_lines import LINE_END
from careweave.formats._hl7_segment import Segment
from careweave.formats._hl7_text import Delimiters, Null
from careweave.terms import Finding, Incorrect, Severity


class Hl7Message:
    """A message as its segments. What deviates is in `findings`, and nothing is guessed.

    An error among the findings (`truncated`, `zero-byte`, `several-messages`) means that nobody
    should map the message before somebody looked at it.
    """

    def __init__(
        self,
        segments: list[Segment],
        findings: list[Finding],
        read: Decoded,
        *,
        version: str,
        starts: Sequence[int],
    ) -> None:
        """Takes what `read_hl7` found; `starts` are the lines that the segments begin at."""
        self.segments = segments
        self.findings = findings
        self._read = read
        self._version = version
        self._starts = starts

    @cached_property
    def header(self) -> Hl7Header:
        """Returns what MSH says."""
        return header_of(self.segments[0])

    @property
    def version(self) -> str:
        """Returns MSH-12, or the version of the connection where the message names none."""
        return self.header.version or self._version

    @property
    def delimiters(self) -> Delimiters:
        """Returns the separators that MSH declares."""
        return self.segments[0].delimiters

    @property
    def codec(self) -> str:
        """Returns the name of the codec that the bytes were read with."""
        return self._read.codec

    @property
    def text(self) -> str:
        """Returns the text as sent, from MSH on."""
        return self._read.text

    @property
    def names(self) -> set[str]:
        """Returns the names of its segments."""
        return {segment.name for segment in self.segments}

    @property
    def is_sound(self) -> bool:
        """Returns whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def of(self, name: str) -> list[Segment]:
        """Returns the segments of that name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def get(self, path: str) -> str | Null | None:
        """Returns the value at "PID-3[2].1.2", escapes resolved, NULL for `""`, or None.

        "OBX[3]-5" is of the third such segment; without a component the first is meant.
        """
        name, number, field, repetition, component, sub = _path(path)
        for segment in self.segments:
            if segment.name == name:
                number -= 1
                if not number:
                    return segment.get(field, repetition, component, sub)
        return None

    def span(self, segment: Segment) -> tuple[int, int]:
        """Returns where the segment lies in the bytes that were read: offset and length.

        Of UTF-16 the bytes are counted as if it were UTF-8.
        """
        line, follows = self._starts[segment.index], segment.index + 1
        start, end = self._ends[line]
        if follows < len(self._starts):
            lines = self._ends[line : self._starts[follows]]
            end = max(stop for begin, stop in lines if stop > begin)
        return start, end - start

    @cached_property
    def _ends(self) -> list[tuple[int, int]]:
        text, codec = self._read.text, self._read.codec
        codec = "utf-8" if codec.startswith("utf-16") else codec
        at, spans, begin = self._read.base, [], 0
        for stop, after in _line_ends(text):
            length = _width(text[begin:stop], codec)
            spans.append((at, at + length))
            at += length + after - stop
            begin = after
        return spans


def _line_ends(text: str) -> list[tuple[int, int]]:
    ends = [found.span() for found in LINE_END.finditer(text)]
    return [*ends, (len(text), len(text))]


def _width(text: str, codec: str) -> int:
    return len(text) if text.isascii() else len(text.encode(codec))


_PATH = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[([0-9]{1,5})\])?-([0-9]{1,3})(?:\[([0-9]{1,5})\])?"
    r"(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?"
)


@lru_cache(maxsize=2048)
def _path(path: str) -> tuple[str, int, int, int, int, int]:
    found = _PATH.fullmatch(path)
    if found is None:
        raise Incorrect("A path is written like PID-3[2].1.2; mend it.", code="value")
    number, field, repetition, component, sub = (int(part or 1) for part in found.groups()[1:])
    return found[1], number, field, repetition, component, sub
