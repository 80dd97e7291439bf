"""A load of many records: the same decisions as one by one, safe to be killed and begun again."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from random import Random
from uuid import uuid4

import psycopg
import pytest

from careweave.db import Database, Embedded, Query, Session
from careweave.identity import Incoming, Means, Outcome, load, means, resolve, rules
from careweave.identity._ahead import _begin, end_after, say
from careweave.identity._coming import come
from careweave.identity._limits import limits
from careweave.identity._pack import unpack
from careweave.terms import Conflict, Unavailable
from tests.identity.coming import Ids, first_source, two_sources
from tests.identity.people import people
from tests.identity.story import Story, agreeing, story

_NARROW = replace(limits(), hot_key=2)


@pytest.fixture(scope="module")
def told() -> list[Incoming]:
    """Two sources about 150 people: merges, moves, overlays and twins among them."""
    return two_sources(people(150, 11), Random(12))


@pytest.fixture
def other(server: Embedded, template: str) -> Iterator[Database]:
    """A second store."""
    yield from store(server, template)


@pytest.fixture(scope="module")
def singly(server: Embedded, template: str, told: list[Incoming]) -> Iterator[Story]:
    """What resolving them one by one comes to."""
    for database in store(server, template):
        judged = judging(database, 1)
        for one in told:
            with database.session() as session:
                resolve(session, [one], means=judged)
        yield story(database.url)


def store(server: Embedded, template: str) -> Iterator[Database]:
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode()
        )
        made = Database(server.address(name))
        yield made
        made.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def judging(database: Database, seed: int) -> Means:
    with database.session() as session:
        return means(session, new_person=Ids(seed))


def differing(ours: Story, theirs: Story) -> set[int]:
    found = {one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one)}
    assert len(ours) - agreeing(ours, theirs) == len(found)
    return found


@pytest.mark.parametrize("batch", [1, 7, 2_000])
def test_a_load_decides_exactly_as_one_by_one(database, singly, told, batch):
    done = load(database, told, means=judging(database, 2), processes=1, batch=batch)
    assert differing(singly, story(database.url)) == set()
    assert done.n_new + done.n_linked + done.n_unchanged + done.n_others == len(told)
    assert done.n_linked > 50
    assert done.n_asked >= 1


def test_several_processes_decide_as_one(database, singly, told):
    load(database, iter(told), means=judging(database, 2), processes=2, batch=40)
    assert differing(singly, story(database.url)) == set()


def test_keys_too_common_are_left_out_alike(database, other):
    """Two people of one birth date who share nothing rarer: neither is looked at, and both know."""
    crowd = [
        replace(one, born="1980-01-01", nhs="", family=f"Smith{'abc'[at % 3]}")
        for at, one in enumerate(people(60, 3))
    ]
    judged = [replace(judging(one, 1), limits=_NARROW) for one in (database, other)]
    for one in first_source(crowd):
        with database.session() as session:
            resolve(session, [one], means=judged[0])
    load(other, first_source(crowd), means=judged[1], processes=1)
    assert differing(story(database.url), story(other.url)) == set()
    with other.reading() as session:
        query = "SELECT count(*) FROM identity.local_identity WHERE is_incomplete"
        assert session.rows(Query("incomplete", query, kept=False))[0][0] > 0


class _Stop(Exception):
    """Ends a load as a kill would: between two statements, nothing of the batch kept."""


class _After:
    """Stops a load in its n-th batch, after all of it was written but nothing committed."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def __call__(self, _session: Session, _outcomes: list[Outcome]) -> None:
        self.left -= 1
        if not self.left:
            raise _Stop


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_a_load_that_was_stopped_goes_on_where_it_was(database, other, told, batches):
    once = list({one.subject: one for one in reversed(told)}.values())
    load(database, once, means=judging(database, 1), processes=1)
    with pytest.raises(_Stop):
        load(other, once, means=judging(other, 2), processes=1, batch=50, settle=_After(batches))
    with other.reading() as session:
        assert len(kept(session)) == 50 * (batches - 1)
    again = load(other, once, means=judging(other, 3), processes=1, batch=50)
    assert again.n_unchanged == 50 * (batches - 1)
    assert differing(story(database.url), story(other.url)) == set()


def kept(session: Session) -> list[tuple[object, ...]]:
    return session.rows(Query("kept", "SELECT subject FROM identity.local_identity", kept=False))


def test_what_is_loaded_again_says_nothing_new(database):
    crowd = people(120, 3)
    load(database, first_source(crowd), means=judging(database, 1), processes=1)
    before = story(database.url)
    again = load(database, first_source(crowd), means=judging(database, 2), processes=1)
    assert again.n_unchanged == 120
    assert story(database.url) == before


def test_each_batch_is_settled_in_its_own_transaction(database):
    seen: list[list[int]] = []

    def settle(session: Session, outcomes: list[Outcome]) -> None:
        seen.append([one.subject for one in outcomes])
        if len(seen) == 3:
            raise Conflict("The third is refused.")

    with pytest.raises(Conflict):
        load(
            database,
            first_source(people(100, 3)),
            means=judging(database, 1),
            processes=1,
            settle=settle,
            batch=40,
        )
    assert [len(one) for one in seen] == [40, 40, 20]
    with database.reading() as session:
        assert sorted(row[0] for row in kept(session)) == list(range(1, 81))


def test_nothing_to_load_is_no_trouble(database):
    done = load(database, (), means=judging(database, 1), processes=2)
    assert (done.n_new, done.n_linked, done.n_asked) == (0, 0, 0)


@pytest.mark.parametrize("was_frozen", [False, True])
def test_the_collector_is_left_as_it_was(database, was_frozen):
    thresholds, of_the_run = gc.get_threshold(), gc.get_freeze_count() > 0
    try:
        gc.freeze() if was_frozen else gc.unfreeze()
        load(database, (), means=judging(database, 1), processes=1)
        assert gc.get_threshold() == thresholds
        assert (gc.get_freeze_count() > 0) is was_frozen
    finally:
        # The run itself lets the collector pass by its tests; see `tests/conftest.py`.
        gc.freeze() if of_the_run else gc.unfreeze()


def test_a_process_that_is_killed_stops_the_load_with_what_to_do(database):
    def settle(_session: Session, _outcomes: list[Outcome]) -> None:
        for one in multiprocessing.active_children():
            os.kill(one.pid, signal.SIGKILL)

    records = first_source(people(400, 3))
    with pytest.raises(Unavailable, match="begin it again"):
        load(
            database,
            records,
            means=judging(database, 1),
            processes=2,
            settle=settle,
            batch=20,
        )


def test_what_is_read_elsewhere_is_what_is_read_here(database, told):
    judged = judging(database, 1)
    for one in islice(told, 40):
        here = come(one, judged)
        ((raw, norm, found),) = say(
            [(one.demographics, one.policy.numbers, one.at.date())], rules()
        )
        assert (raw, unpack(norm)) == (here.raw, here.norm)
        assert found == [(key.key, key.kind, key.is_past) for key in here.found]


def test_who_helps_ends_with_the_one_that_was_helped():
    other = multiprocessing.get_context("spawn").Process(target=int)
    other.start()
    ended: list[int] = []
    end_after(other, ended.append)
    assert ended == [1]
    end_after(None, ended.append)
    assert ended == [1]
    # Nobody has started this process, so that nothing ends.
    _begin()
