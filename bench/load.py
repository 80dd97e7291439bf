"""A closed loop of clients over HTTP: each sends its next request when the last is answered."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.machine import cpu_s


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `path` comes after the base address, `n_units` is what it writes.

    `key` goes as Idempotency-Key.
    """

    method: str
    path: str
    body: bytes | None = None
    n_units: int = 1
    key: str = ""


@dataclass(slots=True)
class Run:
    """What a run of one scenario gave."""

    n_clients: int
    seconds: float = 0.0
    cpu_s: float = 0.0
    n_units: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        """Returns the CPU milliseconds of server and database for one unit of work."""
        return self.cpu_s * 1000 / max(1, self.n_units)

    @property
    def per_second(self) -> float:
        """Returns the answers in one second."""
        return len(self.latencies_ms) / self.seconds

    def quantile_ms(self, share: float) -> float:
        """Returns the time within which this share of the answers came."""
        ordered = sorted(self.latencies_ms) or [0.0]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Client:
    """One connection that is kept alive."""

    def __init__(self, base: str, token: str) -> None:
        """Takes the base address and the bearer token."""
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._root = parts.path.rstrip("/")
        self._head = (
            f"Host: {self._host}:{self._port}\r\nAuthorization: Bearer {token}\r\n"
            "Accept: application/fhir+json\r\nAccept-Encoding: identity\r\n"
        )
        self._pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, ask: Ask) -> tuple[int, bytes]:
        """Returns status and body of the answer."""
        if self._pair is None:
            self._pair = await asyncio.open_connection(self._host, self._port, limit=1 << 24)
        reader, writer = self._pair
        head = f"{ask.method} {self._root}{ask.path} HTTP/1.1\r\n{self._head}"
        if ask.body is not None:
            head += f"Content-Type: application/fhir+json\r\nContent-Length: {len(ask.body)}\r\n"
        if ask.key:
            head += f"Idempotency-Key: {ask.key}\r\n"
        writer.write(head.encode() + b"\r\n" + (ask.body or b""))
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answered[9:12])
        if b"transfer-encoding: chunked" in answered:
            return status, await _chunks(reader)
        _, _, rest = answered.partition(b"content-length:")
        length = int(rest.partition(b"\r\n")[0]) if rest else 0
        return status, await reader.readexactly(length)

    def close(self) -> None:
        """Closes the connection."""
        if self._pair is not None:
            self._pair[1].close()
            self._pair = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readexactly(2)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the load goes, and whose CPU time counts."""

    base: str
    token: str
    pids: frozenset[int]


def measure(
    target: Target, makers: Sequence[Callable[[], Ask]], *, seconds: float, warm_s: float = 1.0
) -> Run:
    """Runs one client for each maker of requests and returns what was measured."""
    asyncio.run(_loop(target, makers, Run(len(makers)), warm_s))
    run = Run(len(makers))
    before, began = cpu_s(set(target.pids)), time.perf_counter()
    asyncio.run(_loop(target, makers, run, seconds))
    run.seconds = time.perf_counter() - began
    run.cpu_s = cpu_s(set(target.pids)) - before
    return run


async def _loop(
    target: Target, makers: Sequence[Callable[[], Ask]], run: Run, seconds: float
) -> None:
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_client(target, make, run, until) for make in makers))


async def _client(target: Target, make: Callable[[], Ask], run: Run, until: float) -> None:
    client = Client(target.base, target.token)
    while time.perf_counter() < until:
        ask = make()
        began = time.perf_counter()
        try:
            status, body = await client.ask(ask)
        except (OSError, asyncio.IncompleteReadError) as fault:
            status, body = 599, repr(fault).encode()
            client.close()
        took_ms = (time.perf_counter() - began) * 1000
        if status < 300:
            run.latencies_ms.append(took_ms)
            run.n_units += ask.n_units
        else:
            run.failures.append(f"{ask.method} {ask.path}: {status} {body[:300]!r}")
    client.close()
