"""Which acknowledgement a message gets. Source: HL7 v2.5.1, 2.9.2; `reference/interop.md` 3.1."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careweave.formats import AckCode, Hl7Fault, Hl7Header, hl7_ack
from careweave.terms import Finding


class Verdict(StrEnum):
    """What is answered, in either mode: taken, not just now or not as it is, never."""

    ACCEPT = "A"
    ERROR = "E"
    REJECT = "R"


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a message: the verdict, why, and the number that it is stored under."""

    verdict: Verdict
    faults: tuple[Hl7Fault, ...] = ()
    message: int | None = None


_CODES: dict[tuple[bool, Verdict], AckCode] = {
    (False, Verdict.ACCEPT): "AA",
    (False, Verdict.ERROR): "AE",
    (False, Verdict.REJECT): "AR",
    (True, Verdict.ACCEPT): "CA",
    (True, Verdict.ERROR): "CE",
    (True, Verdict.REJECT): "CR",
}

_FAULTS = {
    "processing-id": 202,
    "type-not-accepted": 200,
    "type-not-mapped": 200,
    "event-not-accepted": 201,
    "version-not-accepted": 203,
    "truncated": 100,
    "empty": 100,
    "no-header": 100,
}
"""Which code of HL7 table 0357 a finding is; the others are 207."""

TRUNCATED = Hl7Fault(100, "The message is not whole.")
UNAVAILABLE = Hl7Fault(207, "It cannot be stored just now; send it again.")
TOO_LONG = Hl7Fault(207, "The message is larger than is accepted here.")


def fault_of(finding: Finding) -> Hl7Fault:
    """Returns what the sender is told of a finding: its word and its place, nothing it holds."""
    return Hl7Fault(_FAULTS.get(finding.code, 207), finding.code, finding.where)


def accept_code(header: Hl7Header, verdict: Verdict) -> AckCode | None:
    """Returns the code of the answer that tells of storing, None where the sender wants none."""
    if not is_enhanced(header):
        return _CODES[False, verdict]
    return _CODES[True, verdict] if is_wanted(header.accept_ack, verdict) else None


def application_code(header: Hl7Header, verdict: Verdict) -> AckCode | None:
    """Returns the code of the answer that tells of mapping, None where the sender wants none."""
    if not is_enhanced(header) or is_wanted(header.application_ack, verdict):
        return _CODES[False, verdict]
    return None


def is_enhanced(header: Hl7Header) -> bool:
    """Returns whether the sender says which answers it wants."""
    return bool(header.accept_ack or header.application_ack)


def is_wanted(rule: str, verdict: Verdict) -> bool:
    """Returns whether MSH-15 or MSH-16 asks for an answer of this kind. Source: HL7 table 0155."""
    if rule == "ER":
        return verdict is not Verdict.ACCEPT
    if rule == "SU":
        return verdict is Verdict.ACCEPT
    return rule not in {"", "NE"}


def answer(header: Hl7Header, code: AckCode, judged: Judged, *, at: datetime, number: int) -> bytes:
    """Returns the acknowledgement; a message that is stored gets the same control id each time."""
    own = f"CW{number}R" if judged.message is None else f"CW{judged.message}{code[0]}"
    return hl7_ack(header, code=code, control_id=own, at=at, faults=judged.faults)
