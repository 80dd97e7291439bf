"""One socket, plain or with TLS, with a time for each thing that it is asked to do."""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress

_CHUNK = 64 * 1024
_LINGER_S = 1.0
_MOST_LINGER = 1024 * 1024


class Wire:
    """A connection that was accepted."""

    def __init__(self, raw: socket.socket) -> None:
        """Takes the socket; whoever stops it may do so from another thread."""
        self._socket = raw

    def secure(self, context: ssl.SSLContext | None, seconds: float) -> Mapping[str, object]:
        """Returns the certificate of the peer, empty where it has none or there is no TLS."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if context is None:
            return {}
        self._socket.settimeout(seconds)
        secured = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = secured
        secured.do_handshake()
        return dict(secured.getpeercert() or {})

    def read(self, seconds: float) -> bytes | None:
        """Returns what has come, empty when the peer has ended, None when nothing came in time."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            return self._socket.recv(_CHUNK)
        except TimeoutError:
            return None

    def send(self, data: bytes, seconds: float) -> None:
        """Sends all, or raises OSError when the peer does not take it in time."""
        self._socket.settimeout(seconds)
        self._socket.sendall(data)

    def deafen(self) -> None:
        """Reads no more; what is to be sent can still be sent."""
        # Not the method of a TLS socket, which would forget the keys that an answer needs.
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RD)

    def close(self) -> None:
        """Ends at once."""
        with suppress(OSError):
            self._socket.close()

    def close_gently(self) -> None:
        """Ends so that the last answer arrives though the peer is still sending.

        A socket that is closed with unread bytes in it tears down what was sent before.
        """
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            ends, n_read = time.monotonic() + _LINGER_S, 0
            while n_read < _MOST_LINGER and time.monotonic() < ends:
                self._socket.settimeout(0.1)
                with suppress(TimeoutError):
                    data = socket.socket.recv(self._socket, _CHUNK)
                    n_read += len(data)
                    if not data:
                        break
        self.close()
