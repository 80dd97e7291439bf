"""Laws of Session and Database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from careweave.db import FOREVER, NEVER, Database, Session, join, parameter, piece, whole
from careweave.terms import Busy, Fault, Incorrect, TooCostly, Unavailable


def ask(text):
    return whole(piece(text))


VALUES = {
    "bool": True,
    "int2": -3,
    "int4": 70_000,
    "int8": -(2**60),
    "text": "naïve ☤",
    "bytea": b"\x00\xff",
    "timestamptz": datetime(2026, 3, 1, 12, 0, 0, 123456, UTC),
    "date": date(1931, 5, 6),
    "numeric": Decimal("0.10"),
    "float8": 0.1,
    "uuid": UUID(int=5),
    "interval": timedelta(days=2, microseconds=7),
    "xid8": 12345678901,
    '"char"': "U",
    "int2[]": [1, None, 3],
    "int4[]": [1, 2, 3],
    "int8[]": [2**40, -1],
    "text[]": ["a", None, "b,{}"],
    "bytea[]": [b"", None, b"x"],
    "timestamptz[]": [FOREVER, NEVER, None],
    "numeric[]": [Decimal("1.50"), Decimal("-3E+4")],
    "bool[]": [True, False],
    "uuid[]": [UUID(int=1)],
    "date[]": [date(2020, 2, 29)],
    "float8[]": [1.5],
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_comes_back_as_it_went_in(session: Session, kind):
    value = VALUES[kind]
    assert session.rows(ask(f"SELECT %(v)s::{kind}"), v=value) == [(value,)]
    assert session.rows(ask(f"SELECT %(v)s::{kind}"), v=None) == [(None,)]
    if kind.endswith("[]"):
        assert session.rows(ask(f"SELECT %(v)s::{kind}"), v=[]) == [([],)]


def test_infinity_is_the_last_moment(session: Session):
    q = ask("SELECT 'infinity'::timestamptz, '-infinity'::timestamptz")
    assert session.row(q) == (FOREVER, NEVER)


def test_a_percent_sign_may_stand_alone(session: Session):
    assert session.row(ask("SELECT 'a' LIKE '%%a', 5 % 3")) == (True, 2)


def test_a_missing_or_unknown_parameter_is_named(session: Session):
    with pytest.raises(Fault, match="generated"):
        session.rows(ask("SELECT %(v)s::int"), w=1)


def test_generated_pieces_bind_their_values(session: Session):
    made = whole(
        join(" ", [piece("SELECT"), parameter("p", 1), piece("::int +"), parameter("p", 2)])
    )
    assert session.rows_of(made, {"p1": 1, "p2": 2}) == [(3,)]


@pytest.fixture
def table(database: Database):
    with database.session() as session:
        session.script("CREATE TABLE public.t (n int PRIMARY KEY)")
    return database


ADD = "INSERT INTO public.t (n) VALUES (%(n)s)"
COUNT = "SELECT count(*) FROM public.t"


def count(database):
    with database.reading() as session:
        return session.row(ask(COUNT))[0]


def test_a_session_commits_at_its_end_and_rolls_back_on_error(table):
    with table.session() as session:
        assert session.run(ask(ADD), n=1) == 1
    with pytest.raises(ZeroDivisionError), table.session() as session:
        session.run(ask(ADD), n=2)
        raise ZeroDivisionError
    assert count(table) == 1


def test_what_is_deferred_commits_with_the_session(table):
    with table.session() as session:
        before = session.n_sent
        session.defer(ask(ADD), n=1)
        session.defer(ask(ADD), n=2)
        assert session.n_sent == before
    assert count(table) == 2


def test_a_deferred_failure_undoes_everything(table):
    with pytest.raises(Exception, match="already held"), table.session() as session:
        session.run(ask(ADD), n=1)
        session.defer(ask(ADD), n=2)
        session.defer(ask(ADD), n=2)
    assert count(table) == 0


def test_a_pipeline_sends_all_at_once(table):
    with table.session() as session:
        with session.pipeline():
            for n in range(20):
                assert session.run(ask(ADD), n=n) == -1
        assert session.row(ask(COUNT)) == (20,)


def test_reading_keeps_each_statement(table):
    with pytest.raises(ZeroDivisionError), table.reading() as session:
        session.run(ask(ADD), n=1)
        raise ZeroDivisionError
    assert count(table) == 1


def test_a_snapshot_sees_one_state_and_cannot_write(table):
    with table.session(snapshot=True) as session:
        assert session.row(ask(COUNT)) == (0,)
        with table.session() as other:
            other.run(ask(ADD), n=1)
        assert session.row(ask(COUNT)) == (0,)
    with pytest.raises(Unavailable, match="reading alone"), table.session(snapshot=True) as session:
        session.run(ask(ADD), n=2)


def test_copy_takes_rows_in_the_same_transaction(table):
    with pytest.raises(ZeroDivisionError), table.session() as session:
        with session.copy(ask("COPY public.t (n) FROM STDIN (FORMAT BINARY)")) as copy:
            copy.set_types(["int4"])
            for n in range(100):
                copy.write_row((n,))
        assert session.row(ask(COUNT)) == (100,)
        raise ZeroDivisionError
    assert count(table) == 0


def test_a_slow_statement_is_too_costly(database):
    with pytest.raises(TooCostly), database.reading() as session:
        session.script("SET statement_timeout = '50ms'")
        session.rows(ask("SELECT pg_sleep(2)"))


def test_an_impossible_value_is_incorrect_and_not_repeated(database):
    with pytest.raises(Incorrect) as raised, database.reading() as session:
        session.rows(ask("SELECT %(v)s::text"), v="secret\x00")
    assert "secret" not in str(raised.value)


def test_who_waits_too_long_for_a_connection_is_told_busy(server, template):
    database = Database(server.url, size=1, wait_s=0.05)
    with database.reading(), pytest.raises(Busy), database.reading():
        pass
    with database.reading() as session:
        assert session.row(ask("SELECT 1")) == (1,)
    database.close()


def test_memos_are_made_once_until_forgotten(database):
    made = []

    def make(session):
        made.append(1)
        return ["x"]

    for _ in range(2):
        with database.reading() as session:
            assert session.memo(list, make) == ["x"]
    with database.reading() as session:
        session.forget(list)
        session.memo(list, make)
    assert len(made) == 2


def test_the_secret_is_made_once(database):
    again = Database(database.url)
    assert len(database.secret) == 32
    assert again.secret == database.secret
    again.close()
