"""Northmere in a database: every message of its systems taken in by the real ways in.

What is taken in is taken in when it was sent: the clock of the ways in is that of the scenario.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from careweave import disclosure
from careweave.db import Database
from careweave.demonstration import Sent, Told, read_region
from careweave.doors import _access
from careweave.doors.feeds import Collector
from careweave.formats import read_bundle
from careweave.intake import (
    Arrival,
    Receiver,
    Worker,
    Writer,
    Writing,
    adopt_identity,
    load_rules,
    open_source,
    plain_settings,
    settings_of,
)
from careweave.record._types import rt_of
from careweave.sources import (
    Channel,
    FeedNote,
    Sources,
    activate,
    expect_feeds,
    load_sources,
    note_feeds,
)
from careweave.terms import Action, Actor, Heading, Label

_ENTRIES = """
SELECT r.subject, s.org, s.system, h.name, l.labels, r.id, r.body
FROM record.resource AS r
JOIN record.source AS s USING (source)
JOIN record.heading AS h USING (heading)
JOIN record.label_set AS l USING (label_set)
WHERE NOT r.gone
"""
REGION = Path(__file__).parents[2] / "region"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def no_reads(_session, _entry):
    raise AssertionError


@dataclass(frozen=True, slots=True)
class Entry:
    """One current entry: whose it is, from whom, under what, and what it says."""

    subject: int
    organisation: str
    system: str
    type: str
    id: str
    heading: Heading | None
    labels: frozenset[Label]
    body: Mapping[str, object]


_PATIENTS = """
SELECT s.org, r.body, m.person
FROM record.resource AS r
JOIN record.source AS s USING (source)
JOIN identity.membership AS m USING (subject)
WHERE NOT r.gone AND r.rt = %(patient)s AND m.until_seq IS NULL
"""


@cache
def _sources(secret: bytes) -> Sources:
    """Every source of the region: to compile their mappings takes seconds."""
    return load_sources(REGION, secret=secret)


class Northmere:
    """The ways in of one database, as wiring puts them together.

    `began` is when the region is set up; the clients of the tests may write from then on. With
    `is_lived` a worker's clock goes with what is sent; without, it stands at `began`.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        began: datetime = NOW,
        is_lived: bool = False,
        actors: Mapping[str, Actor] | None = None,
    ) -> None:
        self.database = database
        self.folder = folder
        self.began = began
        self.n_taken = 0
        # A file comes when it is sent: what it proves is known from then on.
        self.today = began
        # The last event of identity on each day that has been lived through.
        self.marks: dict[int, int] = {}
        with database.reading() as session:
            secret = session.secret
        self.sources: Sources = _sources(secret)
        with database.session() as session:
            activate(session, self.sources, now=began)
            adopt_identity(session, REGION, at=began)
        self.receiver = Receiver(database, lambda: self.sources)
        self.worker = Worker(
            database,
            lambda: self.sources,
            lambda: self.today if is_lived else began,
            rules=load_rules(REGION / "value-sets"),
        )
        self.collector = Collector(
            database, lambda: self.sources, root=folder, clock=lambda: self.today, settle_s=0
        )
        self._settings = self._told()
        self.writer = Writer(
            database,
            rules=load_rules(REGION / "value-sets"),
            settings=lambda actor: self._settings.get(actor.source) or plain_settings(actor),
        )
        self.actors = self._clients() if actors is None else dict(actors)

    def _told(self):
        fhir = [one for one in self.sources if one.transport.kind is Channel.FHIR]
        with self.database.session() as session:
            return {
                open_source(session, one.organisation, one.system, one.feed): settings_of(one)
                for one in fhir
            }

    def _clients(self) -> dict[str, Actor]:
        made = {}
        clients = _access.Clients(self.database)
        # What is written on our own pages comes from no system.
        sending = {
            name for one in read_region(REGION).desks.values() for name in one.sources.values()
        }
        for source in self.sources:
            if source.transport.kind is not Channel.FHIR or source.name not in sending:
                continue
            with self.database.session() as session:
                wanted = _access.Registration(
                    source.name,
                    source.organisation,
                    source.system,
                    frozenset({"system/*.cruds"}),
                    self.began + timedelta(days=60),
                    id_prefix=source.id_prefix or None,
                )
                token = _access.add_client(session, wanted, now=self.began)
            made[source.name] = clients.actor(token, self.began)
        return made

    def take(self, messages: list[Sent]) -> None:
        """Takes messages in as their systems send them, and makes entries of them."""
        self.n_taken += len(messages)
        self.today = max((one.at for one in messages), default=self.today)
        for kind, group in groupby(messages, key=lambda one: self._kind(one.source)):
            for one in group:
                self._take(kind, one)
        # A file is looked at twice: it is taken once it has not changed in between.
        while self.collector.once():
            pass
        while self.worker.work_once():
            pass

    def _kind(self, source: str) -> Channel:
        return self.sources.named(source).transport.kind

    def _take(self, kind: Channel, message: Sent) -> None:
        if kind is Channel.FHIR:
            self._transact(message)
        elif kind is Channel.FOLDER:
            folder = self.folder / message.source / "in"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / str(message.name)).write_bytes(message.body)
        else:
            self.receiver.receive(Arrival(message.source, kind, message.body, message.at))

    def _transact(self, message: Sent) -> None:
        actor = self.actors[message.source]
        with self.database.session() as session:
            sight = disclosure.sight(session, actor, actor.purpose, Action.WRITE, at=message.at)
        writing = Writing(actor, sight, "fhir", str(uuid4()), message.at)
        self.writer.transact(read_bundle(message.body), writing, reads=no_reads)

    def hear(self, at: datetime, *, but: Iterable[str] = ()) -> None:
        """Notes that every system was heard of and told nothing new, but for the named sources."""
        heard = [one for one in self.sources if one.name not in set(but)]
        with self.database.session() as session:
            expect_feeds(session, [(s.name, s.feed, s.rhythm) for s in self.sources], now=at)
            note_feeds(
                session,
                [FeedNote(one.name, one.feed, at, answered=True) for one in heard],
            )

    def persons(self, told: Iterable[Told]) -> dict[tuple[str, str], set[UUID]]:
        """Returns the persons that identity has made of each person at each organisation."""
        found = defaultdict(set)
        for organisation, body, person in self.rows(_PATIENTS, patient=rt_of("Patient")):
            for identifier in json.loads(bytes(body)).get("identifier", []):
                found[organisation, identifier.get("value")].add(person)
        persons = defaultdict(set)
        for one in told:
            persons[one.person, one.organisation] |= found[one.organisation, one.local]
        return persons

    def entries(self) -> list[Entry]:
        """Returns every current entry, past every room: an oracle of the tests."""
        return [
            Entry(
                subject,
                organisation,
                system,
                body["resourceType"],
                public_id,
                None if heading == "none" else Heading(heading),
                frozenset(map(Label, labels)),
                body,
            )
            for subject, organisation, system, heading, labels, public_id, raw in self.rows(
                _ENTRIES
            )
            for body in (json.loads(bytes(raw)),)
        ]

    def rows(self, query: str, **values: object) -> list[tuple]:
        """Returns rows of a query of a test, past every room."""
        with psycopg.connect(self.database.url) as connection:
            return connection.execute(query, values).fetchall()
