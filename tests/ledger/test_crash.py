"""What was recorded before a crash is there after it, and the tree still holds."""

import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from careweave.db import Database, Embedded, migrate
from careweave.ledger import (
    Account,
    Outcome,
    Recorder,
    SealKey,
    keep_sealing,
    new_id,
    newest_head,
    seal,
    verify,
)
from careweave.terms import CareweaveError, SubjectId

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ROUNDS = 5


def account():
    return Account(
        id=new_id(NOW),
        at=NOW,
        actor="ward",
        organisation="hospital",
        source=1,
        action="read",
        door="fhir",
        request_id="r",
        purpose="TREAT",
        subjects=(SubjectId(1),),
        what="Patient/_id",
        n_items=1,
        outcome=Outcome.PERMIT,
    )


def record_until_it_dies(server, key, most=150):
    """Records from four threads while the sealer runs, kills the server, returns what was told."""
    database = Database(server.url)
    recorder = Recorder(database)
    told: list[UUID] = []
    stop, enough = threading.Event(), threading.Event()

    def work():
        while not stop.is_set():
            made = account()
            with suppress(CareweaveError):
                recorder.record(made)
                told.append(made.id)
            if len(told) >= most:
                enough.set()

    def seal_on():
        keep_sealing(database, key, clock=lambda: NOW, stop=stop, every_s=0.01)

    threads = [threading.Thread(target=work) for _ in range(4)] + [threading.Thread(target=seal_on)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join(60)
    database.close()
    return told


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_told_as_recorded_survives_a_crash_and_the_tree_holds(tmp_path):
    key = SealKey.load(tmp_path / "key")
    told: list[UUID] = []
    with tempfile.TemporaryDirectory(prefix="cw-", ignore_cleanup_errors=True) as home:
        server = Embedded.start(Path(home))
        try:
            database = Database(server.url)
            migrate(database)
            database.close()
            heads = []
            for _ in range(ROUNDS):
                told += record_until_it_dies(server, key)
                server = Embedded.start(Path(home))
                database = Database(server.url)
                with database.session(snapshot=True, bulk=True) as session:
                    # Killed early enough, nothing has been sealed yet.
                    newest = newest_head(session)
                    heads += [] if newest is None else [newest]
                    for head in heads:
                        assert verify(session, head, public_keys=[key.public]).is_sound
                database.close()
            database = Database(server.url)
            with database.session(bulk=True) as session:
                seal(session, now=NOW, key=key)
            with database.session(snapshot=True, bulk=True) as session:
                size = verify(session, public_keys=[key.public]).size
            database.close()
            with psycopg.connect(server.url) as connection:
                kept = [row[0] for row in connection.execute("SELECT id FROM ledger.account")]
        finally:
            server.stop()
    assert set(told) <= set(kept)
    assert len(kept) == len(set(kept)) == size
