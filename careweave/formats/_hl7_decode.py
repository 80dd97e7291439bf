"""From the bytes of an HL7 v2 message to its text: frame, byte order mark, character set."""

import re
from functools import lru_cache
from typing import NamedTuple

from careweave.formats._hl7_limits import Hl7Limits
from careweave.terms import Finding, Incorrect, Severity, TooLong

_BOM = b"\xef\xbb\xbf"
_START, _END, _AFTER = b"\x0b", b"\x1c", b"\r\n\t "
_HEADER = re.compile(rb"MSH(?=[!-/:-@\[-`{-~])", re.IGNORECASE)
_AT_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*(MSH(?=[!-/:-@\[-`{-~]))", re.IGNORECASE)
_WHITE = b" \t\r\n\x00\x0b\x0c\x1a\x1c\x1d"
_CONTROLS = bytes(code for code in range(32) if code not in {9, 10, 13})
_AS_BLANK = dict.fromkeys(_CONTROLS, " ")
_is_control = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]").search
_line_end = re.compile(rb"[\r\n]").search
_is_windows = re.compile(rb"[\x80-\x9f]").search

_CODECS = {
    "8859/1": "cp1252",
    **{f"8859/{n}": f"iso8859-{n}" for n in range(2, 10)},
    "8859/15": "iso8859-15",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UNICODE": "utf-8",
    "UNICODE UTF-16": "utf-8",
}
"""What MSH-18 may say. Source: HL7 table 0211; `reference/interop.md` 2.2."""
_DEFAULT = ("", "ASCII")


class Decoded(NamedTuple):
    """The text from the header on. `base` is the byte that it begins at, `codec` how it was read."""

    text: str
    base: int
    codec: str


def decoded(
    data: bytes, charset: str | None, limits: Hl7Limits, findings: list[Finding]
) -> Decoded:
    """Returns the text of a message and adds what was odd about its bytes, or raises.

    Incorrect with code `empty` or `no-header`; TooLong beyond the limit of size.
    """
    if len(data) > limits.size:
        raise TooLong(f"The message is larger than {limits.size} bytes.", where="MSH")
    wide = _wide(data)
    if wide:
        return _decoded_wide(data, wide, findings)
    base, end = _span(data, findings)
    body = data[base:end]
    text, codec = _text(body, charset, base, findings)
    return Decoded(_cleaned(text, body, base, findings), base, codec)


def header_line(data: bytes, limits: Hl7Limits) -> tuple[str, str]:
    """Returns the text of the first line from MSH on, and the codec; looks at no more than that."""
    wide = _wide(data)
    if wide:
        head = data[: 2 * limits.header].decode(wide, "replace").lstrip("\ufeff").encode()
    else:
        head = data
    at = _start(head)
    line = head[at : at + limits.header].replace(b"\n", b"\r").split(b"\r", 1)[0]
    text, codec = _text(line.rstrip(_END), None, at, [])
    return text.translate(_AS_BLANK), wide or codec


def codec_of(charset: str | None) -> str | None:
    """Returns the codec of a value of MSH-18 or of a connection; None where it names none."""
    return _CODECS.get((charset or "").split("~")[0].strip().upper())


def _start(data: bytes) -> int:
    if _HEADER.match(data):
        return 0
    found = _AT_LINE.search(data)
    if found:
        return found.start(1)
    anywhere = _HEADER.search(data)
    if anywhere:
        return anywhere.start()
    if not data.strip(_WHITE + _BOM):
        raise Incorrect("The message is empty.", where="MSH", code="empty")
    raise Incorrect("The message has no MSH segment.", where="MSH", code="no-header")


def _span(data: bytes, findings: list[Finding]) -> tuple[int, int]:
    at = _start(data)
    end = len(data)
    if at:
        _leading(data[:at], findings)
    if _END in data[-16:] and data.rstrip(_AFTER).endswith(_END):
        end = data.rindex(_END)
        if _START not in data[:at]:
            findings.append(Finding("frame-present", Severity.INFORMATION, "MSH", offset=end))
    elif _START in data[:at]:
        findings.append(Finding("truncated", Severity.ERROR, about="no end of frame", offset=end))
    return at, end


def _leading(before: bytes, findings: list[Finding]) -> None:
    if before.startswith(_BOM):
        findings.append(Finding("bom", Severity.INFORMATION, "MSH", offset=0))
        before = before[3:]
    if _START in before:
        findings.append(Finding("frame-present", Severity.INFORMATION, "MSH", offset=0))
        before = before.replace(_START, b"").removeprefix(_BOM)
    if before.strip(b" \t"):
        code = "blank-segment" if not before.strip(_WHITE) else "leading-bytes"
        severity = Severity.INFORMATION if code == "blank-segment" else Severity.WARNING
        findings.append(Finding(code, severity, "MSH", offset=0))


def _wide(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    head = data[:8].lstrip(_START)
    if head[:4] == b"M\x00S\x00":
        return "utf-16-le"
    return "utf-16-be" if head[:4] == b"\x00M\x00S" else ""


def _decoded_wide(data: bytes, codec: str, findings: list[Finding]) -> Decoded:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        findings.append(Finding("truncated", Severity.ERROR, "MSH", offset=error.start))
        text = data[: error.start].decode(codec, "ignore")
    plain = text.encode()
    base, end = _span(plain, findings)
    body = plain[base:end]
    text = _cleaned(body.decode(), body, base, findings)
    return Decoded(text, 2 * len(plain[:base].decode()), codec)


def _text(body: bytes, charset: str | None, base: int, findings: list[Finding]) -> tuple[str, str]:
    if body.isascii():
        # The same in all character sets that are read here, whichever MSH-18 names.
        return body.decode("ascii"), "utf-8"
    for codec in _wanted(body, charset, findings):
        try:
            text = body.decode(codec)
        except UnicodeDecodeError as error:
            at = base + error.start
            findings.append(Finding("charset-wrong", Severity.WARNING, "MSH-18", codec, at))
        else:
            return _checked(text, body, codec, findings)
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError as error:
        if error.end >= len(body) and error.reason == "unexpected end of data":
            # The bytes of the last character are not all there: so is the end of the message.
            at = base + error.start
            findings.append(Finding("truncated", Severity.ERROR, offset=at))
            return body[: error.start].decode(), "utf-8"
        return _guessed(body, base + error.start, findings)


def _guessed(body: bytes, at: int, findings: list[Finding]) -> tuple[str, str]:
    findings.append(Finding("charset-guessed", Severity.WARNING, "MSH-18", "cp1252", at))
    try:
        return body.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"


def _wanted(body: bytes, charset: str | None, findings: list[Finding]) -> list[str]:
    said = _said(body)
    known = codec_of(said)
    if said.startswith("UNICODE") and said != "UNICODE UTF-8":
        about = "no UTF-16 was found"
        findings.append(Finding("charset-guessed", Severity.WARNING, "MSH-18", about))
    elif known is None and said not in _DEFAULT:
        findings.append(Finding("charset-unknown", Severity.WARNING, "MSH-18"))
    of_line = codec_of(charset)
    return [codec for codec in (known, of_line) if codec is not None]


def _said(body: bytes) -> str:
    # MSH-18 stands behind the seventeenth separator; MSH-1 is the first.
    end = _line_end(body, 0, 16384)
    fields = body[: end.start() if end else 16384].split(body[3:4], 18)
    return _plain(fields[17]) if len(fields) > 17 else ""


@lru_cache(maxsize=64)
def _plain(field: bytes) -> str:
    return field.decode("ascii", "replace").split("~")[0].strip().upper()


def _checked(text: str, body: bytes, codec: str, findings: list[Finding]) -> tuple[str, str]:
    if codec == "cp1252" and _is_windows(body):
        about = "bytes of Windows-1252 in what is called 8859/1"
        findings.append(Finding("charset-guessed", Severity.WARNING, "MSH-18", about))
    return text, codec


def _cleaned(text: str, body: bytes, base: int, findings: list[Finding]) -> str:
    if len(body.translate(None, _CONTROLS)) == len(body):
        return text
    found = _is_control(body)
    at = found.start() if found else 0
    # Zero bytes are no text in any character set that is read here: somebody looks at it first.
    code = "zero-byte" if b"\0" in body else "control-character"
    severity = Severity.ERROR if code == "zero-byte" else Severity.WARNING
    findings.append(Finding(code, severity, offset=base + at))
    return text.translate(_AS_BLANK)
