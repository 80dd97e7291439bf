"""A configuration is read whole, told in effect, kept with two names, and followed everywhere.

Source: `reference/agreements.md` 3.2; `reference/attacks.md` 5 and 6 for revocation.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from careweave import disclosure
from careweave.agreements import Standings, emit, told_difference
from careweave.db import Applying, Database, Embedded, apply_configuration, configurations
from careweave.disclosure import Planned, Through
from careweave.doors._access import Clients, Registration, add_client
from careweave.record._ties import number_of_kind
from careweave.terms import Action, Actor, Heading, Incorrect, Purpose, Role, Tie
from tests.lib.agreement_files import agreement, changed, clause, files, key, organisations, signed
from tests.lib.door import ALL, Door, fresh_database, make_door, patient

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
THROUGH = Through("platform", "cli", "r1")
STAFF = b"""careweave: staff/1
staff:
  - {org: "org:acute", role: ED, n: 41}
"""
ALG = {"ALG": "F"}


def region(*documents: dict[str, Any]) -> dict[str, bytes]:
    """The files of a region whose agreements are signed by all."""
    made = files() | {"staff.yaml": STAFF}
    return made | {f"agreements/{n}.yaml": signed(one) for n, one in enumerate(documents)}


def sharing(**headings: object) -> dict[str, Any]:
    """An agreement by which the hospital sees these headings of the practice."""
    shared = clause(
        headings=headings,
        speed={"freshness": "PT15M", "answer_p95": "PT2S"},
        quantity={**clause()["quantity"], "months_back": "all"},
        action=["open", "read", "search-one"],
    )
    return agreement(clauses=[shared])


def allergy(patient_id: str) -> dict[str, Any]:
    """An allergy of a person."""
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "patient": {"reference": f"Patient/{patient_id}"},
        "code": {"text": "something"},
    }


def applying(at: datetime | None = None) -> Applying:
    now = datetime.now(UTC)
    return Applying("A. Example", "B. Example", "What was agreed in spring.", now, at or now)


def apply(database: Database, held: dict[str, bytes], at: datetime | None = None) -> int:
    with database.session() as session:
        planned = disclosure.plan(session, held, takes_demonstration_keys=False)
        return disclosure.apply(session, planned, applying(at), THROUGH)


@pytest.fixture
def door(server: Embedded, template: str) -> Iterator[Door]:
    """A practice with a patient who is in the hospital's emergency department, and an allergy."""
    with fresh_database(server, template) as database:
        made = make_door(database)
        edna = made.made(patient(), by="practice")
        made.made(allergy(edna["id"]), by="practice")
        with database.session() as session:
            wanted = Registration(
                "acute-ed",
                "acute",
                "desk",
                ALL,
                NOW + DAY,
                purpose=Purpose.DIRECT_CARE,
                role=Role.ED,
                user="nurse",
            )
            made.tokens["ed"] = add_client(session, wanted, now=NOW - DAY)
        _tie(database, edna["id"])
        yield made


def _tie(database: Database, id_: str) -> None:
    with psycopg.connect(database.url) as direct:
        direct.execute("INSERT INTO record.org (slug) VALUES ('acute') ON CONFLICT DO NOTHING")
        direct.execute(
            "INSERT INTO record.tie (subject, org, kind, since, from_subject, from_rid)"
            " SELECT s.subject, o.org, %s, %s, s.subject, 0 FROM record.subject AS s,"
            " record.org AS o WHERE s.local_id = %s AND o.slug = 'acute'",
            [number_of_kind(Tie.ENCOUNTER), NOW - DAY, id_],
        )


def seen(door: Door) -> int:
    """How many allergies the emergency department sees of the patient."""
    (row,) = _rows(door.database, "SELECT local_id FROM record.subject WHERE local_id <> ''")
    answer = door.get(f"/AllergyIntolerance?patient={row[0]}", by="ed")
    assert answer.status_code == 200, answer.text
    return sum(one["search"]["mode"] == "match" for one in answer.json.get("entry", []))


def _rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.url) as direct:
        return direct.execute(query.encode()).fetchall()


def look_again(door: Door) -> None:
    with door.database.reading() as session:
        disclosure.look_again(session)


def test_nothing_is_shared_before_it_is_applied_and_all_that_is_agreed_after(door: Door) -> None:
    assert seen(door) == 0
    assert apply(door.database, region(sharing(**ALG))) == 1
    look_again(door)
    assert seen(door) == 1


@pytest.mark.slow
def test_every_process_follows_within_five_seconds_and_so_does_a_page_that_is_open(
    door: Door,
) -> None:
    apply(door.database, region(sharing(**ALG)))
    look_again(door)
    edna = _rows(door.database, "SELECT local_id FROM record.subject WHERE local_id <> ''")[0][0]
    door.made(allergy(edna), by="practice")
    page = door.get(f"/AllergyIntolerance?patient={edna}&_count=1", by="ed").json
    assert len(page["entry"]) == 1
    following = next(one["url"] for one in page["link"] if one["relation"] == "next")
    # Another process takes the agreement back; this one is told by nobody.
    other = Database(door.database.url)
    started = time.monotonic()
    apply(other, region(sharing(MED="F")))
    other.close()
    while seen(door) and time.monotonic() - started < 5:
        time.sleep(0.1)
    assert seen(door) == 0
    assert time.monotonic() - started < 5
    answer = door.get(following.partition("/fhir")[2], by="ed")
    assert answer.status_code in {400, 403}


def test_a_version_that_is_planned_takes_hold_at_its_moment(door: Door) -> None:
    apply(door.database, region(sharing(**ALG)), NOW + DAY)
    look_again(door)
    assert seen(door) == 0
    with door.database.reading() as session:
        disclosure.look_again(session)
        assert disclosure.world(session, NOW + DAY + timedelta(seconds=1)).version == 1


def test_what_was_applied_before_can_be_brought_back(door: Door) -> None:
    held = region(sharing(**ALG))
    apply(door.database, held)
    apply(door.database, region(sharing(MED="F")))
    with door.database.session() as session:
        planned = disclosure.plan(session, held, takes_demonstration_keys=False)
        version = disclosure.apply(session, planned, applying(), THROUGH, reverted_from=1)
        newest = configurations(session)[0]
    assert (version, newest.reverted_from) == (3, 1)
    look_again(door)
    assert seen(door) == 1


def test_applying_is_accounted_with_both_names(door: Door) -> None:
    apply(door.database, region(sharing(**ALG)))
    (row,) = _rows(
        door.database,
        "SELECT actor, purpose, what, reason, config_version FROM ledger.account"
        " WHERE action = 'apply'",
    )
    assert row[0] == "A. Example"
    assert row[1] == "HOPERAT"
    assert "second=B. Example" in row[2]
    assert row[3:] == ("What was agreed in spring.", 1)


@pytest.mark.parametrize(
    "broken",
    [
        {"agreements/x.yaml": b"careweave: agreement/1\n"},
        {"organisations.yaml": b"[]"},
        {"staff.yaml": b"careweave: staff/1\nstaff: [{org: 'org:nobody', role: ED, n: 1}]\n"},
        {"staff.yaml": b"careweave: staff/1\nstaff: [{org: 'org:acute', role: XX, n: 1}]\n"},
    ],
)
def test_a_fault_in_any_file_lets_nothing_be_applied(door: Door, broken: dict[str, bytes]) -> None:
    with pytest.raises(Incorrect):
        apply(door.database, region(sharing(**ALG)) | broken)
    with door.database.reading() as session:
        assert configurations(session) == ()


@pytest.mark.slow
def test_bytes_that_do_not_read_leave_what_a_process_read_last_and_let_none_start_with_older(
    door: Door,
) -> None:
    apply(door.database, region(sharing(**ALG)))
    look_again(door)
    assert seen(door) == 1
    with door.database.session() as session:
        apply_configuration(session, {"organisations.yaml": b"\x00"}, applying())
    time.sleep(2.1)
    assert seen(door) == 1
    look_again(door)
    assert seen(door) == 0
    with door.database.reading() as session:
        assert disclosure.world(session, datetime.now(UTC)).agreements == ()


@pytest.mark.parametrize(("takes", "n"), [(False, 0), (True, 1)])
def test_open_keys_sign_for_nobody_but_in_a_demonstration(door: Door, takes: bool, n: int) -> None:
    kept = organisations()
    keys = [replace_key(one, demonstration=True) for one in kept["organisations"]]
    held = region(sharing(**ALG)) | {"organisations.yaml": emit({**kept, "organisations": keys})}
    apply(door.database, held)
    with door.database.reading() as session:
        disclosure.begin(session, takes_demonstration_keys=takes)
    assert seen(door) == n


def replace_key(organisation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**organisation, "keys": [key(organisation["id"], **more)]}


def _effects(door: Door, held: dict[str, bytes]) -> tuple[Planned, disclosure.Effects]:
    at = datetime.now(UTC)
    with door.database.session(bulk=True) as session:
        disclosure.look_again(session)
        before = disclosure.world(session, at)
        planned = disclosure.plan(session, held, takes_demonstration_keys=False)
        return planned, disclosure.effects(session, before, planned.world, planned.staff, at=at)


def _said(door: Door, held: dict[str, bytes]) -> list[str]:
    planned, found = _effects(door, held)
    return [
        text
        for one in found.effects
        for text in told_difference(planned.world, one.difference, one.moved)
    ]


def test_the_effect_says_how_many_would_see_what_of_how_many(door: Door) -> None:
    said = _said(door, region(sharing(**ALG)))
    assert (
        "41 more A&E clinicians at Acute would see ALG (allergies) of 1 person,"
        " for direct care." in said
    )
    apply(door.database, region(sharing(**ALG)))
    taken = _said(door, region(sharing(MED="F")))
    assert (
        "41 A&E clinicians at Acute would no longer see ALG (allergies) of 1 person,"
        " for direct care." in taken
    )


def test_a_change_without_effect_is_said_to_have_none(door: Door) -> None:
    apply(door.database, region(sharing(**ALG)))
    same = changed(sharing(**ALG), {("title",): "Another title"})
    _, found = _effects(door, region(same))
    assert found.effects == ()


def test_the_effect_names_what_comes_into_force_and_what_does_not_with_the_reason(
    door: Door,
) -> None:
    late = changed(sharing(MED="F"), {("id",): "agr-late", ("status",): "suspended"})
    _, found = _effects(door, region(sharing(**ALG), late))
    standings = found.standings
    assert isinstance(standings, Standings)
    assert standings.begun == ("agr-care@1",)
    ((name, reasons),) = standings.idle
    assert name == "agr-late@1"
    assert "status" in reasons[0]


def test_an_actor_of_no_role_that_is_known_sees_nothing_of_others(door: Door) -> None:
    apply(door.database, region(sharing(**ALG)))
    look_again(door)
    with door.database.reading() as session:
        actor = _actor(door)
        for changes in ({"role": Role.AN}, {"organisation": "council"}, {"role": Role.PH}):
            other = replace(actor, **changes)
            given = disclosure.sight(
                session, other, Purpose.DIRECT_CARE, Action.OPEN, at=datetime.now(UTC)
            )
            assert all(branch.clause.startswith("own:") for branch in given.branches)


def _actor(door: Door) -> Actor:
    return Clients(door.database).actor(door.tokens["ed"], NOW)


def test_a_sight_is_made_once_and_made_anew_when_the_version_is(door: Door) -> None:
    apply(door.database, region(sharing(**ALG)))
    look_again(door)
    with door.database.reading() as session:
        asked = [
            disclosure.sight(
                session, _actor(door), Purpose.DIRECT_CARE, Action.OPEN, at=datetime.now(UTC)
            )
            for _ in range(2)
        ]
        assert asked[0].branches is asked[1].branches
        assert asked[0].version == 1
    apply(door.database, region(sharing(MED="F")))
    look_again(door)
    with door.database.reading() as session:
        again = disclosure.sight(
            session, _actor(door), Purpose.DIRECT_CARE, Action.OPEN, at=datetime.now(UTC)
        )
    assert again.version == 2
    headings = {
        one for branch in again.branches if "agr" in branch.clause for one in branch.headings
    }
    assert headings == {Heading.MED, None}
