"""Each statement that grows with the region is served by an index, also right after migration."""

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from careweave.db import Database, Embedded, Queries, Query, Session
from careweave.identity import load, means
from tests.identity.coming import Ids, two_sources
from tests.identity.people import people

QUERIES = Queries("careweave.identity")

LARGE = (
    "block_key",
    "decision",
    "event",
    "local_identity",
    "membership",
    "person_pkey",
    "source_record",
)
"""The tables with rows for everybody; the others hold what is out of the ordinary."""

READS = {"Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"}

WHOLE = {
    "again_incomplete",
    "again_next",
    "hot_keys_count",
    "members_sum",
    "norms_some",
    "placeholders_likely",
    "projection_faults",
    "projection_rebuilt",
    "shared_values_count",
}
"""Jobs that look at everybody, or go through an index of what waits, page by page."""

EACH = ["held", "candidates", "people", "model_now", "rules_now", "feed_links_about"]
"""What is asked for every record: also a plan made right after migration must be good for it."""


def read_whole(session: Session, name: str) -> set[str]:
    """The tables, or indexes, that a process reads from end to end for a statement."""
    query = QUERIES[name]
    nothing = ", ".join(["NULL"] * len(query.names))
    given = f"({nothing})" if nothing else ""
    session.script(f"PREPARE looked AS {query.numbered}")
    explain = f"EXPLAIN (FORMAT JSON) EXECUTE looked{given}"
    ((told,),) = session.rows(Query("plan", explain, kept=False))
    session.script("DEALLOCATE looked")
    return {
        place
        for node in nodes(told[0]["Plan"])
        if node["Node Type"] in READS
        and "Index Cond" not in node
        and (place := node.get("Index Name") or node["Relation Name"]).startswith(LARGE)
    }


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan and all that it is made of."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


@pytest.fixture(scope="module")
def large(server: Embedded, template: str) -> Iterator[Database]:
    """Two sources about 1,500 people, counted by the database."""
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        made = Database(server.address(name))
        with made.session() as session:
            judging = means(session, new_person=Ids(1))
        load(made, two_sources(people(1_500, 5), Random(6)), means=judging, processes=1)
        with psycopg.connect(server.address(name), autocommit=True) as inside:
            inside.execute("ANALYZE")
        yield made
        made.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.parametrize("name", EACH)
def test_an_index_serves_it_right_after_migration(database, name):
    # A database of its own: where other tests add rows and take them back, PostgreSQL may have
    # counted the tables as empty, and then it reads them in whatever way.
    with database.session() as session:
        assert read_whole(session, name) == set()


@pytest.mark.slow
def test_indexes_serve_all_others_when_there_are_thousands(large):
    with large.session() as session:
        found = {name: read_whole(session, name) for name in QUERIES if name not in WHOLE}
    assert {name: places for name, places in found.items() if places} == {}


def test_only_jobs_look_at_everybody(large):
    assert set(QUERIES) >= WHOLE
