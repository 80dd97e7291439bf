"""The lines of an HL7 v2 message, and the segments that they are."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from careweave.formats._hl7_limits import Hl7Limits
from careweave.formats._hl7_segment import Segment
from careweave.formats._hl7_text import Delimiters
from careweave.terms import Finding, Severity, TooLong

LINE_END = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2}")
_is_begun = re.compile(r"[A-Z][A-Z0-9]?").fullmatch

_LF = Finding("line-end-lf", Severity.INFORMATION, "MSH")
_CRLF = Finding("line-end-crlf", Severity.INFORMATION, "MSH")
_MIXED = Finding("line-end-mixed", Severity.INFORMATION, "MSH")


class Lines(NamedTuple):
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
        findings.append(_LF)
    else:
        texts = LINE_END.split(text, most)
        n_pairs = text.count("\r\n")
        is_pairs = n_pairs == text.count("\r") == text.count("\n")
        findings.append(_CRLF if is_pairs else _MIXED)
    if len(texts) > most:
        raise TooLong(f"The message has more than {limits.segments} segments.", where="MSH")
    is_ended = not texts[-1].strip()
    while not texts[-1].strip():
        texts.pop()
    return Lines(texts, is_ended)


def segments_of(
    lines: Lines, signs: Delimiters, limits: Hl7Limits, findings: list[Finding]
) -> tuple[list[Segment], Sequence[int]]:
    """Returns one segment for each line that is one, and the number of the line it begins at."""
    texts: list[str] = lines.texts
    starts: Sequence[int] = range(len(texts))
    if not all(map(_is_plain, {line[:4] for line in texts}, repeat(signs.field))):
        texts, starts = _mended(lines, signs.field, findings)
    if len(texts) > limits.segments:
        raise TooLong(f"The message has more than {limits.segments} segments.", where="MSH")
    if max(map(len, texts)) > limits.fields:
        for text in [text for text in texts if len(text) > limits.fields]:
            _check_size(text, signs, limits)
    return [Segment(line[:3], index, line, signs) for index, line in enumerate(texts)], starts


@lru_cache(maxsize=1024)
def _is_plain(head: str, sign: str) -> bool:
    name = head[:3]
    return _NAME.fullmatch(name) is not None and name == name.upper() and head[3:] in {sign, ""}


def _mended(lines: Lines, sign: str, findings: list[Finding]) -> tuple[list[str], list[int]]:
    """Returns the text of each segment that was meant, and the line it begins at."""
    parts: list[list[str]] = []
    starts: list[int] = []
    last = -1 if lines.is_ended else len(lines.texts) - 1
    for number, line in enumerate(lines.texts):
        text, code = _meant(line, sign, is_cut=number == last)
        if code:
            _note(code, number, findings)
        if text:
            parts.append([text])
            starts.append(number)
        elif code == "line-continued":
            parts[-1].append(line)
    return ["\n".join(part) for part in parts], starts


def _meant(line: str, sign: str, *, is_cut: bool) -> tuple[str, str]:
    """Returns the line as the segment that was meant, or nothing, and the code of what is odd."""
    text = line.lstrip(" \t")
    if not text:
        return "", "blank-segment"
    if _NAME.match(text) and text[3:4] in {sign, ""}:
        name = text[:3].upper()
        if name != text[:3]:
            return name + text[3:], "segment-case"
        return text, "segment-indented" if text != line else ""
    # A text with a bare line break in it goes on: nothing of it is lost.
    return "", "truncated" if is_cut and _is_begun(text) else "line-continued"


_SEVERITIES = {"blank-segment": Severity.INFORMATION, "truncated": Severity.ERROR}


def _note(code: str, number: int, findings: list[Finding]) -> None:
    # One of a kind is enough: a file with a thousand blank lines is told once.
    if all(finding.code != code for finding in findings):
        severity = _SEVERITIES.get(code, Severity.WARNING)
        findings.append(Finding(code, severity, f"line {number + 1}"))


def _check_size(text: str, signs: Delimiters, limits: Hl7Limits) -> None:
    if text.count(signs.field) > limits.fields:
        raise TooLong(f"A segment has more than {limits.fields} fields.", where=text[:3])
    if _full(text, signs, signs.repetition, limits.repetitions):
        message = f"A field has more than {limits.repetitions} repetitions."
        raise TooLong(message, where=text[:3])
    part, n_parts = signs.component, limits.components
    for field in _full(text, signs, part, n_parts):
        if any(one.count(part) >= n_parts for one in field.split(signs.repetition)):
            raise TooLong(f"A field has more than {n_parts} components.", where=text[:3])


def _full(text: str, signs: Delimiters, sign: str, n_signs: int) -> list[str]:
    """Returns the fields that hold the separator so many times."""
    if len(text) < n_signs or text.count(sign) < n_signs:
        return []
    # MSH-2 is made of separators.
    fields = text.split(signs.field)[2 if text.startswith("MSH") else 1 :]
    return [field for field in fields if len(field) >= n_signs and field.count(sign) >= n_signs]
