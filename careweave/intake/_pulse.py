"""What the writes of clients show of their feeds: counted, and written once a second."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from careweave.db import Database
from careweave.sources import FeedNote, Source, note_feeds
from careweave.terms import Actor, CareweaveError

_EVERY = timedelta(seconds=1)

SourceOf = Callable[[Actor], Source | None]
"""Returns the described source that a client writes for, None where the region names none."""


@dataclass(slots=True)
class Pulse:
    """Notes that clients were heard. Status only: a killed process takes a second of it along."""

    database: Database
    source_of: SourceOf
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _written_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self, actor: Actor, *, now: datetime) -> None:
        """Counts one write of a client, and writes the counts when it is time."""
        source = self.source_of(actor)
        if source is None:
            return
        with self._lock:
            key = source.name, source.feed or str(source.transport.kind)
            self._counts[key] = self._counts.get(key, 0) + 1
            if self._written_at is not None and now - self._written_at < _EVERY:
                return
            self._written_at = now
            counts, self._counts = self._counts, {}
        self._write(counts, now)

    def _write(self, counts: dict[tuple[str, str], int], now: datetime) -> None:
        notes = [FeedNote(name, feed, now, n=n, event_at=now) for (name, feed), n in counts.items()]
        try:
            with self.database.session() as session:
                note_feeds(session, notes)
        except CareweaveError:
            # The write itself was answered; the next one tells of the feed again.
            return
