"""The region in one database: all that is sent up to day 10, then up to day 28."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
import yaml

from careweave.db import Embedded
from careweave.demonstration import Told, facts_of, sent
from tests.lib.day10 import live
from tests.lib.door import fresh_database
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


@pytest.fixture(scope="session")
def region(server: Embedded, template: str, tmp_path_factory) -> Iterator[Northmere]:
    """The ways in over a database that lives as long as the run; all comes in at one moment."""
    with fresh_database(server, template) as database:
        yield Northmere(database, tmp_path_factory.mktemp("drop"))


@pytest.fixture(scope="session")
def day10(region: Northmere, told: list[Told]) -> Record:
    """The record after everything that is sent before day 10, 08:00."""
    live(region, list(sent(REGION, until=10)))
    return Record(region.entries(), told)


@pytest.fixture(scope="session")
def day28(region: Northmere, told: list[Told], day10: Record) -> Record:
    """The record after everything that is sent before day 28: what came before is sent again."""
    assert day10.entries
    live(region, list(sent(REGION, until=LAST_DAY))[region.n_taken :])
    return Record(region.entries(), told)


def at_day(request: pytest.FixtureRequest, person: str) -> Record:
    """The record on the day that a person's story asks for."""
    until = EXPECTED["people"][person].get("until", 10)
    return request.getfixturevalue("day28" if until > 10 else "day10")


def text_of(entry: Entry) -> str:
    return json.dumps(entry.body, ensure_ascii=False, separators=(",", ":"))
