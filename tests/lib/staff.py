"""Northmere's agreements over a door, with one valid login of each role.

Everything is made through the door, but for ties: they are put beside the entries that would prove
them, so that a test says in one line who has to do with whom.
"""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from careweave.db import Applying, Database, Embedded, apply_configuration
from careweave.disclosure._worlds import begin
from careweave.doors._access import Registration, add_client
from careweave.doors.fhir import Limits
from careweave.record._ties import number_of_kind
from careweave.terms import PersonId, Purpose, Role, Tie
from tests.lib.door import ALL, Door, fresh_database, make_door
from tests.lib.region import files

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=400)
NHS = "https://fhir.nhs.uk/Id/nhs-number"
VERIFICATION = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
)
PRACTICE, OTHER_PRACTICE = "nm-millbeck", "nm-ashgrove"


@dataclass(frozen=True)
class Login:
    """One login: where it works, as what, why, and by which tie it comes to people."""

    organisation: str
    purpose: Purpose
    tie: Tie | None = None
    setting: str = ""
    team: str = ""


LOGINS: Mapping[Role, Login] = {
    Role.ED: Login("nm-acute", Purpose.DIRECT_CARE, Tie.ENCOUNTER, "emergency-department"),
    Role.GP: Login("nm-ashgrove", Purpose.DIRECT_CARE, Tie.REGISTRATION),
    Role.CN: Login("nm-community", Purpose.DIRECT_CARE, Tie.CASELOAD),
    Role.HC: Login("nm-acute", Purpose.DIRECT_CARE, Tie.ENCOUNTER),
    Role.SW: Login("nm-council", Purpose.COORDINATION, Tie.LA_EPISODE),
    Role.MH: Login("nm-mental-health", Purpose.DIRECT_CARE, Tie.CASELOAD),
    Role.PA: Login("nm-ambulance", Purpose.EMERGENCY, Tie.INCIDENT, "ambulance"),
    Role.CH: Login("nm-larchwood", Purpose.DIRECT_CARE, Tie.RESIDENCE),
    Role.PH: Login("nm-beck-pharmacy", Purpose.DIRECT_CARE, Tie.PHARMACY),
    Role.CI: Login("portal", Purpose.OWN_REQUEST),
    Role.PX: Login("portal", Purpose.FAMILY_REQUEST),
    Role.AN: Login("nm-icb", Purpose.PLANNING),
}
"""One valid, ordinary login of each role of the matrix."""

CARE = tuple(role for role, login in LOGINS.items() if login.tie is not None)


@dataclass
class Staffed:
    """A door over Northmere's agreements: `as_` gives the name by which a role knocks."""

    door: Door
    n: Iterator[int]

    def system(self, organisation: str) -> str:
        """The name of the technical system of an organisation."""
        name = f"{organisation}/feed"
        self.door.token(name, system="feed", id_prefix=f"{organisation[3:8]}-")
        return name

    def as_(self, role: Role, **changes: Any) -> str:
        """The name of a login of the role; `changes` make another login of the same role."""
        login = replace(LOGINS[role], **{k: v for k, v in changes.items() if hasattr(login_of, k)})
        user, person = changes.get("user", ""), changes.get("person")
        told = "-".join(str(one) for one in sorted(map(str, changes.values())))
        name = f"{login.organisation}/{role.lower()}-{user}-{abs(hash(told)) % 10**8}"
        if name not in self.door.tokens:
            self.door.tokens[name] = self._added(name, role, login, user, person)
        return name

    def _added(
        self, name: str, role: Role, login: Login, user: str, person: PersonId | None
    ) -> str:
        registration = Registration(
            name=name.replace("/", "-"),
            organisation=login.organisation,
            system=f"desk-{role.lower()}",
            scopes=ALL,
            expires_at=NOW + timedelta(days=2),
            purpose=login.purpose,
            role=role,
            setting=login.setting,
            team=login.team,
            user=user or f"u{next(self.n)}",
            person=person or (PersonId(UUID(int=1)) if role is Role.CI else None),
        )
        with self.door.database.session() as session:
            return add_client(session, registration, now=NOW - timedelta(days=1))

    def tie(
        self,
        role: Role,
        patient: str,
        *,
        since: datetime = LONG_AGO,
        until: datetime | None = None,
    ) -> None:
        """Gives the organisation of a role its tie with the subject of a Patient."""
        login = LOGINS[role]
        assert login.tie is not None
        tied(self.door.database, login.organisation, login.tie, patient, since=since, until=until)


login_of = Login("", Purpose.DIRECT_CARE)


def tied(
    database: Database,
    organisation: str,
    kind: Tie,
    patient: str,
    *,
    since: datetime = LONG_AGO,
    until: datetime | None = None,
) -> None:
    """Puts a tie of an organisation with the subject of a Patient id."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "WITH made AS (INSERT INTO record.org (slug) VALUES (%s) ON CONFLICT DO NOTHING"
            " RETURNING 1) UPDATE record.dictionary SET version = version + 1"
            " WHERE EXISTS (SELECT 1 FROM made)",
            [organisation],
        )
        connection.execute(
            "INSERT INTO record.tie (subject, org, kind, since, until, from_subject, from_rid) "
            "SELECT s.subject, o.org, %s, %s, %s, s.subject, 0 FROM record.subject AS s, "
            "record.org AS o WHERE s.local_id = %s AND o.slug = %s ON CONFLICT DO NOTHING",
            [number_of_kind(kind), since, until or "infinity", patient, organisation],
        )


def someone(family: str, number: str = "", born: str = "1950-01-02", **more: Any) -> dict[str, Any]:
    """A Patient with a verified number, as a source sends it."""
    status = {"coding": [{"code": "01"}]}
    told = [{"url": VERIFICATION, "valueCodeableConcept": status}]
    numbers = [{"system": NHS, "value": number, "extension": told}] if number else []
    return {
        "resourceType": "Patient",
        "name": [{"family": family, "given": ["Ann"]}],
        "gender": "female",
        "birthDate": born,
        **({"identifier": numbers} if numbers else {}),
        "address": [{"line": ["4 Quarry Lane"], "city": "Millbeck", "postalCode": "LA12 9QX"}],
        "telecom": [{"system": "phone", "value": "01632 960001"}],
        **more,
    }


def apply_region(database: Database) -> None:
    """Puts Northmere's agreements in force, with its demonstration keys."""
    applying = Applying("a.one", "b.two", "the agreements of the tests", LONG_AGO, LONG_AGO)
    with database.session() as session:
        apply_configuration(session, files(), applying)
    with database.reading() as session:
        begin(session, takes_demonstration_keys=True)


@contextmanager
def staffed_door(
    server: Embedded, template: str, limits: Limits | None = None
) -> Iterator[Staffed]:
    """A door of its own over Northmere's agreements."""
    with fresh_database(server, template) as database:
        apply_region(database)
        yield Staffed(make_door(database, limits), itertools.count(1))


def number(n: int) -> str:
    """The nth valid NHS number of the tests: no two are near each other."""
    for start in itertools.count(400_000_000 + n * 234_567):
        digits = f"{start:09d}"
        total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits))
        if (check := (11 - total % 11) % 11) < 10:
            break
    return f"{digits}{check}"


_SYLLABLES = ("bar", "cog", "dun", "fel", "gim", "hol", "jut", "kes", "lam", "mor")


def family(n: int) -> str:
    """The nth family name of the tests: letters alone, no two alike."""
    return "".join(_SYLLABLES[int(digit)] for digit in f"{n:03d}").capitalize()
