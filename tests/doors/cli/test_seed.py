"""The load of the example region: through the way in, once, and on after an interruption."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from careweave import disclosure
from careweave.db import Database
from careweave.disclosure import Asking, Outlet
from careweave.doors import _access
from careweave.doors.cli._northmere import Organisation, organisations
from careweave.doors.cli._seed import Loader, Progress
from careweave.intake import Writer
from careweave.ledger import Recorder
from careweave.terms import Actor

REGION = Path(__file__).parents[3] / "region"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SURGERY, HOSPITAL = organisations(REGION)[:2]


def actor_of(database: Database, organisation: Organisation) -> Actor:
    with database.session() as session:
        wanted = _access.Registration(
            organisation.id,
            organisation.id,
            organisation.system,
            frozenset({"system/*.cruds"}),
            NOW + timedelta(days=1),
        )
        token = _access.add_client(session, wanted, now=NOW)
    return _access.Clients(database).actor(token, NOW)


@pytest.fixture
def surgery(database: Database) -> tuple[Loader, Actor]:
    actor = actor_of(database, SURGERY)
    return Loader(database, Writer(database), actor, lambda: NOW), actor


def total(database: Database, actor: Actor, kind: str) -> int:
    asking = Asking(actor, actor.purpose, "test", str(uuid4()), NOW)
    outlet = Outlet(database, Recorder(database))
    found = disclosure.search(outlet, asking, kind, (("_summary", "count"),))
    assert found.total is not None
    return found.total


def test_what_was_loaded_can_be_found_with_its_links(
    database: Database, surgery: tuple[Loader, Actor], tmp_path: Path
) -> None:
    loader, actor = surgery
    progress = Progress.read(tmp_path / "p.json", today=date(2026, 11, 22), n_people=3)
    written = sum(loader.load(SURGERY, progress))
    assert total(database, actor, "Patient") == 3
    assert total(database, actor, "Practitioner") == len(SURGERY.staff)
    asking = Asking(actor, actor.purpose, "test", str(uuid4()), NOW)
    outlet = Outlet(database, Recorder(database))
    pairs = (("subject:Patient.birthdate", "ge1800"),)
    assert disclosure.search(outlet, asking, "Observation", pairs).rows
    assert written > 20


def test_a_second_load_changes_nothing(
    database: Database, surgery: tuple[Loader, Actor], tmp_path: Path
) -> None:
    loader, actor = surgery
    path = tmp_path / "p.json"
    list(loader.load(SURGERY, Progress.read(path, today=date(2026, 11, 22), n_people=2)))
    before = total(database, actor, "Observation")
    assert list(loader.load(SURGERY, Progress.read(path, today=date(2027, 1, 1), n_people=9))) == []
    assert total(database, actor, "Observation") == before


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_load_goes_on_where_it_was_killed(
    database: Database, surgery: tuple[Loader, Actor], tmp_path: Path, *, is_noted: bool
) -> None:
    loader, actor = surgery
    path = tmp_path / "p.json"
    progress = Progress.read(path, today=date(2026, 11, 22), n_people=3)
    steps = loader.load(SURGERY, progress)
    next(steps)
    next(steps)
    if is_noted:
        # The loader writes its file when it is asked for the next chart.
        next(steps)
    steps.close()
    again = Progress.read(path, today=date(2026, 11, 22), n_people=3)
    list(loader.load(SURGERY, again))
    assert total(database, actor, "Patient") == 3


def test_another_organisation_sees_none_of_it(
    database: Database, surgery: tuple[Loader, Actor], tmp_path: Path
) -> None:
    loader, _ = surgery
    list(loader.load(SURGERY, Progress.read(tmp_path / "p", today=NOW.date(), n_people=2)))
    assert total(database, actor_of(database, HOSPITAL), "Patient") == 0
