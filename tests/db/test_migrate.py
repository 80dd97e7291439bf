"""Laws of migrations: forward only, once each, and never changed afterwards."""

import threading

import psycopg
import pytest

from careweave.db import Database, migrate
from careweave.terms import CareweaveError, Unavailable


@pytest.fixture
def empty(server):
    name = f"empty_{threading.get_ident()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        database = Database(server.address(name))
        yield database
        database.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def names(database):
    with psycopg.connect(database.url) as connection:
        return [n for (n,) in connection.execute("SELECT name FROM db.migration ORDER BY at, name")]


def test_every_file_runs_once_in_the_order_of_the_rooms(empty):
    ran = migrate(empty)
    assert migrate(empty) == ()
    rooms = list(dict.fromkeys(name.split("/")[0] for name in ran))
    assert rooms[:2] == ["db", "ledger"]
    assert rooms.index("record") < rooms.index("doors")
    assert sorted(ran) == sorted(names(empty))


def test_several_processes_may_migrate_at_once(empty):
    faults = []

    def run():
        database = Database(empty.url)
        try:
            migrate(database)
        except CareweaveError as error:
            faults.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(names(empty)) == len(set(names(empty))) > 0


def change(database, statement):
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(statement)


def test_a_file_that_changed_after_it_ran_is_refused(database):
    change(database, "UPDATE db.migration SET digest = 'x' WHERE name LIKE 'ledger/%'")
    with pytest.raises(Unavailable, match="ledger/0001"):
        migrate(database)


def test_a_database_of_a_newer_program_is_refused(database):
    change(database, "INSERT INTO db.migration (name, digest) VALUES ('db/9999_future.sql', 'x')")
    with pytest.raises(Unavailable, match="newer"):
        migrate(database)


def test_a_database_that_was_never_migrated_says_so(empty):
    with pytest.raises(CareweaveError):
        _ = empty.secret


def test_a_migration_that_fails_leaves_nothing(database):
    change(database, "DELETE FROM db.migration WHERE name = 'ledger/0001_accounts.sql'")
    before = names(database)
    with pytest.raises(CareweaveError, match="42P06"):
        migrate(database)
    assert names(database) == before


def test_every_table_and_column_says_what_it_is(database):
    with psycopg.connect(database.url) as connection:
        silent = connection.execute(
            "SELECT c.oid::regclass::text, a.attname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('db', 'ledger', 'access')"
            " AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)"
        ).fetchall()
    assert silent == []
