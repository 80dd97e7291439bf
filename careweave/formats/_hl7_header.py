"""The header of an HL7 v2 message, which is all that a door needs to know."""

from dataclasses import dataclass

from careweave.formats._hl7_decode import header_line
from careweave.formats._hl7_limits import HL7_LIMITS, Hl7Limits
from careweave.formats._hl7_segment import Segment
from careweave.formats._hl7_text import Delimiters, delimiters_of


@dataclass(frozen=True, slots=True)
class Hl7Header:
    """MSH, as sent: nothing is unescaped, so that an answer may repeat it. Empty where absent.

    `type`, `event` and `structure` are the components of MSH-9, `processing_id` and `version` the
    first ones of MSH-11 and MSH-12; the four parties are whole fields with their separators.
    Source: HL7 v2.5.1, 2.15.9.
    """

    control_id: str
    type: str
    event: str
    structure: str
    version: str
    processing_id: str
    charset: str
    sent_at: str
    sending_app: str
    sending_facility: str
    receiving_app: str
    receiving_facility: str
    accept_ack: str
    application_ack: str
    delimiters: Delimiters

    @property
    def kind(self) -> str:
        """Returns the type and event as mappings name them: "ADT^A01"."""
        return f"{self.type}^{self.event}" if self.event else self.type


def hl7_header(data: bytes, *, limits: Hl7Limits = HL7_LIMITS) -> Hl7Header:
    """Returns the header of a message, looking at nothing else of it, or raises Incorrect.

    The code of the error is `empty` or `no-header`.
    """
    text, _ = header_line(data, limits)
    return header_of(header_segment(text))


def header_segment(line: str) -> Segment:
    """Returns MSH of its line, with the separators that it declares."""
    sign = line[3]
    named = line[4:12].split(sign, 1)[0]
    return Segment("MSH", 0, line, delimiters_of(sign, named))


def header_of(segment: Segment) -> Hl7Header:
    """Returns what MSH says."""
    fields = segment.fields
    fields = fields + [""] * (19 - len(fields))
    signs = segment.delimiters
    kind = fields[9].split(signs.component)
    return Hl7Header(
        control_id=fields[10].strip(),
        type=kind[0].strip().upper(),
        event=kind[1].strip().upper() if len(kind) > 1 else "",
        structure=kind[2].strip() if len(kind) > 2 else "",
        version=fields[12].split(signs.component)[0].strip(),
        processing_id=fields[11].split(signs.component)[0].strip().upper(),
        charset=fields[18].strip(),
        sent_at=fields[7].split(signs.component)[0].strip(),
        sending_app=fields[3],
        sending_facility=fields[4],
        receiving_app=fields[5],
        receiving_facility=fields[6],
        accept_ack=fields[15].strip().upper(),
        application_ack=fields[16].strip().upper(),
        delimiters=signs,
    )
