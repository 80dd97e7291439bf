"""What agreements cost: one person's record, a worklist, accounts, and how fast a change is felt."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import psycopg

from bench.disclosure_store import AT, READER, SYSTEM, Size, build, code
from bench.figures import Figure
from bench.machine import cpu_s
from bench.store import sized_server, store
from careweave import disclosure, record
from careweave.db import Applying, Database, Embedded, apply_configuration
from careweave.disclosure import Asking, Outlet
from careweave.disclosure._accounts import account_of
from careweave.ledger import Recorder
from careweave.terms import (
    EVERY_LABEL,
    Action,
    Actor,
    Branch,
    CareweaveError,
    Heading,
    Purpose,
    Role,
    Sight,
    SourceId,
    SubjectId,
)
from tests.lib.region import files

_SEED = 20260326
_EVERY = frozenset((*Heading, None))
_SIZED = ("shared_buffers = '1GB'", "max_wal_size = '8GB'")
_FULL = (Size(1_000_000, 50_000, 7_500), Size(1_000_000, 50_000, 7_500, feeds=530))
_QUICK = (Size(60_000, 3_000, 450), Size(60_000, 3_000, 450, feeds=530))
_WARM = 50
_PER_BUDGET = 25
"""So many people a doctor may open in an hour without being stopped."""

_NAMES = {20: "", 530: "_80k"}


def run(*, quick: bool) -> list[Figure]:
    """Returns what policy costs with few and with many access classes, and what stands beside it."""
    figures: list[Figure] = []
    sizes = _QUICK if quick else _FULL
    with sized_server(*_SIZED) as server:
        for size in sizes:
            with store(server, f"bench_{size.feeds}") as database:
                began = time.perf_counter()
                build(database, size)
                print(f"bench: built in {time.perf_counter() - began:.0f} s", flush=True)
                figures += _policy(_Bench(server, database, size), quick=quick)
                if size.feeds == sizes[0].feeds:
                    figures += _beside(_Bench(server, database, size), quick=quick)
    return figures


def doctor() -> Actor:
    """Returns the practice's doctor, who sees its own patients by registration."""
    return Actor(
        name="bench",
        organisation=READER,
        source=SourceId(1),
        authority="bench-0",
        purpose=Purpose.DIRECT_CARE,
        scopes=frozenset({"user/*.rs"}),
        role=Role.GP,
        user="u-bench",
    )


@dataclass(frozen=True, slots=True)
class _Bench:
    """One store, with the agreements of Northmere in force."""

    server: Embedded
    database: Database
    size: Size

    def agree(self) -> None:
        """Puts the agreements of Northmere in force."""
        with self.database.session() as session:
            apply_configuration(session, files(), applying("Applied for a measurement."))
        follow(self.database)

    def forget_budgets(self) -> None:
        """Gives the doctor a new day: what was spent of the clauses is forgotten."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute("DELETE FROM disclosure.opened")
            connection.execute("DELETE FROM disclosure.spent")

    def tied(self) -> list[tuple[str, list[SubjectId]]]:
        """Returns the Patient ids of the caseload, with all subjects of each person."""
        with psycopg.connect(self.database.url) as connection:
            rows = connection.execute(
                "SELECT s.local_id, array_agg(q.subject ORDER BY q.subject) FROM record.tie AS t "
                "JOIN record.subject AS s USING (subject) JOIN record.subject_person AS p USING (subject) "
                "JOIN record.subject_person AS q ON q.person = p.person GROUP BY 1 ORDER BY 1"
            ).fetchall()
        return [(name, [SubjectId(one) for one in subjects]) for name, subjects in rows]


def follow(database: Database) -> None:
    """Lets a process take the keys of the demonstration, and look which version is in force."""
    with database.session() as session:
        disclosure.begin(session, takes_demonstration_keys=True)


def applying(note: str) -> Applying:
    """Returns who applies a configuration."""
    at = AT - timedelta(days=1)
    return Applying("one", "two", note, at, at)


def asking(number: int) -> Asking:
    """Returns one question of the doctor."""
    at = AT + timedelta(milliseconds=number)
    return Asking(doctor(), Purpose.DIRECT_CARE, "bench", f"bench-{number}", at)


def outlet(database: Database) -> Outlet:
    """Returns the ordinary way out, with durable accounts."""
    return Outlet(database, Recorder(database))


def without(size: Size) -> Sight:
    """Returns a sight without any policy: one branch of everything, as its own."""
    every = frozenset(SourceId(one) for one in range(1, size.feeds + 1))
    return Sight((Branch(every, _EVERY, EVERY_LABEL, clause="own:bench", is_own=True),), 0, AT)


def _policy(bench: _Bench, *, quick: bool) -> list[Figure]:
    """Returns what one record and a worklist cost with and without agreements."""
    bench.agree()
    suffix, way = _NAMES[bench.size.feeds], outlet(bench.database)
    figures = _record(bench, way, suffix, 150 if quick else 1_500)
    return figures + _worklist(bench, way, suffix, 100 if quick else 1_000)


def _record(bench: _Bench, way: Outlet, suffix: str, n: int) -> list[Figure]:
    """Returns what one person's newest entries cost: bare, under policy, and as they leave."""
    rng, known = Random(_SEED), bench.tied()
    asked = [rng.choice(known) for _ in range(n)]
    sight = _sight(bench, Action.SEARCH_ONE)

    def lines(view: Sight, subjects: list[SubjectId]) -> int:
        with bench.database.reading() as session:
            return len(record.timeline(session, subjects, sight=view, count=50).rows)

    def told(number: int) -> int:
        pairs = [("patient", f"Patient/{asked[number][0]}"), ("_count", "50")]
        return len(disclosure.search(way, asking(number), "Observation", pairs).rows)

    bare = _timed(bench, n, lambda number: lines(without(bench.size), asked[number][1]))
    narrowed = _timed(bench, n, lambda number: lines(sight, asked[number][1]))
    left = _timed(bench, n, told)
    method = (
        f"{n} records of a practice's caseload, one after another in process; CPU of program and "
        f"PostgreSQL; {bench.size.n_classes} classes, {len(sight.branches)} branches"
    )
    added, judged = left.cpu_ms - bare.cpu_ms, narrowed.cpu_ms - bare.cpu_ms
    return [
        Figure(
            f"overhead_cpu_ms{suffix}",
            round(added, 3),
            "CPU-ms",
            f"{method}; as it leaves (decided, masked, accounted for) less the bare entries",
            3.0,
        ),
        Figure(f"predicate_cpu_ms{suffix}", round(judged, 3), "CPU-ms", method),
        *_told(f"record_without{suffix}", bare, method),
        *_told(f"record_with{suffix}", narrowed, method),
        *_told(f"record_disclosed{suffix}", left, f"{method}; decided, masked, accounted for"),
    ]


def _worklist(bench: _Bench, way: Outlet, suffix: str, n: int) -> list[Figure]:
    """Returns what the newest 50 entries of a code over everybody cost, and their exact count."""
    sight = _sight(bench, Action.LIST)

    def found(view: Sight, number: int, count: str = "50") -> int:
        pairs = [("code", f"{SYSTEM}|{code(number)}"), ("_sort", "-date"), ("_count", count)]
        with bench.database.session(snapshot=True) as session:
            question = record.parse(
                "Observation", pairs, keys=record.keys(session), zone=session.zone, now=AT
            )
            answer = record.search(session, question, sight=view, caller="bench", now=AT)
            return len(answer.rows)

    def told(number: int) -> int:
        pairs = [("code", f"{SYSTEM}|{code(number)}"), ("_sort", "-date"), ("_count", "50")]
        return len(disclosure.search(way, asking(number), "Observation", pairs).rows)

    bare = _timed(bench, n, lambda number: found(without(bench.size), number))
    narrowed = _timed(bench, n, lambda number: found(sight, number))
    left = _timed(bench, n, told, per_budget=1)
    method = (
        f"newest 50 of a code over {bench.size.entries:,} entries of {bench.size.people:,} people, ties "
        f"to {bench.size.tied:,}, 1 % object; {n} in process, one after another; {bench.size.n_classes} "
        f"classes, {len(sight.branches)} branches"
    )
    p95 = round(left.quantile_ms(0.95), 2)
    return [
        Figure(
            f"worklist_p95_ms{suffix}", p95, "ms", f"{method}; disclosed and accounted for", 25.0
        ),
        *_told(f"worklist_without{suffix}", bare, method),
        *_told(f"worklist_with{suffix}", narrowed, method),
        *_told(f"worklist_disclosed{suffix}", left, method),
    ]


def _sight(bench: _Bench, action: Action) -> Sight:
    with bench.database.reading() as session:
        return disclosure.sight(session, doctor(), Purpose.DIRECT_CARE, action, at=AT)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a run of questions took."""

    cpu_ms: float
    latencies_ms: tuple[float, ...]
    rows: float

    def quantile_ms(self, share: float) -> float:
        """Returns the time within which this share of the answers came."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _timed(
    bench: _Bench, n: int, ask: Callable[[int], int], *, per_budget: int = _PER_BUDGET
) -> _Cost:
    """Asks a few questions to warm up, then so many that count."""
    for number in range(min(n, _WARM)):
        if number % per_budget == 0:
            bench.forget_budgets()
        ask(number)
    roots, latencies, rows, spent = {os.getpid(), bench.server.pid or 0}, list[float](), 0, 0.0
    for first in range(0, n, per_budget):
        bench.forget_budgets()
        before = cpu_s(roots)
        for number in range(first, min(n, first + per_budget)):
            began = time.perf_counter()
            rows += ask(number)
            latencies.append((time.perf_counter() - began) * 1000)
        spent += cpu_s(roots) - before
    return _Cost(spent * 1000 / n, tuple(latencies), rows / n)


def _told(name: str, cost: _Cost, method: str) -> list[Figure]:
    of = f"{method}; {cost.rows:.1f} rows an answer"
    return [
        Figure(f"{name}_cpu_ms", round(cost.cpu_ms, 3), "CPU-ms", of),
        Figure(f"{name}_p50_ms", round(cost.quantile_ms(0.5), 2), "ms", of),
        Figure(f"{name}_p95_ms", round(cost.quantile_ms(0.95), 2), "ms", of),
    ]


def _beside(bench: _Bench, *, quick: bool) -> list[Figure]:
    """Returns how many accounts are durable a second, and how soon a change is felt."""
    return [
        *_accounts(bench, 2.0 if quick else 10.0),
        *_wall(bench, 40 if quick else 400),
        _revocation(bench, quick=quick),
    ]


def _accounts(bench: _Bench, seconds: float) -> list[Figure]:
    """Returns how many answers' accounts become durable in a second, by group commit."""
    recorder, n_threads = Recorder(bench.database), 32
    until = time.perf_counter() + seconds
    made = [0] * n_threads

    def record_some(place: int) -> None:
        while time.perf_counter() < until:
            recorder.record(
                account_of(asking(made[place]), "search", "Observation", (SubjectId(1),), 20)
            )
            made[place] += 1

    began = time.perf_counter()
    _all(record_some, n_threads)
    rate = sum(made) / (time.perf_counter() - began)
    method = (
        f"{n_threads} threads of one process, each account durable before the next; {seconds:.0f} s"
    )
    return [
        Figure(
            "accounts_per_second",
            round(rate, 1),
            "accounts/s",
            method,
            2000.0,
            lower_is_better=False,
        )
    ]


def _wall(bench: _Bench, n: int) -> list[Figure]:
    """Returns what row-level security costs: worklists and counts with it and without."""
    figures = []
    with psycopg.connect(bench.database.url, autocommit=True) as connection:
        connection.execute("GRANT USAGE ON SCHEMA record TO careweave_reader")
        connection.execute("GRANT SELECT ON record.resource TO careweave_reader")
        codes = connection.execute("SELECT DISTINCT code FROM record.resource LIMIT 20").fetchall()
        bits = b"\xff" * 16_384
        for what, statement in _PAST_PREDICATES.items():
            for role, suffix in (("careweave", "without"), ("careweave_reader", "with")):
                connection.execute(f"SET ROLE {role}".encode())
                took = []
                for number in range(n):
                    began = time.perf_counter()
                    connection.execute(statement.encode(), (codes[number % 20][0], bits))
                    took.append((time.perf_counter() - began) * 1000)
                name, middle = f"rls_{what}_p50_ms_{suffix}", sorted(took)[n // 2]
                figures.append(Figure(name, round(middle, 3), "ms", f"{n} statements by one role"))
    return figures


_PAST_PREDICATES = {
    "worklist": (
        "SELECT r.id, r.body FROM record.resource AS r WHERE r.code = %s AND NOT r.gone "
        "AND get_bit(%s::bytea, r.cls) <> 0 ORDER BY r.dlo DESC NULLS LAST, r.rid LIMIT 50"
    ),
    "count": (
        "SELECT count(*) FROM record.resource AS r WHERE r.code = %s AND NOT r.gone "
        "AND get_bit(%s::bytea, r.cls) <> 0"
    ),
}


def _revocation(bench: _Bench, *, quick: bool) -> Figure:
    """Returns how long after a configuration is applied the last answer under the old one leaves.

    Two processes' worth of memories ask all the time, by new searches and by pages that are open.
    """
    others = [Database(bench.database.url) for _ in range(2)]
    for one in others:
        follow(one)
    stop, last = threading.Event(), [0.0] * 8
    known, own = bench.tied(), _own(bench)

    def keep_asking(place: int) -> None:
        asker = _Asker(outlet(others[place % 2]), Random(place), known, own, is_paging=place >= 4)
        while not stop.is_set():
            if asker.sees_others():
                last[place] = time.perf_counter()

    threads = [threading.Thread(target=keep_asking, args=(n,)) for n in range(len(last))]
    for thread in threads:
        thread.start()
    time.sleep(2.0 if quick else 6.0)
    with bench.database.session() as session:
        apply_configuration(session, _without_agreements(), applying("Everything is taken back."))
    began = time.perf_counter()
    time.sleep(6.0)
    stop.set()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    method = "8 threads over 2 databases' memories, half of them on the next page of an open search"
    felt = max(0.0, max(last) - began)
    return Figure("revocation_seconds", round(felt, 2), "s", method, 5.0)


@dataclass(slots=True)
class _Asker:
    """Somebody who asks all the time, and goes on with pages that are open."""

    way: Outlet
    rng: Random
    known: list[tuple[str, list[SubjectId]]]
    own: frozenset[SourceId]
    is_paging: bool
    number: int = 0
    cursor: str = ""

    def sees_others(self) -> bool:
        """Asks once, and says whether anything of another organisation was shown."""
        self.number = (self.number + 1) % 1000
        pairs = self._pairs()
        try:
            shown = disclosure.search(self.way, asking(self.number), "Observation", pairs)
        except CareweaveError:
            self.cursor = ""
            return False
        self.cursor = shown.next or "" if self.is_paging else ""
        return any(row.source not in self.own for row in shown.rows)

    def _pairs(self) -> list[tuple[str, str]]:
        worklist = [("code", f"{SYSTEM}|{code(7)}"), ("_sort", "-date"), ("_count", "5")]
        if self.is_paging:
            return [*worklist, ("_cursor", self.cursor)] if self.cursor else worklist
        return [("patient", f"Patient/{self.rng.choice(self.known)[0]}"), ("_count", "20")]


def _own(bench: _Bench) -> frozenset[SourceId]:
    with bench.database.reading() as session:
        return record.dictionaries(session).sources_of(READER)


def _without_agreements() -> dict[str, bytes]:
    return {path: body for path, body in files().items() if not path.startswith("agreements/")}


def _all(work: Callable[[int], None], n: int) -> None:
    threads = [threading.Thread(target=work, args=(place,)) for place in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
