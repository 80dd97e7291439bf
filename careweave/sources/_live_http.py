"""One request to a live source: bounded in time and size, to its own base and nowhere else.

The client of the standard library is used because its socket can be had: a total deadline must end
a connection that drips, whatever it waits for. Source: reference/interop.md 9.1.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from careweave.terms import Incorrect, Unavailable

_OK = 200
_PIECE = 65_536
_HEADERS = {
    "Accept": "application/fhir+json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "careweave",
}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def checked_base(base: str) -> SplitResult:
    """Returns the parts of the base of a live source, or raises Incorrect.

    It is an https address, http on the same machine only, without user, query or fragment.
    """
    try:
        parts = urlsplit(base)
        if _is_safe(parts):
            return parts
    except ValueError:
        pass
    message = "The base of a live source is an https address without user, query or fragment."
    raise Incorrect(message, where="live_base", code="value")


def _is_safe(parts: SplitResult) -> bool:
    """Says whether this may be asked; ValueError where its port is no number."""
    is_secret = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    has_more = parts.username or parts.query or parts.fragment
    return is_secret and bool(parts.hostname) and not has_more and parts.port != 0


def fetch(base: str, query: str, *, connect_s: float, total_s: float, most_bytes: int) -> bytes:
    """Returns the body of an answer 200, or raises Unavailable.

    Redirects are not followed, compressed bodies not taken.
    """
    parts = checked_base(base)
    end = monotonic() + total_s
    try:
        with _watched(parts, connect_s, total_s) as connection:
            path = f"{parts.path.rstrip('/')}/{query}"
            connection.request("GET", path, headers=_HEADERS)
            return _body(connection.getresponse(), end, most_bytes)
    except (OSError, HTTPException, ValueError):
        # Also what the watch ended: the other side sees a closed connection, and so do we.
        message = "A live source did not answer as it should; its feed status says since when."
        raise Unavailable(message) from None


@contextmanager
def _watched(parts: SplitResult, connect_s: float, total_s: float) -> Iterator[HTTPConnection]:
    """Gives a connection that is cut off when its time is over, whatever it is doing then."""
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    plain = socket.create_connection((host, port), timeout=connect_s)
    with closing(plain), closing(plain.dup()) as handle:
        watch = Timer(total_s, _cut, args=(handle,))
        watch.daemon = True
        watch.start()
        try:
            plain.settimeout(total_s)
            connection = HTTPConnection(host, port)
            connection.sock = _secured(plain, parts, host)
            with closing(connection):
                yield connection
        finally:
            watch.cancel()


def _cut(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _secured(plain: socket.socket, parts: SplitResult, host: str) -> socket.socket:
    if parts.scheme != "https":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _body(answer: HTTPResponse, end: float, most_bytes: int) -> bytes:
    encoding = answer.headers.get("Content-Encoding", "identity")
    if answer.status != _OK or encoding.lower() != "identity":
        raise HTTPException
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > most_bytes or monotonic() > end:
            raise HTTPException
        pieces.append(piece)
    if answer.length or monotonic() > end:
        # The connection ended before the length that was announced, or was cut off.
        raise HTTPException
    return b"".join(pieces)
