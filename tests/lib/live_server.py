"""Servers of FHIR on loopback that answer, are slow, are dead, lie or flood: for live sources."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Answer = Callable[["Handler", str, dict[str, list[str]]], None]


class Handler(BaseHTTPRequestHandler):
    """One request, answered as its server says."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        """Notes the request and answers it."""
        parts = urlsplit(self.path)
        self.server.asked.append(self.path)
        with suppress(OSError):
            self.server.answer(self, parts.path.rpartition("/")[2], parse_qs(parts.query))

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Sends a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """A server that keeps what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked: list[str] = []

    @property
    def base(self) -> str:
        """The base of its resources."""
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    """Gives a running server."""
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def dead_base() -> str:
    """The base of a server that is not there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/fhir"


def searchset(*resources: dict) -> bytes:
    """The bytes of an answer to a search."""
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


def good(*resources: dict) -> Answer:
    """Answers each search with the resources of the type that it asks for."""

    def answer(on: Handler, kind: str, _query: dict[str, list[str]]) -> None:
        on.say(searchset(*(one for one in resources if one["resourceType"] == kind)))

    return answer


def fixed(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Answers everything with the same."""

    def answer(on: Handler, _kind: str, _query: dict[str, list[str]]) -> None:
        on.say(body, status, **headers)

    return answer


def held(gate: threading.Event, then: Answer) -> Answer:
    """Waits for a gate to open, then answers."""

    def answer(on: Handler, kind: str, query: dict[str, list[str]]) -> None:
        gate.wait(30)
        then(on, kind, query)

    return answer


def dripping(stop: threading.Event, *, in_headers: bool) -> Answer:
    """Sends a byte now and then and never ends."""

    def answer(on: Handler, _kind: str, _query: dict[str, list[str]]) -> None:
        on.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if not in_headers:
            on.wfile.write(b"Content-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            on.wfile.write(b"X: y\r\n" if in_headers else b" ")
            on.wfile.flush()

    return answer


def flooding(on: Handler, _kind: str, _query: dict[str, list[str]]) -> None:
    """Sends without an end."""
    on.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        on.wfile.write(b" " * 65_536)
