"""The region in one database: all that is sent up to day 10, then up to day 28."""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
import pytest
import yaml

from careweave.db import Database, Embedded
from careweave.demonstration import Told, facts_of, sent
from careweave.terms import Actor
from tests.lib.day10 import live, migrated, sources
from tests.lib.door import fresh_database
from tests.lib.kept import kept
from tests.lib.northmere import REGION, Entry, Northmere

EXPECTED = yaml.safe_load((Path(__file__).parent / "expected.yaml").read_text(encoding="utf-8"))
LAST_DAY = 28


@dataclass
class Record:
    """Every current entry at one day, and who is who by the known truth."""

    entries: list[Entry]
    told: list[Told]

    @cached_property
    def subjects(self) -> dict[tuple[str, str], set[int]]:
        """The subjects of a person at an organisation: those whose Patient has its number."""
        numbers = defaultdict(set)
        for entry in self.entries:
            if entry.type == "Patient":
                for identifier in entry.body.get("identifier", []):
                    numbers[entry.organisation, identifier.get("value")].add(entry.subject)
        found = defaultdict(set)
        for one in self.told:
            found[one.person, one.organisation] |= numbers[one.organisation, one.local]
        return found

    @cached_property
    def texts(self) -> list[tuple[Entry, str]]:
        """Every entry with its body as text."""
        return [(entry, text_of(entry)) for entry in self.entries]

    @cached_property
    def by_subject(self) -> dict[int, list[Entry]]:
        found = defaultdict(list)
        for entry in self.entries:
            found[entry.subject].append(entry)
        return found

    def of(self, person: str, organisation: str | None = None) -> list[Entry]:
        """All entries of a person, of one organisation or of all."""
        return [
            entry
            for (key, where), subjects in self.subjects.items()
            if key == person and organisation in {None, where}
            for subject in subjects
            for entry in self.by_subject[subject]
            if entry.organisation == where
        ]


@pytest.fixture(scope="session")
def told() -> list[Told]:
    return list(facts_of(REGION))


@dataclass(frozen=True)
class Month:
    """The databases of day 10 and of day 28, copied for whoever asks, and what is in them."""

    server: Embedded
    names: dict[int, str]
    entries: dict[int, list[Entry]]
    n_taken: int
    marks: dict[int, int]
    actors: dict[str, Actor]


def _made(server: Embedded) -> tuple[object, ...]:
    """Lives through the month on a new server; all comes in at one moment."""
    names, entries = {10: "month10", LAST_DAY: "month28"}, {}
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {names[LAST_DAY]} TEMPLATE {migrated(server)}")
    database = Database(server.address(names[LAST_DAY]))
    try:
        with tempfile.TemporaryDirectory() as folder:
            region = Northmere(database, Path(folder))
            live(region, list(sent(REGION, until=10)))
            entries[10] = region.entries()
            copy_of(database, server, names[10])
            # What came before is sent again, and is not taken again.
            live(region, list(sent(REGION, until=LAST_DAY))[region.n_taken :])
            entries[LAST_DAY] = region.entries()
    finally:
        database.close()
    return names, entries, region.n_taken, region.marks, region.actors


def copy_of(database: Database, server: Embedded, name: str) -> None:
    """Copies a database that nobody asks just now."""
    while database._idle:
        database._discard(database._idle.pop())
    source = database.url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")


@pytest.fixture(scope="session")
def month() -> Iterator[Month]:
    with kept("month", [*sources(), Path(__file__)], _made) as (server, values):
        yield Month(server, *values)


@pytest.fixture(scope="session")
def region(month: Month, tmp_path_factory) -> Iterator[Northmere]:
    """The ways in at the end of the month, over a database that lives as long as the run."""
    with fresh_database(month.server, month.names[LAST_DAY]) as database:
        made = Northmere(database, tmp_path_factory.mktemp("drop"), actors=month.actors)
        made.n_taken, made.marks = month.n_taken, dict(month.marks)
        yield made


@pytest.fixture(scope="session")
def day10(month: Month, told: list[Told]) -> Record:
    """The record after everything that is sent before day 10, 08:00."""
    return Record(month.entries[10], told)


@pytest.fixture(scope="session")
def day28(month: Month, told: list[Told]) -> Record:
    """The record after everything that is sent before day 28."""
    return Record(month.entries[LAST_DAY], told)


def at_day(request: pytest.FixtureRequest, person: str) -> Record:
    """The record on the day that a person's story asks for."""
    until = EXPECTED["people"][person].get("until", 10)
    return request.getfixturevalue("day28" if until > 10 else "day10")


def text_of(entry: Entry) -> str:
    return json.dumps(entry.body, ensure_ascii=False, separators=(",", ":"))
