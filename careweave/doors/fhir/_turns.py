"""How many requests one process works on at once, and who only waits for the bytes of a body."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from careweave.terms import Busy


class Turns:
    """Lets `n_working` requests be worked on at once; whoever waits for a body gives its turn away.

    A body that never comes holds a thread as long as its sender likes, so one client may have only
    `n_waiting` of them open in one process: it stops itself, and nobody else.
    """

    def __init__(self, n_working: int, n_waiting: int) -> None:
        """Takes the number of turns, and of bodies that one client may be sending at once."""
        self.working = threading.Semaphore(n_working)
        self._n_waiting = n_waiting
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def away(self, client: str) -> Iterator[None]:
        """Gives the turn away while the body of the client comes in; raises Busy at too many."""
        self._begin(client)
        self.working.release()
        try:
            yield
        finally:
            self._end(client)
            self.working.acquire()

    def _begin(self, client: str) -> None:
        with self._lock:
            if self._waiting[client] >= self._n_waiting:
                raise Busy
            self._waiting[client] += 1

    def _end(self, client: str) -> None:
        with self._lock:
            self._waiting[client] -= 1
            if not self._waiting[client]:
                del self._waiting[client]
