"""How often one client may ask: a bucket of tokens each; and by what address a client is known."""

import ipaddress
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from careweave.terms import Busy

CLIENT = "careweave.client"
"""Where the environment of a request says by what address its client is known."""
REFUSAL = "careweave.refusal"
"""Where it has why the request is not to be answered just now; its door says so."""

_MOST = 10_000
_HOME_V6 = 64


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
        if not self.took(client, n):
            raise Busy

    def took(self, client: str, n: int = 1) -> bool:
        """Takes n tokens of the client, and says whether there were enough."""
        if not self._per_second:
            return True
        with self._lock:
            now = self._now()
            if len(self._buckets) > _MOST:
                self._forget(now)
            bucket = self._buckets.setdefault(client, _Bucket(self._burst, now))
            grown = bucket.left + (now - bucket.at) * self._per_second
            bucket.left, bucket.at = min(self._burst, grown), now
            if bucket.left < n:
                return False
            bucket.left -= n
            return True

    def _forget(self, now: float) -> None:
        """Forgets who may ask as often as somebody who was never seen."""
        filled = self._burst / self._per_second
        self._buckets = {
            client: one for client, one in self._buckets.items() if now - one.at < filled
        }


def address_of(environ: Mapping[str, object], n_proxies: int = 0) -> str:
    """Returns the address that a request comes from, as far as it can be known.

    Each proxy before the server adds for whom it asks; what stands before those of our own may be
    invented. Of an address of version 6 the half counts that one home or one ward has.
    """
    address = str(environ.get("REMOTE_ADDR", ""))
    if n_proxies:
        said = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        address = said[-n_proxies].strip() if len(said) >= n_proxies else address
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, _HOME_V6), strict=False).network_address)
    return str(known)
