"""People across sources: matches, identifiers, the person's own Patient; who sees what, accounted."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest

from careweave import identity, record
from careweave.db import Embedded, Session
from careweave.doors.fhir import Limits
from careweave.record import Link
from careweave.terms import PersonId
from tests.lib.door import Door, fresh_database, make_door, problems
from tests.lib.finding import FORM, NHS, find, grades, home, match, number, someone, whom

EDNA = someone(
    "Hartley",
    "Edna",
    "May",
    born="1941-07-09",
    gender="female",
    address=[home("XR1 4AB")],
    identifier=[number("4010232137"), {"system": "urn:alpha:mrn", "value": "A-1"}],
)
EDNA_BETA = {
    **EDNA,
    "identifier": [number("4010232137"), {"system": "urn:beta:mrn", "value": "B-1"}],
}
ADOPTED = {
    **someone("Barrow", "Leo", born="2018-02-14", gender="male", address=[home("XR2 1AA")]),
    "identifier": [number("4505577104"), {"system": "urn:alpha:mrn", "value": "A-9"}],
    "meta": {
        "security": [{"system": "https://careweave.example/fhir/CodeSystem/label", "code": "S8"}]
    },
}


@pytest.fixture(scope="module")
def ids() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def door(server: Embedded, template: str, ids: dict[str, str]) -> Iterator[Door]:
    with fresh_database(server, template) as database:
        door = make_door(database)
        door.token("alpha/second", system="second")
        ids["edna"] = door.made(EDNA)["id"]
        second = {
            **EDNA,
            "identifier": [number("4010232137"), {"system": "urn:alpha:pas", "value": "P-1"}],
        }
        ids["edna-second"] = door.made(second, by="alpha/second")["id"]
        ids["edna-beta"] = door.made(EDNA_BETA, by="beta")["id"]
        ids["adopted"] = door.made(ADOPTED)["id"]
        ids["only-beta"] = door.made(
            someone("Okafor", "Chidi", born="1954-09-03", gender="male", address=[home("XR3 2BB")]),
            by="beta",
        )["id"]
        yield door


def _accounts(door: Door, answer: Any) -> list[dict[str, Any]]:
    request_id = answer.headers["x-request-id"]
    with psycopg.connect(door.database.url) as connection:
        connection.row_factory = psycopg.rows.dict_row  # type: ignore[assignment]
        found = connection.execute(
            "SELECT * FROM ledger.account WHERE request_id = %s ORDER BY id", [request_id]
        )
        return list(found.fetchall())  # type: ignore[arg-type]


def _asked(**more: Any) -> dict[str, Any]:
    return someone("Hartley", "Edna", born="1941-07-09", gender="female", **more)


def test_one_person_of_two_systems_is_one_match(door: Door, ids: dict[str, str]) -> None:
    answer = match(door, _asked(address=[home("XR1 4AB")]))
    assert whom(answer) == [{ids["edna"], ids["edna-second"]}]
    entry = answer.json["entry"][0]
    assert entry["search"]["mode"] == "match"
    assert 0 < entry["search"]["score"] <= 1
    assert grades(answer)[0] in {"certain", "probable"}
    assert entry["fullUrl"].endswith(entry["resource"]["id"])
    assert answer.json["type"] == "searchset"


def test_a_number_and_a_birth_date_are_certain(door: Door, ids: dict[str, str]) -> None:
    asked = {
        **someone("Hartley", "Edna", born="1941-07-09"),
        "identifier": [number("4010232137", "02")],
    }
    answer = match(door, asked, certain=True)
    assert whom(answer) == [{ids["edna"], ids["edna-second"]}]
    assert grades(answer) == ["certain"]


def test_what_the_caller_may_not_see_neither_shows_nor_counts(
    door: Door, ids: dict[str, str]
) -> None:
    """M27 and attack 83: another organisation's person is as a stranger."""
    known = match(door, someone("Okafor", "Chidi", born="1954-09-03", gender="male"))
    stranger = match(door, someone("Okonjo", "Tunde", born="1955-09-04", gender="male"))
    assert (
        known.json == stranger.json == {"resourceType": "Bundle", "type": "searchset", "total": 0}
    )
    assert whom(match(door, _asked(), by="beta")) == [{ids["edna-beta"]}]
    words = {"family": "Okafor", "birthdate": "1954-09-03"}
    assert whom(find(door, **words)) == []
    assert whom(find(door, by="beta", **words)) == [{ids["only-beta"]}]
    assert whom(find(door, by="gamma", **words)) == []


@pytest.mark.attack(83)
def test_a_sealed_person_is_as_a_stranger(door: Door, ids: dict[str, str]) -> None:
    """M27."""
    exact = {key: ADOPTED[key] for key in ("resourceType", "name", "birthDate", "identifier")}
    sealed = match(door, exact)
    stranger = match(door, someone("Barrett", "Lee", born="2018-02-15"))
    assert sealed.json == stranger.json
    words = {"family": "Barrow", "birthdate": "2018-02-14"}
    assert find(door, **words).json == find(door, family="Barr", birthdate="2018-02-13").json
    fuzzy = ("_fuzzy-match", "true")
    assert whom(find(door, fuzzy, given="Leo", **words)) == []
    pix = door.get("/Patient/$ihe-pix", query=urlencode({"sourceIdentifier": "urn:alpha:mrn|A-9"}))
    none = door.get("/Patient/$ihe-pix", query=urlencode({"sourceIdentifier": "urn:alpha:mrn|A-8"}))
    assert (pix.status_code, problems(pix)) == (none.status_code, problems(none))
    assert pix.status_code == 404


def test_a_sealed_person_costs_what_a_stranger_costs(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M27: the same statements are made, so that the time tells nothing."""
    asked: list[str] = []
    plain = Session.rows

    def rows(self: Session, query: Any, **values: Any) -> Any:
        asked.append(query.name)
        return plain(self, query, **values)

    monkeypatch.setattr(Session, "rows", rows)

    def made(ask: Callable[[], object]) -> list[str]:
        asked.clear()
        ask()
        return list(asked)

    sealed = someone("Barrow", "Leo", born="2018-02-14", identifier=ADOPTED["identifier"][:1])
    stranger = someone("Barrel", "Lea", born="2018-02-13", identifier=[number("4000000020")])
    pairs = (
        (lambda: match(door, sealed), lambda: match(door, stranger)),
        (
            lambda: find(door, family="Barrow", birthdate="2018-02-14"),
            lambda: find(door, family="Barrel", birthdate="2018-02-13"),
        ),
        (
            lambda: _pix(door, "urn:alpha:mrn", "A-9"),
            lambda: _pix(door, "urn:alpha:mrn", "A-8"),
        ),
    )
    for one, other in pairs:
        one()
        assert made(one) == made(other)
        assert asked


def test_a_search_is_accounted_for_by_hashes_and_persons(door: Door, ids: dict[str, str]) -> None:
    answer = match(door, _asked())
    accounts = _accounts(door, answer)
    assert len(accounts) == 2
    for one in accounts:
        assert (one["action"], one["purpose"], one["outcome"]) == ("find", "PATADMIN", "permit")
        assert one["what"].startswith("Patient/$match?birthdate~")
        assert str(one["person"]) == answer.json["entry"][0]["resource"]["id"]
        assert len(one["links"]) == 1
        for value in ("Hartley", "hartley", "1941", "Edna"):
            assert value not in one["what"]


def test_a_search_that_finds_nobody_is_accounted_for(door: Door) -> None:
    for answer in (
        match(door, someone("Nobody", "Ever", born="1911-01-02")),
        find(door, family="Nobody", birthdate="1911-01-02"),
    ):
        (one,) = _accounts(door, answer)
        assert (one["action"], one["outcome"], one["subjects"]) == ("find", "absent", [])


def test_a_match_changes_nothing(door: Door) -> None:
    tables = ("local_identity", "decision", "event", "membership", "review", "block_key", "person")

    def counted() -> list[int]:
        with psycopg.connect(door.database.url) as connection:
            return [
                connection.execute(f"SELECT count(*) FROM identity.{name}").fetchone()[0]  # type: ignore[index]
                for name in tables
            ]

    before = counted()
    match(door, _asked())
    match(door, someone("Nobody", "Ever", born="1911-01-02"))
    assert counted() == before


def test_a_count_cuts_and_certain_is_one_or_none(door: Door) -> None:
    assert len(whom(match(door, _asked(), count=1))) <= 1
    assert whom(match(door, someone("Hartle", "E", born="1941-07-08"), certain=True)) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"resourceType": "Patient"}, "structure"),
        ({"resourceType": "Parameters"}, "required"),
        ({"resourceType": "Parameters", "parameter": [{"name": "resource"}]}, "required"),
        (
            {
                "resourceType": "Parameters",
                "parameter": [{"name": "resource", "resource": {"resourceType": "Observation"}}],
            },
            "structure",
        ),
        (
            {
                "resourceType": "Parameters",
                "parameter": [{"name": "9434765919", "valueString": "x"}],
            },
            "not-supported",
        ),
        (
            {
                "resourceType": "Parameters",
                "parameter": [
                    {"name": "count", "valueInteger": 1},
                    {"name": "count", "valueInteger": 1},
                ],
            },
            "invalid",
        ),
        *(
            (
                {
                    "resourceType": "Parameters",
                    "parameter": [{"name": "resource", "resource": EDNA}, parameter],
                },
                "value",
            )
            for parameter in (
                {"name": "count", "valueInteger": 51},
                {"name": "count", "valueInteger": 0},
                {"name": "count", "valueBoolean": True},
                {"name": "onlyCertainMatches", "valueString": "true"},
            )
        ),
    ],
)
def test_what_is_wrong_with_a_match_is_named(door: Door, body: dict[str, Any], code: str) -> None:
    answer = door.ask("POST", "/Patient/$match", body)
    assert (answer.status_code, problems(answer)) == (400, [("error", code)])
    assert "9434765919" not in answer.text


@pytest.mark.parametrize(
    "patient",
    [
        {"resourceType": "Patient", "name": [{"family": "Hartley"}]},
        {"resourceType": "Patient", "birthDate": "1941-07-09"},
        {"resourceType": "Patient", "birthDate": "1941", "name": [{"family": "Hartley"}]},
        {"resourceType": "Patient", "birthDate": "1941-07-09", "name": [{"family": "Unknown"}]},
        {
            "resourceType": "Patient",
            "birthDate": "1941-07-09",
            "identifier": [{"system": NHS, "value": "4010232138"}],
        },
    ],
)
def test_too_little_is_no_question(door: Door, patient: dict[str, Any]) -> None:
    answer = match(door, patient)
    assert (answer.status_code, problems(answer)) == (400, [("error", "required")])


def test_a_patient_that_is_none_is_refused(door: Door) -> None:
    answer = match(door, {**EDNA, "birthDate": "9 July 1941", "gender": "F"})
    assert answer.status_code == 400
    assert len(problems(answer)) >= 2


@pytest.mark.attack(83)
def test_who_looks_for_too_many_people_is_told_to_wait(door: Door) -> None:
    slow = make_door(door.database, Limits(per_second=0, finds_per_hour=2))
    slow.tokens = door.tokens
    answers = [find(slow, family="Hartley", birthdate="1941-07-09") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert problems(answers[2]) == [("error", "throttled")]
    assert slow.get("/Patient/x").status_code == 404


# The person's own Patient.


def _person(door: Door, *, by: str = "alpha") -> dict[str, Any]:
    found: dict[str, Any] = match(door, _asked(), by=by).json["entry"][0]["resource"]
    return found


def test_a_person_is_read_by_its_id(door: Door, ids: dict[str, str]) -> None:
    person = _person(door)
    answer = door.get(f"/Patient/{person['id']}")
    assert answer.status_code == 200
    assert answer.json == person
    assert {one["other"]["reference"] for one in person["link"]} == {
        f"Patient/{ids['edna']}",
        f"Patient/{ids['edna-second']}",
    }
    accounts = _accounts(door, answer)
    assert {str(one["person"]) for one in accounts} == {person["id"]}
    again = door.get(f"/Patient/{person['id']}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    narrow = door.get(f"/Patient/{person['id']}?_elements=birthDate")
    assert "name" not in narrow.json


def test_a_person_is_made_of_what_its_reader_may_see(door: Door, ids: dict[str, str]) -> None:
    mine, theirs = _person(door), _person(door, by="beta")
    assert mine["id"] == theirs["id"]
    assert "urn:beta:mrn" not in json.dumps(mine)
    assert "urn:alpha:mrn" not in json.dumps(theirs)
    assert {one["other"]["reference"] for one in theirs["link"]} == {f"Patient/{ids['edna-beta']}"}
    assert door.get(f"/Patient/{mine['id']}", by="gamma").status_code == 404
    assert door.get(f"/Patient/{mine['id']}/_history/1").status_code == 404


def test_an_id_that_was_given_up_names_the_survivor(door: Door) -> None:
    """Two records of one verified number are made one person; the younger id forwards."""
    first = someone("Lumb", "Dorothy", born="1946-09-12", identifier=[number("9990003564", "02")])
    second = someone("Lumb", "Dot", born="1946-09-12")
    mine = door.made(first)
    other = door.made({**second, "name": [{"family": "Other", "given": ["Name"]}]})
    ids = _persons_of(door, mine["id"], other["id"])
    with door.database.session() as session:
        at = datetime.now(UTC)
        joined = identity.join(session, *ids, by=identity.By("officer", at), means=_means(session))
        links = [Link(c.subject, c.person, c.decision, c.since) for c in joined.changes]
        record.link(session, links, at=at)
    answers = [door.get(f"/Patient/{one}") for one in ids]
    survivor = next(one.json for one in answers if one.json["active"])
    given_up = next(one.json for one in answers if not one.json["active"])
    assert given_up["link"] == [
        {"other": {"reference": f"Patient/{survivor['id']}"}, "type": "replaced-by"}
    ]
    assert "name" not in given_up
    assert len(survivor["link"]) == 2


def _persons_of(door: Door, *patients: str) -> list[PersonId]:
    with door.database.reading() as session:
        subjects = record.subjects_of(session, patients)
        found = identity.standings(session, subjects)
    return [one.person for one in found.values()]


def _means(session: Session) -> identity.Means:
    return identity.means(session, new_person=lambda: PersonId(uuid.uuid4()))


def test_an_id_of_nobody_is_not_found(door: Door) -> None:
    for id_ in (str(uuid.uuid4()), "00000000-0000-8000-8000-000000000009", "x", "0" * 32):
        assert door.get(f"/Patient/{id_}").status_code == 404


def test_m19_what_its_source_gave_up_leads_to_what_took_its_place(door: Door) -> None:
    """A retired record's data is found; what is shown is the survivor."""
    old = someone(
        "Stott",
        "Beryl",
        born="1949-10-10",
        identifier=[{"system": "urn:alpha:mrn", "value": "S-1"}],
    )
    new = someone(
        "Fairbrother",
        "Beryl",
        born="1949-10-10",
        identifier=[{"system": "urn:alpha:mrn", "value": "S-2"}],
    )
    survivor, retired = door.made(new), door.made(old)
    link = {"other": {"reference": f"Patient/{survivor['id']}"}, "type": "replaced-by"}
    body = {**old, "id": retired["id"], "active": False, "link": [link]}
    assert door.ask("PUT", f"/Patient/{retired['id']}", body).status_code == 200
    fuzzy = ("_fuzzy-match", "true")
    for answer in (
        find(door, family="Stott", birthdate="1949-10-10"),
        find(door, fuzzy, family="Stott", given="Beryl", birthdate="1949-10-10"),
        match(door, someone("Stott", "Beryl", born="1949-10-10")),
    ):
        assert whom(answer) == [{survivor["id"]}]
        assert "S-1" not in answer.text
    _, patients = _named(_pix(door, "urn:alpha:mrn", "S-1"))
    assert f"Patient/{survivor['id']}" in patients
    assert f"Patient/{retired['id']}" not in patients


# Identifiers of other systems.


def _pix(door: Door, system: str, value: str, *targets: str, by: str = "alpha") -> Any:
    pairs = [("sourceIdentifier", f"{system}|{value}"), *(("targetSystem", one) for one in targets)]
    return door.get("/Patient/$ihe-pix", query=urlencode(pairs), by=by)


def _named(answer: Any) -> tuple[set[str], set[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.json["resourceType"] == "Parameters"
    items = answer.json.get("parameter", [])
    identifiers = {
        f"{one['valueIdentifier']['system']}|{one['valueIdentifier']['value']}"
        for one in items
        if one["name"] == "targetIdentifier"
    }
    patients = {one["valueReference"]["reference"] for one in items if one["name"] == "targetId"}
    return identifiers, patients


def test_an_identifier_leads_to_all_others_of_the_person(door: Door, ids: dict[str, str]) -> None:
    answer = _pix(door, "urn:alpha:mrn", "A-1")
    identifiers, patients = _named(answer)
    assert identifiers == {f"{NHS}|4010232137", "urn:alpha:pas|P-1"}
    person = _person(door)["id"]
    expected = {f"Patient/{one}" for one in (person, ids["edna"], ids["edna-second"])}
    assert patients == expected
    accounts = _accounts(door, answer)
    assert {one["action"] for one in accounts} == {"find"}
    assert all("A-1" not in one["what"] for one in accounts)


def test_a_target_narrows_the_answer(door: Door, ids: dict[str, str]) -> None:
    identifiers, patients = _named(_pix(door, "urn:alpha:mrn", "A-1", "urn:alpha:pas"))
    assert identifiers == {"urn:alpha:pas|P-1"}
    assert f"Patient/{ids['edna-second']}" in patients
    assert f"Patient/{ids['edna']}" not in patients
    identifiers, _ = _named(_pix(door, "urn:alpha:mrn", "A-1", "urn:nowhere"))
    assert identifiers == set()


def test_identifiers_come_as_a_form_or_as_parameters_too(door: Door) -> None:
    first = _pix(door, "urn:alpha:mrn", "A-1").json
    form = urlencode({"sourceIdentifier": "urn:alpha:mrn|A-1"})
    assert door.ask("POST", "/Patient/$ihe-pix", form, headers={"Content-Type": FORM}).json == first
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "sourceIdentifier", "valueString": "urn:alpha:mrn|A-1"}],
    }
    assert door.ask("POST", "/Patient/$ihe-pix", body).json == first


def test_other_organisations_identifiers_are_as_if_they_were_not(door: Door) -> None:
    theirs = _pix(door, "urn:beta:mrn", "B-1")
    nobodys = _pix(door, "urn:beta:mrn", "B-2")
    assert theirs.status_code == nobodys.status_code == 404
    assert problems(theirs) == problems(nobodys) == [("error", "not-found")]
    identifiers, _ = _named(_pix(door, "urn:beta:mrn", "B-1", by="beta"))
    assert identifiers == {f"{NHS}|4010232137"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "required"),
        ("sourceIdentifier=a|1&sourceIdentifier=a|2", "required"),
        ("sourceIdentifier=4010232137", "value"),
        ("sourceIdentifier=a|", "value"),
        ("sourceIdentifier=a|1&nhs=4010232137", "not-supported"),
    ],
)
def test_what_is_wrong_with_an_identifier_is_named(door: Door, query: str, code: str) -> None:
    answer = door.get("/Patient/$ihe-pix", query=quote(query, safe="=&"))
    assert (answer.status_code, problems(answer)) == (400, [("error", code)])
    assert "4010232137" not in answer.text


def test_no_query_is_written_to_the_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        _pix(door, NHS, "4010232137")
        find(door, family="Hartley", birthdate="1941-07-09")
    assert caplog.records
    for secret in ("4010232137", "Hartley", "1941"):
        assert secret not in caplog.text


def test_who_overwrote_a_record_is_not_shown_as_the_person_that_it_was(door: Door) -> None:
    """An overlay: what came is of somebody else, until a human has looked."""
    mrn = [{"system": "urn:alpha:mrn", "value": "A-77"}]
    known = someone("Wetherby", "Ursula", born="1931-04-17", gender="female", identifier=mrn)
    other = someone("Quillfeather", "Bob", born="1990-01-19", gender="male", identifier=mrn)
    known["address"], other["address"] = [home("XR7 1AA")], [home("XR9 9ZZ", "1 Secret Road")]
    id_ = door.made(known)["id"]
    before = match(door, known)
    person = before.json["entry"][0]["resource"]["id"]

    put = {**other, "id": id_}
    answer = door.ask("PUT", f"/Patient/{id_}", put, headers={"If-Match": 'W/"1"'})

    assert answer.status_code == 200
    for asked in (known, other):
        assert match(door, asked).json["total"] == 0
    assert whom(find(door, family="Quillfeather", birthdate="1990-01-19")) == []
    assert door.get(f"/Patient/{person}").status_code == 404
    assert _pix(door, "urn:alpha:mrn", "A-77").status_code == 404
    assert door.get(f"/Patient/{id_}").status_code == 200
