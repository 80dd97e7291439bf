"""Bodies of posts, read before anybody works on them: a slow sender holds nobody but itself.

The server gives no way to stop reading, so a body is read by a thread of its own. Whoever waits for
it gives up in time; a sender that goes on being silent keeps its one thread and nothing else, and
may have only so many of them.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from careweave.terms import Busy, Crowded, Incorrect, TooLong

_PIECE = 1024
"""Bytes read at once: a sender that trickles is left alone after so many."""


class Stream(Protocol):
    """What WSGI gives to read a body from."""

    def read(self, size: int, /) -> bytes:
        """Returns at most so many bytes; fewer only at the end."""


class Few:
    """Lets so many in at once, and so many of one client. Used by many threads."""

    def __init__(self, n: int, n_each: int) -> None:
        """Takes how many are let in, in all and of each client."""
        self._n, self._n_each = n, n_each
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._n_inside = 0

    @contextmanager
    def let_in(self, client: str) -> Iterator[None]:
        """Lets a client in until the end; Crowded where there are enough already."""
        self.enter(client)
        try:
            yield
        finally:
            self.leave(client)

    def enter(self, client: str) -> None:
        """Lets a client in; Crowded where there are enough already."""
        with self._lock:
            if self._n_inside >= self._n or self._inside.get(client, 0) >= self._n_each:
                raise Crowded
            self._inside[client] += 1
            self._n_inside += 1

    def leave(self, client: str) -> None:
        """Lets a client out that was let in."""
        with self._lock:
            self._n_inside -= 1
            self._inside[client] -= 1
            if not self._inside[client]:
                del self._inside[client]


@dataclass(slots=True)
class _Reading:
    """One body while it comes in."""

    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    is_left: bool = False
    whole: threading.Event = field(default_factory=threading.Event)


class Bodies:
    """Reads bodies of at most `most` bytes that are whole within `within_s`. Used by many threads.

    `waiting` are those that somebody waits for; `open` those too that nobody waits for any more.
    """

    def __init__(self, most: int, within_s: float, waiting: Few, open_: Few) -> None:
        """Takes the largest body, its time, and how many are waited for and open at once."""
        self._most = most
        self._within_s = within_s
        self._waiting, self._open = waiting, open_

    def read(self, stream: Stream, length: str, client: str) -> bytes:
        """Returns a body; TooLong, Incorrect where it ends early, Busy and Crowded for slow ones."""
        size = self._size(length)
        if size == 0:
            return b""
        with self._waiting.let_in(client):
            reading = self._begun(stream, self._most + 1 if size is None else size, client)
            if not reading.whole.wait(self._within_s):
                reading.is_left = True
                raise Busy("What was sent took too long to come in. Send it again.")
        if reading.size > self._most:
            raise TooLong(self._too_long)
        if size is not None and reading.size != size:
            raise Incorrect("What was sent ended before its length was reached.")
        return b"".join(reading.pieces)

    @property
    def _too_long(self) -> str:
        return f"At most {self._most:,} bytes can be sent at once."

    def _size(self, length: str) -> int | None:
        if not length:
            return None
        if not (length.isascii() and length.isdecimal()):
            raise Incorrect("The length of what was sent is not a number.")
        # Numbers of thousands of digits are not made.
        if len(length.lstrip("0")) > len(str(self._most)) or int(length) > self._most:
            raise TooLong(self._too_long)
        return int(length)

    def _begun(self, stream: Stream, size: int, client: str) -> _Reading:
        self._open.enter(client)
        reading = _Reading()
        pull = threading.Thread(
            target=self._pull, args=(reading, stream, size, client), name="body", daemon=True
        )
        pull.start()
        return reading

    def _pull(self, reading: _Reading, stream: Stream, size: int, client: str) -> None:
        try:
            while reading.size < size and not reading.is_left:
                piece = stream.read(min(_PIECE, size - reading.size))
                if not piece:
                    break
                reading.pieces.append(piece)
                reading.size += len(piece)
        except OSError:
            # The sender went away: what is there is shorter than it said.
            reading.pieces.clear()
        finally:
            self._open.leave(client)
            reading.whole.set()
