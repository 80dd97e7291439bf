"""Ten opens a second over HTTP: the product in processes of its own, its readers from here."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event, Thread

from bench.figures import Figure
from bench.listening import SOURCE
from bench.machine import ROOT, cpu_s, rss_mb
from bench.messages import adt
from bench.workspace_store import forget_budgets
from careweave import disclosure
from careweave.db import Embedded
from careweave.doors._access import (
    COOKIE,
    Assurance,
    Demonstration,
    Newcomer,
    Proof,
    Sessions,
    Told,
    account_named,
    add_account,
    keep_ahead,
    mark_demonstration,
    seat_of,
)
from careweave.intake import Arrival
from careweave.sources import Channel
from careweave.terms import PersonId, Role
from tests.lib.pages import BY_ROLE, STAFF, World

_RATE, _MESSAGES = 10.0, 10.0
_SHARES = {Role.GP: 45, Role.ED: 20, Role.HC: 15, Role.SW: 10, Role.PA: 5, Role.CN: 5}
"""In a hundred opens; the citizen's 5 are the doctor's while there is no portal."""
_LONG_EVERY = 50
_N_READERS = 4
"""Of each role: what one reader may open in an hour is bounded."""
_SEED = 20260326
_WORKERS = 2
_LATE_S = 30.0
_WARM_S = 10.0
_TELL_S = 30.0
_FORGET_S = 5.0


@dataclass(frozen=True, slots=True)
class Mix:
    """Who is opened: mostly somebody of `people`, and one time in fifty the long record."""

    people: Sequence[PersonId]
    long: PersonId


@dataclass(slots=True)
class Opens:
    """What a load gave: how long each open took from when it was due, and what failed."""

    n_due: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    cpu_s: float = 0.0

    def quantile_ms(self, share: float) -> float:
        """Returns the time within which this share of the opens was answered."""
        ordered = sorted(self.latencies_ms) or [_LATE_S * 1000]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class _Ask:
    """One open that is due: which address, and whose session asks."""

    path: str
    token: str


def told(text: str) -> None:
    """Says on the way what was reached, and when."""
    print(f"bench: {datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


def opening(world: World, server: Embedded, mix: Mix, *, minutes: float) -> list[Figure]:
    """Returns how ten opens a second are answered, without and with messages coming in."""
    asks = _asks(world, mix, int(_RATE * 60 * minutes))
    with _served(world) as (port, process):
        load = _Load(world, port, {process.pid, server.pid or 0})
        warm = load.run(asks[: int(_RATE * _WARM_S)], "warming up")
        before = rss_mb({process.pid})
        alone = load.run(asks, "without intake")
        grown = rss_mb({process.pid}) - before
        with _intake(world) as prefix:
            beside = load.run(asks, "with intake")
            filed = _filed(world, prefix, minutes * 60, _with_intake(minutes))
    return [
        *figures_of_loads(alone, beside, minutes),
        filed,
        growth(grown, len(warm.latencies_ms), alone),
    ]


def growth(grown: float, n_warm: int, alone: Opens) -> Figure:
    """Returns how much memory the serving processes took while they answered."""
    method = (
        f"{_WORKERS} workers and the process above them, after {len(alone.latencies_ms):,} opens; "
        f"more than after the first {n_warm}; resident memory that no file backs"
    )
    return Figure("open_rss_growth_mb", round(grown, 1), "MB", method)


def _filed(world: World, prefix: str, seconds: float, method: str) -> Figure:
    """Returns how many messages a second became entries beside the opens."""
    ((n_sent, n_done),) = world.rows(
        "SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM intake.message"
        " WHERE control_id LIKE %(prefix)s",
        prefix=f"{prefix}%",
    )
    what = f"{method}; {n_done:,} filed when the last open was answered, of {n_sent:,} received"
    per_second = round(n_done / seconds, 2)
    return Figure("messages_with_opens", per_second, "messages/s", what, lower_is_better=False)


def _method(minutes: float) -> str:
    return (
        f"{_RATE:g} opens a second for {minutes:g} minutes by HTTP against Granian, {_WORKERS} workers, "
        "load and PostgreSQL on the same machine; each timed from when it was due; 45 % GP (5 of them "
        "in place of the citizen, for whom there is no portal yet), 20 % ED, 15 % HC, 10 % SW, 5 % PA, "
        f"5 % CN; one in {_LONG_EVERY} opens has 5,000 entries; page alone, gzip; what clauses give in "
        f"an hour or a day is forgotten every {_FORGET_S:g} s, as the load is that of a region and its "
        "readers are few"
    )


def _with_intake(minutes: float) -> str:
    return (
        f"{_method(minutes)}; {_MESSAGES:g} HL7 v2 messages a second received and filed beside it, by "
        "a worker of its own"
    )


def figures_of_loads(alone: Opens, beside: Opens, minutes: float) -> list[Figure]:
    """Returns what is told of a load without intake and of one beside it."""
    method, with_intake = _method(minutes), _with_intake(minutes)
    return [
        _share("opens_per_second", alone, method),
        Figure("open_p50_ms", round(alone.quantile_ms(0.5), 1), "ms", method),
        Figure("open_p95_ms", round(alone.quantile_ms(0.95), 1), "ms", method, 1000),
        Figure("open_p99_ms", round(alone.quantile_ms(0.99), 1), "ms", method),
        _share("opens_per_second_with_intake", beside, with_intake),
        Figure("open_p50_ms_with_intake", round(beside.quantile_ms(0.5), 1), "ms", with_intake),
        Figure(
            "open_p95_ms_with_intake", round(beside.quantile_ms(0.95), 1), "ms", with_intake, 1000
        ),
        Figure("open_p99_ms_with_intake", round(beside.quantile_ms(0.99), 1), "ms", with_intake),
        Figure(
            "opens_failed",
            len(alone.failures) + len(beside.failures),
            "opens",
            f"{method}; of both loads",
            0,
        ),
        Figure(
            "open_cpu_ms",
            round(alone.cpu_s * 1000 / alone.n_due, 1),
            "CPU-ms",
            f"{method}; server and PostgreSQL, for one open",
        ),
    ]


def _share(name: str, opens: Opens, method: str) -> Figure:
    per_second = round(_RATE * len(opens.latencies_ms) / opens.n_due, 2)
    what = f"{method}; those answered 200"
    return Figure(name, per_second, "opens/s", what, _RATE, lower_is_better=False)


def _asks(world: World, mix: Mix, n: int) -> list[_Ask]:
    rng = Random(_SEED)
    readers = {role: _readers(world, role) for role in _SHARES}
    roles = rng.choices(list(_SHARES), weights=list(_SHARES.values()), k=n)
    asks = []
    for number, role in enumerate(roles, start=1):
        token = rng.choice(readers[role])
        person = mix.long if number % _LONG_EVERY == 0 else rng.choice(mix.people)
        asks.append((token, person))
    known = {pair: world.address_of(*pair) for pair in set(asks)}
    return [_Ask(known[pair], pair[0]) for pair in asks]


def _readers(world: World, role: Role) -> list[str]:
    """Returns the sessions of some readers of a role, each somebody of their own."""
    staff = STAFF[BY_ROLE[role]]
    told = Told(world.now, "bench", "bench", "workspace", "")
    tokens = []
    for number in range(_N_READERS):
        user = f"u-bench-{str(role).lower()}-{number}"
        with world.database.session() as session:
            newcomer = Newcomer(user, "Bench Reader", staff.organisation, (staff.posting,), None)
            add_account(session, newcomer, told)
            account = account_named(session, user)
            seat = seat_of(disclosure.world(session, world.now), account, account.postings[0])
        proof = Proof(Assurance.DEMO, world.now, "bench")
        tokens.append(Sessions(world.database).begin(seat, proof, told))
    return tokens


@contextmanager
def _served(world: World) -> "Iterator[tuple[int, subprocess.Popen[bytes]]]":
    """Serves the product as a user starts it, on the clock of Northmere: its port and process."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        ahead = world.now - datetime.now(UTC)
        keep_ahead(home, ahead)
        with world.database.session() as session:
            mark_demonstration(session, Demonstration(ahead, world.now))
        port = int(world.base.rpartition(":")[2])
        environ = _environ(world, home, port)
        with (home / "bench.log").open("wb") as log:
            process = subprocess.Popen(
                _command(port), env=environ, stdout=log, stderr=log, cwd=ROOT
            )
            worker = subprocess.Popen(
                [sys.executable, "-m", "careweave", "work", "--arrivals", "worker-1"],
                env=environ,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
        try:
            _wait(port, process, home / "bench.log")
            yield port, process
        finally:
            for one in (worker, process):
                one.send_signal(signal.SIGTERM)
                one.wait(timeout=90)


def _environ(world: World, home: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CAREWEAVE_HOME": str(home),
        "CAREWEAVE_DATABASE_URL": world.database.url,
        "CAREWEAVE_REGION": str(ROOT / "region"),
        "CAREWEAVE_PORT": str(port),
        "CAREWEAVE_WORKERS": str(_WORKERS),
        "CAREWEAVE_DEMONSTRATION_KEYS": "yes",
    }


def _command(port: int) -> list[str]:
    """Returns how Granian is started; `careweave serve` refuses the clock of a demonstration."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"),
        *("careweave.wiring:application", "--host", "127.0.0.1", "--port", str(port)),
        *("--http", "1", "--no-ws", "--workers", str(_WORKERS), "--blocking-threads", "32"),
        *("--log-level", "warning"),
    ]


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 120
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if line.recv(12):
                return
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"bench: the product did not start\n{log.read_text()[-3000:]}")
        time.sleep(0.2)


@contextmanager
def _intake(world: World) -> Iterator[str]:
    """Lets messages of a hospital come in at a steady rate; a worker beside the product files them.

    Gives what their control ids begin with.
    """
    stop, prefix = Event(), secrets.token_hex(2).upper()

    def send() -> None:
        began, number = time.monotonic(), 0
        while not stop.is_set():
            body = adt(number, mark=prefix)
            world.north.receiver.receive(Arrival(SOURCE, Channel.MLLP, body, world.now))
            number += 1
            stop.wait(max(0.0, began + number / _MESSAGES - time.monotonic()))

    with _beside(stop, send):
        yield prefix


@contextmanager
def _beside(stop: Event, work: Callable[[], None]) -> Iterator[None]:
    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class _Load:
    """Where opens go, and whose CPU time counts."""

    world: World
    port: int
    roots: set[int]

    def run(self, asks: Sequence[_Ask], name: str) -> Opens:
        """Returns what a load gave; it says every half minute how far it is."""
        opens, stop = Opens(len(asks)), Event()
        forget_budgets(self.world)
        before = cpu_s(self.roots)
        with _beside(stop, lambda: self._forget(stop)):
            asyncio.run(_all(self.port, asks, opens, name))
        opens.cpu_s = cpu_s(self.roots) - before
        if opens.failures:
            told(f"{len(opens.failures)} opens failed, such as {opens.failures[0]}")
        return opens

    def _forget(self, stop: Event) -> None:
        while not stop.wait(_FORGET_S):
            forget_budgets(self.world)


async def _all(port: int, asks: Sequence[_Ask], opens: Opens, name: str) -> None:
    began = time.perf_counter()
    tasks = []
    for number, ask in enumerate(asks):
        due = began + number / _RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(_one(port, ask, due, opens)))
        if number % int(_RATE * _TELL_S) == 0:
            so_far = f", p95 {opens.quantile_ms(0.95):,.0f} ms" if opens.latencies_ms else ""
            told(f"{name}: {number:,} of {len(asks):,}{so_far}")
    await asyncio.gather(*tasks)


async def _one(port: int, ask: _Ask, due: float, opens: Opens) -> None:
    try:
        status = await asyncio.wait_for(_status(port, ask), _LATE_S)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as fault:
        opens.failures.append(type(fault).__name__)
        return
    if status == 200:
        opens.latencies_ms.append((time.perf_counter() - due) * 1000)
    else:
        opens.failures.append(str(status))


async def _status(port: int, ask: _Ask) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    head = (
        f"GET {ask.path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {COOKIE}={ask.token}\r\n"
        "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode())
    try:
        answered = await reader.read(-1)
    finally:
        writer.close()
    return int(answered[9:12] or b"599")
