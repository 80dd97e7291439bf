"""What a role sees through the door: by clause, with a tie, and by no other way."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from careweave.db import Embedded
from careweave.terms import Role
from tests.lib.staff import CARE, NHS, PRACTICE, Staffed, family, number, someone, staffed_door


@pytest.fixture(scope="module")
def staffed(server: Embedded, template: str) -> Iterator[Staffed]:
    with staffed_door(server, template) as made:
        yield made


def allergy(patient: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        },
        "code": {"text": "Penicillin"},
        "patient": {"reference": f"Patient/{patient}"},
        "recordedDate": "2026-01-01",
        **more,
    }


def registered(staffed: Staffed, n: int, *, at: str = PRACTICE, **more: Any) -> tuple[str, str]:
    """Somebody at an organisation with an allergy: the ids of both."""
    by = staffed.system(at)
    who = staffed.door.made(someone(family(n), number(n), **more), by=by)["id"]
    return who, staffed.door.made(allergy(who), by=by)["id"]


def place_of(role: Role) -> str:
    """An organisation that shares with the role and is not its own."""
    return "nm-acute" if role is Role.GP else PRACTICE


def accounts(staffed: Staffed, request_id: str) -> list[dict[str, Any]]:
    with psycopg.connect(staffed.door.database.url) as connection:
        rows = connection.execute(
            "SELECT to_jsonb(a) FROM ledger.account AS a WHERE request_id = %s ORDER BY id",
            [request_id],
        )
        return [row[0] for row in rows]


@pytest.mark.parametrize("role", CARE)
def test_a_role_sees_what_a_clause_gives_only_where_it_has_a_tie(
    staffed: Staffed, role: Role
) -> None:
    who, entry = registered(staffed, 10 + CARE.index(role), at=place_of(role))
    by = staffed.as_(role)
    place = f"/AllergyIntolerance/{entry}"

    assert staffed.door.get(place, by=by).status_code == 404
    staffed.tie(role, who)
    seen = staffed.door.get(place, by=by)

    assert seen.status_code == 200, seen.text
    (account,) = accounts(staffed, seen.headers["x-request-id"])
    (told,) = json.loads(account["clauses"])
    assert (account["role"], account["deed"], account["outcome"]) == (role, "read", "permit")
    assert told["clause"].startswith("agr-")
    assert (told["heading"], told["items"]) == ("ALG", 1)
    assert account["visible_to_person"] == "now"
    assert account["person"] is not None
    found = staffed.door.get(f"/AllergyIntolerance?patient={who}", by=by).json
    assert [one["resource"]["id"] for one in found["entry"]] == [entry]


def medicine(patient: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://snomed.info/sct", "code": "322236009"}],
            "text": "Paracetamol 500 mg tablets",
        },
        "subject": {"reference": f"Patient/{patient}", "display": CANARY},
        "effectiveDateTime": "2026-10-01",
        "dosage": [{"text": CANARY}],
        "note": [{"text": CANARY}],
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{CANARY}</div>',
        },
        "extension": [{"url": "http://x.example/y", "valueString": CANARY}],
    }


CANARY = "quetzalcoatlite"


@pytest.mark.attack(11, 19)
def test_what_is_masked_is_masked_on_every_way_out(staffed: Staffed) -> None:
    who, _ = registered(staffed, 40)
    system = staffed.system(PRACTICE)
    made = staffed.door.made(medicine(who), by=system)["id"]
    staffed.tie(Role.SW, who)
    by = staffed.as_(Role.SW)
    ask = staffed.door.get
    places = (
        f"/MedicationStatement/{made}",
        f"/MedicationStatement/{made}?_summary=data",
        f"/MedicationStatement/{made}?_elements=dosage,note,medication",
        f"/MedicationStatement/{made}/_history",
        f"/MedicationStatement/{made}/_history/1",
        "/MedicationStatement/_history",
        f"/MedicationStatement?patient={who}",
        f"/MedicationStatement?patient={who}&_elements=dosage",
        f"/MedicationStatement?patient={who}&_summary=text",
        "/MedicationStatement?status=active",
        f"/Patient/{who}/$everything",
        f"/Patient?_id={who}&_revinclude=MedicationStatement:subject",
    )
    for place in places:
        answer = ask(place, by=by)
        assert answer.status_code == 200, (place, answer.text)
        assert made in answer.text, place
        assert CANARY not in answer.text, place
        assert "SUBSETTED" in answer.text, place
        pretty = ask(place, by=by, headers={"Accept": "application/fhir+xml"})
        assert CANARY not in pretty.text, place
    assert CANARY in ask(places[0], by=system).text
    only_new = {"If-None-Match": 'W/"1"'}
    assert ask(places[0], by=by, headers=only_new).status_code == 200
    assert ask(places[0], by=system, headers=only_new).status_code == 304


@pytest.mark.attack(11, 19)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_what_is_masked_is_masked_in_a_bundle_too(staffed: Staffed, kind: str) -> None:
    who, _ = registered(staffed, 50 + len(kind))
    made = staffed.door.made(medicine(who), by=staffed.system(PRACTICE))["id"]
    staffed.tie(Role.SW, who)
    asked = (f"MedicationStatement/{made}", f"MedicationStatement?patient={who}")
    bundle = {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"request": {"method": "GET", "url": one}} for one in asked],
    }
    answer = staffed.door.ask("POST", "", bundle, by=staffed.as_(Role.SW))
    assert answer.status_code == 200, answer.text
    assert answer.text.count("SUBSETTED") == 2
    assert CANARY not in answer.text


@pytest.mark.attack(11)
@pytest.mark.parametrize(
    "query",
    ["source=Patient/x", "source:missing=true", "part-of:missing=true", "identifier:missing=true"],
)
def test_nothing_is_found_by_what_is_masked(staffed: Staffed, query: str) -> None:
    who, _ = registered(staffed, 300 + len(query))
    made = staffed.door.made(medicine(who), by=staffed.system(PRACTICE))["id"]
    staffed.tie(Role.SW, who)
    by = staffed.as_(Role.SW)
    assert (
        made
        in staffed.door.get(f"/MedicationStatement?patient={who}&code:missing=false", by=by).text
    )
    answer = staffed.door.get(f"/MedicationStatement?patient={who}&{query}&_total=accurate", by=by)
    assert (answer.status_code, answer.json["total"]) == (200, 0)
    back = staffed.door.get(f"/Patient?_id={who}&_has:MedicationStatement:subject:{query}", by=by)
    assert "entry" not in back.json


@pytest.mark.attack(11)
@pytest.mark.parametrize(
    "query",
    [
        "Patient?address-postalcode=LA12",
        "Patient?_sort=address-city",
        "Patient?phone=01632960001",
        "Patient?family=x&birthdate=1950-01-02&address-city=x",
        "RelatedPerson?address=x",
        "Observation?patient.address-postalcode=LA12",
        "Observation?subject:Patient.telecom=x",
        "Organization?_has:Patient:organization:phone=1",
    ],
)
def test_nobody_is_searched_for_by_a_place(staffed: Staffed, query: str) -> None:
    answer = staffed.door.get(f"/{query}", by=staffed.as_(Role.CN))
    assert answer.status_code == 403, answer.text
    (account,) = accounts(staffed, answer.headers["x-request-id"])
    assert (account["outcome"], account["reason"]) == ("refused", "masked")


RESTRICTED = {
    "meta": {
        "security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
        ]
    }
}
WHERE = ("Quarry", "LA12", "01632", "Millbeck")


def finds(staffed: Staffed, role: Role, query: str) -> list[dict[str, Any]]:
    answer = staffed.door.get(f"/Patient?{query}", by=staffed.as_(role))
    assert answer.status_code == 200, answer.text
    return [one["resource"] for one in answer.json.get("entry", ()) if "resource" in one]


FINDERS = tuple(role for role in CARE if role is not Role.CH)


@pytest.mark.attack(83)
@pytest.mark.parametrize("role", FINDERS)
def test_a_person_is_found_without_a_tie_by_exact_criteria_and_told_apart(
    staffed: Staffed, role: Role
) -> None:
    n = 60 + FINDERS.index(role)
    who, _ = registered(staffed, n)
    for query in (f"identifier={NHS}|{number(n)}", f"family={family(n)}&birthdate=1950-01-02"):
        (found,) = finds(staffed, role, query)
        assert found.keys() <= {
            *("resourceType", "id", "meta", "active", "name", "birthDate", "gender"),
            *("identifier", "address"),
        }
        assert found["address"] == [{"postalCode": "LA12"}]
        assert [one["value"] for one in found["identifier"]] == [number(n)]
        assert found["id"] != who
        assert "Quarry" not in str(found)
        opened = staffed.door.get(f"/Patient/{found['id']}/$everything", by=staffed.as_(role))
        assert opened.status_code == 404


@pytest.mark.attack(83)
@pytest.mark.parametrize("role", [Role.CI, Role.PX, Role.AN, Role.CH])
def test_who_may_find_nobody_is_told_what_is_told_of_nobody(staffed: Staffed, role: Role) -> None:
    registered(staffed, 80 + [Role.CI, Role.PX, Role.AN, Role.CH].index(role))
    n = 80 + [Role.CI, Role.PX, Role.AN, Role.CH].index(role)
    assert finds(staffed, role, f"identifier={NHS}|{number(n)}") == []
    assert finds(staffed, role, f"family={family(n)}&birthdate=1950-01-02") == []


@pytest.mark.attack(83)
def test_a_care_home_finds_its_residents(staffed: Staffed) -> None:
    who, _ = registered(staffed, 85, at="nm-acute")
    assert finds(staffed, Role.CH, f"identifier={NHS}|{number(85)}") == []
    staffed.tie(Role.CH, who)
    assert len(finds(staffed, Role.CH, f"identifier={NHS}|{number(85)}")) == 1


@pytest.mark.attack(83)
def test_a_protected_address_is_told_to_nobody_who_only_searches(staffed: Staffed) -> None:
    who, _ = registered(staffed, 86, **RESTRICTED)
    (found,) = finds(staffed, Role.CN, f"identifier={NHS}|{number(86)}")
    assert "address" not in found
    same = f"family={family(86)}&birthdate=1950-01-02"
    assert len(finds(staffed, Role.CN, same)) == 1
    assert finds(staffed, Role.CN, f"{same}&address-postalcode=LA12 9QX") == []
    staffed.tie(Role.CN, who)
    shown = staffed.door.get(f"/Patient/{who}", by=staffed.as_(Role.CN))
    assert shown.status_code == 200
    assert "Quarry" in shown.text


@pytest.mark.attack(83)
@pytest.mark.parametrize(
    "query",
    [
        "family=Threl*&birthdate=1950-01-02",
        "family=Threlkeld&birthdate=ge1950-01-01&birthdate=le1950-12-31",
        "family=Threlkeld&birthdate=1950-01-02&_fuzzy-match=true",
        "given=Ann&birthdate=1950-01-02",
        "family=Threlkeld&birthdate=1950-01-02&email=x@y.example",
    ],
)
def test_what_is_not_exact_is_refused_whatever_is_held(staffed: Staffed, query: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = staffed.door.ask(
        "POST", "/Patient/$find", query, by=staffed.as_(Role.GP), headers=form
    )
    assert answer.status_code == 403, answer.text
    (account,) = accounts(staffed, answer.headers["x-request-id"])
    assert (account["outcome"], account["reason"]) == ("refused", "inexact")


@pytest.mark.attack(83)
def test_each_search_for_a_person_is_accounted_for_with_no_value(staffed: Staffed) -> None:
    registered(staffed, 90)
    by = staffed.as_(Role.HC)
    for n, shown in ((90, 1), (91, 0)):
        answer = staffed.door.get(f"/Patient?identifier={NHS}|{number(n)}", by=by)
        found = accounts(staffed, answer.headers["x-request-id"])
        assert [one["n_items"] for one in found] == [shown, *([1] * shown)]
        for one in found:
            assert (one["deed"], one["purpose"], one["role"]) == ("find", "PATADMIN", "HC")
            assert "identifier~" in one["what"]
            assert number(n) not in str(one)


def test_who_sees_what_is_current_of_somebody_sees_no_former_name_or_home(staffed: Staffed) -> None:
    former = [{"use": "old", "family": "Blackthorn", "given": ["Ann"]}]
    homes = [{"use": "home", "line": ["9 Former Row"], "period": {"end": "2001-01-01"}}]
    now = someone(family(200), number(200))
    by = staffed.system(PRACTICE)
    sent = {**now, "name": [*now["name"], *former], "address": [*now["address"], *homes]}
    who = staffed.door.made(sent, by=by)["id"]
    staffed.tie(Role.CN, who)
    for place in (f"/Patient/{who}", f"/Patient/{who}/_history", f"/Patient/{who}/$everything"):
        shown = staffed.door.get(place, by=staffed.as_(Role.CN))
        assert shown.status_code == 200, place
        assert family(200) in shown.text
        assert "Quarry" in shown.text
        assert "Blackthorn" not in shown.text
        assert "Former" not in shown.text
        assert "SUBSETTED" in shown.text
        assert "Blackthorn" in staffed.door.get(place, by=by).text
