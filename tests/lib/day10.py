"""The region at 08:00 on day 10, built once a run and copied for whoever needs it."""

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import groupby
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from careweave.db import Applying, Database, Embedded, apply_configuration, migrate
from careweave.demonstration import Sent, Told, facts_of, sent
from careweave.demonstration._calendar import DAY_0, day_of, london, moment
from careweave.disclosure._worlds import begin
from careweave.terms import Actor, PersonId
from tests.lib.kept import kept
from tests.lib.lending import TEMPLATE
from tests.lib.northmere import REGION, Northmere
from tests.lib.region import files

DAY_10 = moment(DAY_0 + timedelta(10), time(8))
"""When it is in the databases of this module: 26 March 2026, 08:00 in London."""

BEGAN = moment(DAY_0 - timedelta(2), time(8))

_ROOT = REGION.parent
_SHOWS = (
    *("careweave/disclosure", "careweave/views", "careweave/wiring.py", "careweave/__main__.py"),
    *(f"careweave/doors/{name}" for name in ("_frame", "cli", "console", "fhir", "workspace")),
    *("region/views", "region/clinical", "region/agreements", "region/demonstration-staff.yaml"),
)
"""What only shows or lets see what is there: it makes no row of the region at day 10.

Disclosure is asked whether a system may write: its answer is yes, or nothing is built at all.
"""


@dataclass(frozen=True)
class Day10:
    """A database at that moment: copied, never used itself."""

    server: Embedded
    name: str
    messages: tuple[Sent, ...]
    told: tuple[Told, ...]
    persons: dict[tuple[str, str], set[UUID]]
    actors: dict[str, Actor]
    marks: dict[int, int]

    @contextmanager
    def copied(self, *, zone: ZoneInfo | None = None, size: int = 8) -> Iterator[Database]:
        """Gives a copy, dropped at the end."""
        name = f"n_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {self.name} STRATEGY file_copy")
            made = Database(self.server.address(name), size=size, zone=zone or london())
            try:
                yield made
            finally:
                made.close()
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def person(self, key: str, *organisations: str) -> PersonId:
        """Returns the one person that all of these organisations, or all, know by a key."""
        known = [
            persons
            for (one, where), persons in self.persons.items()
            if one == key and (where in organisations or not organisations)
        ]
        found = set.intersection(*known) if organisations else set.union(*known)
        assert len(found) == 1, f"{key} is {len(found)} persons"
        return PersonId(found.pop())

    def northmere(self, database: Database, folder: Path) -> Northmere:
        """Returns the ways in of a copy, as they were left: the month goes on from here."""
        made = Northmere(database, folder, began=BEGAN, is_lived=True, actors=self.actors)
        made.n_taken, made.today = len(self.messages), DAY_10
        made.marks = dict(self.marks)
        return made


@contextmanager
def kept_at_day_10() -> Iterator[Day10]:
    """Gives the region at day 10 on a server of its own, built once for all that share a folder."""
    with kept("day10", sources(), _made) as (server, values):
        yield Day10(server, *values)


def sources() -> list[Path]:
    """Returns every file that the region at day 10 is made from."""
    folders = [path for name in ("careweave", "region") for path in (_ROOT / name).rglob("*")]
    own = [Path(__file__), *(Path(__file__).with_name(f"{n}.py") for n in ("kept", "northmere"))]
    return [
        *(_ROOT / name for name in ("requirements.txt", "pyproject.toml")),
        *own,
        *(path for path in folders if path.is_file() and _is_source(path)),
    ]


def _is_source(path: Path) -> bool:
    inner = path.relative_to(_ROOT).as_posix()
    shows = inner.startswith(_SHOWS) and "/migrations/" not in inner
    return not shows and path.suffix not in {".pyc", ".md"}


def _made(server: Embedded) -> tuple[object, ...]:
    """Builds the region on a new server and returns what is known of it besides."""
    template = migrated(server)
    with tempfile.TemporaryDirectory() as folder, built(server, template, Path(folder)) as made:
        return (made.name, made.messages, made.told, made.persons, made.actors, made.marks)


def migrated(server: Embedded) -> str:
    """Makes the migrated database that others are copied from, on a new server."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    database = Database(server.address(TEMPLATE))
    try:
        migrate(database)
    finally:
        database.close()
    return TEMPLATE


@contextmanager
def built(
    server: Embedded,
    template: str,
    folder: Path,
    *,
    seed: str | None = None,
    only: frozenset[str] | None = None,
    n_background: int = 0,
) -> Iterator[Day10]:
    """Builds the region up to day 10, of the usual seed or another, of all the people or a few."""
    chosen = {} if seed is None else {"seed": seed}
    messages = tuple(sent(REGION, until=10, only=only, n_background=n_background, **chosen))
    told = tuple(one for one in facts_of(REGION, **chosen) if only is None or one.person in only)
    name = f"day10_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    database = Database(server.address(name))
    try:
        north = Northmere(database, folder, began=BEGAN, is_lived=True)
        live(north, messages)
        north.hear(DAY_10)
        persons = north.persons(told)
    finally:
        database.close()
    yield Day10(server, name, messages, told, persons, north.actors, north.marks)


def live(region: Northmere, messages: Sequence[Sent]) -> None:
    """Lets day follow day: what a day brings is worked off before the next one begins."""
    for day, sent_then in groupby(messages, key=lambda one: day_of(one.at)):
        region.take(list(sent_then))
        region.marks[day] = region.rows("SELECT coalesce(max(seq), 0) FROM identity.event")[0][0]


def agree(database: Database) -> None:
    """Puts the region's agreements in force, with its demonstration keys, from the beginning."""
    applying = Applying("a.one", "b.two", "the agreements of the tests", BEGAN, BEGAN)
    with database.session() as session:
        apply_configuration(session, files(), applying)
    with database.reading() as session:
        begin(session, takes_demonstration_keys=True)
