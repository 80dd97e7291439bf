"""How each feed does: when it was last heard, how much it sends, how late, and whether to worry.

Source: reference/interop.md 3.3 and 7.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from careweave.db import Queries, Row, Session
from careweave.sources._histogram import bucket_of, quantile

_QUERIES = Queries("careweave.sources")
_HOUR = timedelta(hours=1)
_LATE, _SILENT = 1, 2
"""Of the rhythm. Source: reference/interop.md 7, drift alarm: silent for more than twice it."""
_ENOUGH_GAPS = 20
_RECENT = timedelta(hours=24)
_USUAL = timedelta(days=28)
_Counts = dict[tuple[str, str], dict[str, Counter[int]]]


class FeedState(StrEnum):
    """What a feed is like just now."""

    OK = "ok"
    LATE = "late"
    SILENT = "silent"
    FAILING = "failing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class FeedNote:
    """What was noticed of a feed at a moment: arrivals that came into the record, a look, a failure.

    `n` arrivals became visible; `lags_ms` are from each event, `waits_ms` from each receipt, to
    then. Without any, it was looked at: `answered` when it said that there is nothing new.
    `failed` says what went wrong in words that hold nobody's data.
    """

    source: str
    feed: str
    at: datetime
    n: int = 0
    event_at: datetime | None = None
    lags_ms: tuple[float, ...] = ()
    waits_ms: tuple[float, ...] = ()
    answered: bool = False
    failed: str = ""

    @property
    def is_heard(self) -> bool:
        """Tells whether the source was heard."""
        return not self.failed and (self.answered or self.n > 0)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How a feed does at a moment.

    `per_hour` counts the last sixty minutes; the quantiles are of the last day and None of nothing.
    `usual_gap` is the 95th percentile between two arrivals of four weeks.
    """

    source: str
    feed: str
    state: FeedState
    why: str
    since: datetime
    last_asked_at: datetime | None
    last_seen_at: datetime | None
    last_event_at: datetime | None
    last_visible_at: datetime | None
    rhythm: timedelta | None
    usual_gap: timedelta | None
    per_hour: int
    lag_p50: timedelta | None
    lag_p95: timedelta | None
    wait_p50: timedelta | None
    wait_p95: timedelta | None

    @property
    def is_alarming(self) -> bool:
        """Tells whether somebody has to look."""
        return self.state in {FeedState.SILENT, FeedState.FAILING}


def expect_feeds(
    session: Session, feeds: Iterable[tuple[str, str, timedelta | None]], *, now: datetime
) -> None:
    """Notes which feeds are described, each a source, a feed and its rhythm, heard of or not."""
    listed = sorted({(source, feed): rhythm for source, feed, rhythm in feeds}.items())
    session.run(
        _QUERIES["expect_feeds"],
        sources=[source for (source, _), _ in listed],
        feeds=[feed for (_, feed), _ in listed],
        rhythms=[rhythm for _, rhythm in listed],
        now=now,
    )


def note_feeds(session: Session, notes: Sequence[FeedNote]) -> None:
    """Adds what was noticed, in one statement; the last of a transaction, for its rows are busy."""
    grouped: defaultdict[tuple[str, str], list[FeedNote]] = defaultdict(list)
    for note in notes:
        grouped[note.source, note.feed].append(note)
    if grouped:
        # In one order for all who note, so that they wait for each other and never in a ring.
        ordered = [grouped[key] for key in sorted(grouped)]
        session.run(_QUERIES["note_feeds"], **_summed(ordered), **_counted(ordered))


def stop_source(session: Session, source: str, feed: str, *, why: str, now: datetime) -> None:
    """Marks all feeds of a source as stopped by an operator; `feed` is named if there is none."""
    session.run(_QUERIES["stop_source"], source=source, feed=feed, why=why, now=now)


def start_source(session: Session, source: str, *, now: datetime) -> None:
    """Takes the mark of being stopped away."""
    session.run(_QUERIES["start_source"], source=source, now=now)


def stopped_sources(session: Session) -> frozenset[str]:
    """Returns the names of the sources that an operator stopped: nothing of them is worked on."""
    return frozenset(str(row[0]) for row in session.rows(_QUERIES["stopped_sources"]))


def feed_status(session: Session, now: datetime) -> tuple[FeedStatus, ...]:
    """Returns how each feed does, by source and feed."""
    rows = session.rows(_QUERIES["feed_status"])
    counts: _Counts = defaultdict(lambda: defaultdict(Counter))
    hour = now.replace(minute=0, second=0, microsecond=0)
    values = {
        "hour": hour,
        # Of the hour before, the part that is less than sixty minutes ago.
        "share": 1 - (now - hour) / _HOUR,
        "day": now - _RECENT,
        "weeks": now - _USUAL,
    }
    for source, feed, what, bucket, n in session.rows(_QUERIES["feed_counts"], **values):
        counts[source, feed][what][bucket] = n
    return tuple(_status(row, counts[row[0], row[1]], now) for row in rows)


def forget_feed_counts(session: Session, *, now: datetime) -> int:
    """Deletes the counts that nothing looks at any more, and returns how many."""
    return session.run(_QUERIES["forget_feed_counts"], before=now - _USUAL - _RECENT)


def _summed(groups: Sequence[Sequence[FeedNote]]) -> dict[str, list[object]]:
    """Returns the columns of what is upserted: one row a feed."""
    columns: dict[str, list[object]] = {
        name: [] for name in ("sources", "feeds", "asked", "heard", "visible", "events", "failures")
    }
    columns["counts"] = []
    for notes in groups:
        newest = max(notes, key=lambda note: note.at)
        failures = [note.failed for note in notes if note.failed]
        heard = max((note.at for note in notes if note.is_heard), default=None)
        columns["sources"].append(newest.source)
        columns["feeds"].append(newest.feed)
        columns["asked"].append(newest.at)
        columns["heard"].append(heard)
        columns["visible"].append(max((note.at for note in notes if note.n), default=None))
        columns["events"].append(
            max((note.event_at for note in notes if note.event_at is not None), default=None)
        )
        columns["failures"].append(failures[-1] if newest.failed else "")
        columns["counts"].append(len(failures))
    return columns


def _counted(groups: Sequence[Sequence[FeedNote]]) -> dict[str, list[object]]:
    """Returns the columns of the counts of an hour that are added."""
    counts: Counter[tuple[str, str, str, datetime, int]] = Counter()
    for note in (note for notes in groups for note in notes):
        hour = note.at.replace(minute=0, second=0, microsecond=0)
        if note.n:
            counts[note.source, note.feed, "arrival", hour, 0] += note.n
        for what, spans in (("lag", note.lags_ms), ("wait", note.waits_ms)):
            for ms in spans:
                counts[note.source, note.feed, what, hour, bucket_of(ms)] += 1
    ordered = sorted(counts.items())
    names = ("c_sources", "c_feeds", "c_whats", "c_hours", "c_buckets")
    columns: dict[str, list[object]] = {
        name: [key[at] for key, _ in ordered] for at, name in enumerate(names)
    }
    columns["c_ns"] = [n for _, n in ordered]
    return columns


def _status(row: Row, counts: Mapping[str, Counter[int]], now: datetime) -> FeedStatus:
    source, feed, rhythm, asked_at, seen_at, event_at, visible_at, state, why, since = row
    gaps = counts["gap"]
    usual = quantile(gaps, 0.95) if gaps.total() >= _ENOUGH_GAPS else None
    found = _state(FeedState(state), rhythm or usual, seen_at or since, now)
    return FeedStatus(
        source=source,
        feed=feed,
        state=found,
        why=why or _why(found, never=seen_at is None),
        since=since,
        last_asked_at=asked_at,
        last_seen_at=seen_at,
        last_event_at=event_at,
        last_visible_at=visible_at,
        rhythm=rhythm,
        usual_gap=usual,
        per_hour=counts["arrival"].total(),
        lag_p50=quantile(counts["lag"], 0.5),
        lag_p95=quantile(counts["lag"], 0.95),
        wait_p50=quantile(counts["wait"], 0.5),
        wait_p95=quantile(counts["wait"], 0.95),
    )


def _state(
    stored: FeedState, rhythm: timedelta | None, seen_at: datetime, now: datetime
) -> FeedState:
    if stored is not FeedState.OK:
        return stored
    if rhythm is None or now - seen_at <= _LATE * rhythm:
        return FeedState.OK
    return FeedState.LATE if now - seen_at <= _SILENT * rhythm else FeedState.SILENT


def _why(state: FeedState, *, never: bool) -> str:
    if state not in {FeedState.LATE, FeedState.SILENT}:
        return ""
    return "never heard" if never else "longer than its rhythm without a message"
