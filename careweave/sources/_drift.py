"""Alarms of a source that has begun to send something else than before.

Source: reference/interop.md 7, drift alarm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from careweave.db import Queries, Row, Session

_QUERIES = Queries("careweave.sources")
_WEEK, _MONTH, _KEPT = timedelta(days=7), timedelta(days=30), timedelta(days=60)
_FALL = 0.01
_FULL, _EMPTY = 0.5, 0.05
_ENOUGH = 20
"""Messages of a day below which a share says nothing."""
_Kinds = Mapping[tuple[str, str], tuple[int, int]]


class DriftKind(StrEnum):
    """What changed."""

    NEW_PATH = "new-path"
    NEW_CODE = "new-code"
    COVERAGE_FELL = "coverage-fell"
    COLUMN_EMPTIED = "column-emptied"


@dataclass(frozen=True, slots=True)
class Drift:
    """One change: where, and the shares before and now, None where they say nothing."""

    source: str
    kind: DriftKind
    where: str
    before_share: float | None = None
    now_share: float | None = None


def drift(session: Session, now: datetime) -> tuple[Drift, ...]:
    """Returns what changed on this day (UTC) against the week and the month before it."""
    day = now.astimezone(UTC).date()
    week, month = day - _WEEK, day - _MONTH
    shares = session.rows(_QUERIES["drift_coverage"], day=day, week=week)
    paths = session.rows(_QUERIES["drift_paths"], day=day, week=week, month=month)
    midnight = datetime.combine(day, time(), UTC)
    codes = session.rows(_QUERIES["drift_codes"], day=midnight, today=day)
    kinds = {(row[0], row[1]): (row[6] or 0, row[7] or 0) for row in shares}
    known = {row[0] for row in shares if row[7]}
    return (
        *_falls(shares),
        *_emptied(paths, kinds),
        *_new_paths(paths, known),
        *(Drift(row[0], DriftKind.NEW_CODE, f"{row[1]} {row[2]}") for row in codes),
    )


def forget_coverage(session: Session, *, now: datetime) -> int:
    """Deletes the days of fields that nothing looks at any more, and returns how many."""
    return session.run(_QUERIES["forget_coverage"], before=(now - _KEPT).date())


def _falls(rows: list[Row]) -> Iterator[Drift]:
    for source, kind, mapped_now, all_now, mapped_before, all_before, n_now, _ in rows:
        if all_now and all_before and n_now >= _ENOUGH:
            share, before = mapped_now / all_now, mapped_before / all_before
            if before - share > _FALL:
                yield Drift(source, DriftKind.COVERAGE_FELL, kind, before, share)


def _emptied(rows: list[Row], kinds: _Kinds) -> Iterator[Drift]:
    for source, kind, path, n_now, n_week, _ in rows:
        messages_now, messages_before = kinds.get((source, kind), (0, 0))
        if messages_now < _ENOUGH or not messages_before:
            continue
        share, before = n_now / messages_now, n_week / messages_before
        if before > _FULL and share < _EMPTY:
            yield Drift(source, DriftKind.COLUMN_EMPTIED, f"{kind} {path}", before, share)


def _new_paths(rows: list[Row], known: set[str]) -> Iterator[Drift]:
    # Of a source that is new itself, everything is new: that is no news.
    for source, kind, path, n_now, _, n_month in rows:
        if source in known and n_now and not n_month:
            yield Drift(source, DriftKind.NEW_PATH, f"{kind} {path}")
