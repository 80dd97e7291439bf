"""Reading: versions, conditions, histories, and one answer for all that may not be seen."""

import json
import uuid
from datetime import UTC, datetime, timedelta

from tests.lib.door import BASE, Door, observation, patient, problems


def test_what_was_created_is_read_with_its_version_and_time(door: Door) -> None:
    made = door.made(patient())
    answer = door.get(f"/Patient/{made['id']}")
    assert answer.status_code == 200
    assert answer.json == made
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["content-type"].startswith("application/fhir+json; fhirVersion=4.0")
    assert answer.headers["cache-control"] == "no-store"
    updated = datetime.fromisoformat(made["meta"]["lastUpdated"])
    assert answer.headers["last-modified"] == updated.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_the_bytes_received_are_the_bytes_given_but_for_id_and_meta(door: Door) -> None:
    body = '{"resourceType":"Basic",  "code":{"text":"a\\u00e9 ä"},\n "extension":[{"url":"http://e","valueDecimal":0.100}]}'
    made = door.ask("POST", "/Basic", body.encode())
    read = door.get(f"/Basic/{made.json['id']}")
    assert made.status_code == 201
    assert body[len('{"resourceType":"Basic"') :].encode() in read.content
    assert read.content == made.content


def test_an_older_version_is_read_as_it_was(door: Door) -> None:
    made = door.made(patient("First"))
    changed = {**made, "name": [{"family": "Second"}]}
    assert door.ask("PUT", f"/Patient/{made['id']}", changed).status_code == 200
    old = door.get(f"/Patient/{made['id']}/_history/1")
    new = door.get(f"/Patient/{made['id']}/_history/2")
    assert (old.json["name"][0]["family"], new.json["name"][0]["family"]) == ("First", "Second")
    for version in ("3", "0", "-1", "x", "99999999999999999999", "2147483648", "٣"):
        assert door.get(f"/Patient/{made['id']}/_history/{version}").status_code == 404, version


def test_a_known_version_is_not_sent_again(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    for known in ('W/"1"', '"1"', 'W/"7", W/"1"', "*"):
        answer = door.get(place, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == 'W/"1"'
    assert door.get(place, headers={"If-None-Match": 'W/"2"'}).status_code == 200


def test_what_did_not_change_since_is_not_sent_again(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    stamp = door.get(place).headers["last-modified"]
    assert door.get(place, headers={"If-Modified-Since": stamp}).status_code == 304
    before = (datetime.now(UTC) - timedelta(days=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert door.get(place, headers={"If-Modified-Since": before}).status_code == 200
    assert door.get(place, headers={"If-Modified-Since": "nonsense"}).status_code == 200


def test_head_is_get_without_its_body(door: Door) -> None:
    made = door.made(patient())
    get, head = (door.ask(method, f"/Patient/{made['id']}") for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["etag"] == get.headers["etag"]


def test_absent_hidden_and_impossible_ids_get_the_same_bytes(door: Door) -> None:
    hidden = door.made(patient(), by="beta")["id"]
    request_id = str(uuid.uuid4())
    answers = [
        door.get(f"/Patient/{id_}", headers={"X-Request-Id": request_id})
        for id_ in (hidden, str(uuid.uuid4()), "no-such", "x" * 64, "x" * 65, "a_b", "ä")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (404, answers[0].content)
    }
    assert {tuple(sorted(answer.headers.items())) for answer in answers} == {
        tuple(sorted(answers[0].headers.items()))
    }
    assert problems(answers[0]) == [("error", "not-found")]


def test_a_deleted_entry_is_gone_for_those_who_could_read_it(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    assert door.ask("DELETE", place).status_code == 204
    assert door.get(place).status_code == 410
    assert problems(door.get(place)) == [("error", "deleted")]
    assert door.get(place, by="beta").status_code == 404
    assert door.get(f"{place}/_history/1").status_code == 200
    assert door.get(f"{place}/_history/2").status_code == 410


def test_a_history_lists_each_version_with_how_it_came_to_be(door: Door) -> None:
    made = door.made(patient("One"))
    place = f"/Patient/{made['id']}"
    door.ask("PUT", place, {**made, "name": [{"family": "Two"}]})
    door.ask("DELETE", place)
    found = door.get(f"{place}/_history").json
    assert (found["type"], found["resourceType"]) == ("history", "Bundle")
    assert [entry["request"]["method"] for entry in found["entry"]] == ["DELETE", "PUT", "POST"]
    assert "resource" not in found["entry"][0]
    assert [entry["response"]["etag"] for entry in found["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']
    assert found["entry"][1]["fullUrl"] == f"{BASE}{place}"
    assert door.get(f"{place}/_history", by="beta").status_code == 404


def test_a_history_comes_in_pages_that_join_without_gap(door: Door) -> None:
    made = door.made(patient())
    place = f"/Patient/{made['id']}"
    for n in range(4):
        door.ask("PUT", place, {**made, "name": [{"family": f"N{n}"}]})
    seen: list[str] = []
    path: str | None = f"{place}/_history?_count=2"
    while path:
        page = door.get(path).json
        seen += [entry["resource"]["meta"]["versionId"] for entry in page["entry"]]
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        path = following[0].removeprefix(BASE) if following else None
    assert seen == ["5", "4", "3", "2", "1"]


def test_the_history_of_a_type_shows_own_entries_only(door: Door) -> None:
    mine = door.made(observation(door.made(patient(), by="gamma")["id"]), by="gamma")
    other = door.made(observation(door.made(patient(), by="beta")["id"]), by="beta")
    found = json.dumps(door.get("/Observation/_history?_count=100", by="gamma").json)
    assert mine["id"] in found
    assert other["id"] not in found


def test_history_keeps_to_the_time_that_is_asked_for(door: Door) -> None:
    made = door.made(patient(), by="delta")
    place = f"/Patient/{made['id']}/_history"
    assert len(door.get(f"{place}?_since=2020-01-01T00:00:00Z", by="delta").json["entry"]) == 1
    assert door.get(f"{place}?_count=5000", by="delta").status_code == 200
    assert "entry" not in door.get(f"{place}?_since=2999-01-01T00:00:00Z", by="delta").json
    for bad in (
        "_since=yesterday",
        "_count=-1",
        "_count=0",
        "_count=x",
        "_at=13",
        "foo=1",
    ):
        assert door.get(f"{place}?{bad}", by="delta").status_code == 400, bad


def test_a_read_can_be_narrowed(door: Door) -> None:
    made = door.made(patient(active=True))
    found = door.get(f"/Patient/{made['id']}?_elements=birthDate").json
    assert found["birthDate"] == "1970-02-03"
    assert "name" not in found
    assert "SUBSETTED" in {tag["code"] for tag in found["meta"]["tag"]}
    assert door.get(f"/Patient/{made['id']}?_summary=sideways").status_code == 400
    assert door.get(f"/Patient/{made['id']}?name=x").status_code == 400
    lenient = {"Prefer": "handling=lenient"}
    assert door.get(f"/Patient/{made['id']}?name=x", headers=lenient).status_code == 200


def test_a_request_id_is_taken_over_only_when_it_is_a_uuid(door: Door) -> None:
    mine = str(uuid.uuid4())
    assert door.get("/metadata", headers={"X-Request-Id": mine}).headers["x-request-id"] == mine
    given = door.get("/metadata", headers={"X-Request-Id": "9434765919"}).headers["x-request-id"]
    assert given != "9434765919"
