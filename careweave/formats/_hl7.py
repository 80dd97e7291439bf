"""Reading HL7 v2: tolerant of what real systems send, lazy, and hard to hurt."""

from careweave.formats._hl7_check import check_end, check_escapes, check_header
from careweave.formats._hl7_decode import decoded
from careweave.formats._hl7_header import header_segment
from careweave.formats._hl7_limits import HL7_LIMITS, Hl7Limits
from careweave.formats._hl7_lines import cut, segments_of
from careweave.formats._hl7_message import Hl7Message
from careweave.terms import Finding


def read_hl7(
    data: bytes,
    *,
    charset: str | None = None,
    version: str | None = None,
    limits: Hl7Limits = HL7_LIMITS,
) -> Hl7Message:
    """Returns the message, or raises Incorrect (`empty`, `no-header`), TooLong beyond a limit.

    `charset` (as MSH-18 writes it) and `version` are those of the connection, for a message that
    names none. Source: HL7 v2.5.1 chapter 2; `reference/interop.md` 2.2 to 2.4.
    """
    findings: list[Finding] = []
    read = decoded(data, charset, limits, findings)
    lines = cut(read.text, limits, findings)
    signs = header_segment(lines.texts[0]).delimiters
    segments, starts = segments_of(lines, signs, limits, findings)
    message = Hl7Message(segments, findings, read, version=version or "", starts=starts)
    check_header(message, findings)
    if read.text.find(signs.escape, 9) > 0:
        check_escapes(message, findings)
    if not lines.is_ended:
        check_end(message, findings)
    return message
