"""careweave serve: the doors over HTTP."""

import os
import socket
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from careweave.db import Database
from careweave.doors import _access
from careweave.doors._access import n_threads
from careweave.doors.cli._desk import Desk, note
from careweave.settings import Settings
from careweave.terms import Incorrect, Unavailable

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

# Requests of systems beside those that are worked on: each waits for a body whose sender is slow, or
# for its turn (doors/fhir).
_WAITING = 24
_HEADERS_MS = 10_000


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    serve = verbs.add_parser("serve", help="the doors over HTTP")
    serve.add_argument("--host", help="address to listen on (CAREWEAVE_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (CAREWEAVE_PORT)")
    serve.set_defaults(run=_run)


def _run(desk: Desk, _arguments: Namespace) -> int:
    must_be_free(desk.settings.host, desk.settings.port)
    with desk.database() as database:
        url = database.url
        _must_be_real(database)
    command = granian(desk.settings, desk.around.target)
    note(f"Careweave answers at {desk.settings.base}/workspace/ and /fhir; Ctrl-C stops it.")
    # This process becomes the server, so that signals reach it.
    os.execve(command[0], command, desk.environ(**served(desk.settings, url)))  # noqa: S606


def _must_be_real(database: Database) -> None:
    """Raises Incorrect for what `careweave demo` made: anybody may sign in there as anybody."""
    with database.reading() as session:
        if _access.demonstration(session) is not None:
            message = "This is a demonstration's database; start it with careweave demo."
            raise Incorrect(message, where="database")


def served(settings: Settings, url: str) -> dict[str, object]:
    """Returns the settings that a serving process is told, whatever its own files say."""
    return {
        "database_url": url,
        "home": settings.home,
        "port": settings.port,
        "rate_per_second": settings.rate_per_second,
        # What anybody can sign proves nothing: only a demonstration says otherwise.
        "demonstration_keys": "no",
    }


def granian(settings: Settings, target: str) -> list[str]:
    """Returns the command that serves: Granian, WSGI, several processes with some threads each."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", target),
        *("--host", settings.host, "--port", str(settings.port), "--http", "1", "--no-ws"),
        *("--workers", str(settings.workers)),
        *("--blocking-threads", str(n_threads(n_systems(settings)))),
        *("--http1-header-read-timeout", str(_HEADERS_MS)),
        *("--respawn-failed-workers", "--respawn-interval", "0.2"),
        *("--workers-kill-timeout", "20", "--log-level", "warning"),
    ]


def n_systems(settings: Settings) -> int:
    """Returns how many requests of systems one process holds at once."""
    return settings.threads + _WAITING


def must_be_free(host: str, port: int) -> None:
    """Raises Unavailable when somebody listens on the port already."""
    if not is_free(host, port):
        message = f"Port {port} of {host} is in use; choose another with --port."
        raise Unavailable(message)


def is_free(host: str, port: int) -> bool:
    """Tells whether nobody listens on the port just now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """Returns a port that is free just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
