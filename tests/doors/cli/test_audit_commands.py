"""The commands of officers: who looked, what was done, broken glass, mandates; each accounted for."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from careweave.agreements import default_rules
from careweave.db import Applying, Database, apply_configuration
from careweave.disclosure import Asking, Because, Said, open_episode
from careweave.doors.cli import Around, main
from careweave.formats import check, read_json
from careweave.ledger import Account, Outcome, append, new_id
from careweave.terms import Actor, PersonId, Purpose, Role, SourceId
from careweave.wiring import DOORS
from tests.lib.door import make_door, patient
from tests.lib.region import files

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

Command = Callable[..., int]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def command(database: Database, tmp_path: Path, clock: Clock) -> Command:
    environ = {"CAREWEAVE_DATABASE_URL": database.url, "CAREWEAVE_HOME": str(tmp_path / "home")}
    around = Around(environ, clock, "careweave.wiring:application", ROOT, DOORS)
    return lambda *words: main(words, around)


@pytest.fixture
def person(database: Database) -> PersonId:
    made = make_door(database).made(patient("Threlkeld"))
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            b"SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
            b"USING (subject) WHERE s.local_id = %s",
            [made["id"]],
        ).fetchone()
    assert row is not None
    return PersonId(row[0])


def emergency(database: Database, person: PersonId, n: int = 0) -> str:
    actor = Actor(
        "ward",
        "nm-acute",
        SourceId(1),
        "nm-acute",
        Purpose.DIRECT_CARE,
        frozenset(),
        role=Role.ED,
        user="u-ed",
    )
    at = NOW - timedelta(minutes=30) + timedelta(minutes=n)
    asking = Asking(actor, Purpose.DIRECT_CARE, "fhir", f"request-{n}", at)
    said = Said(True, Because.UNCONSCIOUS, f"Found lying on the stairs, call {n}.")
    return str(open_episode(database, asking, person, said, rules=default_rules()).id)


def look(person: PersonId) -> Account:
    return Account(
        id=new_id(NOW),
        at=NOW - timedelta(hours=1),
        actor="ward",
        organisation="nm-acute",
        source=1,
        action="read",
        door="fhir",
        request_id="r1",
        purpose="TREAT",
        subjects=(),
        what="Observation",
        n_items=1,
        outcome=Outcome.PERMIT,
        clauses='[{"clause":"own:nm-acute","heading":"MED","items":1}]',
        deed="read",
        role="ED",
        user_name="u-ed",
        person=person,
    )


Output = pytest.CaptureFixture[str]


def test_who_looked_is_told_as_to_the_person(
    command: Command, database: Database, person: PersonId, capsys: Output
) -> None:
    with database.session() as session:
        append(session, [look(person)])
    emergency(database, person)
    assert command("audit", "looked", str(person), "--case", "SAR-17") == 0
    told = capsys.readouterr().out
    assert "An A&E clinician at nm-acute looked at the record: medicines, for direct care." in told
    assert "in an emergency (the person was unconscious)" in told
    assert "u-ed" not in told
    assert command("audit", "looked", str(person), "--case", "SAR-17", "--from", "10min") == 0
    assert "none" in capsys.readouterr().out
    assert command("audit", "looked", str(person), "--case", "  ") == 77


def test_an_officer_reads_what_was_done_for_a_case(
    command: Command, database: Database, person: PersonId, capsys: Output
) -> None:
    with database.session() as session:
        append(session, [look(person)])
    words = ("audit", "read", str(person), "--case", "IG-9", "--organisation")
    assert command(*words, "nm-acute", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["user_name"], one["action"]) == ("u-ed", "read")
    assert command(*words, "nm-council") == 0
    assert "u-ed" not in capsys.readouterr().out
    assert command("audit", "read", str(person), "--case", "x", "--organisation", "nm-acute") == 77


def test_a_period_leaves_as_audit_events(
    command: Command, database: Database, person: PersonId, capsys: Output, tmp_path: Path
) -> None:
    with database.session() as session:
        append(session, [look(person)])
    place = tmp_path / "audit.ndjson"
    period = ("--from", "2h", "--until", "10min")
    assert command("audit", "export", "--case", "IG-9", *period, "--to", str(place)) == 0
    (line,) = place.read_bytes().splitlines()
    event = json.loads(line)
    assert event["resourceType"] == "AuditEvent"
    assert [one for one in check(read_json(line)) if one.severity in {"error", "fatal"}] == []
    assert "1 events" in capsys.readouterr().err


def test_broken_glass_is_listed_shown_taken_up_and_reviewed(
    command: Command, database: Database, person: PersonId, clock: Clock, capsys: Output
) -> None:
    id_ = emergency(database, person)
    of = ("--organisation", "nm-acute")
    assert command("episodes", "list", *of) == 0
    listed = capsys.readouterr().out
    assert id_ in listed
    assert "waits" in listed
    assert "stairs" not in listed
    assert command("episodes", "show", id_, *of) == 0
    shown = capsys.readouterr().out
    assert "in words: Found lying on the stairs, call 0." in shown
    assert "entries shown: none" in shown
    assert command("episodes", "show", id_, *of, "--json") == 0
    assert json.loads(capsys.readouterr().out)["shown"] == {}
    assert command("episodes", "ratio", *of) == 0
    assert "none" in capsys.readouterr().out
    assert command("episodes", "claim", id_, *of) == 0
    clock.now = NOW + timedelta(days=8)
    assert command("episodes", "list", *of) == 65
    told = capsys.readouterr()
    assert "OVERDUE" in told.out
    assert "OVERDUE" in told.err
    verdict = ("--verdict", "justified", "--remark", "The ambulance sheet says so too.")
    assert command("episodes", "review", id_, *of, *verdict) == 0
    assert command("episodes", "review", id_, *of, *verdict) == 65
    assert command("episodes", "list", *of) == 0
    capsys.readouterr()
    assert command("episodes", "list", *of, "--all", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["verdict"], one["is_overdue"]) == ("justified", False)
    assert command("episodes", "show", id_, "--organisation", "nm-council") == 66


def test_emergencies_of_a_day_are_released(
    command: Command, database: Database, person: PersonId
) -> None:
    of = ("--organisation", "nm-acute")
    assert command("episodes", "release", "u-ed", *of, "--reason", "A bus has crashed.") == 0
    assert command("episodes", "release", "u-ed", *of, "--reason", " ") == 64
    with psycopg.connect(database.url) as connection:
        row = connection.execute(b"SELECT user_name, reason FROM disclosure.release").fetchone()
    assert row == ("u-ed", "A bus has crashed.")


def test_a_mandate_needs_two_people_and_an_organisation_of_the_region(
    command: Command, database: Database, person: PersonId, capsys: Output
) -> None:
    order = (
        *("--person", str(person), "--issuer", "Family Court", "--instrument", "order 17"),
        *("--heading", "SOC", "--heading", "MED", "--until", "2026-12-24"),
    )
    add = ("mandate", "add", *order, "--second", "registrar")
    assert command(*add, "--recipient", "moon") == 64
    assert command(*add, "--recipient", "moon", "--bar", "S99") == 64
    assert "none of the codes" in capsys.readouterr().err
    assert command("mandate", "list") == 0
    assert "none" in capsys.readouterr().out
    assert command("mandate", "end", str(new_id(NOW)), "--reason", "Set aside.") == 66


def test_a_mandate_is_entered_listed_and_ended(
    command: Command, database: Database, person: PersonId, capsys: Output
) -> None:
    at = NOW - timedelta(days=1)
    with database.session() as session:
        apply_configuration(session, files(), Applying("a", "b", "For a test.", at, at))
    order = (
        *("--person", str(person), "--issuer", "Family Court", "--instrument", "order 17"),
        *("--heading", "SOC", "--bar", "S8", "--until", "2026-12-24"),
        *("--recipient", "nm-council", "--second", "registrar"),
    )
    assert command("mandate", "add", *order) == 0
    id_ = capsys.readouterr().out.strip()
    assert command("mandate", "list", "--recipient", "nm-council", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["id"], one["second_by"]) == (id_, "registrar")
    assert command("mandate", "end", id_, "--reason", "Set aside.") == 0
    assert command("mandate", "end", id_, "--reason", "Set aside.") == 66
