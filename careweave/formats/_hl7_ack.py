"""Answers to HL7 v2 messages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from careweave.formats._hl7_decode import codec_of
from careweave.formats._hl7_header import Hl7Header
from careweave.formats._hl7_text import Delimiters, hl7_escape

AckCode = Literal["AA", "AE", "AR", "CA", "CE", "CR"]

_WORDS = {
    0: "Message accepted",
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    206: "Application record locked",
    207: "Application internal error",
}
"""Source: HL7 table 0357."""
_OLD = frozenset({"2.1", "2.2", "2.3", "2.3.1", "2.4"})


@dataclass(frozen=True, slots=True)
class Hl7Fault:
    """One thing to tell the sender: a code of HL7 table 0357, words of ours, and a place.

    `where` is a place such as "PID-5[2].1", or empty. Never anything of the message itself.
    """

    code: int
    text: str = ""
    where: str = ""


def hl7_ack(
    header: Hl7Header,
    *,
    code: AckCode,
    control_id: str,
    at: datetime,
    faults: Sequence[Hl7Fault] = (),
) -> bytes:
    """Returns the answer to the message of that header, in its separators, version and charset.

    `control_id` is the answer's own. From v2.5 on each fault is an ERR segment; before, the first
    is told in MSA-3. Source: HL7 v2.5.1, 2.9.2 and 2.15.5; v2.4, 2.16.8.
    """
    signs = header.delimiters
    is_old = header.version in _OLD or not header.version
    lines = [_msh(header, control_id, at), _msa(header, code, faults if is_old else ())]
    if not is_old:
        lines += [_err(fault, signs) for fault in faults]
    text = "".join(f"{line}\r" for line in lines)
    return text.encode(codec_of(header.charset) or "utf-8", "replace")


def _msh(header: Hl7Header, control_id: str, at: datetime) -> str:
    signs = header.delimiters
    kind = signs.component.join(("ACK", header.event, "ACK") if header.event else ("ACK",))
    fields = ["MSH", signs.encoding, header.receiving_app, header.receiving_facility]
    fields += [header.sending_app, header.sending_facility, at.strftime("%Y%m%d%H%M%S%z"), ""]
    fields += [kind, hl7_escape(control_id, signs), header.processing_id or "P", header.version]
    if header.charset:
        fields += ["", "", "", "", "", header.charset]
    return signs.field.join(fields)


def _msa(header: Hl7Header, code: str, faults: Sequence[Hl7Fault]) -> str:
    fields = ["MSA", code, header.control_id]
    if faults:
        fields.append(hl7_escape(_told(faults[0]), header.delimiters))
    return header.delimiters.field.join(fields)


def _told(fault: Hl7Fault) -> str:
    words = f"{fault.code} {fault.text or _WORDS.get(fault.code, '')}".rstrip()
    return f"{words} ({fault.where})" if fault.where else words


def _err(fault: Hl7Fault, signs: Delimiters) -> str:
    word = _WORDS.get(fault.code, "")
    code = signs.component.join((str(fault.code), hl7_escape(word, signs), "HL70357"))
    fields = ["ERR", "", _location(fault.where, signs), code, "E"]
    if fault.text:
        fields += ["", "", "", hl7_escape(fault.text, signs)]
    return signs.field.join(fields)


_PLACE = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[([0-9]+)\])?(?:-([0-9]+)(?:\[([0-9]+)\])?(?:\.([0-9]+))?)?"
)


def _location(where: str, signs: Delimiters) -> str:
    # ERL: segment, its number, field, repetition, component.
    found = _PLACE.match(where)
    if found is None:
        return ""
    parts = [found[1], found[2] or "1", found[3] or "", found[4] or "", found[5] or ""]
    return signs.component.join(parts).rstrip(signs.component)
