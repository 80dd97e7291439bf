"""What waits in the lanes: for how long to wait for it, and what to tell when it does not move."""

import time
from collections.abc import Callable

import psycopg

_HOW_MUCH = "SELECT count(*) FROM intake.line"
_STUCK = "SELECT count(*) FROM intake.lane_hold WHERE until IS NULL"
_TOLD = {
    "the first lines (message, received, state, attempts; the lane's hold: message, reason, since,"
    " until)": """
        SELECT l.message, l.received_at, m.state, m.n_attempts, h.message, h.reason, h.since, h.until
        FROM intake.line AS l
        INNER JOIN intake.message AS m ON l.message = m.id
        LEFT JOIN intake.lane_hold AS h ON l.lane = h.lane
        ORDER BY l.message
        LIMIT 12
    """,
    "lanes that are held (message, reason, since, until, lines)": """
        SELECT h.message, h.reason, h.since, h.until, count(*)
        FROM intake.lane_hold AS h
        INNER JOIN intake.line AS l ON h.lane = l.lane
        GROUP BY 1, 2, 3, 4
        ORDER BY 1
        LIMIT 12
    """,
    "their attempts (message, number, started, finished, outcome, reason)": """
        SELECT a.message, a.n, a.started_at, a.finished_at, a.outcome, a.reason
        FROM intake.attempt AS a
        WHERE a.message IN (SELECT l.message FROM intake.line AS l ORDER BY 1 LIMIT 12)
            OR a.message IN (SELECT h.message FROM intake.lane_hold AS h)
        ORDER BY 1, 2
        LIMIT 40
    """,
    "in hand (worker, since, messages)": "SELECT worker, at, messages FROM intake.shift",
    "connections (process, state, waits for, since, statement)": """
        SELECT pid, state, wait_event, state_change, left(query, 60)
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """,
    "lane locks (process, granted)": """
        SELECT pid, granted, count(*) FROM pg_locks WHERE locktype = 'advisory' GROUP BY 1, 2
    """,
}


def wait_until_none_waits(
    url: str, look: Callable[[], None], *, still_s: float = 60, whole_s: float = 600
) -> None:
    """Returns when nothing waits in the lanes any more; `look` is called meanwhile.

    Fails when nothing moved for `still_s`, so that a slow machine only takes longer, and at once
    when a lane waits for somebody to decide.
    """
    began = moved_at = time.monotonic()
    n_before = -1
    while n := _number(url, _HOW_MUCH):
        look()
        now = time.monotonic()
        moved_at, n_before = (moved_at, n) if n == n_before else (now, n)
        assert not _number(url, _STUCK), f"A lane is held for ever.\n{told(url)}"
        assert now - moved_at < still_s, f"Nothing moved for {still_s:.0f} s.\n{told(url)}"
        assert now - began < whole_s, f"{n} lines after {whole_s:.0f} s.\n{told(url)}"
        time.sleep(0.1)


def told(url: str) -> str:
    """Returns what waits: since when, until when, why; and who holds what."""
    with psycopg.connect(url) as connection:
        n = connection.execute(_HOW_MUCH).fetchone()
        parts = [f"lines: {n}, now {connection.execute('SELECT now()').fetchone()}"]
        for name, text in _TOLD.items():
            rows = connection.execute(text.encode()).fetchall()
            parts.append("\n  ".join([f"{name}:", *(" | ".join(map(str, row)) for row in rows)]))
    return "\n".join(parts)


def _number(url: str, text: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(text.encode()).fetchone()
    assert row is not None
    return int(row[0])
