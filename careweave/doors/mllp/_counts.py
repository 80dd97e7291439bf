"""What happened at the doors of this process, counted."""

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Count(StrEnum):
    """What is counted of each source."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    FRAGMENT = "fragment"
    ACKNOWLEDGEMENT = "acknowledgement"
    EMPTY = "empty"
    BARE_END = "bare-end"
    BYTES_THROWN = "bytes-thrown"
    CONNECTION = "connection"
    PEER_REFUSED = "peer-refused"
    TOO_MANY = "too-many"
    TOO_SLOW = "too-slow"
    APPLIED = "applied"
    NOT_APPLIED = "not-applied"


class Counts:
    """Counts that many threads add to."""

    def __init__(self) -> None:
        """Begins at nothing."""
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, Count]] = Counter()

    def add(self, source: str, count: Count, n: int = 1) -> None:
        """Adds to one."""
        if n:
            with self._lock:
                self._counts[source, count] += n

    def all(self) -> Mapping[tuple[str, Count], int]:
        """Returns all that are not zero, by source and what was counted."""
        with self._lock:
            return dict(self._counts)
