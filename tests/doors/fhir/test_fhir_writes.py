"""Writing: creates, updates, patches and deletes, by id and by condition."""

import uuid

import pytest

from tests.lib.door import BASE, JSON, Door, observation, patient, problems

PATCH = "application/json-patch+json"


def test_a_create_answers_201_with_its_address(door: Door) -> None:
    answer = door.ask("POST", "/Patient", {**patient(), "id": "mine"})
    assert answer.status_code == 201
    assert answer.json["id"] != "mine"
    assert answer.headers["location"] == f"{BASE}/Patient/{answer.json['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'


def test_prefer_says_what_a_write_gives_back(door: Door) -> None:
    minimal = door.ask("POST", "/Patient", patient(), headers={"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content) == (201, b"")
    outcome = door.ask("POST", "/Patient", patient(), headers={"Prefer": "return=OperationOutcome"})
    assert outcome.json["resourceType"] == "OperationOutcome"
    whole = door.ask("POST", "/Patient", patient(), headers={"Prefer": "return=representation"})
    assert whole.json["resourceType"] == "Patient"


def test_an_update_makes_the_next_version_and_the_same_again_makes_none(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    changed = {**made, "active": True}
    assert door.ask("PUT", place, changed).headers["etag"] == 'W/"2"'
    again = door.ask("PUT", place, changed)
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')


def test_an_update_based_on_an_older_version_is_refused(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    ok = door.ask("PUT", place, {**made, "active": True}, headers={"If-Match": 'W/"1"'})
    late = door.ask("PUT", place, {**made, "active": False}, headers={"If-Match": 'W/"1"'})
    assert (ok.status_code, late.status_code) == (200, 412)
    assert problems(late) == [("error", "conflict")]
    assert door.ask("PUT", place, made, headers={"If-Match": "1"}).status_code == 400


def test_an_update_that_must_not_overwrite_is_refused_not_done(door: Door) -> None:
    made = door.made(patient())
    for place in (f"/Patient/{made['id']}", f"/Patient?_id={made['id']}"):
        changed = {**made, "gender": "other"}
        answer = door.ask("PUT", place, changed, headers={"If-None-Match": "*"})
        assert answer.status_code == 400, answer.text
        assert answer.json["issue"][0]["expression"] == ["If-None-Match"]
    assert door.get(f"/Patient/{made['id']}").headers["etag"] == 'W/"1"'


def test_an_update_names_the_entry_that_it_updates(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    assert door.ask("PUT", place, {**made, "id": "other"}).status_code == 400
    assert door.ask("PUT", place, observation("x")).status_code == 400


@pytest.mark.attack(16)
def test_a_put_of_an_id_that_is_not_held_is_refused_alike(door: Door) -> None:
    hidden = door.made(patient(), by="beta")["id"]
    request_id = str(uuid.uuid4())
    headers = {"X-Request-Id": request_id}
    answers = [
        door.ask("PUT", f"/Patient/{id_}", {**patient(), "id": id_}, headers=headers)
        for id_ in (hidden, str(uuid.uuid4()), "someone-else")
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}


def test_a_source_with_a_prefix_chooses_its_ids_below_it(door: Door) -> None:
    door.token("omega", id_prefix="omega-")
    answer = door.ask("PUT", "/Patient/omega-1", {**patient(), "id": "omega-1"}, by="omega")
    assert answer.status_code == 201, answer.text
    assert door.get("/Patient/omega-1", by="omega").status_code == 200
    refused = door.ask("PUT", "/Patient/other-1", {**patient(), "id": "other-1"}, by="omega")
    assert refused.status_code == 404


def test_care_plans_tasks_and_consents_are_updated_by_version_only(door: Door) -> None:
    who = door.made(patient())["id"]
    task = door.made(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "for": {"reference": f"Patient/{who}"},
        }
    )
    place = f"/Task/{task['id']}"
    changed = {**task, "status": "accepted"}
    assert door.ask("PUT", place, changed).status_code == 400
    assert door.ask("PUT", place, changed, headers={"If-Match": 'W/"1"'}).status_code == 200


def test_a_delete_is_204_whatever_was_there(door: Door) -> None:
    made = door.made(patient())
    hidden = door.made(patient(), by="beta")["id"]
    for id_ in (made["id"], made["id"], hidden, str(uuid.uuid4())):
        assert door.ask("DELETE", f"/Patient/{id_}").status_code == 204
    assert door.get(f"/Patient/{hidden}", by="beta").status_code == 200


def test_a_deleted_entry_comes_back_by_put_as_its_next_version(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    door.ask("DELETE", place)
    answer = door.ask("PUT", place, made)
    assert answer.status_code in (200, 201), answer.text
    assert answer.headers["etag"] == 'W/"3"'
    assert door.get(place).status_code == 200


def test_json_patch_changes_what_it_names(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    patch = [{"op": "replace", "path": "/name/0/family", "value": "Jones"}]
    answer = door.ask("PATCH", place, patch, headers={"Content-Type": PATCH})
    assert answer.status_code == 200, answer.text
    assert answer.json["name"][0]["family"] == "Jones"
    assert answer.headers["etag"] == 'W/"2"'
    stale = door.ask("PATCH", place, patch, headers={"Content-Type": PATCH, "If-Match": 'W/"1"'})
    assert stale.status_code == 412


def test_who_may_only_change_does_not_read_by_changing(door: Door) -> None:
    made = door.made(patient())
    scopes = frozenset({"system/Patient.u"})
    door.token("alpha/changer", scopes=scopes)
    patch = [{"op": "add", "path": "/active", "value": True}]
    headers = {"Content-Type": PATCH, "Prefer": "return=representation"}
    answer = door.ask("PATCH", f"/Patient/{made['id']}", patch, headers=headers, by="alpha/changer")
    assert (answer.status_code, answer.content) == (200, b"")


def test_fhirpath_patch_changes_what_it_names(door: Door) -> None:
    made = door.made(patient())
    patch = {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    {"name": "type", "valueCode": "replace"},
                    {"name": "path", "valueString": "Patient.birthDate"},
                    {"name": "value", "valueDate": "1980-01-01"},
                ],
            }
        ],
    }
    answer = door.ask("PATCH", f"/Patient/{made['id']}", patch)
    assert answer.status_code == 200, answer.text
    assert answer.json["birthDate"] == "1980-01-01"


@pytest.mark.parametrize("kind", ["application/merge-patch+json", "application/json"])
def test_merge_patch_changes_what_it_names(door: Door, kind: str) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    answer = door.ask("PATCH", place, {"gender": "other"}, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    assert answer.json["gender"] == "other"
    assert answer.json["name"] == made["name"]


def test_a_patch_that_cannot_be_applied_is_refused_with_its_place(door: Door) -> None:
    made = door.made(patient())
    for patch in (
        [{"op": "replace", "path": "/nowhere/0", "value": 1}],
        [{"op": "test", "path": "/gender", "value": "male"}],
        [{"op": "remove", "path": "/resourceType"}],
        [{"op": "replace", "path": "/id", "value": "x"}],
        {"op": "nothing"},
        {"gender": "other"},
        ["x"],
    ):
        answer = door.ask("PATCH", f"/Patient/{made['id']}", patch, headers={"Content-Type": PATCH})
        assert answer.status_code in (400, 409, 422), (patch, answer.text)
    assert door.get(f"/Patient/{made['id']}").headers["etag"] == 'W/"1"'


def _identified(value: str) -> dict[str, object]:
    return patient(identifier=[{"system": "http://mrn.example", "value": value}])


def test_a_conditional_create_creates_once(door: Door) -> None:
    mrn = uuid.uuid4().hex
    headers = {"If-None-Exist": f"identifier=http://mrn.example|{mrn}"}
    first = door.ask("POST", "/Patient", _identified(mrn), headers=headers)
    again = door.ask("POST", "/Patient", _identified(mrn), headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    assert again.headers["location"] == first.headers["location"]
    other = door.ask("POST", "/Patient", _identified(mrn), headers=headers, by="beta")
    assert other.status_code == 201
    door.made(_identified(mrn))
    many = door.ask("POST", "/Patient", _identified(mrn), headers=headers)
    assert (many.status_code, problems(many)) == (412, [("error", "multiple-matches")])


def test_a_query_on_a_create_is_its_condition(door: Door) -> None:
    value = uuid.uuid4().hex
    wanted = patient(identifier=[{"system": "urn:test:once", "value": value}])
    place = f"/Patient?identifier=urn:test:once|{value}"
    first = door.ask("POST", place, wanted)
    again = door.ask("POST", place, wanted)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    both = {"If-None-Exist": "identifier=urn:test:once|x"}
    assert door.ask("POST", place, wanted, headers=both).status_code == 400
    assert door.ask("POST", "/Patient?colour=red", wanted).status_code == 400


def test_a_conditional_update_creates_updates_or_refuses(door: Door) -> None:
    mrn = uuid.uuid4().hex
    query = f"/Patient?identifier=http://mrn.example|{mrn}"
    first = door.ask("PUT", query, _identified(mrn))
    second = door.ask("PUT", query, {**_identified(mrn), "active": True})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["id"] == first.json["id"]
    door.made(_identified(mrn))
    assert door.ask("PUT", query, _identified(mrn)).status_code == 412


def test_a_conditional_patch_and_delete_act_on_the_one_that_matches(door: Door) -> None:
    mrn = uuid.uuid4().hex
    made = door.made(_identified(mrn))
    query = f"/Patient?identifier=http://mrn.example|{mrn}"
    patch = [{"op": "add", "path": "/active", "value": True}]
    answer = door.ask("PATCH", query, patch, headers={"Content-Type": PATCH})
    assert answer.status_code == 200, answer.text
    assert door.ask("DELETE", query).status_code == 204
    assert door.get(f"/Patient/{made['id']}").status_code == 410
    assert door.ask("DELETE", query).status_code == 204


def test_a_condition_that_is_empty_or_not_understood_changes_nothing(door: Door) -> None:
    made = door.made(patient())
    for query in ("", "?", "?nonsense=1", "?_count=5", "?_format=json"):
        answer = door.ask("DELETE", f"/Patient{query}")
        assert answer.status_code in (400, 412), (query, answer.text)
    bad = door.ask("POST", "/Patient", patient(), headers={"If-None-Exist": "nonsense=1"})
    assert bad.status_code == 400
    assert door.get(f"/Patient/{made['id']}").status_code == 200


def test_the_same_key_writes_once(door: Door) -> None:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = patient()
    first = door.ask("POST", "/Patient", body, headers=headers)
    again = door.ask("POST", "/Patient", body, headers=headers)
    assert first.status_code == 201
    assert again.json["id"] == first.json["id"]
    other = door.ask("POST", "/Patient", patient("Else"), headers=headers)
    assert other.status_code == 422


def test_what_is_no_valid_resource_is_refused_with_every_issue_and_its_place(door: Door) -> None:
    bad = {
        "resourceType": "Observation",
        "status": "bogus",
        "code": {"text": "x"},
        "valueQuantity": {"value": "high"},
        "surplus": 1,
    }
    answer = door.ask("POST", "/Observation", bad)
    assert answer.status_code in (400, 422)
    places = {place for issue in answer.json["issue"] for place in issue.get("expression", ())}
    assert any("status" in place for place in places), answer.text


def test_writes_belong_to_the_writers_organisation_alone(door: Door) -> None:
    made = door.made(patient(), by="beta")
    place = f"/Patient/{made['id']}"
    assert door.ask("PUT", place, {**made, "active": True}, by="alpha").status_code == 404
    patch = [{"op": "add", "path": "/active", "value": True}]
    refused = door.ask("PATCH", place, patch, headers={"Content-Type": PATCH}, by="alpha")
    assert refused.status_code == 404
    assert door.get(place, by="beta").headers["etag"] == 'W/"1"'


def test_parameters_on_a_write_are_refused(door: Door) -> None:
    made = door.made(patient())
    assert door.ask("PUT", f"/Patient/{made['id']}?name=x", made).status_code == 400
    assert door.ask("POST", "/Patient?_format=json", patient()).status_code == 201
    assert (
        door.ask("POST", "/Patient", patient(), headers={"Content-Type": JSON}).status_code == 201
    )
