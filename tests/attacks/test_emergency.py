"""Broken glass over Northmere's agreements: one person, one user, an hour, and nothing besides."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from falcon import testing

from careweave.db import Embedded
from careweave.terms import Role, Tie
from tests.lib.door import Door, make_door
from tests.lib.staff import NHS, PRACTICE, Staffed, family, number, someone, staffed_door, tied

WORDS = "Found unconscious in the waiting room."


@pytest.fixture(scope="module")
def staffed(server: Embedded, template: str) -> Iterator[Staffed]:
    with staffed_door(server, template) as made:
        yield made


@pytest.fixture(scope="module")
def people(staffed: Staffed) -> tuple["Held", "Held"]:
    """Two people of a practice with whom the hospital has nothing to do."""
    return held(staffed, 1), held(staffed, 2)


class Held:
    """Somebody's record at the practice: the Patient, the person, the allergy."""

    def __init__(self, patient: str, person: str, allergy: str) -> None:
        self.patient, self.person, self.allergy = patient, person, allergy

    @property
    def place(self) -> str:
        return f"/AllergyIntolerance/{self.allergy}"


def held(staffed: Staffed, n: int) -> Held:
    by = staffed.system(PRACTICE)
    patient = staffed.door.made(someone(family(n), number(n)), by=by)["id"]
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    allergy = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"text": "Penicillin"},
        "patient": {"reference": f"Patient/{patient}"},
        "recordedDate": "2026-01-01",
    }
    made = staffed.door.made(allergy, by=by)["id"]
    ((person,),) = rows(
        staffed.door,
        "SELECT p.person::text FROM record.subject_person AS p INNER JOIN record.subject AS s "
        "USING (subject) WHERE s.local_id = %s",
        patient,
    )
    return Held(patient, person, made)


def rows(door: Door, text: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(door.database.url) as connection:
        return connection.execute(text.encode(), values).fetchall()


def emergency(door: Door, whom: Held, by: str, words: str = WORDS) -> testing.Result:
    listed = [{"name": "code", "valueCode": "unconscious"}, {"name": "text", "valueString": words}]
    body = {"resourceType": "Parameters", "parameter": listed}
    answer = door.ask("POST", f"/Patient/{whom.person}/$break-glass", body, by=by)
    assert answer.status_code == 200, answer.text
    return answer


def later(staffed: Staffed, delta: timedelta) -> Door:
    """The same door, its clock so much further."""
    made = make_door(staffed.door.database, clock=lambda: datetime.now(UTC) + delta)
    return replace(made, tokens=copy.copy(staffed.door.tokens))


def found(answer: testing.Result) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["resource"]["id"] for one in answer.json.get("entry", [])]


def ways(whom: Held) -> dict[str, str]:
    """Every way to one person's entries that an emergency opens."""
    return {
        "read": whom.place,
        "search of one": f"/AllergyIntolerance?patient={whom.patient}",
        "search of a person": f"/AllergyIntolerance?patient={whom.person}",
        "everything": f"/Patient/{whom.person}/$everything",
    }


def sees(door: Door, place: str, whom: Held, by: str) -> bool:
    answer = door.get(place, by=by)
    assert answer.status_code in {200, 404}, answer.text
    return whom.allergy in answer.text


@pytest.mark.attack(56, 77)
def test_an_emergency_opens_one_person_to_one_user_and_ends(
    staffed: Staffed, people: tuple[Held, Held]
) -> None:
    whom, other = people
    door, by = staffed.door, staffed.as_(Role.ED, user="u-ed")
    colleague = staffed.as_(Role.ED, user="u-colleague")
    as_consultant = staffed.as_(Role.HC, user="u-ed")
    assert not any(sees(door, place, whom, by) for place in ways(whom).values())

    emergency(door, whom, by)

    for way, place in ways(whom).items():
        assert sees(door, place, whom, by), way
        assert not sees(door, place, whom, colleague), way
        assert not sees(door, place, whom, as_consultant), way
    assert not any(sees(door, place, other, by) for place in ways(other).values())
    assert whom.allergy not in door.get("/AllergyIntolerance", by=by).text
    assert whom.allergy not in door.get(f"/Patient?family={family(1)}", by=by).text

    door.ask("POST", f"/Patient/{whom.person}/$end-episode", by=by)
    assert not any(sees(door, place, whom, by) for place in ways(whom).values())


@pytest.mark.attack(77)
def test_a_list_and_what_crosses_people_stay_closed_in_an_emergency(
    staffed: Staffed, people: tuple[Held, Held]
) -> None:
    whom, other = people
    door, by = staffed.door, staffed.as_(Role.ED, user="u-list")
    emergency(door, whom, by)
    for place in (
        f"/AllergyIntolerance?patient={whom.patient},{other.patient}",
        "/AllergyIntolerance?clinical-status=active",
        f"/AllergyIntolerance?patient.identifier={NHS}|{number(1)}&_revinclude=Provenance:target",
        "/AllergyIntolerance/_history",
        "/Patient?_has:AllergyIntolerance:patient:clinical-status=active",
    ):
        answer = door.get(place, by=by)
        assert other.allergy not in answer.text
        if "patient.identifier" not in place:
            assert whom.allergy not in answer.text, place


@pytest.mark.attack(60)
def test_it_ends_by_the_clock_of_the_server_and_by_no_other(
    staffed: Staffed, people: tuple[Held, Held]
) -> None:
    whom, _ = people
    door, by = staffed.door, staffed.as_(Role.ED, user="u-clock")
    told = {"Date": "Sat, 01 Jan 2000 00:00:00 GMT"}
    emergency(door, whom, by)
    assert whom.allergy in door.get(whom.place, by=by, headers=dict(told)).text
    assert sees(later(staffed, timedelta(minutes=59)), whom.place, whom, by)
    for delta in (timedelta(minutes=61), timedelta(days=1), timedelta(days=-1)):
        late = later(staffed, delta)
        if delta > timedelta(0):
            assert late.get(whom.place, by=by, headers=dict(told)).status_code == 404
        else:
            assert late.get(whom.place, by=by).status_code in {401, 404}


@pytest.mark.attack(9, 56)
def test_a_page_that_was_open_tells_nothing_after_the_end(
    staffed: Staffed, people: tuple[Held, Held]
) -> None:
    whom, _ = people
    system = staffed.system(PRACTICE)
    for n in range(3):
        allergy = staffed.door.get(whom.place, by=system).json
        for name in ("id", "meta"):
            allergy.pop(name)
        staffed.door.made({**allergy, "code": {"text": f"Drug {n}"}}, by=system)
    door, by = staffed.door, staffed.as_(Role.ED, user="u-page")
    emergency(door, whom, by)
    first = door.get(f"/AllergyIntolerance?patient={whom.patient}&_count=1", by=by)
    assert len(found(first)) == 1
    following = [one["url"] for one in first.json["link"] if one["relation"] == "next"]
    assert following
    query = following[0].partition("?")[2]
    door.ask("POST", f"/Patient/{whom.person}/$end-episode", by=by)
    after = door.get("/AllergyIntolerance", query=query, by=by)
    assert "Drug" not in after.text
    assert "Penicillin" not in after.text
    assert "entry" not in (after.json or {})


def test_what_an_emergency_showed_is_accounted_for_as_such(
    staffed: Staffed, people: tuple[Held, Held]
) -> None:
    whom, _ = people
    door, by = staffed.door, staffed.as_(Role.ED, user="u-account")
    opened = emergency(door, whom, by).json["parameter"][0]["valueId"]
    seen = door.get(whom.place, by=by)
    found_ = rows(
        door,
        "SELECT second_purpose, episode::text, person::text, purpose, visible_to_person "
        "FROM ledger.account WHERE request_id = %s",
        seen.headers["x-request-id"],
    )
    assert found_ == [("BTG", opened, whom.person, "TREAT", "now")]
    door.ask("POST", f"/Patient/{whom.person}/$end-episode", by=by)


@pytest.mark.attack(58)
def test_an_emergency_whose_account_cannot_be_written_opens_nothing(
    server: Embedded, template: str
) -> None:
    with staffed_door(server, template) as staffed:
        whom = held(staffed, 1)
        door, by = staffed.door, staffed.as_(Role.ED, user="u-ed")
        with psycopg.connect(door.database.url, autocommit=True) as connection:
            connection.execute("ALTER TABLE ledger.account RENAME TO gone")
        body = {
            "resourceType": "Parameters",
            "parameter": [{"name": "text", "valueString": WORDS}],
        }
        answer = door.ask("POST", f"/Patient/{whom.person}/$break-glass", body, by=by)
        assert answer.status_code >= 500
        assert rows(door, "SELECT id FROM disclosure.episode") == []


def dissent(patient: str) -> dict[str, Any]:
    scopes, categories = (
        "http://terminology.hl7.org/CodeSystem/consentscope",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    )
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": scopes, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": categories, "code": "INFA"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "dateTime": "2026-01-01",
        "policyRule": {"coding": [{"system": categories, "code": "OPTOUT"}]},
        "provision": {"type": "deny"},
    }


@pytest.mark.attack(56)
def test_dissent_closes_to_others_and_an_emergency_lifts_it(staffed: Staffed) -> None:
    whom = held(staffed, 3)
    door, by = staffed.door, staffed.as_(Role.ED, user="u-dissent")
    staffed.tie(Role.ED, whom.patient)
    assert sees(door, whom.place, whom, by)
    door.made(dissent(whom.patient), by=staffed.system(PRACTICE))
    assert not sees(door, whom.place, whom, by)
    own = staffed.as_(Role.GP, organisation=PRACTICE)
    tied(door.database, PRACTICE, Tie.REGISTRATION, whom.patient)
    assert sees(door, whom.place, whom, own), "one's own practice still reads"

    emergency(door, whom, by)

    assert sees(door, whom.place, whom, by)
