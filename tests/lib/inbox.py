"""Everything a test of the way in does: takes messages, works, looks at what became of them."""

import json
from datetime import UTC, datetime

import psycopg

from careweave.db import Database
from careweave.formats import splice
from careweave.intake import Received, Receiver, Worker
from careweave.sources import Sources
from tests.lib.arrivals import arrival, sources

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Inbox:
    """One database with sources, a receiver and a worker; `sources` may be replaced."""

    def __init__(self, database: Database, known: Sources | None = None) -> None:
        self.database = database
        self.sources = known or sources()
        self.now = NOW
        self.receiver = Receiver(database, lambda: self.sources)
        self.worker = Worker(database, lambda: self.sources, lambda: self.now)

    def take(self, body: bytes, of: str = "nm-acute-pas", **more) -> Received:
        """Receives a message."""
        return self.receiver.receive(arrival(body, of, **more))

    def work(self) -> int:
        """Works until nothing is left that can be done; returns how much was taken."""
        n_all = 0
        while n := self.worker.work_once():
            n_all += n
        return n_all

    def rows(self, text: str, *values) -> list:
        """Returns the rows of a statement."""
        with psycopg.connect(self.database.url) as connection:
            return connection.execute(text.encode(), values).fetchall()

    def do(self, text: str, *values) -> None:
        """Runs a statement."""
        with psycopg.connect(self.database.url) as connection:
            connection.execute(text.encode(), values)

    def state(self, number: int) -> str:
        """Returns the state of a message."""
        return self.rows("SELECT state FROM intake.message WHERE id = %s", number)[0][0]

    def reason(self, number: int) -> tuple:
        """Returns state, reason and place of a message."""
        text = "SELECT state, reason, place FROM intake.message WHERE id = %s"
        return self.rows(text, number)[0]

    def entry(self, type_name: str, id_: str) -> dict | None:
        """Returns an entry as it is read, without its version and time; None when it is gone."""
        return self.record().get(f"{type_name}/{id_}")

    def entries(self, type_name: str) -> list[dict]:
        """Returns all entries of a type."""
        return [e for ref, e in sorted(self.record().items()) if ref.startswith(type_name + "/")]

    def record(self) -> dict[str, dict]:
        """Returns the whole current record."""
        return {ref: json.loads(body) for ref, body in self.bytes().items()}

    def bytes(self) -> dict[str, bytes]:
        """Returns the bytes of the whole current record, as if each entry were version 1."""
        rows = self.rows(
            "SELECT id, body, cut, meta FROM record.resource WHERE NOT gone ORDER BY id"
        )
        found = {}
        for id_, body, cut, meta in rows:
            shown = splice(body, tuple(cut or ()), id=id_, version=1, updated=NOW, meta=meta)
            found[f"{json.loads(shown)['resourceType']}/{id_}"] = shown
        return found

    def versions(self) -> dict[str, int]:
        """Returns how many versions each entry has."""
        return dict(self.rows("SELECT id, ver FROM record.resource"))
