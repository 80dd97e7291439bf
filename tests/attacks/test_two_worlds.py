"""What may not be seen changes no byte of any answer: two worlds, one question after another."""

import re
from collections.abc import Iterator

import pytest

from careweave.db import Embedded
from tests.lib.door import Door, fresh_database, make_door, observation, patient

# What differs between two worlds by nature: random ids, times, request ids, sealed page links.
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_CURSOR = re.compile(rb"_cursor=[A-Za-z0-9_%~.-]+")
REQUEST = {"X-Request-Id": "00000000-0000-4000-8000-000000000000"}
SMITH, LOINC = "Smith", "http://loinc.org|8480-6"


def _common(door: Door) -> dict[str, str]:
    """What both worlds hold for the reader: the organisation alpha."""
    door.token("alpha", id_prefix="a-")
    names: dict[str, str] = {}
    for n, family in enumerate((SMITH, "Jones", "Brown")):
        who = f"a-p{n}"
        sent = {
            **patient(family),
            "id": who,
            "identifier": [{"system": "http://m", "value": f"m{n}"}],
        }
        assert door.ask("PUT", f"/Patient/{who}", sent).status_code == 201
        for m in range(4):
            seen = {**observation(who, value=100 + 10 * n + m), "id": f"a-o{n}{m}"}
            assert door.ask("PUT", f"/Observation/a-o{n}{m}", seen).status_code == 201
    names["hidden"] = "b-p0"
    return names


def _hidden_of_one(door: Door) -> None:
    """World one: beta holds a little."""
    door.token("beta", id_prefix="b-")
    door.ask("PUT", "/Patient/b-p0", {**patient("Quiet"), "id": "b-p0"}, by="beta")


def _hidden_of_two(door: Door) -> None:
    """World two: beta holds people of the same names and numbers, results, versions, deletions."""
    door.token("beta", id_prefix="b-")
    for n in range(6):
        who = f"b-p{n}"
        sent = {**patient(SMITH), "id": who, "identifier": [{"system": "http://m", "value": "m0"}]}
        door.ask("PUT", f"/Patient/{who}", sent, by="beta")
        for m in range(3):
            door.ask("POST", "/Observation", observation(who, value=500 + m), by="beta")
        # An entry of beta's that claims to be about alpha's person.
        door.ask("POST", "/Observation", observation("a-p0", value=999), by="beta")
    door.ask("PUT", "/Patient/b-p1", {**patient("Changed"), "id": "b-p1"}, by="beta")
    door.ask("DELETE", "/Patient/b-p2", by="beta")


QUESTIONS = (
    *(("GET", f"/Patient/{id_}") for id_ in ("a-p0", "b-p0", "b-p1", "b-p2", "b-p5", "no-such")),
    *(("GET", f"/Patient/{id_}/_history") for id_ in ("a-p0", "b-p1", "no-such")),
    *(("GET", f"/Patient/{id_}/_history/2") for id_ in ("a-p0", "b-p1", "b-p2")),
    *(("GET", f"/Patient/{id_}/$everything") for id_ in ("a-p0", "b-p0", "no-such")),
    ("GET", "/Patient?_sort=_id&_total=accurate"),
    ("GET", "/Patient?_summary=count"),
    ("GET", f"/Patient?family={SMITH}&_total=accurate"),
    ("GET", "/Patient?identifier=http://m|m0"),
    ("GET", "/Patient?_id=a-p0,b-p0,b-p1&_sort=_id"),
    ("GET", "/Patient?_has:Observation:patient:value-quantity=gt400"),
    ("GET", "/Patient?_has:Observation:patient:code=8480-6&_sort=_id&_count=2"),
    ("GET", "/Patient?name:missing=true&family=x"),
    ("GET", f"/Observation?subject:Patient.family={SMITH}&_sort=_id&_total=accurate"),
    ("GET", "/Observation?subject:Patient.identifier=http://m|m0&_sort=_id"),
    ("GET", "/Observation?patient=a-p0,b-p0&_sort=_id"),
    ("GET", "/Observation?patient=b-p0"),
    ("GET", f"/Observation?code={LOINC}&_sort=-value-quantity&_count=3"),
    ("GET", "/Observation?value-quantity=gt400&code=8480-6"),
    ("GET", "/Observation?_count=5&_sort=_id&code=8480-6"),
    ("GET", "/Observation?_include=Observation:subject&_id=a-o00"),
    ("GET", "/Patient?_revinclude=Observation:subject&_id=a-p0,b-p0"),
    ("GET", "/Observation/_history?_count=50&_since=2999-01-01T00:00:00Z"),
    ("DELETE", "/Patient?identifier=http://m|nobody"),
    ("DELETE", "/Patient/b-p0"),
    ("PUT", "/Patient/b-p0"),
    ("PUT", "/Patient/b-p2"),
    ("PUT", "/Patient/no-such"),
)


def _plain(content: bytes) -> bytes:
    return _CURSOR.sub(b"_cursor=C", _TIME.sub(b"T", _UUID.sub(b"U", content)))


def _answers(door: Door) -> Iterator[tuple[str, int, bytes, tuple[tuple[str, str], ...]]]:
    for method, path in QUESTIONS:
        body = None
        if method == "PUT":
            body = {**patient(), "id": path.rpartition("/")[2]}
        answer = door.ask(method, path, body, headers=REQUEST)
        headers = {k: v for k, v in answer.headers.items() if k not in ("last-modified",)}
        # A sealed page link may differ in nothing but itself, and so may the length it gives.
        headers.pop("content-length", None)
        yield (
            f"{method} {path}",
            answer.status_code,
            _plain(answer.content),
            tuple(sorted(headers.items())),
        )


@pytest.mark.attack(1, 3, 4, 5, 6, 7, 8, 10, 12, 13, 16)
def test_what_may_not_be_seen_changes_no_byte_of_any_answer(
    server: Embedded, template: str
) -> None:
    worlds = []
    for hide in (_hidden_of_one, _hidden_of_two):
        with fresh_database(server, template) as database:
            door = make_door(database)
            _common(door)
            hide(door)
            worlds.append(list(_answers(door)))
    for one, two in zip(*worlds, strict=True):
        assert one == two
    assert {status for _, status, _, _ in worlds[0]} <= {200, 204, 404}


def test_an_entry_of_another_about_ones_own_person_is_not_seen(
    server: Embedded, template: str
) -> None:
    with fresh_database(server, template) as database:
        door = make_door(database)
        _common(door)
        _hidden_of_two(door)
        page = door.get("/Observation?patient=a-p0&_total=accurate").json
        assert page["total"] == 4
        whole = door.get("/Patient/a-p0/$everything").text
        assert "999" not in whole
