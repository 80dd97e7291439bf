"""Batch and transaction: all or nothing, or each by itself; reads among writes."""

import uuid
from typing import Any

import pytest

from tests.lib.door import BASE, Door, observation, patient, problems


def _entry(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    found = {"request": {"method": method, "url": url, **more}}
    return found | ({"resource": resource} if resource is not None else {})


def _bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [entry["response"]["status"][:3] for entry in answer.json["entry"]]


def _person_with_result() -> dict[str, Any]:
    who = f"urn:uuid:{uuid.uuid4()}"
    seen = observation("x")
    seen["subject"]["reference"] = who
    return _bundle(
        {"fullUrl": who, **_entry("POST", "Patient", patient())},
        {"fullUrl": f"urn:uuid:{uuid.uuid4()}", **_entry("POST", "Observation", seen)},
    )


def test_a_transaction_writes_all_and_resolves_its_own_references(door: Door) -> None:
    answer = door.ask("POST", "", _person_with_result())
    assert _statuses(answer) == ["201", "201"]
    assert answer.json["type"] == "transaction-response"
    first, second = (entry["response"]["location"] for entry in answer.json["entry"])
    who = first.removeprefix(f"{BASE}/Patient/").partition("/")[0]
    seen = door.get(second.removeprefix(BASE).partition("/_history")[0])
    assert seen.json["subject"]["reference"] == f"Patient/{who}"
    assert answer.json["entry"][0]["response"]["etag"] == 'W/"1"'


def test_representations_come_back_where_they_are_preferred(door: Door) -> None:
    headers = {"Prefer": "return=representation"}
    answer = door.ask("POST", "", _person_with_result(), headers=headers)
    assert answer.json["entry"][0]["resource"]["resourceType"] == "Patient"
    assert "resource" not in door.ask("POST", "", _person_with_result()).json["entry"][0]


def test_a_transaction_that_fails_leaves_nothing_and_names_the_entry(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    sent = _bundle(
        _entry("POST", "Patient", patient(family)),
        _entry("POST", "Observation", {"resourceType": "Observation", "status": "bogus"}),
    )
    answer = door.ask("POST", "", sent)
    assert answer.status_code in (400, 422), answer.text
    places = str([issue.get("expression") for issue in answer.json["issue"]])
    assert "Bundle.entry[1]" in places
    assert "entry" not in door.get(f"/Patient?family={family}").json


def test_a_batch_does_what_it_can(door: Door) -> None:
    made, over = door.made(patient()), door.made(patient())
    sent = _bundle(
        _entry("POST", "Patient", patient()),
        _entry("POST", "Observation", {"resourceType": "Observation", "status": "bogus"}),
        _entry("GET", f"Patient/{made['id']}"),
        _entry("GET", f"Patient/{uuid.uuid4()}"),
        _entry("GET", "Nonsense/1"),
        _entry("DELETE", f"Patient/{over['id']}"),
        kind="batch",
    )
    answer = door.ask("POST", "", sent)
    found = _statuses(answer)
    assert answer.json["type"] == "batch-response"
    assert (found[0], found[2:]) == ("201", ["200", "404", "404", "204"])
    assert found[1] in ("400", "422")
    assert answer.json["entry"][2]["resource"]["id"] == made["id"]
    wrong = answer.json["entry"][1]["response"]["outcome"]
    assert wrong["resourceType"] == "OperationOutcome"


def test_reads_in_a_transaction_see_what_it_wrote(door: Door) -> None:
    made = door.made(patient("Before"))
    place = f"Patient/{made['id']}"
    answer = door.ask(
        "POST",
        "",
        _bundle(
            _entry("GET", place),
            _entry("PUT", place, {**made, "name": [{"family": "After"}]}),
            _entry("GET", f"Patient?_id={made['id']}"),
            _entry("GET", f"{place}/_history"),
        ),
    )
    assert _statuses(answer) == ["200", "200", "200", "200"]
    assert answer.json["entry"][0]["resource"]["name"][0]["family"] == "After"
    page = answer.json["entry"][2]["resource"]
    assert page["entry"][0]["resource"]["name"][0]["family"] == "After"
    assert len(answer.json["entry"][3]["resource"]["entry"]) == 2


def test_a_read_that_fails_fails_its_transaction(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    sent = _bundle(_entry("POST", "Patient", patient(family)), _entry("GET", "Patient/none"))
    answer = door.ask("POST", "", sent)
    assert (answer.status_code, problems(answer)) == (404, [("error", "not-found")])
    assert "entry" not in door.get(f"/Patient?family={family}").json


@pytest.mark.attack(16, 18)
def test_conditions_in_a_transaction_keep_to_the_callers_sight(door: Door) -> None:
    mrn = uuid.uuid4().hex
    identified = patient(identifier=[{"system": "http://mrn.example", "value": mrn}])
    hidden = door.made(identified, by="beta")
    query = f"identifier=http://mrn.example|{mrn}"
    sent = _bundle(_entry("POST", "Patient", identified, ifNoneExist=query))
    assert _statuses(door.ask("POST", "", sent)) == ["201"]
    assert _statuses(door.ask("POST", "", sent)) == ["200"]
    seen = observation("x")
    seen["subject"]["reference"] = f"Patient?identifier=http://mrn.example|{uuid.uuid4().hex}"
    refused = door.ask("POST", "", _bundle(_entry("POST", "Observation", seen)))
    assert refused.status_code in (404, 412)
    assert door.get(f"/Patient/{hidden['id']}", by="beta").headers["etag"] == 'W/"1"'


def test_a_bundle_that_is_none_to_carry_out_is_refused(door: Door) -> None:
    for sent in (
        _bundle(kind="collection"),
        _bundle(kind="nonsense"),
        {"resourceType": "Bundle"},
        patient(),
        _bundle({"resource": patient()}),
        _bundle(_entry("FETCH", "Patient/1")),
        _bundle(_entry("POST", "Nonsense", patient())),
        _bundle(_entry("POST", "Observation", patient())),
    ):
        answer = door.ask("POST", "", sent)
        assert 400 <= answer.status_code < 500, (sent, answer.text)
        assert answer.json["resourceType"] == "OperationOutcome"


def test_one_identity_twice_in_a_transaction_is_refused(door: Door) -> None:
    made = door.made(patient())
    place = f"Patient/{made['id']}"
    sent = _bundle(_entry("PUT", place, made), _entry("DELETE", place))
    assert door.ask("POST", "", sent).status_code == 400


def test_scopes_hold_for_each_entry(door: Door) -> None:
    door.token("alpha/reader", scopes=frozenset({"system/Patient.rs"}), system="reader")
    made = door.made(patient())
    write = _entry("POST", "Patient", patient())
    read = _entry("GET", f"Patient/{made['id']}")
    whole = door.ask("POST", "", _bundle(write, read), by="alpha/reader")
    assert (whole.status_code, problems(whole)) == (403, [("error", "forbidden")])
    each = door.ask("POST", "", _bundle(write, read, kind="batch"), by="alpha/reader")
    assert _statuses(each) == ["403", "200"]


def test_a_reference_by_condition_needs_the_scope_to_search(door: Door) -> None:
    scopes = frozenset({"system/Observation.cru", "system/Patient.cru"})
    door.token("alpha/writer", scopes=scopes, system="writer")
    seen = observation("x")
    seen["subject"]["reference"] = "Patient?identifier=http://mrn.example|1"
    for entry in (
        _entry("POST", "Observation", seen),
        _entry("POST", "Patient", patient(), ifNoneExist="identifier=1"),
        _entry("PUT", "Patient?identifier=1", patient()),
        _entry("GET", "Patient?identifier=1"),
        _entry("DELETE", "Patient/1"),
    ):
        answer = door.ask("POST", "", _bundle(entry), by="alpha/writer")
        assert answer.status_code == 403, entry
    plain = _bundle(_entry("POST", "Patient", patient()))
    assert _statuses(door.ask("POST", "", plain, by="alpha/writer")) == ["201"]


def test_a_key_for_a_bundle_is_refused_and_not_passed_over(door: Door) -> None:
    headers = {"Idempotency-Key": "one"}
    answer = door.ask("POST", "", _person_with_result(), headers=headers)
    assert (answer.status_code, problems(answer)) == (400, [("error", "not-supported")])


def test_an_empty_transaction_is_answered_empty(door: Door) -> None:
    answer = door.ask("POST", "", _bundle())
    assert answer.status_code == 200
    assert "entry" not in answer.json
