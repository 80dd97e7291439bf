"""Laws of the queue: in order per lane, once each, never lost, never stuck."""

import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careweave.db import Database, Job, Queue, Wake, keep_working, work_once
from careweave.db._queue import CHANNEL
from careweave.terms import Conflict, NotFound
from tests.lib.cases import cases

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def put(database, *lanes, queue=None, kind="k", **more):
    queue = queue or Queue()
    with database.session() as session:
        return [
            queue.put(session, kind, {"n": n}, lane=lane, **more) for n, lane in enumerate(lanes)
        ]


def claim(database, queue=None, worker="w", now=None, kinds=("k",), most=10):
    with database.session() as session:
        return (queue or Queue()).claim(session, kinds, worker, now=now, most=most)


def finish(database, job, queue=None):
    with database.session() as session:
        (queue or Queue()).finish(session, job)


def fail(database, job, queue=None, now=None):
    with database.session() as session:
        (queue or Queue()).fail(session, job, "transient", now=now)


def test_a_job_comes_back_as_it_was_put(database):
    (number,) = put(database, "a")
    (job,) = claim(database)
    assert job == Job(number, "k", "a", {"n": 0}, 1, 1)
    finish(database, job)
    assert claim(database) == ()


def test_a_job_of_a_transaction_that_is_undone_never_was(database):
    with pytest.raises(ZeroDivisionError), database.session() as session:
        Queue().put(session, "k", {})
        raise ZeroDivisionError
    assert claim(database) == ()


def test_a_lane_gives_one_job_at_a_time_in_order(database):
    numbers = put(database, "a", "a", "b", None, None)
    first = claim(database)
    assert [job.id for job in first] == [numbers[0], numbers[2], numbers[3], numbers[4]]
    assert claim(database) == ()
    finish(database, first[0])
    assert [job.id for job in claim(database)] == [numbers[1]]


def test_a_lane_waits_while_its_first_job_waits_for_another_attempt(database):
    one, two = put(database, "a", "a")
    (job,) = claim(database)
    fail(database, job)
    assert claim(database) == ()
    later = datetime.now(UTC) + timedelta(minutes=1)
    (again,) = claim(database, now=later)
    assert (again.id, again.n_attempts) == (one, 2)
    finish(database, again)
    assert [job.id for job in claim(database)] == [two]


def test_a_dead_job_is_kept_and_lets_its_lane_go_on(database):
    queue = Queue(most_attempts=1)
    one, two = put(database, "a", "a")
    (job,) = claim(database, queue)
    fail(database, job, queue)
    (following,) = claim(database, queue)
    assert following.id == two
    with database.session() as session:
        (dead,) = queue.dead(session)
        assert (dead.id, dead.reason, dead.n_attempts) == (one, "transient", 1)
        queue.revive(session, one)
        assert queue.dead(session) == ()
        with pytest.raises(NotFound):
            queue.revive(session, one)
    finish(database, following)
    assert [job.id for job in claim(database)] == [one]


def test_a_lease_that_ended_is_given_to_somebody_else_and_fences_the_first(database):
    queue = Queue(lease_s=10)
    put(database, "a", queue=queue, run_at=NOW)
    (mine,) = claim(database, queue, now=NOW)
    assert claim(database, queue, now=NOW + timedelta(seconds=9)) == ()
    (theirs,) = claim(database, queue, now=NOW + timedelta(seconds=10))
    assert (theirs.id, theirs.fence) == (mine.id, mine.fence + 1)
    with pytest.raises(Conflict):
        finish(database, mine)
    with pytest.raises(Conflict), database.session() as session:
        queue.renew(session, mine, now=NOW)
    fail(database, mine)
    finish(database, theirs)


def test_a_renewed_lease_lasts_longer(database):
    queue = Queue(lease_s=10)
    put(database, "a", queue=queue, run_at=NOW)
    (job,) = claim(database, queue, now=NOW)
    with database.session() as session:
        queue.renew(session, job, now=NOW + timedelta(seconds=9))
    assert claim(database, queue, now=NOW + timedelta(seconds=18)) == ()


def test_a_job_whose_workers_are_lost_again_and_again_is_dead(database):
    queue = Queue(lease_s=10, most_attempts=3)
    put(database, "a", queue=queue, run_at=NOW)
    for n in range(3):
        assert len(claim(database, queue, now=NOW + timedelta(seconds=10 * n))) == 1
    assert claim(database, queue, now=NOW + timedelta(seconds=30)) == ()
    with database.session() as session:
        assert [dead.reason for dead in queue.dead(session)] == ["lease-lost"]


def test_a_job_runs_no_sooner_than_asked(database):
    put(database, "a", run_at=NOW + timedelta(hours=1))
    assert claim(database, now=NOW) == ()
    assert len(claim(database, now=NOW + timedelta(hours=1))) == 1


def test_a_job_with_a_key_is_put_once_until_it_is_done(database):
    queue = Queue()

    def once():
        with database.session() as session:
            return queue.put_once(session, "k", {}, unique_key="statistics")

    assert once()
    assert not once()
    (job,) = claim(database)
    assert not once()
    finish(database, job)
    assert once()


def test_a_worker_takes_its_own_kinds_only(database):
    put(database, "a", kind="other")
    assert claim(database) == ()
    assert len(claim(database, kinds=("k", "other"))) == 1


@given(st.integers(1, 60))
def test_delays_never_shrink_until_their_bound(n):
    queue = Queue()
    job = Job(n * 7, "k", None, {}, n, 1)
    following = Job(n * 7, "k", None, {}, n + 1, 1)
    assert queue.delay(job) < timedelta(seconds=queue.most_delay_s * 1.25)
    if queue.delay(following) < timedelta(seconds=queue.most_delay_s):
        assert queue.delay(job) < queue.delay(following)


def test_two_workers_never_hold_one_lane_and_all_is_done_in_order_once(database):
    lanes = [f"lane{n % 7}" for n in range(140)]
    put(database, *lanes)
    held: set[str] = set()
    done: dict[str, list[int]] = {}
    lock = threading.Lock()
    faults: list[str] = []

    def handler(session, job):
        with lock:
            if job.lane in held:
                faults.append(job.lane)
            held.add(job.lane)
        with lock:
            held.discard(job.lane)
            done.setdefault(job.lane, []).append(job.args["n"])

    def work(name):
        while work_once(database, Queue(), {"k": handler}, worker=name):
            pass

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    work("last")
    assert faults == []
    assert sum(len(ns) for ns in done.values()) == 140
    assert all(ns == sorted(ns) for ns in done.values())


def test_a_handler_that_raises_has_its_effects_undone_and_is_tried_again(database):
    put(database, "a")
    with database.session() as session:
        session.script("CREATE TABLE public.effect (n int)")

    def handler(session, job):
        session.script("INSERT INTO public.effect VALUES (1)")
        if job.n_attempts == 1:
            raise ZeroDivisionError

    queue = Queue(first_delay_s=0.0)
    assert work_once(database, queue, {"k": handler}, worker="w") == 1
    assert work_once(database, queue, {"k": handler}, worker="w") == 1
    assert work_once(database, queue, {"k": handler}, worker="w") == 0
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT count(*) FROM public.effect").fetchone() == (1,)


def test_a_wake_comes_with_the_commit_and_is_only_a_wake(database):
    wake = Wake(database.url)
    assert not wake.wait(0.01)
    put(database, "a", "b")
    assert wake.wait(5)
    assert not wake.wait(0.01)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        )
    assert not wake.wait(0.5)
    assert not wake.wait(0.01)
    put(database, "a")
    assert wake.wait(5)
    wake.close()


def test_a_worker_does_what_is_put_until_it_is_told_to_stop(database):
    stop, seen = threading.Event(), threading.Event()
    worker = threading.Thread(
        target=keep_working,
        args=(database, Queue(), {"k": lambda *_: seen.set()}),
        kwargs={"worker": "w", "stop": stop},
    )
    worker.start()
    put(database, "a")
    assert seen.wait(10)
    stop.set()
    worker.join(10)
    assert not worker.is_alive()
    assert claim(database) == ()


def test_a_killed_worker_leaves_its_job_to_another_when_the_lease_ends(database):
    put(database, "a")
    script = textwrap.dedent(
        f"""
        import sys, time
        from careweave.db import Database, Queue
        database = Database({database.url!r})
        with database.session() as session:
            session.script("CREATE TABLE public.effect (n int)")
        with database.session() as session:
            (job,) = Queue(lease_s=0.2).claim(session, ["k"], "doomed")
        with database.session() as session:
            session.script("INSERT INTO public.effect VALUES (1)")
            print("working", flush=True)
            time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as doomed:
        assert doomed.stdout.readline() == b"working\n"
        doomed.kill()
    (job,) = claim(database, now=datetime.now(UTC) + timedelta(seconds=1))
    assert job.n_attempts == 2
    finish(database, job)
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT count(*) FROM public.effect").fetchone() == (0,)


@settings(max_examples=cases(25))
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from(["a", "b"])),
            st.tuples(st.sampled_from(["claim", "finish", "fail", "expire"]), st.just("")),
        ),
        max_size=25,
    )
)
def test_whatever_happens_nothing_is_lost_or_done_twice(queue_database, steps):
    """A model of one list a lane, against the real queue."""
    queue = Queue(lease_s=10, most_attempts=1000)
    now = NOW
    waiting: dict[str, list[int]] = {"a": [], "b": []}
    held: dict[str, Job] = {}
    for step, lane in steps:
        now += timedelta(seconds=1)
        if step == "put":
            waiting[lane] += put(queue_database, lane, queue=queue, run_at=now)
        elif step == "claim":
            jobs = claim(queue_database, queue, now=now)
            for job in jobs:
                assert job.id == waiting[job.lane][0]
                held[job.lane] = job
        elif step == "finish" and held:
            name, job = held.popitem()
            finish(queue_database, job, queue)
            assert waiting[name].pop(0) == job.id
        elif step == "fail" and held:
            fail(queue_database, held.popitem()[1], queue, now=now)
            now += timedelta(hours=2)
            held.clear()
        elif step == "expire":
            now += timedelta(hours=2)
            held.clear()
    while any(waiting.values()):
        now += timedelta(hours=2)
        for job in claim(queue_database, queue, now=now):
            assert waiting[job.lane].pop(0) == job.id
            finish(queue_database, job, queue)
    assert claim(queue_database, queue, now=now + timedelta(hours=2)) == ()


@pytest.fixture(scope="module")
def queue_database(server, template):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE queue_model TEMPLATE {template}")
        made = Database(server.address("queue_model"))
        yield made
        made.close()
        connection.execute("DROP DATABASE queue_model WITH (FORCE)")


def test_a_long_lane_in_front_does_not_slow_the_others(database):
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO db.job (kind, lane, args, due_at)"
            " SELECT 'k', CASE WHEN n <= 5000 THEN 'busy' ELSE 'l' || n END, '{}', now()"
            " FROM generate_series(1, 5100) AS n"
        )
        connection.execute("ANALYZE db.job")
    jobs = claim(database, most=10)
    assert len(jobs) == 10
    assert sum(job.lane == "busy" for job in jobs) == 1


def test_the_channel_is_one_name(database):
    assert CHANNEL.isidentifier()
