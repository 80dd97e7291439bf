"""Each statement that grows with the region is served by an index, also right after migration."""

import re

import pytest

from careweave.db import Queries, Query
from careweave.record import append
from careweave.record._compile_policy import Shape, shaped
from tests.record.lib import START, Desk, minutes, subject_numbers

QUERIES = Queries("careweave.record")

GROWING = [
    "held",
    "held_locks",
    "held_for_update",
    "parents",
    "taken",
    "located",
    "read",
    "read_version",
    "history_of_entry",
    "history_of_type",
    "type_as_of",
    "entries_of",
    "timeline",
    "as_of",
    "create",
    "supersede",
    "withdraw",
    "erase",
    "subjects_of",
    "subjects_of_authority",
    "receipt",
    "fault_sample",
]


READING = [
    "kinds",
    "outline",
    "tied",
    *(name for name in GROWING if "%(bits)s" in QUERIES[name].text),
]
SHAPES = [Shape.CONDITIONAL, Shape.CONDITIONAL | Shape.COHORTS | Shape.CHOICES | Shape.RANKED]


def plan_of(session, name: str, shape: Shape = Shape.PLAIN) -> str:
    """The generic plan of a named statement, as a process would get it."""
    query = shaped(QUERIES[name], shape)
    nothing = ", ".join(["NULL"] * len(query.names))
    session.script(f"PREPARE looked AS {query.numbered}")
    lines = session.rows(Query("plan", f"EXPLAIN EXECUTE looked({nothing})", kept=False))
    session.script("DEALLOCATE looked")
    return "\n".join(line[0] for line in lines)


def scanned(plan: str) -> set[str]:
    """The tables that the plan reads from end to end, but for the one-row dictionary."""
    return set(re.findall(r"Seq Scan on (\w+)", plan)) - {"dictionary"}


@pytest.mark.parametrize("name", GROWING)
def test_an_index_serves_it_while_tables_are_empty(session, name):
    assert scanned(plan_of(session, name)) == set()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", READING)
def test_an_index_serves_every_condition_while_tables_are_empty(session, name, shape):
    assert scanned(plan_of(session, name, shape)) == set()


@pytest.fixture(scope="module")
def large(server, template):
    """20,000 entries of 2,000 subjects, counted by the database."""
    import uuid

    import psycopg

    from careweave.db import Database

    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        made = Database(server.address(name))
        with made.session(bulk=True) as session:
            desk = Desk(session)
            numbers = subject_numbers(session, 2000)
            for start in range(0, 20_000, 2000):
                changes = [
                    desk.change(
                        "C",
                        f"a{i}",
                        subject=numbers[i % 2000],
                        tok=(i, i % 50),
                        posted=(i,),
                        code=i % 100,
                        low=minutes(i),
                        high=minutes(i),
                    )
                    for i in range(start, start + 2000)
                ]
                append(session, changes, at=minutes(start), actor="x")
        connection.execute("SELECT 1")
        with psycopg.connect(server.address(name), autocommit=True) as inside:
            inside.execute("ANALYZE")
        yield made
        made.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("name", GROWING)
def test_an_index_serves_it_at_twenty_thousand_entries(large, name):
    with large.session() as session:
        assert scanned(plan_of(session, name)) == set()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", READING)
def test_an_index_serves_every_condition_at_twenty_thousand_entries(large, name, shape):
    with large.session() as session:
        plan = plan_of(session, name, shape)
    assert scanned(plan) == set()
    # No table is read from end to end by way of its index either, nor gathered into a hash.
    assert "hashed SubPlan" not in plan


@pytest.mark.parametrize("shape", [Shape.PLAIN, *SHAPES])
@pytest.mark.parametrize("name", ["history_of_type"])
def test_a_page_of_a_type_is_not_sorted(large, name, shape):
    with large.session() as session:
        plan = plan_of(session, name, shape)
    assert "Sort  (" not in plan.replace("Incremental Sort  (", "")


def test_the_first_page_of_a_type_is_its_newest_rows(large):
    from careweave.record import history, open_source
    from tests.record.lib import sight_of

    with large.session() as session:
        sight = sight_of(open_source(session, "acute", "epr", "fhir"))
        page = history(session, "Observation", None, sight=sight, count=20)
        assert len(page.rows) == 20
        assert page.rows[0].updated > START
