"""One person of Northmere with entries under every heading, and a reader of every role.

The person has a living tie with the organisation of each reader; a second person has the same
entries and no tie with anybody. Entries come in by the real way in, from a feed that is trusted to
name headings. The agreements are those of the region.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from falcon import testing

from careweave import disclosure, record
from careweave.db import Applying, Database, apply_configuration
from careweave.disclosure import Asking
from careweave.doors._access import Clients, Registration, add_client
from careweave.doors.fhir import Limits, Parts, application
from careweave.intake import SourceSettings, Writer, adopt_identity
from careweave.ledger import Recorder
from careweave.sources import Telling, TrustedNumbers
from careweave.terms import HEADING_SYSTEM, Action, Heading, PersonId, Purpose, Role
from tests.lib.door import ALL, BASE, Door, patient
from tests.lib.region import REGION, files

NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = (
    *("registration", "encounter", "referral", "caseload", "la-episode", "enquiry"),
    *("incident", "residence", "pharmacy"),
)
CURRENT = (10, 11, 12, 13)
"""Days before today of the entries that are current; the others ended on their day."""
ENDED = (200, 800)
ATTACHED = "d29yZHM="
CLEARED = 11
"""The entry that was released by the check for third parties."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A role at work: where, for what, by which tie."""

    role: Role
    organisation: str
    purpose: Purpose
    tie: str = ""
    months: int | None = None


READERS = (
    Reader(Role.ED, "nm-acute", Purpose.DIRECT_CARE, "encounter", 12),
    Reader(Role.GP, "nm-ashgrove", Purpose.DIRECT_CARE, "registration"),
    Reader(Role.CN, "nm-community", Purpose.DIRECT_CARE, "caseload", 6),
    Reader(Role.HC, "nm-acute", Purpose.DIRECT_CARE, "referral"),
    Reader(Role.SW, "nm-council", Purpose.COORDINATION, "la-episode", 24),
    Reader(Role.MH, "nm-mental-health", Purpose.DIRECT_CARE, "referral", 24),
    Reader(Role.PA, "nm-ambulance", Purpose.EMERGENCY, "incident", 12),
    Reader(Role.CH, "nm-larchwood", Purpose.DIRECT_CARE, "residence", 3),
    Reader(Role.PH, "nm-beck-pharmacy", Purpose.DIRECT_CARE, "pharmacy", 12),
    Reader(Role.CI, "portal", Purpose.OWN_REQUEST),
    Reader(Role.PX, "portal", Purpose.FAMILY_REQUEST),
    Reader(Role.AN, "nm-icb", Purpose.PUBLIC_HEALTH),
)
_LINES = (Path(__file__).parents[2] / "careweave/agreements/defaults/matrix.csv").read_text("utf-8")
MATRIX = {
    (Role(role), Heading(row["heading"])): letter
    for row in csv.DictReader(line for line in _LINES.splitlines() if not line.startswith("#"))
    for role, letter in row.items()
    if role != "heading"
}
# Support by a council comes from the council of the neighbours, all else from community health;
# what its own nurses get of others comes from the hospital.
_OF_COUNCIL = frozenset({Heading.SVC, Heading.PSR})
_COUNCIL, _COMMUNITY, _ACUTE = "tarnside-council", "nm-community", "nm-acute"
_TRUST = "nm-mental-health"
_OF = {_COUNCIL: _OF_COUNCIL, _TRUST: frozenset({Heading.FRM})}
_OLDER = {_ACUTE: 20}
"""The hospital's entries are older by so many days, so that the newest of all are not its."""


def provider(role: Role, heading: Heading) -> str:
    """Returns whose entries a role is looked at with, under a heading."""
    if heading in _OF_COUNCIL:
        return _COUNCIL
    # A formulation is therapy (S5): in full it is for the trust that wrote it.
    if (role, heading) == (Role.MH, Heading.FRM):
        return _TRUST
    return _ACUTE if role is Role.CN else _COMMUNITY


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one search: the day of each entry, and whether any gave its attachment."""

    days: frozenset[int]
    is_whole: bool


class Matrix:
    """The region over a database of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        settings = SourceSettings(may_tag=True, telling=Telling(TrustedNumbers.VERIFIED))
        self.parts = Parts(
            database=database,
            recorder=Recorder(database),
            writer=Writer(database, settings=lambda _: settings),
            clients=Clients(database),
            clock=lambda: NOW,
            new_request_id=lambda: "matrix",
            base=BASE,
            limits=Limits(per_second=0),
        )
        self.door = Door(database, testing.TestClient(application(self.parts)))
        with database.session() as session:
            adopt_identity(session, REGION, at=NOW)
        self.known = {
            "edna": self._person("9990001014", "Hartley", "Edna", "1941-07-09"),
            "colin": self._person("9990098298", "Hartley", "Colin", "1939-02-27"),
        }
        self._relate()
        self._apply()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Returns rows of a query of the test, past every room."""
        with psycopg.connect(self.database.url) as connection:
            found = connection.execute(query.encode(), values)
            return found.fetchall() if found.description else []

    def _person(self, number: str, family: str, given: str, born: str) -> dict[str, str]:
        """Writes a person with entries at each provider; returns their record there."""
        made = {}
        name = {"family": family, "given": [given]}
        told = {"identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}]}
        for by in (_COMMUNITY, _ACUTE, _COUNCIL, _TRUST):
            one = self.door.made(patient(name=[name], birthDate=born, **told), by=by)
            made[by] = one["id"]
            documents = [
                document(made[by], heading, days, _OLDER.get(by, 0))
                for heading in _OF.get(by, set(Heading) - _OF_COUNCIL)
                for days in (*CURRENT, *ENDED)
            ]
            entries = [
                {"resource": each, "request": {"method": "POST", "url": "DocumentReference"}}
                for each in documents
            ]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            answer = self.door.ask("POST", "/", bundle, by=by)
            assert answer.status_code == 200, answer.text
        return made

    def person(self, name: str) -> PersonId:
        """Returns who somebody is."""
        ids = list(self.known[name].values())
        rows = self.rows(
            "SELECT DISTINCT p.person FROM record.subject_person AS p "
            "JOIN record.subject AS s USING (subject) WHERE s.local_id = ANY(%s)",
            ids,
        )
        ((found,),) = rows
        return PersonId(found)

    def _relate(self) -> None:
        """Gives Edna a living tie of every reader, a grant to her proxy, and clears an entry."""
        for reader in READERS:
            self.rows(
                "INSERT INTO record.org (slug) VALUES (%s) ON CONFLICT DO NOTHING",
                reader.organisation,
            )
            if reader.tie:
                self.rows(
                    "INSERT INTO record.tie (subject, org, kind, since, from_subject, from_rid) "
                    "SELECT s.subject, o.org, %s, %s, s.subject, 0 FROM record.subject AS s, "
                    "record.org AS o WHERE s.local_id = %s AND o.slug = %s",
                    KINDS.index(reader.tie) + 1,
                    NOW - 30 * DAY,
                    self.known["edna"][_COMMUNITY],
                    reader.organisation,
                )
        self.rows(
            "INSERT INTO record.choice (subject, rid, place, kind, since, users, user_others) "
            "SELECT subject, 0, 0, 3, %s, ARRAY['matrix-px'], false "
            "FROM record.subject WHERE local_id = %s",
            NOW - 30 * DAY,
            self.known["edna"][_COMMUNITY],
        )
        self.rows(
            "INSERT INTO record.cleared (subject, rid, ver, at, by_actor) "
            "SELECT r.subject, r.rid, r.ver, %s, 'test' FROM record.resource AS r "
            "WHERE r.body LIKE %s",
            NOW,
            f"%before {CLEARED} days%".encode(),
        )

    def _apply(self) -> None:
        applying = Applying("A. One", "B. Two", "the agreements of the region", NOW, NOW - DAY)
        with self.database.session() as session:
            apply_configuration(session, files(), applying)
            disclosure.begin(session, takes_demonstration_keys=True)

    def name(self, reader: Reader) -> str:
        """Returns the name of a reader's client, made when first asked for."""
        name = f"{reader.organisation}/matrix-{reader.role.lower()}"
        if name not in self.door.tokens:
            person = self.person("edna") if reader.role is Role.CI else None
            wanted = Registration(
                name=name.replace("/", "-"),
                organisation=reader.organisation,
                system="matrix",
                scopes=ALL,
                expires_at=NOW + DAY,
                purpose=reader.purpose,
                role=reader.role,
                user=f"matrix-{reader.role.lower()}",
                person=person,
            )
            with self.database.session() as session:
                self.door.tokens[name] = add_client(session, wanted, now=NOW - DAY)
        return name

    def asking(self, reader: Reader, action: Action) -> Asking:
        """Returns the question of a reader as the door would ask it."""
        actor = self.parts.clients.actor(self.door.tokens[self.name(reader)], NOW)
        return Asking(actor, actor.purpose, "fhir", "matrix", NOW, action=action)

    def seen(self, reader: Reader, who: str) -> dict[Heading, Seen]:
        """Returns what a reader gets of a person by searching, under each heading."""
        return self._seen(reader, who, "/DocumentReference?patient={}&_count=500")

    def opened(self, reader: Reader, who: str) -> dict[Heading, Seen]:
        """Returns what a reader gets of a person by opening the whole, under each heading."""
        return self._seen(reader, who, "/Patient/{}/$everything?_count=500")

    def _seen(self, reader: Reader, who: str, path: str) -> dict[Heading, Seen]:
        found: dict[Heading, list[dict[str, Any]]] = {heading: [] for heading in Heading}
        for by, one in self.known[who].items():
            for resource in self._found(reader, path.format(one)):
                if resource["resourceType"] != "DocumentReference":
                    continue
                heading = heading_of(resource)
                if by == provider(reader.role, heading):
                    found[heading].append(resource)
        older = {heading: _OLDER.get(provider(reader.role, heading), 0) for heading in Heading}
        return {heading: _seen(entries, older[heading]) for heading, entries in found.items()}

    def _found(self, reader: Reader, path: str | None) -> Iterator[dict[str, Any]]:
        """Yields what is found, page by page: a clause may bound a page."""
        while path:
            answer = self.door.get(path, by=self.name(reader))
            if answer.status_code == 404:
                return
            assert answer.status_code == 200, answer.text
            yield from (entry["resource"] for entry in answer.json.get("entry", []))
            links = {link["relation"]: link["url"] for link in answer.json["link"]}
            path = links["next"].removeprefix(BASE) if "next" in links else None

    def kept(self, reader: Reader, which: str) -> set[Heading]:
        """Returns under which headings of Edna something is indicated, or withheld."""
        asking = self.asking(reader, Action.OPEN)
        ids = list(self.known["edna"].values())
        subjects = [
            row[0]
            for row in self.rows("SELECT subject FROM record.subject WHERE local_id = ANY(%s)", ids)
        ]
        with self.database.session() as session:
            view = disclosure.view(
                session, asking.actor, asking.purpose, asking.action, at=asking.at
            )
            kinds = record.kinds(session, subjects, sight=getattr(view, which))
        return {kind.heading for kind in kinds if kind.heading is not None}

    @cached_property
    def stores(self) -> dict[str, int]:
        """The number of entries under each heading, past every room."""
        return dict(
            self.rows(
                "SELECT h.name, count(*) FROM record.resource JOIN record.heading AS h "
                "USING (heading) GROUP BY h.name"
            )
        )


def document(person: str, heading: Heading, days: int, older: int) -> dict[str, Any]:
    """Returns an entry under a heading: current, or ended so many days ago, or some more."""
    return {
        "resourceType": "DocumentReference",
        "meta": {"tag": [{"system": HEADING_SYSTEM, "code": heading.value}]},
        "status": "current" if days in CURRENT else "superseded",
        "subject": {"reference": f"Patient/{person}"},
        "type": {"coding": [{"system": "http://codes.example", "code": heading.value.lower()}]},
        "date": (NOW - (days + older) * DAY).isoformat(),
        "description": f"Words of {heading.value} before {days} days",
        "content": [{"attachment": {"contentType": "text/plain", "data": ATTACHED}}],
    }


def heading_of(resource: dict[str, Any]) -> Heading:
    """Returns the heading that an entry names."""
    tags = resource["meta"]["tag"]
    return Heading(next(tag["code"] for tag in tags if tag["system"] == HEADING_SYSTEM))


def _seen(entries: list[dict[str, Any]], older: int) -> Seen:
    dates = [datetime.fromisoformat(one["date"]) for one in entries]
    days = frozenset(round((NOW - date) / DAY) - older for date in dates)
    return Seen(days, ATTACHED in json.dumps(entries))
