"""Messages of legacy systems: read, mapped, acknowledged, brought into the record, found again."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg

from bench.figures import Figure
from bench.listening import N_WORKERS, SOURCE, Listening, listening, load, loading
from bench.machine import ROOT
from bench.messages import adt
from careweave.db import Database
from careweave.formats import hl7_header
from careweave.intake import MessageState, Wanted, patient_key, search_messages
from careweave.sources import load_sources, peek, read

_TARGETS = {"reader": 20_000, "mapping": 3_000, "ack": 1_000, "end_to_end": 300, "lag_ms": 2_000}
_SEARCH_MS = 200
_GROWTH_MIB = 32
_STEP_S = 0.02
_MIDDLE = 0.25
_N_BEFORE = 49_500
"""What the parts before have sent to the same processes, in a whole run."""


def run(*, quick: bool) -> list[Figure]:
    """Returns the figures of sources; `quick` takes two minutes, the whole a quarter of an hour at most."""
    figures = [*_reading(2_000 if quick else 20_000)]
    with listening() as running:
        running.start_listener()
        figures += _acknowledging(running, 5_000 if quick else 20_000)
        running.start_workers()
        running.wait_idle(600)
        figures += _end_to_end(running, 3_000 if quick else 20_000)
        figures += _lagging(running, 10 if quick else 60)
        figures += _memory(running, 5_000 if quick else 150_500)
        for name in (*running.workers, "listen"):
            running.stop(name)
        figures += _searching(running, 100_000 if quick else 1_000_000)
    return figures


def _reading(n: int) -> list[Figure]:
    """Measures the reader and the mapping without a database, on one core."""
    bodies = [adt(number) for number in range(n)]
    source = load_sources(ROOT / "region", secret=b"bench").named(SOURCE)
    size = sum(map(len, bodies)) // n
    method = f"one process, CPU time, best of three rounds over {n} messages of {size} bytes"

    def headers() -> None:
        for body in bodies:
            hl7_header(body)

    def peeks() -> None:
        for body in bodies:
            peek(source, body)

    heads = [(body, peek(source, body)) for body in bodies]

    def mappings() -> None:
        for body, head in heads:
            read(source, body, head=head)

    return [
        _rate("reader_per_second", n, headers, f"headers; {method}", _TARGETS["reader"]),
        _rate("peek_per_second", n, peeks, f"what receiving needs; {method}"),
        _rate("mapping_per_second", n, mappings, f"ADT to entries; {method}", _TARGETS["mapping"]),
    ]


def _rate(
    name: str, n: int, work: Callable[[], None], method: str, target: float | None = None
) -> Figure:
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        work()
        best = max(best, n / (time.process_time() - began))
    return _more(name, best, "messages/s", method, target)


def _more(name: str, value: float, unit: str, method: str, target: float | None = None) -> Figure:
    return Figure(name, round(value, 1), unit, method, target, lower_is_better=False)


def _acknowledging(running: Listening, n: int) -> list[Figure]:
    """Measures receipts: 16 connections, each sends when the last was answered; no worker runs."""
    load(running, n=500, first=10_000_000, mark="W")
    done = load(running, n=n)
    _all_acknowledged(done, n)
    seconds = done["ended"] - done["began"]
    method = f"{n} messages over 16 connections to a listener process, each durable, no worker"
    waits = sorted(done["waits_ms"])
    return [
        _more("ack_per_second", n / seconds, "messages/s", method, _TARGETS["ack"]),
        Figure("ack_p99_ms", round(waits[int(0.99 * len(waits))], 1), "ms", method, 100),
    ]


def _end_to_end(running: Listening, n: int) -> list[Figure]:
    """Measures from the first message to the last entry: all are sent as fast as they are taken."""
    done = load(running, n=n, first=20_000_000, mark="E")
    _all_acknowledged(done, n)
    ended = running.wait_idle(1200)
    seconds = ended - done["began"]
    method = (
        f"{n} messages over 16 connections, {N_WORKERS} workers, until the last can be searched"
    )
    return [
        _more("end_to_end_per_second", n / seconds, "messages/s", method, _TARGETS["end_to_end"])
    ]


def _lagging(running: Listening, seconds: int) -> list[Figure]:
    """Measures from acknowledgement to being seen, at half the rate that is promised."""
    rate = _TARGETS["end_to_end"] / 2
    n = int(rate * seconds)
    with _watched(running, "L") as seen:
        sending = loading(running, n=n, first=30_000_000, mark="L", rate=rate)
        done = sending.result()
        running.wait_idle(120)
        time.sleep(10 * _STEP_S)
    _all_acknowledged(done, n)
    lags = sorted(
        max(0.0, seen.at[f"L{number:09d}"] - at) * 1000 for number, at in done["acknowledged"]
    )
    method = (
        f"{rate:.0f} messages/s for {seconds} s, from the acknowledgement to the first look of "
        f"another connection, every {_STEP_S * 1000:.0f} ms, that sees it done"
    )
    return [
        Figure("lag_p50_ms", round(lags[len(lags) // 2], 1), "ms", method),
        Figure(
            "lag_p95_ms", round(lags[int(0.95 * len(lags))], 1), "ms", method, _TARGETS["lag_ms"]
        ),
    ]


@dataclass(slots=True)
class _Seen:
    """When each control id was first seen as done."""

    at: dict[str, float] = field(default_factory=dict)


@contextmanager
def _watched(running: Listening, mark: str) -> Iterator[_Seen]:
    """Looks again and again at what is done, beside what the context does."""
    seen, stop = _Seen(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(running.url, mark, seen, stop))
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def _watch(url: str, mark: str, seen: _Seen, stop: threading.Event) -> None:
    newest = (
        "SELECT m.id, m.control_id, m.state FROM intake.message AS m"
        " WHERE m.id > %s AND m.control_id LIKE %s ORDER BY m.id"
    )
    waiting: list[int] = []
    after = 0
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            is_last = stop.is_set()
            rows = connection.execute(
                newest, [min([*waiting, after + 1]) - 1, f"{mark}%"]
            ).fetchall()
            now = time.time()
            for _, control, state in rows:
                if state == "done":
                    seen.at.setdefault(control, now)
            waiting = [number for number, _, state in rows if state != "done"]
            after = max([after, *(number for number, _, _ in rows)])
            if is_last:
                return
            stop.wait(_STEP_S)


def _memory(running: Listening, n: int) -> list[Figure]:
    """Measures what listener and worker grow by over many messages, after a quarter of them."""
    samples: dict[str, list[float]] = {name: [] for name in ("listen", *running.workers)}
    sending = loading(running, n=n, first=40_000_000, mark="M")
    while sending.is_going_on() or running.n_waiting():
        for name, listed in samples.items():
            listed.append(running.rss_mib(name))
        time.sleep(1.0)
    _all_acknowledged(sending.result(), n)
    method = (
        f"resident memory over the last {n} of {n + _N_BEFORE} messages: the mean of the last tenth "
        "less that at a quarter"
    )
    worker = max(_growth(samples[name]) for name in running.workers)
    return [
        _mib("listener_growth_mib", _growth(samples["listen"]), method),
        _mib("worker_growth_mib", worker, f"{method}; the worker that grew most"),
    ]


def _mib(name: str, value: float, method: str) -> Figure:
    return Figure(name, round(value, 1), "MiB", method, _GROWTH_MIB)


def _growth(samples: Sequence[float]) -> float:
    tenth = max(1, len(samples) // 10)
    start = int(_MIDDLE * len(samples))
    before = samples[start : start + tenth]
    return sum(samples[-tenth:]) / tenth - sum(before) / len(before)


_STORED = """
INSERT INTO intake.message (id, received_at, source, channel, control_id, kind, version, sha256,
    size, lanes, state)
SELECT nextval('intake.message_number'), timestamptz '2026-01-01' + n * interval '7.5 s',
    's' || n %% 16, 'mllp', 'S' || n, (ARRAY['ADT^A01','ADT^A08','ORU^R01','MDM^T02'])[1 + n %% 4],
    '2.4', '', 900, ARRAY[n %% 20000], CASE WHEN n %% 5000 = 0 THEN 'held' ELSE 'done' END
FROM generate_series(1, %s) AS n;
"""
_KEYED = """
INSERT INTO intake.message_key (key, received_at, message)
SELECT (%s::bigint[])[1 + m.lanes[1]], m.received_at, m.id
FROM intake.message AS m WHERE m.control_id LIKE 'S%%'
"""
_PARKED = """
INSERT INTO intake.parked (message, received_at, source, kind, state, reason, since)
SELECT m.id, m.received_at, m.source, m.kind, 'held', 'no-key', m.received_at
FROM intake.message AS m WHERE m.state = 'held'
"""
_PATIENTS = 20_000


def _searching(running: Listening, n: int) -> list[Figure]:
    """Measures searches of every kind over many stored arrivals."""
    secret = _secret(running)
    keys = [patient_key(secret, one) for one in _patients()]
    with psycopg.connect(running.url, autocommit=True) as connection:
        connection.execute("SELECT intake.keep_partitions(timestamptz '2026-01-01', 4)")
        connection.execute(_STORED, [n])
        connection.execute(_KEYED, [keys])
        connection.execute(_PARKED)
        connection.execute("VACUUM ANALYZE intake.message, intake.message_key, intake.parked")
    database = Database(running.url)
    times = [_searched_ms(database, wanted) for wanted in _searches(n, 40)]
    database.close()
    times.sort()
    method = (
        f"{len(times)} searches of 50 messages over {n} stored arrivals and those of the runs "
        "before: by patient, control id, source, time, state, kind; metadata only"
    )
    p95 = times[int(0.95 * len(times))]
    return [
        Figure("message_search_p50_ms", round(times[len(times) // 2], 2), "ms", method),
        Figure("message_search_p95_ms", round(p95, 2), "ms", method, _SEARCH_MS),
    ]


def _searches(n: int, rounds: int) -> Iterator[Wanted]:
    start, patients = datetime(2026, 1, 1, tzinfo=UTC), _patients()
    for at in range(rounds):
        moment = start + timedelta(seconds=7.5 * (at + 1) * n / (rounds + 2))
        source = f"s{at % 16}"
        yield Wanted(patient=patients[at * 37])
        yield Wanted(control_id=f"S{1 + at * n // rounds}")
        yield Wanted(source=source, until=moment)
        yield Wanted(since=moment - timedelta(hours=1), until=moment)
        yield Wanted(state=MessageState.HELD, source=source)
        yield Wanted(source=source, kind="ORU^R01", until=moment)
        yield Wanted(kind="VXU^V04", until=moment)


def _patients() -> list[str]:
    return [f"urn:careweave:bench:mrn|{number}" for number in range(_PATIENTS)]


def _secret(running: Listening) -> bytes:
    database = Database(running.url)
    with database.session() as session:
        secret = session.secret
    database.close()
    return secret


def _searched_ms(database: Database, wanted: Wanted) -> float:
    began = time.perf_counter()
    with database.session() as session:
        search_messages(session, wanted)
    return (time.perf_counter() - began) * 1000


def _all_acknowledged(done: dict[str, list[object]], n: int) -> None:
    if len(done["acknowledged"]) != n:
        sys.exit(f"bench: {n} messages were sent and {len(done['acknowledged'])} acknowledged")
