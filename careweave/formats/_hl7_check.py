"""What deviates in a message that could be read: version, event, escapes, and where it breaks off."""

import re
from functools import lru_cache
from itertools import islice

from careweave.formats._hl7_message import Hl7Message
from careweave.formats._hl7_segment import Segment
from careweave.formats._hl7_text import Delimiters
from careweave.terms import Finding, Severity

_VERSIONS = frozenset(
    [
        "2.1",
        "2.2",
        "2.3",
        "2.3.1",
        "2.4",
        "2.5",
        "2.5.1",
        "2.6",
        "2.7",
        "2.7.1",
        "2.8",
        "2.8.1",
        "2.8.2",
        "2.9",
        "2.9.1",
    ]
)
_EVENTS = {
    "A": 62,
    "B": 8,
    "C": 12,
    "E": 31,
    "I": 22,
    "J": 2,
    "K": 34,
    "M": 18,
    "N": 2,
    "O": 59,
    "P": 12,
    "Q": 34,
    "R": 44,
    "S": 37,
    "T": 12,
    "U": 14,
    "V": 4,
    "W": 2,
}
"""The highest number of each letter. Source: HL7 table 0003 (v2.9 and before)."""

_PARTS = {
    "ADT": ("PID",),
    "BAR": ("PID",),
    "MDM": ("PID", "TXA"),
    "OMG": ("ORC", "OBR"),
    "OML": ("ORC", "OBR"),
    "ORM": ("ORC",),
    "ORU": ("OBR", "OBX"),
    "RDE": ("ORC", "RXE"),
    "SIU": ("SCH",),
    "VXU": ("PID",),
}
"""Segments of which a whole message has one at least. Source: HL7 v2.5.1, chapters 3 to 10."""

_LEAST = {
    "MSH": 12,
    "EVN": 2,
    "PID": 5,
    "PV1": 2,
    "NK1": 1,
    "AL1": 3,
    "DG1": 3,
    "MRG": 1,
    "ORC": 1,
    "OBR": 4,
    "OBX": 3,
    "NTE": 1,
    "TXA": 2,
    "SCH": 6,
    "AIL": 3,
    "AIP": 3,
    "AIG": 3,
    "AIS": 3,
    "RXA": 5,
    "RXE": 2,
    "RXR": 1,
    "IN1": 3,
    "GT1": 3,
    "PR1": 3,
    "SPM": 4,
    "ROL": 3,
    "RGS": 1,
}
"""The last field that v2.3 to v2.8 all require of a segment. Source: HL7 v2.3.1 and v2.5.1."""


_OF_VISITS = frozenset(f"A{n:02}" for n in range(1, 14) if n != 8)
"""Events of a visit: all require PV1. So does A08, but senders of demographics leave it out.

Source: HL7 v2.5.1, 3.3; `reference/interop.md` 5.2.
"""

_MOST_ESCAPES = 1_000
"""So many of a segment are looked at for something to tell."""


def check_header(message: Hl7Message, findings: list[Finding]) -> None:
    """Adds what is unknown or absent in the header, and a second header."""
    signs, fields = message.delimiters, message.segments[0].fields
    fields = fields if len(fields) > 12 else [*fields, *[""] * 12]
    if fields[12] not in _VERSIONS:
        _check_version(fields[12].split(signs.component)[0].strip(), findings)
    if not _is_event(fields[9], signs.component):
        findings.append(Finding("event-unknown", Severity.WARNING, "MSH-9"))
    if not fields[10]:
        findings.append(Finding("control-id-missing", Severity.WARNING, "MSH-10"))
    if _is_odd(signs, fields[2]):
        findings.append(Finding("separators-odd", Severity.WARNING, "MSH-2"))
    if [segment.name for segment in message.segments].count("MSH") > 1:
        about = "cut the file into messages first"
        findings.append(Finding("several-messages", Severity.ERROR, "MSH", about))


def _check_version(version: str, findings: list[Finding]) -> None:
    if not version:
        findings.append(Finding("version-missing", Severity.WARNING, "MSH-12"))
    elif version not in _VERSIONS:
        findings.append(Finding("version-unknown", Severity.WARNING, "MSH-12"))


@lru_cache(maxsize=512)
def _is_event(field: str, component: str) -> bool:
    kind, event = (part.strip().upper() for part in f"{field}{component}".split(component)[:2])
    if not event:
        return kind in {"ACK", "MCF", "UDM"}
    if kind in {"PPR", "PGL", "PPP", "PPG", "PRR"}:
        return re.fullmatch("PC[1-9A-L]", event) is not None
    found = re.fullmatch("([A-Z])([0-9]{2})", event)
    return found is not None and 0 < int(found[2]) <= _EVENTS.get(found[1], 0)


@lru_cache(maxsize=64)
def _is_odd(signs: Delimiters, named: str) -> bool:
    all_ = (signs.field, signs.component, signs.repetition, signs.escape, signs.sub)
    return named != signs.encoding or len(set(all_)) < 5 or "\x00" in all_


def check_escapes(message: Hl7Message, findings: list[Finding]) -> None:
    """Adds the first escape that is kept as it is, and the first that hides a control character."""
    mark = message.delimiters.escape
    if not _odd_escapes(mark).search(message.text, 9):
        return
    for segment in message.segments[1:]:
        for found in islice(_odd_escapes(mark).finditer(segment.raw), _MOST_ESCAPES):
            _note_escape(message, segment, found, findings)


@lru_cache(maxsize=64)
def _odd_escapes(mark: str) -> re.Pattern[str]:
    sign = re.escape(mark)
    return re.compile(f"{sign}(X[0-9A-Fa-f]*|[CMZ][0-9A-Za-z]*){sign}")


def _note_escape(
    message: Hl7Message, segment: Segment, found: re.Match[str], findings: list[Finding]
) -> None:
    digits = found[1][1:]
    if found[1][0] != "X" or len(digits) % 2 or not digits:
        code = "escape-kept"
    elif any(byte < 32 and byte != 10 for byte in bytes.fromhex(digits)):
        code = "control-escape"
    else:
        return
    if all(finding.code != code for finding in findings):
        before = segment.raw[: found.start()]
        where = f"{segment.name}-{before.count(message.delimiters.field)}"
        at = message.span(segment)[0] + len(before.encode(message.codec, "replace"))
        findings.append(Finding(code, Severity.WARNING, where, offset=at))


def check_end(message: Hl7Message, findings: list[Finding]) -> None:
    """Adds `truncated` where the last segment has no end and cannot be whole.

    A missing last line end alone means nothing: many systems leave it out. What is cut off among
    optional fields cannot be told from what was never sent.
    """
    if any(finding.code == "truncated" for finding in findings):
        return
    last, signs = message.segments[-1], message.delimiters
    if last.raw.count(signs.field) + (last.name == "MSH") < _LEAST.get(last.name, 0):
        why = f"it has less than {_LEAST[last.name]} fields"
    elif signs.escape in last.raw and _is_open(last.fields[-1], signs.escape):
        why = "an escape has no end"
    elif not _wanted(message.segments[0].raw_field(9), signs.component) <= message.names:
        why = "a segment that every such message has is absent"
    else:
        return
    start, length = message.span(last)
    findings.append(Finding("truncated", Severity.ERROR, last.name, why, start + length))


def _is_open(field: str, mark: str) -> bool:
    tail = field[field.rfind(mark) :] if mark in field else ""
    return (
        field.count(mark) % 2 == 1
        and re.fullmatch("[FSTREHNXCMZ.]?[0-9A-Za-z]{0,8}", tail[1:]) is not None
    )


@lru_cache(maxsize=512)
def _wanted(field: str, component: str) -> frozenset[str]:
    kind, event = (part.strip().upper() for part in f"{field}{component}".split(component)[:2])
    of_visit = ("PV1",) if kind == "ADT" and event in _OF_VISITS else ()
    return frozenset((*_PARTS.get(kind, ()), *of_visit))
