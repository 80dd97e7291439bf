"""Sends HL7 v2 as the system of a source does, to see what our listener answers."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from careweave.formats import read_hl7
from careweave.terms import CareweaveError, Unavailable

_START, _END = b"\x0b", b"\x1c\r"
_TIMEOUT_S = 35.0
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the listener said to one message: AA, AE, AR, and its words; empty when it hung up."""

    control_id: str
    code: str
    text: str


def send(bodies: Iterator[bytes], host: str, port: int) -> Iterator[Answer]:
    """Sends each message when the one before was answered, and yields the answers.

    Unavailable where nobody listens. Source: reference/interop.md 3.
    """
    try:
        line = socket.create_connection((host, port), timeout=_TIMEOUT_S)
    except OSError as fault:
        message = f"Nobody listens at {host}:{port}; start careweave listen."
        raise Unavailable(message) from fault
    with line:
        for body in bodies:
            line.sendall(_START + body + _END)
            yield _answer(_received(line))


def _received(line: socket.socket) -> bytes:
    told = b""
    while not told.endswith(_END) and len(told) < _LARGEST:
        piece = line.recv(65536)
        if not piece:
            return b""
        told += piece
    return told


def _answer(told: bytes) -> Answer:
    try:
        message = read_hl7(told)
    except CareweaveError:
        return Answer("", "", "the listener hung up without an answer")
    said = [str(message.get(path) or "") for path in ("MSA-2", "MSA-1", "MSA-3")]
    error = message.get("ERR-8") or message.get("ERR-3.2") or ""
    return Answer(said[0], said[1], said[2] or str(error))
