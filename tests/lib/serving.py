"""The whole product served by Granian, as `careweave serve` does, over a database of a test."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from careweave import settings as known
from careweave.doors.cli._serve import granian, served
from careweave.terms import Unavailable
from tests.lib.northmere import REGION

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reply:
    """One answer and how long it took."""

    status: int
    headers: dict[str, str]
    text: str
    seconds: float


@dataclass(frozen=True)
class Server:
    """A served product on loopback."""

    port: int

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Reply:
        """Asks by a connection of its own."""
        began = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request(method, path, body.encode() or None, named)
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, text, time.monotonic() - began)
        finally:
            line.close()

    def begin_post(self, path: str, length: int = 1000) -> socket.socket:
        """Begins a post that never comes whole, and returns its line."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\nslow="
        line.sendall(head.encode())
        return line


@contextmanager
def granian_over(url: str, folder: Path, port: int, **more: object) -> Iterator[Server]:
    """Gives one process that serves a database, until the end."""
    told = {"database_url": url, "home": folder, "region": REGION, "port": port, "workers": 1}
    told |= {"log_level": "error", **more}
    environment = {f"CAREWEAVE_{name.upper()}": str(value) for name, value in told.items()}
    settings = known.load(environment)
    assert isinstance(settings, known.Settings)
    # The agreements of tests are signed by keys that are no secret.
    told |= served(settings, url) | {"demonstration_keys": "yes"}
    environment |= {f"CAREWEAVE_{name.upper()}": str(value) for name, value in told.items()}
    command = granian(settings, "careweave.wiring:application")
    around = {k: v for k, v in os.environ.items() if not k.startswith("CAREWEAVE_")}
    process = subprocess.Popen(command, env=around | environment, cwd=_ROOT)
    try:
        server = Server(port)
        _wait(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server) -> None:
    for _ in range(300):
        with suppress(OSError):
            if server.ask("GET", "/ready").status == 200:
                return
        time.sleep(0.1)
    raise Unavailable("The server did not come up.")
