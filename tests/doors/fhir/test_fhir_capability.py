"""The door describes itself by what it serves, and operators see how it does."""

import json
import logging
import uuid
from datetime import datetime

import pytest

from careweave.doors.fhir import ROUTES
from careweave.formats import check, known_types, read_json
from tests.lib.door import BASE, Door, make_door, observation, patient, problems


def _rest(door: Door) -> dict:
    answer = door.get("/metadata", by=None)
    assert answer.status_code == 200
    assert answer.json["fhirVersion"] == "4.0.1"
    assert answer.json["implementation"]["url"] == BASE
    return answer.json["rest"][0]


def test_the_statement_is_a_valid_resource(door: Door) -> None:
    body = door.get("/metadata", by=None).json
    checked = door.ask("POST", "/CapabilityStatement/$validate", body)
    assert [one for one in problems(checked) if one[0] in ("error", "fatal")] == [], checked.text


def test_the_statement_has_no_fault_of_form(door: Door) -> None:
    assert check(read_json(door.get("/metadata", by=None).content)) == ()


@pytest.mark.parametrize("name", ["Observation", "Patient", "List", "Provenance"])
def test_what_is_said_to_come_along_does(door: Door, name: str) -> None:
    (one,) = [one for one in _rest(door)["resource"] if one["type"] == name]
    assert not [text for text in one["searchInclude"] if text.endswith(":_list")]
    assert door.get(f"/{name}?_include={name}:_list").status_code == 400
    for kind in ("searchInclude", "searchRevInclude"):
        asked = "_include" if kind == "searchInclude" else "_revinclude"
        for place in range(0, len(one[kind]), 20):
            query = "&".join(f"{asked}={text}" for text in one[kind][place : place + 20])
            answer = door.get(f"/{name}?{query}")
            assert answer.status_code == 200, answer.text


def test_ids_of_the_client_are_said_to_be_taken_only_below_a_prefix(door: Door) -> None:
    rest = _rest(door)
    assert not any(one["updateCreate"] for one in rest["resource"])
    assert "prefix" in rest["documentation"]


def test_the_statement_lists_every_type_and_what_is_served_for_it(door: Door) -> None:
    rest = _rest(door)
    assert [one["type"] for one in rest["resource"]] == list(known_types())
    codes = {route.code for route in ROUTES}
    for one in rest["resource"]:
        offered = {item["code"] for item in one["interaction"]}
        assert offered <= codes
        assert {"read", "vread", "search-type", "create", "update", "delete", "patch"} <= offered
    assert {item["code"] for item in rest["interaction"]} == {"transaction", "batch"}


def test_a_parameter_is_listed_exactly_when_it_is_taken(door: Door) -> None:
    listed = {one["type"]: one for one in _rest(door)["resource"]}
    names = {item["name"] for item in listed["Patient"]["searchParam"]}
    assert {"name", "birthdate", "identifier", "_id", "_lastUpdated"} <= names
    assert not {"_text", "_content", "_filter", "_query"} & names
    assert "Observation:subject" in listed["Observation"]["searchInclude"]
    assert "Observation:subject" in listed["Patient"]["searchRevInclude"]
    assert {one["name"] for one in listed["Patient"]["operation"]} == {
        *("everything", "find", "ihe-pix", "match", "validate"),
        *("break-glass", "reason", "end-episode"),
    }
    assert listed["Task"]["versioning"] == "versioned-update"


def test_the_same_door_is_described_as_openapi(door: Door) -> None:
    answer = door.get("/openapi.json", by=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    paths = answer.json["paths"]
    assert {"get", "post", "put", "patch", "delete"} <= paths["/Patient"].keys()
    assert {"get", "put", "patch", "delete"} <= paths["/Observation/{id}"].keys()
    assert "post" in paths["/"]
    assert "get" in paths["/metadata"]
    names = {item["name"] for item in paths["/Patient"]["get"]["parameters"]}
    assert "birthdate" in names


def test_health_readiness_and_figures_are_given(door: Door) -> None:
    for path in ("/health", "/ready"):
        answer = door.client.simulate_get(path)
        assert (answer.status_code, answer.json) == (200, {"status": "pass"})
    door.get("/Patient/x")
    text = door.client.simulate_get("/metrics", remote_addr="127.0.0.1").text
    assert (
        'careweave_fhir_requests_total{route="/fhir/{type}/{id}",method="GET",status="404"}' in text
    )
    assert "careweave_fhir_request_seconds_bucket" in text
    assert "careweave_ledger_unsealed_seconds" in text


def test_figures_are_for_the_machine_itself_or_a_token(door: Door) -> None:
    far, near = "203.0.113.9", "127.0.0.1"
    assert door.client.simulate_get("/metrics", remote_addr=far).status_code == 401
    behind = {"X-Forwarded-For": far}
    answer = door.client.simulate_get("/metrics", remote_addr=near, headers=behind)
    assert answer.status_code == 401
    token = {"Authorization": f"Bearer {door.token('alpha')}"}
    answer = door.client.simulate_get("/metrics", remote_addr=far, headers=token)
    assert answer.status_code == 200


def test_a_database_that_is_away_is_not_ready_and_answers_503(door: Door) -> None:
    from careweave.db import Database

    token = door.token("alpha")
    away = make_door(Database("postgresql://localhost:1/none?connect_timeout=1"))
    assert away.client.simulate_get("/health").status_code == 200
    assert away.client.simulate_get("/ready").status_code == 503
    answer = away.get("/Patient/x", by=None, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, problems(answer)) == (503, [("error", "transient")])
    assert answer.headers["retry-after"]


@pytest.mark.attack(70)
def test_the_log_and_the_figures_name_nobody(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    canary = f"Canary{uuid.uuid4().hex[:8]}"
    with caplog.at_level(logging.DEBUG):
        who = door.made(patient(canary))["id"]
        door.made(observation(who, note=[{"text": canary}]))
        door.get(f"/Patient?family={canary}")
        door.get(f"/Patient?birthdate={canary}")
        door.get(f"/{canary}/1")
        door.get(f"/Patient/{who}")
        door.ask("POST", "/Patient", {"resourceType": "Patient", canary: canary})
    lines = [record.getMessage() for record in caplog.records]
    kept = "\n".join(lines) + door.client.simulate_get("/metrics", remote_addr="127.0.0.1").text
    assert canary not in kept
    assert who not in kept
    last = json.loads([one for one in lines if '"event": "request"' in one][-1])
    assert set(last) == {
        *("event", "door", "route", "method", "status", "ms", "request_id", "client")
    }


def test_a_mistake_of_ours_gives_its_number_and_tells_nothing(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> datetime:
        raise RuntimeError("Canarytext")

    other = make_door(door.database, clock=broken)
    with caplog.at_level(logging.DEBUG):
        answer = other.get("/Patient/x", by=None, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, problems(answer)) == (500, [("error", "exception")])
    request_id = answer.headers["x-request-id"]
    assert answer.json["issue"][0]["diagnostics"] == request_id
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "Canarytext" not in answer.text + logged
    fault = json.loads(next(line for line in logged.splitlines() if "fault" in line))
    assert (fault["kind"], fault["request_id"]) == ("RuntimeError", request_id)


def test_validate_says_what_is_wrong_and_never_fails(door: Door) -> None:
    good = door.ask("POST", "/Patient/$validate", patient())
    assert good.status_code == 200
    assert {severity for severity, _ in problems(good)} <= {"information", "warning"}
    bad = {"resourceType": "Observation", "status": "bogus", "code": {}}
    answer = door.ask("POST", "/Observation/$validate", bad)
    assert answer.status_code == 200
    assert "error" in {severity for severity, _ in problems(answer)}


def test_validate_takes_parameters_modes_and_profiles(door: Door) -> None:
    made = door.made(patient())
    sent = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": patient()},
            {"name": "mode", "valueCode": "create"},
            {"name": "profile", "valueUri": "http://example.org/none"},
        ],
    }
    answer = door.ask("POST", "/Patient/$validate", sent)
    assert ("error", "not-supported") in problems(answer)
    known = "http://hl7.org/fhir/StructureDefinition/Patient"
    answer = door.ask("POST", f"/Patient/$validate?profile={known}", patient())
    assert {severity for severity, _ in problems(answer)} <= {"information", "warning"}
    assert door.ask("POST", "/Patient/$validate?mode=delete").status_code == 400
    assert door.ask("POST", "/Patient/$validate?mode=sing", patient()).status_code == 400
    assert door.ask("POST", "/Patient/$validate").status_code == 400
    place = f"/Patient/{made['id']}/$validate"
    assert door.ask("POST", f"{place}?mode=delete").status_code == 200
    assert door.get(place).status_code == 200
    assert door.get(place, by="beta").status_code == 404
    assert ("error", "invalid") in problems(door.ask("POST", place, observation("x")))
