"""What one valid login of a role tries beside the front door: writes, counts, what came along, masks.

Each of these once worked. Beside each stands a control, so that nothing is proved by an empty answer.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from careweave.db import Embedded
from careweave.terms import LABEL_SYSTEM, PersonId, Role
from tests.lib.staff import (
    NOW,
    PRACTICE,
    Staffed,
    family,
    number,
    someone,
    staffed_door,
)

ACTIVE = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
REQUEST = {"X-Request-Id": "00000000-0000-4000-8000-000000000000"}
PROTECTED = {
    "meta": {
        "security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
        ]
    }
}


@pytest.fixture(scope="module")
def staffed(server: Embedded, template: str) -> Iterator[Staffed]:
    with staffed_door(server, template) as made:
        yield made


def rows(staffed: Staffed, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(staffed.door.database.url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def person_of(staffed: Staffed, patient: str) -> PersonId:
    query = (
        "SELECT p.person FROM record.subject_person AS p JOIN record.subject AS s USING (subject)"
        " WHERE s.local_id = %s"
    )
    return PersonId(rows(staffed, query, patient)[0][0])


def registered(staffed: Staffed, n: int, *, at: str = PRACTICE, **more: Any) -> str:
    sent = someone(family(n), number(n), f"{1240 + n}-03-04", **more)
    found: str = staffed.door.made(sent, by=staffed.system(at))["id"]
    return found


def medicine(who: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {"text": "Paracetamol 500 mg tablets"},
        "subject": {"reference": f"Patient/{who}"},
        "effectiveDateTime": "2026-10-01",
        **more,
    }


@pytest.mark.attack(16, 17)
@pytest.mark.parametrize("owner", ["desk", "feed"])
def test_nothing_of_ones_own_organisation_is_written_that_may_not_be_seen(
    staffed: Staffed, owner: str
) -> None:
    door, by = staffed.door, staffed.as_(Role.CN)
    if owner == "desk":
        # The same system, before the tie with the person ended.
        who = registered(staffed, 700, at="nm-community")
        staffed.tie(Role.CN, who, until=NOW + timedelta(days=1))
        writer = by
    else:
        who = registered(staffed, 701, at="nm-community")
        writer = staffed.system("nm-community")
    hidden = door.made(medicine(who), by=writer)["id"]
    if owner == "desk":
        assert door.get(f"/MedicationStatement/{hidden}", by=by).status_code == 200
        with psycopg.connect(door.database.url) as connection:
            connection.execute(
                "UPDATE record.tie SET until = now() - interval '300 days' WHERE subject = "
                "(SELECT subject FROM record.subject WHERE local_id = %s)",
                [who],
            )
    assert door.get(f"/MedicationStatement/{hidden}", by=by).status_code == 404
    answers = []
    for id_ in (hidden, str(uuid.uuid4())):
        place = f"/MedicationStatement/{id_}"
        put = door.ask("PUT", place, {**medicine(who), "id": id_}, by=by, headers=dict(REQUEST))
        change = [{"op": "replace", "path": "/status", "value": "stopped"}]
        kind = {**REQUEST, "Content-Type": "application/json-patch+json"}
        patch = door.ask("PATCH", place, change, by=by, headers=kind)
        gone = door.ask("DELETE", place, by=by, headers=dict(REQUEST))
        answers.append([(one.status_code, one.content) for one in (put, patch, gone)])
    held = door.get(f"/MedicationStatement/{hidden}", by=staffed.system("nm-community"))
    assert answers[0] == answers[1]
    assert held.status_code == 200
    assert held.json["meta"]["versionId"] == "1"


@pytest.mark.attack(8)
def test_a_number_alone_is_a_look_at_the_person_too(staffed: Staffed) -> None:
    who = registered(staffed, 710)
    staffed.door.made(medicine(who), by=staffed.system(PRACTICE))
    staffed.tie(Role.HC, who)
    answer = staffed.door.get(
        f"/MedicationStatement?patient={who}&_summary=count", by=staffed.as_(Role.HC)
    )
    assert answer.json["total"] == 1
    found = rows(
        staffed,
        "SELECT a.person, a.n_items, a.visible_to_person FROM ledger.account AS a"
        " WHERE a.request_id = %s",
        answer.headers["x-request-id"],
    )
    assert [one[0] for one in found] == [person_of(staffed, who)], found


def practitioner(staffed: Staffed, name: str) -> str:
    sent = {"resourceType": "Practitioner", "name": [{"family": name}]}
    found: str = staffed.door.made(sent, by=staffed.system(PRACTICE))["id"]
    return found


@pytest.mark.attack(6, 11)
def test_what_came_along_is_not_what_a_brief_view_leaves_out(staffed: Staffed) -> None:
    who = registered(staffed, 720)
    doctor = practitioner(staffed, "Quillfeather")
    told = {"informationSource": {"reference": f"Practitioner/{doctor}"}}
    made = staffed.door.made(medicine(who, **told), by=staffed.system(PRACTICE))["id"]
    staffed.tie(Role.SW, who)
    staffed.tie(Role.HC, who)
    asked = f"/MedicationStatement?patient={who}&_include=MedicationStatement:source"
    control = staffed.door.get(asked, by=staffed.as_(Role.HC))
    assert doctor in control.text
    for place in (
        asked,
        f"/MedicationStatement?patient={who}&_include=*",
        f"/Practitioner?_id={doctor}&_revinclude=MedicationStatement:source",
        f"/Patient?_id={who}&_revinclude=MedicationStatement:subject"
        "&_include:iterate=MedicationStatement:source",
    ):
        answer = staffed.door.get(place, by=staffed.as_(Role.SW))
        if answer.status_code != 200:
            continue
        ids = {one["resource"]["id"] for one in answer.json.get("entry", ())}
        assert not {doctor, made} <= ids, place


def location(staffed: Staffed, name: str) -> str:
    sent = {"resourceType": "Location", "name": name}
    found: str = staffed.door.made(sent, by=staffed.system("nm-acute"))["id"]
    return found


def encounter(who: str, place: str) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": f"Patient/{who}"},
        "period": {"start": "2026-11-01"},
        "location": [{"location": {"reference": f"Location/{place}"}}],
    }


@pytest.mark.attack(11)
def test_where_a_protected_person_lies_is_not_asked_for_by_the_place(staffed: Staffed) -> None:
    who = registered(staffed, 730, at="nm-acute", **PROTECTED)
    ward = location(staffed, "Harrier ward")
    visit = staffed.door.made(encounter(who, ward), by=staffed.system("nm-acute"))["id"]
    staffed.tie(Role.HC, who, until=NOW - timedelta(days=3))
    by = staffed.as_(Role.HC)
    shown = staffed.door.get(f"/Encounter/{visit}", by=by)
    assert shown.status_code == 200
    assert ward not in shown.text
    for place in (
        f"/Encounter?location=Location/{ward}",
        f"/Encounter?patient={who}&location={ward}",
        f"/Encounter?patient={who}&location={ward}&_summary=count",
        f"/Encounter?patient={who}&_include=Encounter:location",
        f"/Location?_id={ward}&_revinclude=Encounter:location",
        f"/Patient/{who}/$everything",
    ):
        answer = staffed.door.get(place, by=by)
        if answer.status_code != 200:
            continue
        ids = {one["resource"]["id"] for one in answer.json.get("entry", ())}
        assert not answer.json.get("total") or "location=" not in place, place
        assert not ("location=" in place and visit in ids), place
        assert not {visit, ward} <= ids, place


@pytest.mark.attack(19)
def test_a_protected_address_is_not_in_what_must_be_there(staffed: Staffed) -> None:
    who = registered(staffed, 740, at="nm-acute", **PROTECTED)
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{who}"},
        "code": {"text": "Visit"},
        "input": [
            {"type": {"text": "Where"}, "valueAddress": {"line": ["4 Quarry Lane"]}},
            {
                "type": {"text": "Call"},
                "valueContactPoint": {"system": "phone", "value": "01632 960001"},
            },
        ],
    }
    made = staffed.door.made(task, by=staffed.system("nm-acute"))["id"]
    staffed.tie(Role.HC, who, until=NOW - timedelta(days=3))
    answer = staffed.door.get(f"/Task/{made}", by=staffed.as_(Role.HC))
    assert answer.status_code == 200
    assert "Quarry" not in answer.text
    assert "01632" not in answer.text


SECRET = {"meta": {"security": [{"system": LABEL_SYSTEM, "code": "access-secret"}]}}


@pytest.mark.attack(11)
def test_how_to_get_in_is_not_guessed_sign_by_sign(staffed: Staffed) -> None:
    who = registered(staffed, 760)
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "code": {"text": "Key safe 4417"},
        "subject": {"reference": f"Patient/{who}"},
        **SECRET,
    }
    made = staffed.door.made(flag, by=staffed.system(PRACTICE))["id"]
    staffed.tie(Role.HC, who)
    by = staffed.as_(Role.HC)
    shown = staffed.door.get(f"/Flag/{made}", by=by)
    assert shown.status_code == 200
    assert "4417" not in shown.text
    assert made in staffed.door.get(f"/Flag?patient={who}", by=by).text
    for query in ("code:text=Key safe 4", "code:missing=false", "code:not=http://x|y"):
        answer = staffed.door.get(f"/Flag?patient={who}&{query}", by=by)
        assert made not in answer.text, query


@pytest.mark.attack(16, 19)
def test_what_a_writer_gets_back_is_what_it_may_read(staffed: Staffed) -> None:
    who = registered(staffed, 770, at="nm-community")
    by = staffed.as_(Role.CN)
    sent = medicine(who)
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": sent, "request": {"method": "POST", "url": "MedicationStatement"}}],
    }
    whole = {"Prefer": "return=representation"}
    one = staffed.door.ask("POST", "/MedicationStatement", sent, by=by, headers=whole)
    many = staffed.door.ask("POST", "/", bundle, by=by, headers=whole)
    assert (one.status_code, one.content) == (201, b"")
    assert many.json["entry"][0]["response"]["status"] == "201 Created"
    assert "resource" not in many.json["entry"][0]
    staffed.tie(Role.CN, who)
    one = staffed.door.ask("POST", "/MedicationStatement", sent, by=by, headers=whole)
    assert "Paracetamol" in one.text


@pytest.mark.attack(4, 8)
def test_the_own_record_is_not_counted_out(staffed: Staffed) -> None:
    who = registered(staffed, 750)
    staffed.door.made(medicine(who), by=staffed.system(PRACTICE))
    staffed.tie(Role.HC, who)
    control = staffed.as_(Role.HC)
    by = staffed.as_(Role.HC, user="self", person=person_of(staffed, who))
    for query in ("_summary=count", "_total=accurate", "status=active&_summary=count"):
        place = f"/MedicationStatement?patient={who}&{query}"
        assert staffed.door.get(place, by=control).json["total"] == 1
        assert staffed.door.get(place, by=by).json["total"] == 0, query


@pytest.mark.attack(56)
def test_staff_are_known_by_the_id_that_their_record_had_before(staffed: Staffed) -> None:
    first = registered(staffed, 780)
    staffed.door.made(medicine(first), by=staffed.system(PRACTICE))
    sent = someone(family(781), number(781), "1955-05-06")
    second = staffed.door.made(sent, by=staffed.system("nm-acute"))["id"]
    before = person_of(staffed, second)
    by = staffed.as_(Role.HC, user="joined", person=before)
    staffed.tie(Role.HC, first)
    place = f"/MedicationStatement?patient={first}"
    assert staffed.door.get(f"{place}&_summary=count", by=by).json["total"] == 1
    same = {**someone(family(780), number(780), "2020-03-04"), "id": second}
    changed = staffed.door.ask("PUT", f"/Patient/{second}", same, by=staffed.system("nm-acute"))
    assert changed.status_code == 200
    assert person_of(staffed, second) == person_of(staffed, first) != before
    assert staffed.door.get(f"{place}&_summary=count", by=by).json["total"] == 0
    assert staffed.door.get(place, by=by).json.get("entry", []) == []


@pytest.mark.attack(6, 7)
def test_who_may_look_at_one_gets_no_list_by_who_wrote_of_them(staffed: Staffed) -> None:
    doctor = practitioner(staffed, "Loomwright")
    people = [registered(staffed, n) for n in (790, 791)]
    made = []
    for who in people:
        allergy = {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {"coding": [{"system": ACTIVE, "code": "active"}]},
            "code": {"text": "Penicillin"},
            "patient": {"reference": f"Patient/{who}"},
            "asserter": {"reference": f"Practitioner/{doctor}"},
        }
        made.append(staffed.door.made(allergy, by=staffed.system(PRACTICE))["id"])
        staffed.tie(Role.PA, who)
        staffed.tie(Role.HC, who)
    ask, by = staffed.door.get, staffed.as_(Role.PA)
    assert made[0] in ask(f"/AllergyIntolerance?patient={people[0]}", by=by).text
    listed = f"/AllergyIntolerance?asserter=Practitioner/{doctor}"
    assert made[0] in ask(listed, by=staffed.as_(Role.HC)).text
    assert "entry" not in ask(listed, by=by).json
    around = (
        f"/AllergyIntolerance?patient={people[0]}&_include=AllergyIntolerance:asserter"
        "&_revinclude:iterate=AllergyIntolerance:asserter"
    )
    answer = ask(around, by=by)
    assert doctor in answer.text
    assert made[1] not in answer.text


@pytest.mark.attack(11, 16)
def test_no_condition_of_a_write_asks_by_what_is_masked(staffed: Staffed) -> None:
    who = registered(staffed, 910, at="nm-community", **PROTECTED)
    staffed.tie(Role.CN, who, until=NOW - timedelta(days=3))
    by = staffed.as_(Role.CN)
    shown = staffed.door.get(f"/Patient/{who}", by=by)
    assert shown.status_code == 200
    assert "Quarry" not in shown.text
    same = {"If-None-Exist": f"_id={who}&gender=female"}
    new = someone(family(911), number(911))
    assert staffed.door.ask("POST", "/Patient", new, by=by, headers=same).status_code == 200
    for n, code in enumerate(("LA12 9QX", "LA13 1AA")):
        asked = f"_id={who}&address-postalcode={code}"
        new = someone(family(912 + n), number(912 + n), f"{1960 + n}-03-04")
        one = {"resource": new, "request": {"method": "POST", "url": "Patient"}}
        one["request"]["ifNoneExist"] = asked
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [one]}
        alone = staffed.door.ask("POST", "/Patient", new, by=by, headers={"If-None-Exist": asked})
        many = staffed.door.ask("POST", "/", bundle, by=by)
        assert alone.status_code == 201
        assert many.json["entry"][0]["response"]["status"] == "201 Created"


@pytest.mark.attack(58)
def test_a_transaction_that_fails_after_it_has_read_is_accounted_for(staffed: Staffed) -> None:
    who = registered(staffed, 930)
    made = staffed.door.made(medicine(who), by=staffed.system(PRACTICE))["id"]
    staffed.tie(Role.HC, who)
    asked = [f"MedicationStatement/{made}", f"MedicationStatement/{uuid.uuid4()}"]
    entries = [{"request": {"method": "GET", "url": one}} for one in asked]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = staffed.door.ask("POST", "/", bundle, by=staffed.as_(Role.HC))
    assert answer.status_code == 404
    found = rows(
        staffed,
        "SELECT action, outcome, reason FROM ledger.account WHERE request_id = %s",
        answer.headers["x-request-id"],
    )
    assert found == [("transaction", "refused", "not-found")]


@pytest.mark.attack(11, 16)
def test_no_patch_tests_what_is_masked(staffed: Staffed) -> None:
    by = staffed.as_(Role.CN)
    sent = someone(family(940), number(940), "1931-03-04", **PROTECTED)
    made = staffed.door.ask("POST", "/Patient", sent, by=by)
    who = made.headers["location"].split("/")[-3]
    answers = []
    staffed.tie(Role.CN, who, until=NOW + timedelta(days=1))
    assert "Quarry" in staffed.door.get(f"/Patient/{who}", by=by).text
    with psycopg.connect(staffed.door.database.url) as connection:
        connection.execute("UPDATE record.tie SET until = %s", [NOW - timedelta(days=3)])
    shown = staffed.door.get(f"/Patient/{who}", by=by)
    assert shown.status_code == 200
    assert "Quarry" not in shown.text
    for code in ("LA12 9QX", "LA13 1AA"):
        change = [{"op": "test", "path": "/address/0/postalCode", "value": code}]
        kind = {**REQUEST, "Content-Type": "application/json-patch+json"}
        one = staffed.door.ask("PATCH", f"/Patient/{who}", change, by=by, headers=kind)
        answers.append((one.status_code, one.content))
    assert answers[0] == answers[1]


def test_a_tie_of_a_record_that_an_alarm_has_frozen_opens_no_other(staffed: Staffed) -> None:
    first, second = registered(staffed, 950), registered(staffed, 950, at="nm-acute")
    assert person_of(staffed, first) == person_of(staffed, second)
    made = staffed.door.made(medicine(first), by=staffed.system(PRACTICE))["id"]
    staffed.tie(Role.HC, second)
    place, by = f"/MedicationStatement/{made}", staffed.as_(Role.HC)
    assert staffed.door.get(place, by=by).status_code == 200
    with psycopg.connect(staffed.door.database.url) as connection:
        connection.execute("UPDATE record.subject SET frozen = true WHERE local_id = %s", [second])
    assert staffed.door.get(place, by=by).status_code == 404
