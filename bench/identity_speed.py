"""Whose record is it, at the size of a region: in bulk, asked for, resolved and written."""

import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

import psycopg

from bench.figures import Figure
from bench.store import sized_server, store
from careweave.db import Database, Embedded, Session
from careweave.identity import (
    Incoming,
    Means,
    Outcome,
    activate_model,
    count_hot_keys,
    find,
    load,
    means,
    model_in_force,
    resolve,
)
from tests.identity.coming import AT, Ids, first_source, incoming, two_sources
from tests.identity.corruptions import corrupted
from tests.identity.people import Person, people
from tests.identity.story import agreeing, story

_SEED = 20260316
_SIZED = ("shared_buffers = '2GB'", "max_wal_size = '16GB'")
"""As docs/how-to/load-files.md sizes PostgreSQL for a region of a million persons."""

_WARM = 100


@dataclass(frozen=True, slots=True)
class _Size:
    """How many persons there are, how many are asked for, come again, and are loaded twice."""

    persons: int
    asked: int
    come: int
    agreed: int


_FULL = _Size(1_000_000, 10_000, 5_000, 50_000)
_QUICK = _Size(20_000, 1_000, 500, 2_000)


def run(*, quick: bool) -> list[Figure]:
    """Returns how fast persons are found, resolved and loaded, and whether bulk is as one by one."""
    size = _QUICK if quick else _FULL
    crowd = people(size.persons, _SEED)
    # What lives as long as the measurement is nothing for the collector to look at.
    gc.collect()
    gc.freeze()
    with sized_server(*_SIZED) as server:
        with store(server, "region") as database:
            figures = _loaded(database, crowd)
            _tidied(database)
            figures += _stored(database, size)
            figures += _found(database, crowd, size)
            figures += _resolved(database, crowd, size)
        figures += _agreement(server, crowd, size)
    gc.unfreeze()
    return figures


def _judging(database: Database, seed: int) -> Means:
    with database.session() as session:
        return means(session, new_person=Ids(seed))


def _loaded(database: Database, crowd: Sequence[Person]) -> list[Figure]:
    cores = os.cpu_count() or 1
    began = time.perf_counter()
    load(database, first_source(crowd), means=_judging(database, 1), processes=cores)
    seconds = time.perf_counter() - began
    method = (
        f"{len(crowd):,} persons into an empty store, durable, {cores} processes, whole call;"
        f" PostgreSQL with {' and '.join(_SIZED)}"
    )
    return [
        Figure(
            "bulk_per_second",
            round(len(crowd) / seconds),
            "subjects/s",
            method,
            2_000,
            lower_is_better=False,
        )
    ]


_SIZES = """
SELECT pg_relation_size('identity.block_key'), pg_relation_size('identity.block_key_btree'),
    pg_relation_size('identity.block_key_subject'), pg_database_size(current_database()),
    (SELECT count(*) FROM identity.block_key)
"""


def _tidied(database: Database) -> None:
    """Does what nights and an officer do after a first load: counts, statistics, a model's terms."""
    with database.session(bulk=True) as session:
        count_hot_keys(session, at=AT, limits=_judging(database, 1).limits)
        activate_model(session, model_in_force(session).document, at=AT, actor="bench")
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _stored(database: Database, size: _Size) -> list[Figure]:
    """Returns what the keys take."""
    with psycopg.connect(database.url) as connection:
        row = connection.execute(_SIZES).fetchone()
    table, keys, owners, whole, n_keys = row or (0, 0, 0, 0, 0)
    method = f"after the load of {size.persons:,} persons and VACUUM"
    return [
        Figure("keys_a_person", round(n_keys / size.persons, 2), "keys", method),
        Figure("key_index_mb", round(keys / 1e6, 1), "MB", method),
        Figure("key_owner_index_mb", round(owners / 1e6, 1), "MB", method),
        Figure("key_table_mb", round(table / 1e6, 1), "MB", method),
        Figure("store_mb", round(whole / 1e6), "MB", method),
    ]


def _found(database: Database, crowd: Sequence[Person], size: _Size) -> list[Figure]:
    """Returns how long it takes to decide who somebody is, nothing written."""
    rng = Random(_SEED + 1)
    asked = [_again(rng, crowd) for _ in range(size.asked + _WARM)]
    n_candidates: list[int] = []

    def one(person: Person) -> None:
        with database.reading() as session:
            ranked = find(session, person.demographics, at=AT)
        n_candidates.append(len(ranked))

    times = _timed(one, asked)
    method = (
        f"{size.asked:,} people of {size.persons:,} with the errors of a second source, one client,"
        " warm: normalised, looked up, weighed, decided; nothing written"
    )
    return [
        Figure("resolve_p50_ms", _quantile(times, 0.5), "ms", method, 5),
        Figure("resolve_p99_ms", _quantile(times, 0.99), "ms", method, 20),
        Figure("resolve_max_ms", _quantile(times, 1.0), "ms", method),
    ]


def _resolved(database: Database, crowd: Sequence[Person], size: _Size) -> list[Figure]:
    """Returns how long a record of a second source takes until its link is durable."""
    rng, judging = Random(_SEED + 2), _judging(database, 4)
    come = [_again(rng, crowd) for _ in range(size.come + _WARM)]
    outcomes: list[tuple[Outcome, Person]] = []
    sent: list[int] = []
    numbers = iter(range(size.persons + 1, size.persons + len(come) + 1))

    def one(person: Person) -> None:
        number = next(numbers)
        record = incoming(number, "hospital", f"H{number}", person.demographics)
        with database.session() as session:
            before = session.n_sent
            outcome = _only(session, record, judging)
        sent.append(session.n_sent - before)
        outcomes.append((outcome, person))

    times = _timed(one, come)
    method = (
        f"{size.come:,} records of a second source beside {size.persons:,} persons, one client,"
        " each its own durable transaction"
    )
    counts = _candidates(database, size.persons)
    return [
        Figure("insert_p50_ms", _quantile(times, 0.5), "ms", method),
        Figure("insert_p99_ms", _quantile(times, 0.99), "ms", method, 80),
        Figure("insert_max_ms", _quantile(times, 1.0), "ms", method),
        Figure("statements_each", max(sent), "statements", method + ", the most"),
        Figure("candidates_mean", round(sum(counts) / len(counts), 2), "subjects", method),
        Figure("candidates_p99", counts[int(0.99 * (len(counts) - 1))], "subjects", method),
        Figure("candidates_max", counts[-1], "subjects", method),
        *_right(database, outcomes, method),
    ]


def _only(session: Session, record: Incoming, judging: Means) -> Outcome:
    (outcome,) = resolve(session, [record], means=judging)
    return outcome


def _right(
    database: Database, outcomes: Sequence[tuple[Outcome, Person]], method: str
) -> list[Figure]:
    """Returns what came of those records: linked, rightly, or put to a human."""
    with psycopg.connect(database.url) as connection:
        rows = connection.execute("SELECT subject, person FROM identity.membership").fetchall()
    whose: dict[int, UUID] = dict(rows)
    linked = [(one, person) for one, person in outcomes if one.verdict == "linked"]
    n_wrong = sum(one.person != whose[person.number + 1] for one, person in linked)
    n_asked = sum(bool(one.review) for one, _ in outcomes)
    share = round(len(linked) / len(outcomes), 4)
    return [
        Figure("linked_share", share, "share", method, lower_is_better=False),
        Figure("asked_share", round(n_asked / len(outcomes), 4), "share", method),
        Figure("linked_wrongly", n_wrong, "records", method, 0),
    ]


_CANDIDATES = """
SELECT (explanation -> 'blocking' ->> 'candidates')::int AS n FROM identity.decision
WHERE subject > %(after)s AND explanation ? 'blocking' ORDER BY n
"""


def _candidates(database: Database, after: int) -> list[int]:
    with psycopg.connect(database.url) as connection:
        return [row[0] for row in connection.execute(_CANDIDATES, {"after": after})]


def _agreement(server: Embedded, crowd: Sequence[Person], size: _Size) -> list[Figure]:
    """Returns of how many subjects a load tells the same as resolving one by one."""
    told = two_sources(crowd[: size.agreed // 2], Random(_SEED + 3))
    with store(server, "singly") as singly, store(server, "together") as together:
        judging = _judging(singly, 2)
        for record in told:
            with singly.session() as session:
                _only(session, record, judging)
        load(together, told, means=_judging(together, 3), processes=os.cpu_count() or 1)
        left, right = story(singly.url), story(together.url)
    method = (
        f"{len(told):,} messages of two sources about {len(left):,} subjects with merges, overlays"
        " and changes: decisions, explanations, links, reviews, barriers, states and keys compared"
    )
    share = agreeing(left, right) / len(left.keys() | right.keys())
    return [Figure("agreement_share", share, "share", method, 1, lower_is_better=False)]


def _again(rng: Random, crowd: Sequence[Person]) -> Person:
    return corrupted(rng.choice(crowd), rng, max(1, len(crowd) // 22))


def _timed(one: Callable[[Person], None], whom: Sequence[Person]) -> list[float]:
    """Returns the milliseconds of each but the first, in order of length."""
    times: list[float] = []
    for person in whom:
        began = time.perf_counter()
        one(person)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times[_WARM:])


def _quantile(times: Sequence[float], share: float) -> float:
    return round(times[int(share * (len(times) - 1))], 2)
