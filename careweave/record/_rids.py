"""Numbers of resources: when they were made, and a counter that no two processes share."""

import threading
from datetime import UTC, datetime, timedelta

from careweave.db import Queries, Session

_QUERIES = Queries("careweave.record")
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_BLOCK = 1024
_COUNTERS = (1 << 20) - 1
_STALE = timedelta(seconds=10)
_MILLISECOND = timedelta(milliseconds=1)


class Rids:
    """Gives numbers: milliseconds since 2020 above 20 bits of a counter.

    Counters come from the database in blocks of 1,024, so processes never share one. The counter
    starts anew after a million; a block is therefore given up after ten seconds, so that one number
    could come twice only if more than 100,000 resources a second were made.
    """

    def __init__(self) -> None:
        """Begins without a block."""
        self._lock = threading.Lock()
        self._left: list[int] = []
        self._since = _EPOCH

    def take(self, session: Session, at: datetime, n: int) -> list[int]:
        """Returns `n` new numbers for the time `at`."""
        high = ((at - _EPOCH) // _MILLISECOND) << 20
        return [high | counter for counter in self._counters(session, at, n)]

    def _counters(self, session: Session, at: datetime, n: int) -> list[int]:
        with self._lock:
            if abs(at - self._since) > _STALE:
                self._left = []
                self._since = at
            if len(self._left) >= n:
                taken = self._left[:n]
                del self._left[:n]
                return taken
        # Asked without the lock, since the session of another thread may wait for it.
        made = _blocks(session, n)
        with self._lock:
            self._left = made[n:] + self._left
        return made[:n]


def rids(session: Session) -> Rids:
    """Returns the allocator of this process for this database."""
    return session.memo(Rids, lambda _: Rids())


def _blocks(session: Session, n: int) -> list[int]:
    rows = session.rows(_QUERIES["rid_blocks"], n=-(-n // _BLOCK))
    starts = [row[0] * _BLOCK for row in rows]
    return [(start + i) & _COUNTERS for start in starts for i in range(_BLOCK)]
