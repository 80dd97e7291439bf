"""A person's own Patient: chosen when it is read, every value with its origin, nothing former."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from careweave.disclosure._portrait import DIFFERING, ORIGIN, forward, portrait
from careweave.formats import read_json, splice
from careweave.record import Row
from careweave.terms import Heading, PersonId, SourceId, SubjectId
from tests.lib.finding import number

PERSON = PersonId(UUID("00000000-0000-8000-8000-000000000001"))
TODAY = date(2026, 3, 16)


def _row(id_: str, day: int, **patient: Any) -> Row:
    body = json.dumps({"resourceType": "Patient", **patient}).encode()
    made = read_json(body)
    at = datetime(2026, 3, day, tzinfo=UTC)
    return Row(
        *("Patient", id_, 1, at, SubjectId(day), SourceId(1)),
        *(Heading.DEM, False, body, made.cut, b"", "C"),
    )


def _made(*rows: Row, is_restricted: bool = False) -> dict[str, Any]:
    row = portrait(PERSON, rows, is_restricted=is_restricted, today=TODAY)
    assert row.body is not None
    whole = splice(
        row.body, row.cut, id=row.id, version=row.version, updated=row.updated, meta=row.meta
    )
    found: dict[str, Any] = json.loads(whole)
    return found


def _origins(value: dict[str, Any]) -> list[str]:
    return [
        one["valueReference"]["reference"] for one in value["extension"] if one["url"] == ORIGIN
    ]


def test_the_source_with_a_verified_number_comes_first_then_the_latest() -> None:
    verified = _row("v", 1, gender="female", identifier=[number("4010232137")])
    older = _row("a", 2, gender="male", birthDate="1970-01-02")
    latest = _row("b", 3, gender="male", birthDate="1970-01-03")
    made = _made(older, latest, verified)
    assert made["id"] == str(PERSON)
    assert made["gender"] == "female"
    assert made["birthDate"] == "1970-01-03"
    assert _origins(made["_birthDate"]) == ["Patient/b"]
    assert [one["other"]["reference"] for one in made["link"]] == [
        "Patient/v",
        "Patient/b",
        "Patient/a",
    ]
    assert made["meta"]["lastUpdated"].startswith("2026-03-03")


def test_what_sources_say_otherwise_stays_visible() -> None:
    made = _made(_row("a", 1, birthDate="1970-01-02"), _row("b", 2, birthDate="1970-01-03"))
    other = next(one for one in made["_birthDate"]["extension"] if one["url"] == DIFFERING)
    assert {one["url"]: one for one in other["extension"]} == {
        "value": {"url": "value", "valueString": "1970-01-02"},
        "origin": {"url": "origin", "valueReference": {"reference": "Patient/a"}},
    }
    dead = _made(_row("a", 1, deceasedBoolean=False), _row("b", 2, deceasedBoolean=True))
    assert dead["deceasedBoolean"] is True
    assert "false" in json.dumps(dead["_deceasedBoolean"])


def test_the_same_value_of_two_sources_is_there_once_with_both_origins() -> None:
    name = {"family": "Hartley", "given": ["Edna"]}
    made = _made(_row("a", 1, name=[name]), _row("b", 2, name=[{**name, "id": "n1"}]))
    assert len(made["name"]) == 1
    assert _origins(made["name"][0]) == ["Patient/b", "Patient/a"]


def test_nothing_former_is_in_it() -> None:
    made = _made(
        _row(
            "a",
            1,
            name=[
                {"use": "old", "family": "Former"},
                {"use": "maiden", "family": "Former"},
                {"family": "Former", "period": {"end": "2020-01-01"}},
                {"family": "Now", "period": {"end": "2030-01-01"}},
            ],
            telecom=[{"value": "Former", "use": "old"}],
            address="no list",
        )
    )
    assert "Former" not in json.dumps(made)
    assert [one["family"] for one in made["name"]] == ["Now"]
    assert "telecom" not in made
    assert "address" not in made


def test_a_number_keeps_how_it_was_verified() -> None:
    made = _made(_row("a", 1, identifier=[number("4010232137")]))
    urls = [one["url"] for one in made["identifier"][0]["extension"]]
    assert urls[-1] == ORIGIN
    assert any("Verification" in url for url in urls)


def test_of_a_restricted_person_no_place_is_told() -> None:
    row = _row(
        "a",
        1,
        name=[{"family": "Kowalczuk"}],
        address=[{"city": "Ashgrove"}],
        telecom=[{"value": "1"}],
        generalPractitioner=[{"reference": "Organization/x"}],
    )
    made = _made(row, is_restricted=True)
    assert {"address", "telecom", "generalPractitioner"}.isdisjoint(made)
    assert [one["code"] for one in made["meta"]["security"]] == ["R"]
    assert "security" not in _made(row)["meta"]


def test_the_version_changes_when_and_only_when_the_content_does() -> None:
    row = _row("a", 1, birthDate="1970-01-02")
    first = _made(row)["meta"]["versionId"]
    assert _made(row)["meta"]["versionId"] == first
    assert _made(_row("a", 1, birthDate="1970-01-03"))["meta"]["versionId"] != first
    assert _made(row, is_restricted=True)["meta"]["versionId"] != first


def test_an_id_that_was_given_up_names_the_survivor_and_nothing_else() -> None:
    row = portrait(PERSON, (_row("a", 1, birthDate="1970-01-02"),), is_restricted=True, today=TODAY)
    given_up = PersonId(UUID("00000000-0000-8000-8000-000000000002"))
    made = forward(row, given_up)
    assert made.id == str(given_up)
    assert made.meta == b""
    assert json.loads(made.body or b"") == {
        "resourceType": "Patient",
        "active": False,
        "link": [{"other": {"reference": f"Patient/{PERSON}"}, "type": "replaced-by"}],
    }


def test_a_value_is_told_once_in_whatever_order_its_source_writes_it() -> None:
    one = {"family": "Marsh", "use": "official", "period": {"start": "2001", "end": "2031"}}
    other = {"period": {"end": "2031", "start": "2001"}, "use": "official", "family": "Marsh"}
    made = _made(_row("a", 1, name=[one]), _row("b", 2, name=[other]))
    (told,) = made["name"]
    assert sorted(_origins(told)) == ["Patient/a", "Patient/b"]
