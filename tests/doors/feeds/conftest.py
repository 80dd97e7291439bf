"""Sources of files, made by hand, and a collector over a folder of the test's own."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from careweave.db import Database
from careweave.doors.feeds import Collector, Taken
from careweave.sources import (
    Channel,
    FileRules,
    Head,
    Input,
    Reading,
    Source,
    SourceMapping,
    Sources,
    Transport,
)

NOW = datetime(2026, 3, 17, 6, 0, tzinfo=UTC)


def peek_row(body: bytes) -> Head:
    """What a mapping tells of a row before it is mapped."""
    said = json.loads(body)
    row = said.get("row", {}) if isinstance(said, dict) else {}
    at = datetime.fromisoformat(said["at"]) if isinstance(said, dict) and "at" in said else None
    lane = f"lane:{row.get('Client', '') if isinstance(row, dict) else ''}"
    return Head(kind="csv-row", event_at=at, lanes=(lane,))


def mapping_of(kind: Input) -> SourceMapping:
    return SourceMapping(
        id="test", version=1, input=kind, accept=frozenset(), digest="", body=b"",
        read=lambda _body, _head: Reading(), peek=peek_row,
    )  # fmt: skip


def source_of(
    name: str, rules: FileRules | None = None, *, reads: Input = Input.CSV, **transport: str
) -> Source:
    how = Transport(**({"kind": Channel.FOLDER, "pattern": "*"} | transport))
    return Source(
        name=name, organisation="org", system=name, feed="files", authority="org",
        transport=how, mapping=mapping_of(reads), file=rules or FileRules(),
    )  # fmt: skip


SNAPSHOT = FileRules(is_snapshot=True, row_key=("Client", "Line"))
ENDING = replace(SNAPSHOT, end_after=1)
DELTA = FileRules(sequence=r"_(?P<n>[0-9]{6})\.csv$")


class Region:
    """A collector, its folders and its clock, with what was stored."""

    def __init__(self, database: Database, root: Path, *sources: Source) -> None:
        self.database = database
        self.root = root
        self.now = NOW
        self.sources = Sources({source.name: source for source in sources})
        self.collector = self.another()

    def another(self, **more: object) -> Collector:
        """A collector that remembers nothing, as after a start."""
        return Collector(
            self.database, lambda: self.sources, root=self.root, clock=self.clock,
            **({"settle_s": 0.0} | more),
        )  # fmt: skip

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def drop(self, source: str, name: str, text: str | bytes) -> Path:
        folder = self.root / source / "in"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def look(self) -> Taken:
        """What became of the one file that there is to take."""
        (taken,) = self.collector.once()
        return taken

    def take(self, source: str, name: str, text: str | bytes) -> Taken:
        self.drop(source, name, text)
        return self.look()

    def lying(self, source: str, where: str) -> list[str]:
        folder = self.root / source / where
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def stored(self) -> list[tuple[str, str | None, int | None, str | None]]:
        """State, reason, line and body of all arrivals that are no container, in order."""
        with psycopg.connect(self.database.url) as connection:
            rows = connection.execute(
                "SELECT m.state, m.reason, m.line, b.body FROM intake.message AS m"
                " JOIN intake.body AS b USING (id) WHERE m.parent IS NOT NULL ORDER BY m.id"
            ).fetchall()
        return [(state, reason, line, bytes(body).decode()) for state, reason, line, body in rows]

    def rows(self) -> list[dict[str, object]]:
        """What the rows say that were handed in, in order."""
        return [json.loads(body) for _, _, _, body in self.stored()]

    def files(self) -> list[tuple[str, str | None, bytes]]:
        """State, reason and bytes of the files that were stored as they came."""
        with psycopg.connect(self.database.url) as connection:
            rows = connection.execute(
                "SELECT m.state, m.reason, b.body FROM intake.message AS m"
                " JOIN intake.body AS b USING (id) WHERE m.parent IS NULL ORDER BY m.id"
            ).fetchall()
        return [(state, reason, bytes(body)) for state, reason, body in rows]


@pytest.fixture
def region(database, tmp_path):
    """Four sources: a snapshot that keeps, one that ends, a delta, and documents."""
    return Region(
        database, tmp_path,
        source_of("keeping", SNAPSHOT), source_of("ending", ENDING),
        source_of("delta", DELTA), source_of("documents", reads=Input.JSON, pattern="*.json"),
    )  # fmt: skip
