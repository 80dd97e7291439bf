"""What opening a record costs: for each role, with 5,000 entries, and at ten opens a second."""

import gzip
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import psycopg

from bench.figures import Figure
from bench.machine import cpu_s
from bench.store import sized_server
from bench.workspace_load import Mix, opening
from bench.workspace_store import MADE, N_ENTRIES, N_SOURCES, make_person, tie_all
from careweave.db import Database, Embedded, migrate
from careweave.terms import PersonId, Role
from tests.lib.day10 import built
from tests.lib.pages import BY_ROLE, Visitor, World, world_over

_LONG = "mohammed-al-haddad"
_FEW = frozenset(
    {
        _LONG,
        "piotr-kowalczuk",
        "marcus-bellweather",
        "edna-hartley",
        "aisha-rahman",
        "winifred-achterberg",
        "bridget-connors",
    }
)
"""Whom a quick run builds Northmere of."""
_N_OPENS, _N_QUICK = 30, 4
_MINUTES, _MINUTES_QUICK = 10.0, 0.1
_N_IN_THE_MIX = 20
_SIZED = ("shared_buffers = '512MB'", "max_wal_size = '4GB'")
_LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_IMPORTED = re.compile(r'@import\s+(?:url\()?["\']?([^"\')\s;]+)')


def run(*, quick: bool, minutes: float | None = None) -> list[Figure]:
    """Returns the figures of the workspace; `minutes` is how long each of the two loads lasts."""
    lasts = minutes or (_MINUTES_QUICK if quick else _MINUTES)
    with _northmere(quick=quick) as (world, server):
        long = world.person(_LONG)
        n_made = make_person(world, long)
        others = _others(world)
        tie_all(world, (long, MADE, *others))
        print(f"bench: built; {n_made:,} entries of {N_SOURCES} sources", flush=True)
        n_opens = _N_QUICK if quick else _N_OPENS
        costs = [
            _cost(world, server, role, person, n_opens)
            for role in BY_ROLE
            for person in (long, MADE, others[0])
        ]
        return [
            *_told(costs, n_opens),
            *opening(world, server, Mix((*others[:_N_IN_THE_MIX],), MADE), minutes=lasts),
        ]


@contextmanager
def _northmere(*, quick: bool) -> Iterator[tuple[World, Embedded]]:
    """Gives the pages over Northmere at day 10, in a server of their own."""
    only = _FEW if quick else None
    with (
        sized_server(*_SIZED) as server,
        tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as folder,
    ):
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench_empty")
        empty = Database(server.address("bench_empty"))
        try:
            migrate(empty)
        finally:
            empty.close()
        with (
            built(server, "bench_empty", Path(folder), only=only) as day10,
            world_over(day10, Path(folder)) as world,
        ):
            yield world, server


def _others(world: World) -> list[PersonId]:
    """Returns the people of Northmere who are one person to all that know them, but the long one."""
    found: dict[str, set[object]] = {}
    for (key, _), persons in world.day10.persons.items():
        found.setdefault(key, set()).update(persons)
    return [
        world.person(key)
        for key, persons in sorted(found.items())
        if len(persons) == 1 and key != _LONG
    ]


@dataclass(frozen=True, slots=True)
class _Cost:
    """What opening one person costs one role."""

    role: Role
    person: PersonId
    is_long: bool
    latencies_ms: tuple[float, ...]
    cpu_ms: float
    n_bytes: int
    n_queries: int

    def quantile_ms(self, share: float) -> float:
        """Returns the time within which this share of the opens was answered."""
        ordered = sorted(self.latencies_ms)
        return ordered[max(0, -(-int(len(ordered) * share * 100) // 100) - 1)]


def _cost(world: World, server: Embedded, role: Role, person: PersonId, n: int) -> _Cost:
    visitor = world.signed_in(BY_ROLE[role])
    path = visitor.record(person)
    _opened(visitor, path)
    _opened(visitor, path)
    before = _n_sent(world)
    n_bytes = _first_visit(visitor, path)
    n_queries = _n_sent(world) - before
    roots, latencies = {os.getpid(), server.pid or 0}, list[float]()
    spent = cpu_s(roots)
    for _ in range(n):
        began = time.perf_counter()
        _opened(visitor, path)
        latencies.append((time.perf_counter() - began) * 1000)
    cpu_ms = (cpu_s(roots) - spent) * 1000 / n
    is_long = person == MADE or person == world.person(_LONG)
    return _Cost(role, person, is_long, tuple(latencies), cpu_ms, n_bytes, n_queries)


def _opened(visitor: Visitor, path: str) -> bytes:
    """Returns the page as it goes over the line; the bench ends when it is not answered."""
    answer = visitor.get(path, headers={"Accept-Encoding": "gzip"})
    if answer.status_code != 200:
        message = f"bench: a record was answered {answer.status_code} to {visitor.user}"
        raise SystemExit(message)
    return bytes(answer.data)


def _n_sent(world: World) -> int:
    """Returns how many statements the idle connections have sent: all of them, between opens."""
    return sum(link.n_sent for link in world.database._idle)  # noqa: SLF001  counted here alone


def _first_visit(visitor: Visitor, path: str) -> int:
    """Returns the bytes of a page and of all that it asks for, compressed, in an empty browser."""
    page = visitor.get(path, headers={"Accept-Encoding": "gzip"})
    total, seen = len(page.data), set[str]()
    html = gzip.decompress(page.data) if page.headers.get("Content-Encoding") else page.data
    wanted = _LINKED.findall(html.decode())
    while wanted:
        one = wanted.pop()
        if one in seen:
            continue
        seen.add(one)
        total += len(visitor.get(one, headers={"Accept-Encoding": "gzip"}).data)
        if one.partition("?")[0].endswith(".css"):
            wanted += [urljoin(one, found) for found in _IMPORTED.findall(visitor.get(one).text)]
    return total


def _told(costs: list[_Cost], n: int) -> list[Figure]:
    long = [one for one in costs if one.is_long]
    small = {one.role: one.n_queries for one in costs if not one.is_long}
    method = (
        f"{n} opens of the record page by each of {len(small)} roles, in process, warm, one after "
        f"another: {_LONG} and a generated person with {N_ENTRIES:,} entries of {N_SOURCES} sources"
    )
    wire = f"{method}; gzip, the page and all that it asks for in an empty browser"
    card = [one for one in long if one.role is Role.PA]
    pages = [one for one in long if one.role is not Role.PA]
    return [
        *(figure for one in small for figure in _of_role(one, long, method)),
        *(
            Figure(f"record_small_{str(one).lower()}_queries", n, "statements", "a small person")
            for one, n in small.items()
        ),
        _most("record_5000_p95_ms", [one.quantile_ms(0.95) for one in long], "ms", method, 150),
        _most("record_5000_bytes", [one.n_bytes for one in pages], "bytes", wire, 100_000),
        _most("record_5000_card_bytes", [one.n_bytes for one in card], "bytes", wire, 60_000),
        _most("record_5000_queries", [one.n_queries for one in long], "statements", method),
        _most(
            "record_5000_queries_more",
            [one.n_queries - small[one.role] for one in long],
            "statements",
            f"{method}; statements more than for a small person, the same role",
            0,
        ),
        Figure(
            "cpu_ms_per_open",
            round(sum(one.cpu_ms for one in long) / len(long), 1),
            "CPU-ms",
            f"{method}; mean, program and PostgreSQL",
        ),
    ]


def _of_role(role: Role, long: list[_Cost], method: str) -> Iterator[Figure]:
    """Gives what the worse of the two long records costs one role."""
    mine = [one for one in long if one.role is role]
    name = f"record_5000_{str(role).lower()}"
    yield _most(f"{name}_p50_ms", [one.quantile_ms(0.5) for one in mine], "ms", method)
    yield _most(f"{name}_p95_ms", [one.quantile_ms(0.95) for one in mine], "ms", method, 150)
    yield _most(f"{name}_cpu_ms", [one.cpu_ms for one in mine], "CPU-ms", method)
    yield _most(f"{name}_bytes", [one.n_bytes for one in mine], "bytes", method)
    yield _most(f"{name}_queries", [one.n_queries for one in mine], "statements", method)


def _most(
    name: str, values: list[float] | list[int], unit: str, method: str, target: float | None = None
) -> Figure:
    return Figure(name, round(max(values), 1), unit, f"{method}; the worst of them", target)
