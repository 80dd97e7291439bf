"""Sends messages as the systems of the region do: over MLLP, HTTP, and into drop folders."""

import http.client
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from careweave.demonstration import Sent
from careweave.doors.cli._desk import note

_PAUSE_S = 0.5
_TIMEOUT_S = 30.0
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
_START, _END = b"\x0b", b"\x1c\x0d"


class Sender(Protocol):
    """Sends one message."""

    def send(self, message: Sent, stop: threading.Event) -> bool:
        """Sends until it is taken or refused for good; False when told to stop before."""


@dataclass(slots=True)
class Line:
    """A system that speaks HL7 v2 over MLLP: one connection, the next message after each answer."""

    host: str
    port: int
    _socket: socket.socket | None = None

    def send(self, message: Sent, stop: threading.Event) -> bool:
        """Sends the same bytes again until there is an answer. Source: interop.md 3.1."""
        while not stop.is_set():
            try:
                self._exchange(message.body)
            except OSError:
                self._close()
                stop.wait(_PAUSE_S)
            else:
                return True
        self._close()
        return False

    def _exchange(self, body: bytes) -> None:
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), timeout=_TIMEOUT_S)
        self._socket.sendall(_START + body + _END)
        answer = b""
        while not answer.endswith(_END):
            piece = self._socket.recv(65536)
            if not piece:
                raise ConnectionResetError
            answer += piece

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(slots=True)
class Post:
    """A system that sends bundles to the door for systems."""

    base: str
    token: str
    _connection: http.client.HTTPConnection | None = None

    def send(self, message: Sent, stop: threading.Event) -> bool:
        """Sends again what was not answered, or is answered by a status that may heal."""
        while not stop.is_set():
            try:
                status = self._exchange(message.body)
            except (OSError, http.client.HTTPException):
                status = 503
                self._close()
            if status not in _AGAIN:
                if status >= 400:
                    note(f"careweave: a bundle of {message.source} was refused with {status}")
                return True
            stop.wait(_PAUSE_S)
        self._close()
        return False

    def _exchange(self, body: bytes) -> int:
        place = urlsplit(self.base)
        if self._connection is None:
            host = place.hostname or ""
            self._connection = http.client.HTTPConnection(host, place.port, timeout=_TIMEOUT_S)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/fhir+json",
            "Prefer": "return=minimal",
        }
        self._connection.request("POST", place.path, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
            self._connection = None


@dataclass(slots=True)
class Drop:
    """A system that writes files: each is there at once and whole."""

    folder: Path
    _n: int = field(default=0)

    def send(self, message: Sent, stop: threading.Event) -> bool:
        """Writes the file beside its name, then gives it that."""
        if stop.is_set():
            return False
        self._n += 1
        name = message.name or f"{message.at:%Y%m%dT%H%M%S}-{self._n:06d}.dat"
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f"{name}.part"
        aside.write_bytes(message.body)
        aside.replace(self.folder / name)
        return True
