"""The FHIR door over a database of its own, with clients of two organisations."""

import itertools
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from falcon import testing

from careweave.db import Database, Embedded
from careweave.doors._access import Clients, Registration, add_client
from careweave.doors.fhir import Limits, Parts, application
from careweave.intake import Writer
from careweave.ledger import Recorder

BASE = "http://records.example/fhir"
JSON = "application/fhir+json"
XML = "application/fhir+xml"
ALL = frozenset({"system/*.cruds"})


@contextmanager
def fresh_database(server: Embedded, template: str, *, size: int = 8) -> Iterator[Database]:
    """A migrated database of its own, dropped at the end."""
    name = f"d_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        made = Database(server.address(name), size=size)
        try:
            yield made
        finally:
            made.close()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass
class Door:
    """A door with the means to knock: `ask` as the client of `organisation`."""

    database: Database
    client: testing.TestClient
    tokens: dict[str, str] = field(default_factory=dict)
    n: Iterator[int] = field(default_factory=itertools.count)

    def token(self, name: str, **options: Any) -> str:
        """The token of a client, made when first asked for; name is "organisation" or "org/what"."""
        if name not in self.tokens:
            self.tokens[name] = self._added(name, **options)
        return self.tokens[name]

    def _added(
        self,
        name: str,
        *,
        scopes: frozenset[str] = ALL,
        system: str = "ehr",
        id_prefix: str | None = None,
        lives: timedelta = timedelta(days=1),
    ) -> str:
        # Added two days ago, so that a test can have a token whose time is over.
        added_at = datetime.now(UTC) - timedelta(days=2)
        registration = Registration(
            name=name.replace("/", "-"),
            organisation=name.partition("/")[0],
            system=system,
            scopes=scopes,
            expires_at=added_at + timedelta(days=2) + lives,
            id_prefix=id_prefix,
        )
        with self.database.session() as session:
            return add_client(session, registration, now=added_at)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str | None = "alpha",
        headers: Mapping[str, str] | None = None,
        query: str | None = None,
    ) -> testing.Result:
        """One request below the base; a body that is no bytes is sent as FHIR JSON."""
        sent = dict(headers or {})
        if by is not None:
            sent.setdefault("Authorization", f"Bearer {self.token(by)}")
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", JSON)
        if query is None:
            path, _, query = path.partition("?")
        place = path if path.startswith("//") else f"/fhir{path}"
        return self.client.simulate_request(
            method,
            place.removeprefix("/") if place.startswith("//") else place,
            body=body,
            headers=sent,
            query_string=query,
        )

    def get(self, path: str, **options: Any) -> testing.Result:
        """GET below the base."""
        return self.ask("GET", path, **options)

    def made(self, resource: Mapping[str, Any], *, by: str = "alpha") -> dict[str, Any]:
        """Creates a resource and returns it as the door gave it back."""
        answer = self.ask("POST", f"/{resource['resourceType']}", resource, by=by)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found


def _now() -> datetime:
    return datetime.now(UTC)


def make_door(
    database: Database, limits: Limits | None = None, clock: Callable[[], datetime] = _now
) -> Door:
    """The door over this database."""
    parts = Parts(
        database=database,
        recorder=Recorder(database),
        writer=Writer(database),
        clients=Clients(database),
        clock=clock,
        new_request_id=lambda: str(uuid.uuid4()),
        base=BASE,
        limits=limits or Limits(per_second=0),
    )
    return Door(database, testing.TestClient(application(parts)))


def patient(family: str = "Smith", **more: Any) -> dict[str, Any]:
    """A Patient with little in it."""
    return {
        "resourceType": "Patient",
        "name": [{"family": family, "given": ["Ann"]}],
        "gender": "female",
        "birthDate": "1970-02-03",
        **more,
    }


def observation(
    subject: str, code: str = "8480-6", value: float = 120, **more: Any
) -> dict[str, Any]:
    """An Observation of a person, in millimetres of mercury."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{subject}"},
        "effectiveDateTime": "2024-05-06T07:08:09Z",
        "valueQuantity": {
            "value": value,
            "unit": "mm[Hg]",
            "system": "http://unitsofmeasure.org",
            "code": "mm[Hg]",
        },
        **more,
    }


def problems(answer: testing.Result) -> list[tuple[str, str]]:
    """The issues of an OperationOutcome as (severity, code)."""
    assert answer.json["resourceType"] == "OperationOutcome", answer.text
    return [(issue["severity"], issue["code"]) for issue in answer.json["issue"]]
