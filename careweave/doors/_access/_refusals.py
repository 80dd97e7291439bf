"""Tries that fail are written down one by one, up to so many a minute; beyond, they are counted."""

import threading
import time
from collections.abc import Callable

from careweave.doors._access._rates import Rates

_PER_SECOND, _BURST = 1.0, 60.0


class Refusals:
    """Says how a failed try is told, so that nobody fills the ledger by failing. One per process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Takes a monotonic clock in seconds."""
        self._rates = Rates(_PER_SECOND, _BURST, now)
        self._lock = threading.Lock()
        self._n_left = 0

    def telling(self, what: str) -> str:
        """Returns what the account of a failed try says; empty where it is counted with the next."""
        with self._lock:
            if not self._rates.took(""):
                self._n_left += 1
                return ""
            n, self._n_left = self._n_left, 0
        return f"{what}/{n} more before" if n else what
