"""A role that only reads never reads what is sealed, even past every predicate."""

import psycopg
import pytest

from careweave.record._dictionaries import bits_of
from careweave.record._growth import SEALED
from careweave.terms import Label
from tests.record.lib import Desk, minutes


@pytest.fixture
def store(database):
    """Entries with and without a seal, of two sources; one entry has an older version."""
    with database.session() as session:
        acute, gp = Desk(session), Desk(session, "gp", "p2")
        acute.create("open")
        acute.create("labelled", labels=frozenset({Label.S1}))
        acute.create("sealed", labels=frozenset({Label.S8, Label.S1}))
        acute.create("restricted", labels=frozenset({Label.VERY_RESTRICTED}))
        gp.create("elsewhere")
    with database.session() as session:
        again = Desk(session)
        again.update("open", "b", at=minutes(1))
    return database


def read_as(database, role: str, statement: str = "SELECT id FROM record.resource ORDER BY id"):
    """What a role reads."""
    with psycopg.connect(database.url) as connection:
        connection.execute("GRANT USAGE ON SCHEMA record TO careweave_reader")
        connection.execute("GRANT SELECT ON record.resource, record.version TO careweave_reader")
        connection.execute(f"SET LOCAL ROLE {role}".encode())
        rows = connection.execute(statement.encode()).fetchall()
        connection.rollback()
    return [row[0] for row in rows]


def test_who_only_reads_never_reads_what_is_sealed_nor_a_version_that_was_replaced(store):
    assert read_as(store, "careweave_reader") == ["elsewhere", "labelled", "open"]
    assert read_as(store, "careweave_reader", "SELECT id FROM record.version") == []
    assert read_as(store, "careweave") == ["elsewhere", "labelled", "open", "restricted", "sealed"]
    assert read_as(store, "careweave", "SELECT id FROM record.version") == ["open"]


def test_a_source_that_is_switched_off_is_behind_the_wall(store):
    with psycopg.connect(store.url) as connection:
        (number,) = connection.execute(
            "SELECT source FROM record.source WHERE org = 'gp'"
        ).fetchone()
        connection.execute("SELECT record.build_wall(ARRAY[%s]::smallint[])", (number,))
    assert read_as(store, "careweave_reader") == ["labelled", "open"]


def test_the_wall_asks_no_other_table_and_the_seal_is_that_of_the_code(store):
    with psycopg.connect(store.url) as connection:
        rules = dict(
            connection.execute(
                "SELECT tablename, qual FROM pg_policies WHERE policyname = 'wall'"
            ).fetchall()
        )
        sealed = connection.execute(
            "SELECT bits FROM record.label_set WHERE label_set < 0"
        ).fetchall()
    assert not any("SELECT" in rule for rule in rules.values())
    assert set(rules) == {"resource", "version"}
    assert all(bits & bits_of(SEALED) for (bits,) in sealed)
    assert len(sealed) == 2
    assert bits_of(SEALED) == 16512
