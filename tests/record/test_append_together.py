"""Many writers at once: nothing lost, nothing doubled, nobody waits for ever."""

import threading

import psycopg
import pytest

from careweave.record import append, faults, held, history, read
from careweave.terms import Conflict, Heading
from tests.record.lib import START, Desk, minutes, rows_in, sql, subject_numbers


def together(n, work):
    """Runs `work(i)` in n threads and returns what each raised or None."""
    outcomes = [None] * n

    def run(i):
        try:
            work(i)
        except Conflict as error:
            outcomes[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_of_two_creates_of_one_id_one_is_kept(database):
    with database.session() as session:
        Desk(session).create("first")

    def work(i):
        with database.session() as session:
            Desk(session).create("a1", f"by {i}")

    outcomes = together(6, work)

    assert sum(outcome is None for outcome in outcomes) == 1
    with database.session() as session:
        assert rows_in(Desk(session), "outbox", "ver") == [(1,), (1,)]


def test_updates_at_once_are_all_kept_in_a_row(database):
    with database.session() as session:
        Desk(session).create("a1")

    def work(i):
        for j in range(5):
            with database.session() as session:
                Desk(session).update("a1", f"{i}-{j}", at=START)

    assert together(6, work) == [None] * 6
    with database.session(bulk=True) as session:
        desk = Desk(session)
        rows = history(session, "Observation", "a1", sight=desk.sight, count=100).rows
        assert [row.version for row in rows] == list(range(31, 0, -1))
        assert len({row.updated for row in rows}) == 31


def test_batches_over_the_same_subjects_in_any_order_do_not_block_each_other(database):
    ids = [f"a{i}" for i in range(12)]
    with database.session() as session:
        desk = Desk(session)
        numbers = subject_numbers(session, 12)
        changes = [
            desk.change("C", id_, subject=number) for id_, number in zip(ids, numbers, strict=True)
        ]
        append(session, changes, at=START, actor="x")

    def work(i):
        for j in range(4):
            order = ids[i:] + ids[:i]
            with database.session() as session:
                own = Desk(session)
                refs = [("Observation", id_) for id_ in order]
                now = held(session, refs, sources=frozenset({own.source}), lock=True)
                changes = [
                    own.change("U", id_, f"{i} {j}", held=now["Observation", id_]) for id_ in order
                ]
                append(session, changes, at=minutes(j), actor="x")

    assert together(6, work) == [None] * 6
    with database.session() as session:
        sight = Desk(session).sight
        versions = {read(session, "Observation", id_, sight=sight).version for id_ in ids}
        assert versions == {25}


def test_new_classes_made_at_once_are_the_same(database):
    with database.session() as session:
        Desk(session).create("first")

    def work(i):
        with database.session() as session:
            Desk(session).create(f"a{i}", heading=Heading.MED)

    assert together(6, work) == [None] * 6
    with database.session(bulk=True) as session:
        classes = sql(session, "SELECT count(*) FROM record.access_class")
        assert classes == [(2,)]
        assert [fault for fault in faults(session) if "class" in fault.law] == []


def test_new_subjects_made_at_once_are_the_same(database):
    with database.session() as session:
        Desk(session).create("first")
    found = [None] * 6

    def work(i):
        with database.session() as session:
            found[i] = subject_numbers(session, 20)

    assert together(6, work) == [None] * 6
    assert all(numbers == found[0] for numbers in found)


@pytest.mark.parametrize("n", [1, 50])
def test_who_waits_for_changes_is_woken_once_a_batch(database, n):
    with psycopg.connect(database.url, autocommit=True) as waiting:
        waiting.execute("LISTEN cw_outbox")
        with database.session() as session:
            desk = Desk(session)
            changes = [desk.change("C", f"a{i}") for i in range(n)]
            append(session, changes, at=START, actor="x")
        woken = list(waiting.notifies(timeout=5, stop_after=1))
        woken += list(waiting.notifies(timeout=0.05))
    assert len(woken) == 1
    assert woken[0].payload == ""
