"""What opening a record costs: for each role, with 5,000 entries, and at ten opens a second."""

import gc
import gzip
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import psycopg

from bench.figures import Figure
from bench.machine import cpu_s
from bench.store import sized_server
from bench.workspace_load import Mix, opening, told
from bench.workspace_store import MADE, N_ENTRIES, N_SOURCES, forget_budgets, make_person, tie_all
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
_N_WITHIN_BUDGET = 5
"""After how many opens what a reader has used up is forgotten: the region's budgets are not measured."""
_N_OPENS, _N_QUICK = 30, 4
_MINUTES, _MINUTES_QUICK = 10.0, 0.1
_N_IN_THE_MIX = 20
_N_SMALL = 12
"""How many people with little in their records are counted statements of."""
_N_COUNTED = 3
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
        told(f"built; {n_made:,} entries of {N_SOURCES} sources")
        _spare_the_collector()
        n_opens = _N_QUICK if quick else _N_OPENS
        costs = [
            one
            for role in BY_ROLE
            for one in _of_reader(world, server, role, (long, MADE), others[:_N_SMALL], n_opens)
        ]
        return [
            *figures_of(costs, n_opens),
            *opening(world, server, Mix((*others[:_N_IN_THE_MIX],), MADE), minutes=lasts),
        ]


def _spare_the_collector() -> None:
    # As in a serving process; and the load comes from here: the messages of Northmere, gone through
    # again and again, would hold it up for most of a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


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
class Cost:
    """What opening one person costs one role."""

    role: Role
    latencies_ms: tuple[float, ...]
    cpu_ms: float
    n_bytes: int
    n_queries: int
    n_small: int
    """Statements for somebody of whom little is held, the most of several."""

    def quantile_ms(self, share: float) -> float:
        """Returns the time within which this share of the opens was answered."""
        ordered = sorted(self.latencies_ms)
        return ordered[max(0, -(-int(len(ordered) * share * 100) // 100) - 1)]


def _of_reader(
    world: World,
    server: Embedded,
    role: Role,
    long: Sequence[PersonId],
    small: Sequence[PersonId],
    n: int,
) -> Iterator[Cost]:
    """Gives what each of the long records costs a role."""
    visitor = world.signed_in(BY_ROLE[role])
    n_small = max(_n_queries(visitor, visitor.record(person)) for person in small)
    for person in long:
        yield _cost(visitor, server, role, visitor.record(person), n, n_small)
    told(f"opened as {role}")


def _cost(visitor: Visitor, server: Embedded, role: Role, path: str, n: int, n_small: int) -> Cost:
    n_queries = _n_queries(visitor, path)
    n_bytes = _first_visit(visitor, path)
    roots, latencies = {os.getpid(), server.pid or 0}, list[float]()
    spent = cpu_s(roots)
    for at in range(n):
        if at % _N_WITHIN_BUDGET == 0:
            forget_budgets(visitor.world)
        began = time.perf_counter()
        _opened(visitor, path)
        latencies.append((time.perf_counter() - began) * 1000)
    cpu_ms = (cpu_s(roots) - spent) * 1000 / n
    return Cost(role, tuple(latencies), cpu_ms, n_bytes, n_queries, n_small)


def _n_queries(visitor: Visitor, path: str) -> int:
    """Returns how many statements an open takes: the fewest of some, since some look at the clock.

    What a process looks at every two seconds comes with one open or another.
    """
    _opened(visitor, path)
    counts = []
    for _ in range(_N_COUNTED):
        before = _n_sent(visitor.world)
        _opened(visitor, path)
        counts.append(_n_sent(visitor.world) - before)
    return min(counts)


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


def figures_of(costs: list[Cost], n: int) -> list[Figure]:
    """Returns what is told of opens by several roles; `n` is how often each person was opened."""
    roles = list(dict.fromkeys(one.role for one in costs))
    method = (
        f"{n} opens of the record page by each of {len(roles)} roles, in process, warm, one after "
        f"another: {_LONG} and a generated person with {N_ENTRIES:,} entries of {N_SOURCES} sources"
    )
    wire = f"{method}; gzip, the page and all that it asks for in an empty browser"
    small = f"of {_N_SMALL} people with small records, the most"
    card = [one for one in costs if one.role is Role.PA]
    pages = [one for one in costs if one.role is not Role.PA]
    return [
        *(figure for role in roles for figure in _of_role(role, costs, method)),
        _most("record_5000_p95_ms", [one.quantile_ms(0.95) for one in costs], "ms", method, 150),
        _most("record_5000_bytes", [one.n_bytes for one in pages], "bytes", wire, 100_000),
        _most("record_5000_card_bytes", [one.n_bytes for one in card], "bytes", wire, 60_000),
        _most("record_5000_queries", [one.n_queries for one in costs], "statements", method),
        _most("record_small_queries", [one.n_small for one in costs], "statements", small),
        _most(
            "record_5000_queries_more",
            [one.n_queries - one.n_small for one in costs],
            "statements",
            f"{method}; statements more than the same role takes {small}",
            0,
        ),
        Figure(
            "cpu_ms_per_open",
            round(sum(one.cpu_ms for one in costs) / len(costs), 1),
            "CPU-ms",
            f"{method}; mean, program and PostgreSQL",
        ),
    ]


def _of_role(role: Role, long: list[Cost], method: str) -> Iterator[Figure]:
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
