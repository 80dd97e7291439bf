"""The roles of docs/how-to/database-roles.md do their work, and no more than that."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from careweave import intake, ledger
from careweave import sources as described
from careweave.db import Database, Embedded, Queries, migrate
from tests.lib.arrivals import arrival, message, sources
from tests.lib.arrivals import patient as patient_said
from tests.lib.door import make_door, observation, patient

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "database-roles.md"
NOW = datetime.now(UTC)
ROLES = ("owner", "application", "sealer")


@pytest.fixture
def url_of(server: Embedded) -> Iterator[Callable[[str], str]]:
    """The page, done as it says, under names of its own: gives the address for each role."""
    mark = f"t{uuid.uuid4().hex[:8]}"
    text = PAGE.read_text(encoding="utf-8").replace("careweave_", f"{mark}_")
    roles, grants, _wall = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)

    def url(role: str) -> str:
        return server.address(mark).replace("://careweave@", f"://{mark}_{role}@")

    with psycopg.connect(server.url, autocommit=True) as root:
        root.execute(roles)
        root.execute(f"CREATE DATABASE {mark} OWNER {mark}_owner")
        try:
            owner = Database(url("owner"))
            assert migrate(owner)
            owner.close()
            with psycopg.connect(url("owner"), autocommit=True) as connection:
                connection.execute(grants)
            yield url
        finally:
            root.execute(f"DROP DATABASE {mark} WITH (FORCE)")
            for role in ROLES:
                root.execute(f"DROP ROLE {mark}_{role}")


def refused(url: str, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege), psycopg.connect(url) as connection:
        connection.execute(statement)


def test_the_application_serves_and_can_alter_no_account(url_of: Callable[[str], str]) -> None:
    database = Database(url_of("application"))
    try:
        assert migrate(database) == ()
        door = make_door(database)
        made = door.made(patient())
        written = door.made(observation(made["id"]))
        assert (
            door.ask("PUT", f"/Patient/{made['id']}", {**made, "active": True}).status_code == 200
        )
        assert door.ask("DELETE", f"/Observation/{written['id']}").status_code == 204
        assert door.get(f"/Patient/{made['id']}/$everything").status_code == 200
        assert door.get("//ready").status_code == 200
    finally:
        database.close()
    for statement in (
        "UPDATE ledger.account SET actor = 'x'",
        "DELETE FROM ledger.account",
        "DELETE FROM ledger.seal",
        "INSERT INTO ledger.seal SELECT * FROM ledger.seal",
        "UPDATE db.installation SET secret = 'x'",
        "CREATE SCHEMA more",
        "UPDATE identity.decision SET reason = 'x'",
        "DELETE FROM identity.event",
        "UPDATE identity.membership SET person = person",
        "UPDATE identity.source_record SET source = 'x'",
        "TRUNCATE identity.person CASCADE",
    ):
        refused(url_of("application"), statement)


def test_the_application_takes_messages_in_and_makes_room_for_them(
    url_of: Callable[[str], str],
) -> None:
    database = Database(url_of("application"))
    known = sources()
    try:
        kept = intake.Receiver(database, lambda: known).receive(arrival(message(patient_said())))
        worker = intake.Worker(database, lambda: known, lambda: NOW)
        assert worker.work_once() == 1
        with database.session() as session:
            assert intake.settled(session, [kept.message]) == {
                kept.message: intake.MessageState.DONE
            }
            far = NOW + timedelta(days=400)
            assert intake.keep_partitions(session, now=far, months=0) == 1
        assert intake.tend_identity(database, now=NOW).n_looked == 0
        with database.session(bulk=True) as session:
            assert intake.check_identity(session) == 0
    finally:
        database.close()
    refused(url_of("application"), "CREATE TABLE intake.more (x int)")
    refused(url_of("application"), "DROP TABLE intake.message")


def test_the_application_may_send_every_statement_of_identity(
    url_of: Callable[[str], str],
) -> None:
    queries = Queries("careweave.identity")
    with psycopg.connect(url_of("application"), autocommit=True) as connection:
        for name in queries:
            query = queries[name]
            given = f"({', '.join(['NULL'] * len(query.names))})" if query.names else ""
            connection.execute(f"PREPARE looked AS {query.numbered}".encode())
            # Planned and not run: what a statement would do is checked with the rights of the role.
            assert connection.execute(f"EXPLAIN EXECUTE looked{given}".encode()).fetchall(), name
            connection.execute("DEALLOCATE looked")


def test_the_sealer_seals_and_keeps_statistics_and_reads_no_token(
    url_of: Callable[[str], str], tmp_path: Path
) -> None:
    application = Database(url_of("application"))
    make_door(application).made(patient())
    application.close()
    database = Database(url_of("sealer"))
    try:
        assert migrate(database) == ()
        with database.session(bulk=True) as session:
            intake.keep_statistics(session)
            intake.expire_receipts(session, now=NOW)
            intake.keep_partitions(session, now=NOW)
            intake.expire_seen(session, before=NOW)
            described.forget_live(session, now=NOW)
            described.forget_coverage(session, now=NOW)
            described.forget_feed_counts(session, now=NOW)
        with database.session() as session:
            assert ledger.seal(session, now=NOW, key=ledger.SealKey.load(tmp_path / "key"))
    finally:
        database.close()
    for statement in (
        "SELECT 1 FROM access.client",
        "SELECT 1 FROM intake.body",
        "DELETE FROM ledger.account",
    ):
        refused(url_of("sealer"), statement)
