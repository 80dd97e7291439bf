"""Laws of the pool."""

import threading

import pytest

from careweave.db import Database, piece, whole
from careweave.terms import Busy, Unavailable

ONE = whole(piece("SELECT 1"))
SLEEP = whole(piece("SELECT pg_sleep(%(s)s::float8)"))


def test_many_threads_share_few_connections(server):
    database = Database(server.url, size=2, wait_s=30)
    answers = []

    def work():
        for _ in range(20):
            with database.reading() as session:
                answers.append(session.row(ONE))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(1,)] * 320
    assert database.pool() == {"open": 2, "idle": 2, "waiting": 0, "most": 2}
    database.close()


def test_who_waits_gets_the_connection_that_is_given_back(server):
    database = Database(server.url, size=1, wait_s=20)
    entered, got = threading.Event(), threading.Event()

    def wait():
        entered.set()
        with database.reading():
            got.set()

    with database.reading():
        thread = threading.Thread(target=wait)
        thread.start()
        entered.wait(10)
        while database.pool()["waiting"] == 0:
            threading.Event().wait(0.001)
        assert not got.is_set()
    assert got.wait(10)
    thread.join()
    database.close()


def test_a_failed_statement_leaves_a_usable_connection(server):
    database = Database(server.url, size=1, wait_s=0.1)
    for _ in range(3):
        with pytest.raises(Exception, match="refused"), database.session() as session:
            session.rows(whole(piece("SELECT 1/0 FROM missing.table_")))
        with database.reading() as session:
            assert session.row(ONE) == (1,)
    database.close()


def test_an_interrupted_statement_takes_its_connection_with_it(server):
    database = Database(server.url, size=1, wait_s=0.1)
    with pytest.raises(KeyboardInterrupt), database.session() as session:
        session.rows(ONE)
        raise KeyboardInterrupt
    with database.reading() as session:
        assert session.row(ONE) == (1,)
    database.close()


def test_a_server_that_is_not_there_is_unavailable_and_leaves_no_hole_in_the_pool():
    database = Database("postgresql://x@/x?host=/nowhere", size=1, wait_s=0.1)
    for _ in range(3):
        with pytest.raises(Unavailable), database.reading():
            pass
    assert database.pool()["open"] == 0


def test_a_closed_database_gives_no_session(server):
    database = Database(server.url)
    with database.reading() as session:
        session.row(ONE)
        database.close()
    assert database.pool()["open"] == 0
    with pytest.raises(Unavailable), database.reading():
        pass


def test_a_connection_that_the_server_ended_is_replaced(server, database):
    with database.reading() as session:
        (backend,) = session.row(whole(piece("SELECT pg_backend_pid()")))
    other = Database(server.url)
    with other.reading() as session:
        session.rows(whole(piece("SELECT pg_terminate_backend(%(pid)s, 5000)")), pid=backend)
    other.close()
    with pytest.raises(Unavailable), database.reading() as session:
        session.row(ONE)
    with database.reading() as session:
        assert session.row(ONE) == (1,)


def test_a_bulk_session_may_take_longer(database):
    with database.session(bulk=True) as session:
        assert session.row(whole(piece("SHOW statement_timeout"))) == ("1min",)
    with database.reading() as session:
        assert session.row(whole(piece("SHOW statement_timeout"))) == ("5s",)


def test_a_lock_that_somebody_holds_is_told_as_busy(database):
    lock = whole(piece("SELECT pg_advisory_xact_lock(1)"))
    with database.session() as first:
        first.row(lock)
        with pytest.raises(Busy), database.session() as second:
            second.script("SET LOCAL lock_timeout = '50ms'")
            second.row(lock)


def test_generated_statements_do_not_pile_up(database):
    with database.reading() as session:
        for n in range(230):
            session.row(whole(piece(f"SELECT {n}")))
        (kept,) = session.row(whole(piece("SELECT count(*) FROM pg_prepared_statements")))
    assert kept <= 201


def test_the_secret_needs_no_second_connection(database):
    one = Database(database.url, size=1, wait_s=0.1)
    with one.reading() as session:
        assert session.secret == database.secret
    one.close()
