"""The lines of an HL7 v2 message, and the segments that they are."""

import re
from dataclasses import dataclass
from functools import lru_cache

from careweave.formats._hl7_limits import Hl7Limits
from careweave.formats._hl7_segment import Segment
from careweave.formats._hl7_text import Delimiters
from careweave.terms import Finding, Severity, TooLong

LINE_END = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2}")
_is_begun = re.compile(r"[A-Z][A-Z0-9]?").fullmatch


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines from MSH on without their ends, and whether the last one had its end."""

    texts: list[str]
    is_ended: bool


def cut(text: str, limits: Hl7Limits, findings: list[Finding]) -> Lines:
    """Returns the lines of the text, whichever of CR, LF and CRLF ends them."""
    most = 2 * limits.segments
    if "\n" not in text:
        texts = text.split("\r", most)
    elif "\r" not in text:
        texts = text.split("\n", most)
        findings.append(Finding("line-end-lf", Severity.INFORMATION, "MSH"))
    else:
        texts = LINE_END.split(text, most)
        n_pairs = text.count("\r\n")
        is_pairs = n_pairs == text.count("\r") == text.count("\n")
        code = "line-end-crlf" if is_pairs else "line-end-mixed"
        findings.append(Finding(code, Severity.INFORMATION, "MSH"))
    if len(texts) > most:
        raise TooLong(f"The message has more than {limits.segments} segments.", where="MSH")
    is_ended = not texts[-1].strip()
    while not texts[-1].strip():
        texts.pop()
    return Lines(texts, is_ended)


def segments_of(
    lines: Lines, signs: Delimiters, limits: Hl7Limits, findings: list[Finding]
) -> list[Segment]:
    """Returns one segment for each line that is one; the others go with the line before."""
    made: list[Segment] = []
    odd = _Odd(lines, signs, findings)
    sign, least = signs.field, limits.components
    for number, line in enumerate(lines.texts):
        name = line[:3]
        text = line
        if not (_is_plain(name) and (line[3:4] == sign or len(line) == 3)):
            text = odd.segment(line, number, made)
            name = text[:3]
            if not text:
                continue
        if len(text) > least:
            _check_size(text, name, signs, limits)
        made.append(Segment(name, len(made), text, signs, number))
    odd.join(made, limits)
    if len(made) > limits.segments:
        raise TooLong(f"The message has more than {limits.segments} segments.", where="MSH")
    return made


@lru_cache(maxsize=1024)
def _is_plain(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name == name.upper()


class _Odd:
    """What to do with lines that do not begin as a segment does."""

    __slots__ = ("_findings", "_last", "_lines", "_more", "_signs")

    def __init__(self, lines: Lines, signs: Delimiters, findings: list[Finding]) -> None:
        self._signs = signs
        self._findings = findings
        self._last = -1 if lines.is_ended else len(lines.texts) - 1
        self._lines = lines
        self._more: dict[int, list[str]] = {}

    def segment(self, line: str, number: int, made: list[Segment]) -> str:
        """Returns the line as the segment that was meant; empty where it is none."""
        text = line.lstrip(" \t")
        if not text:
            self._note("blank-segment", Severity.INFORMATION, made)
            return ""
        follows = text[3:4]
        if _NAME.match(text) and (follows == self._signs.field or not follows):
            code = "segment-case" if text[:3] != text[:3].upper() else "segment-indented"
            self._note(code, Severity.WARNING, made)
            return text[:3].upper() + text[3:]
        if number == self._last and _is_begun(text):
            self._note("truncated", Severity.ERROR, made)
            return ""
        # A text with a bare line break in it: nothing of it is lost.
        self._note("line-continued", Severity.WARNING, made)
        self._more.setdefault(len(made) - 1, []).append(line)
        return ""

    def join(self, made: list[Segment], limits: Hl7Limits) -> None:
        """Gives the segments the lines that belong to them."""
        for index, lines in self._more.items():
            whole = made[index]
            text = "\n".join([whole.raw, *lines])
            _check_size(text, whole.name, self._signs, limits)
            made[index] = Segment(whole.name, index, text, self._signs, whole.line)

    def _note(self, code: str, severity: Severity, made: list[Segment]) -> None:
        # One of a kind is enough: a file with a thousand blank lines is told once.
        if all(finding.code != code for finding in self._findings):
            where = made[-1].name if made else "MSH"
            self._findings.append(Finding(code, severity, where, f"line {self._line(made)}"))

    def _line(self, made: list[Segment]) -> int:
        return made[-1].line + 2 if made else 1


def _check_size(text: str, name: str, signs: Delimiters, limits: Hl7Limits) -> None:
    if len(text) > limits.fields and text.count(signs.field) > limits.fields:
        raise TooLong(f"A segment has more than {limits.fields} fields.", where=name)
    n_repeats, n_parts = limits.repetitions, limits.components
    if len(text) > n_repeats and text.count(signs.repetition) >= n_repeats:
        for field in _fields(text, name, signs):
            if field.count(signs.repetition) >= n_repeats:
                raise TooLong(f"A field has more than {n_repeats} repetitions.", where=name)
    if text.count(signs.component) >= n_parts:
        for field in _fields(text, name, signs):
            if any(one.count(signs.component) >= n_parts for one in field.split(signs.repetition)):
                raise TooLong(f"A field has more than {n_parts} components.", where=name)


def _fields(text: str, name: str, signs: Delimiters) -> list[str]:
    # MSH-2 is made of separators.
    return text.split(signs.field)[2 if name == "MSH" else 1 :]
