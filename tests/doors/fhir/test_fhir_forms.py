"""Forms of requests and answers: JSON and XML, packed or not, and what is refused at the door."""

import gzip
import json
import uuid

import pytest
from lxml import etree

from tests.lib.door import JSON, XML, Door, observation, patient, problems


def test_an_answer_comes_in_the_form_that_is_accepted(door: Door) -> None:
    place = f"/Patient/{door.made(patient())['id']}"
    for accept, expected in (
        ("application/fhir+xml", XML),
        ("application/xml", XML),
        ("text/xml;q=0.9, text/plain", XML),
        ("application/fhir+json;q=0.1, application/fhir+xml", XML),
        ("application/fhir+json; fhirVersion=4.0", JSON),
        ("application/json", JSON),
        ("text/html, */*;q=0.8", JSON),
        ("", JSON),
    ):
        answer = door.get(place, headers={"Accept": accept})
        assert answer.status_code == 200, accept
        assert answer.headers["content-type"].startswith(expected), accept


def test_format_wins_over_accept(door: Door) -> None:
    place = f"/Patient/{door.made(patient())['id']}"
    for text in ("xml", "application/fhir%2Bxml", "application/fhir+xml", "text/xml"):
        answer = door.get(f"{place}?_format={text}", headers={"Accept": JSON})
        assert answer.headers["content-type"].startswith(XML), text
    assert door.get(f"{place}?_format=json", headers={"Accept": XML}).json["id"]


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png", "application/fhir+json;fhirVersion=5.0"]
)
def test_a_form_that_cannot_be_given_is_406(door: Door, accept: str) -> None:
    answer = door.get("/metadata", headers={"Accept": accept})
    assert (answer.status_code, problems(answer)) == (406, [("error", "not-supported")])
    assert door.get("/Patient?_format=turtle").status_code == 406


def test_xml_goes_in_and_comes_out_again(door: Door) -> None:
    sent = b"""<Patient xmlns="http://hl7.org/fhir"><active value="true"/>
      <name><family value="Brown"/></name><birthDate value="1980-01-02"/></Patient>"""
    made = door.ask("POST", "/Patient", sent, headers={"Content-Type": XML, "Accept": XML})
    assert made.status_code == 201, made.text
    root = etree.fromstring(made.content)
    assert root.tag == "{http://hl7.org/fhir}Patient"
    id_ = root.find("{http://hl7.org/fhir}id")
    assert id_ is not None
    found = door.get(f"/Patient/{id_.get('value')}").json
    assert (found["active"], found["name"][0]["family"]) == (True, "Brown")
    page = door.get(f"/Patient?_id={found['id']}", headers={"Accept": XML})
    assert etree.fromstring(page.content).tag == "{http://hl7.org/fhir}Bundle"
    missing = door.get(f"/Patient/{uuid.uuid4()}", headers={"Accept": XML})
    assert etree.fromstring(missing.content).tag == "{http://hl7.org/fhir}OperationOutcome"


def test_a_transaction_may_come_as_xml(door: Door) -> None:
    sent = b"""<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry><resource>
      <Patient><active value="true"/></Patient></resource><request><method value="POST"/>
      <url value="Patient"/></request></entry></Bundle>"""
    answer = door.ask("POST", "", sent, headers={"Content-Type": XML})
    assert answer.status_code == 200, answer.text
    assert answer.json["entry"][0]["response"]["status"].startswith("201")


def test_pretty_is_the_same_with_lines(door: Door) -> None:
    made = door.made(
        observation(door.made(patient())["id"], value=1.50, note=[])
        | {"note": [{"text": 'a "{[,:]}" \\'}]}
    )
    plain = door.get(f"/Observation/{made['id']}")
    pretty = door.get(f"/Observation/{made['id']}?_pretty=true")
    assert pretty.json == plain.json
    assert pretty.text.count("\n") > 10
    assert '  "status": "final"' in pretty.text


@pytest.mark.slow
def test_large_answers_are_packed_for_those_who_can_unpack(door: Door) -> None:
    who = door.made(patient())["id"]
    for n in range(8):
        door.made(observation(who, value=n))
    path = f"/Observation?patient={who}"
    packed = door.get(path, headers={"Accept-Encoding": "gzip, deflate"})
    plain = door.get(path)
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.json
    assert "content-encoding" not in plain.headers
    for refused in ("gzip;q=0", "br", "identity", "gzip; q=0.0, br"):
        answer = door.get(path, headers={"Accept-Encoding": refused})
        assert "content-encoding" not in answer.headers, refused
    small = door.get(f"/Patient/{who}", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


def test_a_packed_body_is_read(door: Door) -> None:
    body = gzip.compress(json.dumps(patient()).encode())
    headers = {"Content-Encoding": "gzip"}
    assert door.ask("POST", "/Patient", body, headers=headers).status_code == 201
    for bad in (b"no gzip", body[:-4], body + b"more", b""):
        assert door.ask("POST", "/Patient", bad, headers=headers).status_code == 400
    answer = door.ask("POST", "/Patient", body, headers={"Content-Encoding": "br"})
    assert answer.status_code == 415


def test_a_packed_body_cannot_grow_beyond_the_limit(door: Door) -> None:
    bomb = gzip.compress(b" " * (11 * 1024 * 1024))
    answer = door.ask("POST", "/Patient", bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, problems(answer)) == (413, [("error", "too-long")])


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/fhir+json; charset=latin-1",
        "application/fhir+json; fhirVersion=3.0",
        "application/json-patch+json",
        "*/*",
        "nonsense",
    ],
)
def test_a_body_of_another_kind_is_415(door: Door, kind: str) -> None:
    body = json.dumps(patient()).encode()
    answer = door.ask("POST", "/Patient", body, headers={"Content-Type": kind})
    assert (answer.status_code, problems(answer)) == (415, [("error", "not-supported")])


def test_a_method_that_an_address_does_not_take_is_405(door: Door) -> None:
    for method, path in (
        ("DELETE", "/metadata"),
        ("PUT", "/Patient/1/_history"),
        ("POST", "/Patient/1"),
    ):
        answer = door.ask(method, path)
        assert (answer.status_code, problems(answer)) == (405, [("error", "not-supported")])
        assert answer.headers["allow"]


def test_an_address_that_is_none_is_404_as_an_outcome(door: Door) -> None:
    for path in (
        "/Patient/1/2/3/4/5",
        "/Patient/1/$nothing",
        "/Patient/$nothing/x",
        "//",
        "/$export",
    ):
        answer = door.ask("POST" if "$" in path else "GET", path)
        assert answer.status_code in (404, 405), (path, answer.text)
        assert answer.json["resourceType"] == "OperationOutcome"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_options_says_what_an_address_takes(door: Door) -> None:
    answer = door.ask("OPTIONS", "/Patient/1", by=None)
    assert answer.status_code == 200
    assert {"GET", "PUT", "PATCH", "DELETE"} <= set(answer.headers["allow"].split(", "))
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_answer_carries_the_headers_of_machine_doors(door: Door) -> None:
    made = door.made(patient())
    for answer in (
        door.get(f"/Patient/{made['id']}"),
        door.get("/Patient/none"),
        door.get("/Patient", by=None),
        door.get("/metadata"),
        door.get("/none/none/none/none/none/none"),
        door.ask("DELETE", "/Patient/none"),
    ):
        headers = answer.headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"].startswith("max-age=63072000")
        assert headers["x-request-id"]
        assert "server" not in headers
