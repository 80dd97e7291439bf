"""Peers of the door for HL7 v2: sources that read real messages, and clients that speak MLLP."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from careweave.formats import Hl7Message, read_hl7
from careweave.sources import (
    Channel,
    Head,
    Input,
    Reading,
    Source,
    SourceMapping,
    Sources,
    Transport,
)
from careweave.terms import CareweaveError, Finding, Severity

START, END = b"\x0b", b"\x1c\r"


def adt(
    control: str = "M1",
    *,
    version: str = "2.4",
    kind: str = "ADT^A01",
    acks: str = "|",
    processing: str = "P",
    patient: str = "P1",
) -> bytes:
    """Returns a small admission; `acks` are MSH-15 and MSH-16 with the separator between."""
    lines = (
        rf"MSH|^~\&|PAS|STB|CW|REG|20260301101500||{kind}|{control}|{processing}|{version}|||{acks}",
        "EVN|A01|20260301101500",
        f"PID|1||{patient}^^^STB^PI||ROE^JANE||19800202|F",
        "PV1|1|I|W1^B2^3",
    )
    return "".join(f"{line}\r" for line in lines).encode()


def source(name: str = "nm-acute-pas", **transport: object) -> Source:
    """Returns a source whose messages are looked at as the mappings of the package do it."""
    line = replace(Transport(Channel.MLLP, port=0), **transport)  # type: ignore[arg-type]
    mapping = SourceMapping(
        id="none",
        version=1,
        input=Input.HL7V2,
        accept=frozenset({"*"}),
        digest="",
        body=b"",
        read=lambda _body, _head: Reading(),
        peek=partial(_peek, line.processing),
    )
    organisation, _, system = name.rpartition("-")
    return Source(name, organisation, system, line, authority=organisation, mapping=mapping)


def sources(*all_: Source, digest: str = "1") -> Sources:
    """Returns sources by their names."""
    return Sources({one.name: one for one in all_ or (source(),)}, digest)


def _peek(processing: frozenset[str], body: bytes) -> Head:
    lanes = ("nm-acute-pas:*unknown*",)
    try:
        message = read_hl7(body)
    except CareweaveError as error:
        code = error.issues[0].code
        finding = Finding({"no-header": "empty"}.get(code, code), Severity.ERROR, "MSH")
        if code == "too-long":
            return Head(lanes=lanes, refusal=finding)
        return Head(lanes=lanes, quarantine=finding)
    return _head(message, lanes, processing)


def _head(message: Hl7Message, lanes: tuple[str, ...], processing: frozenset[str]) -> Head:
    header = message.header
    errors = [one for one in message.findings if one.severity is Severity.ERROR]
    is_refused = bool(processing) and header.processing_id not in processing
    refusal = Finding("processing-id", Severity.ERROR, "MSH-11") if is_refused else None
    return Head(
        control_id=header.control_id or None,
        kind=header.kind,
        version=header.version,
        lanes=lanes,
        refusal=refusal,
        quarantine=errors[0] if errors else None,
    )


class Peer:
    """A client: sends bytes, reads answers."""

    def __init__(
        self, where: tuple[str, int], context: ssl.SSLContext | None = None, wait_s: float = 5.0
    ) -> None:
        """Connects."""
        raw = socket.create_connection(where, timeout=wait_s)
        self.socket = raw if context is None else context.wrap_socket(raw, server_hostname="door")
        self._held = b""

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *messages: bytes) -> None:
        """Sends messages in one piece, each in its frame."""
        self.raw(b"".join(START + message + END for message in messages))

    def raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def answer(self) -> Hl7Message:
        """Returns the next answer."""
        while END not in self._held:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed without an answer")
            self._held += data
        frame, _, self._held = self._held.partition(END)
        assert frame[:1] == START
        return read_hl7(frame[1:])

    def ask(self, message: bytes) -> Hl7Message:
        """Returns the answer to a message."""
        self.send(message)
        return self.answer()

    def is_closed(self) -> bool:
        """Returns whether the door has ended without another answer."""
        try:
            return self.socket.recv(65536) == b""
        except (ConnectionError, ssl.SSLError):
            return True


def codes(answers: Iterator[Hl7Message] | list[Hl7Message]) -> list[tuple[str, str]]:
    """Returns what answers say: code and control id."""
    return [(str(one.get("MSA-1")), str(one.get("MSA-2"))) for one in answers]
