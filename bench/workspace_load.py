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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event, Thread

from bench.figures import Figure
from bench.listening import SOURCE
from bench.machine import ROOT, cpu_s
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


@dataclass(frozen=True, slots=True)
class Mix:
    """Who is opened: mostly somebody of `people`, and one time in fifty the long record."""

    people: Sequence[PersonId]
    long: PersonId


@dataclass(slots=True)
class _Opens:
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


def opening(world: World, server: Embedded, mix: Mix, *, minutes: float) -> list[Figure]:
    """Returns how ten opens a second are answered, without and with messages coming in."""
    asks = _asks(world, mix, int(_RATE * 60 * minutes))
    with _served(world) as (port, process):
        roots = {process.pid, server.pid or 0}
        _load(port, asks[: int(_RATE * 3)], roots)
        forget_budgets(world)
        alone = _load(port, asks, roots)
        forget_budgets(world)
        with _intake(world):
            beside = _load(port, asks, roots)
    for one in (alone, beside):
        if one.failures:
            print(f"bench: {len(one.failures)} opens failed, such as {one.failures[0]}", flush=True)
    return _figures(alone, beside, minutes)


def _figures(alone: _Opens, beside: _Opens, minutes: float) -> list[Figure]:
    method = (
        f"{_RATE:g} opens a second for {minutes:g} minutes by HTTP against Granian, {_WORKERS} workers, "
        "load and PostgreSQL on the same machine; each timed from when it was due; 45 % GP (5 of them "
        "in place of the citizen, for whom there is no portal yet), 20 % ED, 15 % HC, 10 % SW, 5 % PA, "
        f"5 % CN; one in {_LONG_EVERY} opens has 5,000 entries; page alone, gzip"
    )
    with_intake = f"{method}; {_MESSAGES:g} HL7 v2 messages a second received and filed beside it"
    n_failed = len(alone.failures) + len(beside.failures)
    return [
        Figure(
            "opens_per_second",
            round(_RATE * len(alone.latencies_ms) / alone.n_due, 2),
            "opens/s",
            f"{method}; those answered 200",
            _RATE,
            lower_is_better=False,
        ),
        Figure("open_p50_ms", round(alone.quantile_ms(0.5), 1), "ms", method),
        Figure("open_p95_ms", round(alone.quantile_ms(0.95), 1), "ms", method, 1000),
        Figure("open_p50_ms_with_intake", round(beside.quantile_ms(0.5), 1), "ms", with_intake),
        Figure(
            "open_p95_ms_with_intake", round(beside.quantile_ms(0.95), 1), "ms", with_intake, 1000
        ),
        Figure("opens_failed", n_failed, "opens", f"{method}; of both loads", 0),
        Figure(
            "open_cpu_ms",
            round(alone.cpu_s * 1000 / alone.n_due, 1),
            "CPU-ms",
            f"{method}; server and PostgreSQL, for one open",
        ),
    ]


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
def _intake(world: World) -> Iterator[None]:
    """Lets messages of a hospital come in at a steady rate; a worker beside the product files them."""
    stop, prefix = Event(), secrets.token_hex(2).upper()

    def send() -> None:
        began, number = time.monotonic(), 0
        while not stop.is_set():
            body = adt(number, mark=prefix)
            arrival = Arrival(SOURCE, Channel.MLLP, body, world.now)
            world.north.receiver.receive(arrival)
            number += 1
            stop.wait(max(0.0, began + number / _MESSAGES - time.monotonic()))

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _load(port: int, asks: Sequence[_Ask], roots: set[int]) -> _Opens:
    opens, before = _Opens(len(asks)), cpu_s(roots)
    asyncio.run(_all(port, asks, opens))
    opens.cpu_s = cpu_s(roots) - before
    return opens


async def _all(port: int, asks: Sequence[_Ask], opens: _Opens) -> None:
    began = time.perf_counter()
    tasks = []
    for number, ask in enumerate(asks):
        due = began + number / _RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(_one(port, ask, due, opens)))
    await asyncio.gather(*tasks)


async def _one(port: int, ask: _Ask, due: float, opens: _Opens) -> None:
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
