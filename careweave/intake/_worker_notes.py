"""What batches showed of feeds and mappings: gathered, and written once a second.

Status only: what is lost with a killed worker is a second of counting.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from careweave.db import Database
from careweave.intake._worker_batch import Batch
from careweave.intake._worker_read import Read
from careweave.sources import CoverageNote, FeedNote, note_coverage, note_feeds

_EVERY = timedelta(seconds=1)
_MOST = 5_000
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class Notes:
    """Gathers notes; `flush` writes them when it is time."""

    feeds: list[FeedNote] = field(default_factory=list)
    coverage: list[CoverageNote] = field(default_factory=list)
    written_at: datetime | None = None

    def add(self, batch: Batch, now: datetime) -> None:
        """Takes notes of what became part of the record; of too much only a part."""
        for one in batch.done:
            if len(self.feeds) < _MOST and not one.message.is_replay:
                self._add(one, now)

    def flush(self, database: Database, now: datetime) -> None:
        """Writes what was gathered, at most once a second."""
        if self.written_at is not None and now - self.written_at < _EVERY:
            return
        self.written_at = now
        feeds, coverage = self.feeds, self.coverage
        self.feeds, self.coverage = [], []
        if feeds or coverage:
            with database.session() as session:
                note_coverage(session, coverage)
                note_feeds(session, feeds)

    def _add(self, one: Read, now: datetime) -> None:
        message, source = one.message, one.source
        if source is None:
            return
        happened = message.event_at or message.sent_at
        waits = (now - message.received_at) / _MILLISECOND
        self.feeds.append(
            FeedNote(
                source=source.name,
                feed=source.feed or str(source.transport.kind),
                at=now,
                n=1,
                event_at=happened,
                lags_ms=() if happened is None else ((now - happened) / _MILLISECOND,),
                waits_ms=(waits,),
            )
        )
        if one.mapping is not None:
            codes = tuple(finding.code for finding in one.reading.findings)
            self.coverage.append(
                CoverageNote(
                    source=source.name,
                    mapping=one.mapping,
                    kind=message.kind,
                    message=message.id,
                    at=now,
                    coverage=one.reading.coverage,
                    findings=codes,
                )
            )
