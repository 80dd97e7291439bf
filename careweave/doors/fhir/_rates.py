"""How often one client may ask: a bucket of tokens each."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from careweave.terms import Busy


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """Lets each client through `per_second` times a second, with bursts; 0 lets all through.

    Source: `reference/security.md` section 7. Each process counts for itself.
    """

    def __init__(self, per_second: float, burst: float, now: Callable[[], float]) -> None:
        """Takes the rate, the burst, and a monotonic clock in seconds."""
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, client: str, n: int = 1) -> None:
        """Takes n tokens of the client; raises Busy when there are not enough."""
        if not self._per_second:
            return
        with self._lock:
            now = self._now()
            bucket = self._buckets.setdefault(client, _Bucket(self._burst, now))
            grown = bucket.left + (now - bucket.at) * self._per_second
            bucket.left, bucket.at = min(self._burst, grown), now
            if bucket.left < n:
                raise Busy
            bucket.left -= n
