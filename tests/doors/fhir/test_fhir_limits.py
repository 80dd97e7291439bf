"""Each limit of the door: what is at it passes, one more does not."""

import gzip
import json
from collections.abc import Mapping

import pytest

from careweave.doors.fhir import Limits
from tests.lib.door import Door, make_door, patient, problems

SMALL = Limits(
    body_bytes=300,
    bundle_bytes=600,
    url_bytes=120,
    header_bytes=400,
    n_headers=12,
    per_second=0,
)


@pytest.fixture
def small(door: Door) -> Door:
    """A door of small limits over the same database."""
    made = make_door(door.database, SMALL)
    door.token("alpha")
    made.tokens = door.tokens
    return made


def _sized(value: Mapping[str, object], size: int) -> bytes:
    body = json.dumps(value).encode()
    return body + b" " * (size - len(body))


def test_a_body_has_a_largest_size(small: Door) -> None:
    assert small.ask("POST", "/Patient", _sized(patient(), 300)).status_code == 201
    answer = small.ask("POST", "/Patient", _sized(patient(), 301))
    assert (answer.status_code, problems(answer)) == (413, [("error", "too-long")])


def test_an_unpacked_body_has_the_same_largest_size(small: Door) -> None:
    headers = {"Content-Encoding": "gzip"}
    fits = gzip.compress(_sized(patient(), 300))
    assert small.ask("POST", "/Patient", fits, headers=headers).status_code == 201
    over = gzip.compress(_sized(patient(), 301))
    assert small.ask("POST", "/Patient", over, headers=headers).status_code == 413


def test_a_bundle_has_its_own_largest_size(small: Door) -> None:
    bundle = {"resourceType": "Bundle", "type": "batch"}
    assert small.ask("POST", "", _sized(bundle, 600)).status_code == 200
    assert small.ask("POST", "", _sized(bundle, 601)).status_code == 413


def test_an_address_has_a_largest_size(small: Door) -> None:
    path = "/Patient?family="
    room = SMALL.url_bytes - len("/fhir/Patient") - len("family=")
    assert small.get(path + "x" * room).status_code == 200
    answer = small.get(path + "x" * (room + 1))
    assert answer.status_code == 413
    assert "_search" in answer.json["issue"][0]["details"]["text"]


def test_headers_have_a_largest_size_and_number(small: Door) -> None:
    assert small.get("/Patient/x", headers={"X-A": "x" * 100}).status_code == 404
    assert small.get("/Patient/x", headers={"X-A": "x" * 401}).status_code == 413
    many = {f"X-{n}": "x" for n in range(13)}
    assert small.get("/Patient/x", headers=many).status_code == 413
    assert small.get("/metadata", by=None, headers=many).status_code == 413


def test_a_body_that_ends_early_is_refused(small: Door) -> None:
    answer = small.client.simulate_post(
        "/fhir/Patient",
        body=b"{}",
        headers={
            "Authorization": f"Bearer {small.token('alpha')}",
            "Content-Type": "application/fhir+json",
            "Content-Length": "50",
        },
    )
    assert answer.status_code == 400
