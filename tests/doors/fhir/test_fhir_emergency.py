"""Breaking the glass at the door: one person found before, a typed reason, and an end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from falcon import testing

from careweave.doors._access import Registration, add_client
from careweave.terms import PersonId, Purpose, Role
from tests.lib.door import ALL, Door, patient, problems

SOMEBODY = PersonId(UUID("00000000-0000-8000-8000-000000000001"))
WORDS = "Found unconscious in the waiting room."


@pytest.fixture(scope="module")
def person(door: Door) -> str:
    made = door.made(patient("Threlkeld", birthDate="1941-07-09"))
    with psycopg.connect(door.database.url) as connection:
        row = connection.execute(
            b"SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
            b"USING (subject) WHERE s.local_id = %s",
            [made["id"]],
        ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def ward(door: Door, request: pytest.FixtureRequest) -> str:
    """The name of a client of this test's own, for somebody of the role ED at work."""
    return staff(door, request.node.name, Role.ED)


def staff(door: Door, test: str, role: Role, scopes: frozenset[str] = ALL) -> str:
    name = f"w{abs(hash((test, role))):x}"
    now = datetime.now(UTC) - timedelta(minutes=1)
    registration = Registration(
        name=name,
        organisation="nm-acute",
        system="ward",
        scopes=scopes,
        expires_at=now + timedelta(days=1),
        purpose=Purpose.DIRECT_CARE,
        role=role,
        user=f"u-{name}",
        person=SOMEBODY if role is Role.CI else None,
    )
    with door.database.session() as session:
        door.tokens[name] = add_client(session, registration, now=now)
    return name


def parameters(**given: object) -> dict[str, object]:
    kinds = {str: "valueString", int: "valueInteger"}
    listed = [
        {"name": name, kinds.get(type(one), "valueString"): one} for name, one in given.items()
    ]
    return {"resourceType": "Parameters", "parameter": listed}


def told(answer: testing.Result) -> dict[str, object]:
    assert answer.status_code == 200, answer.text
    return {
        one["name"]: next(value for key, value in one.items() if key != "name")
        for one in answer.json["parameter"]
    }


def moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def test_an_emergency_is_open_for_an_hour_and_may_be_prolonged(
    door: Door, person: str, ward: str
) -> None:
    place = f"/Patient/{person}/$break-glass"
    first = told(door.ask("POST", place, parameters(code="unconscious", text=WORDS), by=ward))
    assert moment(first["until"]) - moment(first["began"]) == timedelta(hours=1)
    assert moment(first["latest"]) - moment(first["began"]) == timedelta(hours=4)
    assert first["left-today"] == 4
    again = told(door.ask("POST", place, by=ward))
    assert again["episode"] == first["episode"]
    assert moment(again["until"]) > moment(first["until"])
    assert again["left-today"] == 4


def test_the_user_ends_it(door: Door, person: str, ward: str) -> None:
    place = f"/Patient/{person}"
    told(door.ask("POST", f"{place}/$break-glass", parameters(text=WORDS), by=ward))
    body = parameters(code="person-asks-now", text="She asks for this part.", heading="FRM")
    told(door.ask("POST", f"{place}/$reason", body, by=ward))
    assert told(door.ask("POST", f"{place}/$end-episode", by=ward)) == {"ended": 2}
    assert told(door.ask("POST", f"{place}/$end-episode", by=ward)) == {"ended": 0}
    assert door.ask("POST", f"{place}/$break-glass", by=ward).status_code == 400


def test_a_form_is_taken_too(door: Door, person: str, ward: str) -> None:
    answer = door.ask(
        "POST",
        f"/Patient/{person}/$break-glass",
        f"code=life-at-risk&text={WORDS.replace(' ', '+')}",
        by=ward,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert "left-today" in told(answer)


@pytest.mark.parametrize(
    ("operation", "given", "where"),
    [
        ("$break-glass", {}, "text"),
        ("$break-glass", {"text": "too short"}, "text"),
        ("$break-glass", {"text": WORDS, "code": "curious"}, "code"),
        ("$break-glass", {"text": WORDS, "heading": "MED"}, "heading"),
        ("$reason", {"text": WORDS}, "heading"),
        ("$reason", {"text": WORDS, "heading": "MED", "label": "S1"}, "heading"),
        ("$reason", {"text": WORDS, "heading": "XYZ"}, "heading"),
        ("$reason", {"text": WORDS, "label": "S99"}, "label"),
        ("$end-episode", {"text": WORDS}, "text"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    door: Door, person: str, ward: str, operation: str, given: dict[str, str], where: str
) -> None:
    answer = door.ask("POST", f"/Patient/{person}/{operation}", parameters(**given), by=ward)
    assert answer.status_code == 400
    assert answer.json["issue"][0]["expression"] == [where]
    assert "too short" not in answer.text
    assert WORDS not in answer.text


def test_typed_words_are_not_taken_from_an_address(door: Door, person: str, ward: str) -> None:
    answer = door.ask("POST", f"/Patient/{person}/$break-glass?text=Found+lying", by=ward)
    assert answer.status_code == 400


@pytest.mark.attack(56)
@pytest.mark.parametrize("role", [Role.CN, Role.SW, Role.CH, Role.PH, Role.CI, Role.PX, Role.AN])
def test_who_is_not_entitled_is_refused_alike_for_anybody(
    door: Door, person: str, request: pytest.FixtureRequest, role: Role
) -> None:
    by = staff(door, request.node.name, role)
    stranger = "00000000-0000-8000-8000-000000000000"
    answers = [
        door.ask("POST", f"/Patient/{one}/$break-glass", parameters(text=WORDS), by=by)
        for one in (person, stranger)
    ]
    assert {one.status_code for one in answers} == {403}
    assert len({tuple(problems(one)) for one in answers}) == 1


def test_a_technical_system_breaks_no_glass(door: Door, person: str) -> None:
    answer = door.ask("POST", f"/Patient/{person}/$break-glass", parameters(text=WORDS))
    assert answer.status_code == 403


@pytest.mark.parametrize("id_", ["00000000-0000-8000-8000-000000000000", "nobody", "x"])
def test_of_nobody_nothing_is_opened(door: Door, ward: str, id_: str) -> None:
    answer = door.ask("POST", f"/Patient/{id_}/$break-glass", parameters(text=WORDS), by=ward)
    assert answer.status_code == 404


@pytest.mark.attack(56)
def test_the_sixth_of_a_day_waits_for_the_officer(door: Door, person: str, ward: str) -> None:
    place = f"/Patient/{person}"
    for n in range(5):
        told(
            door.ask("POST", f"{place}/$break-glass", parameters(text=f"Call {n}: lying"), by=ward)
        )
        told(door.ask("POST", f"{place}/$end-episode", by=ward))
    answer = door.ask("POST", f"{place}/$break-glass", parameters(text="Call 5: lying"), by=ward)
    assert (answer.status_code, problems(answer)) == (403, [("error", "forbidden")])
    assert "privacy officer" in answer.text


def test_an_open_emergency_answers_within_a_second(door: Door, person: str, ward: str) -> None:
    answer = door.ask("POST", f"/Patient/{person}/$break-glass", parameters(text=WORDS), by=ward)
    assert told(answer)["episode"]
    with psycopg.connect(door.database.url) as connection:
        row = connection.execute(
            b"SELECT words FROM disclosure.episode WHERE user_name = %s", [f"u-{ward}"]
        ).fetchone()
        leaked = connection.execute(
            b"SELECT count(*) FROM ledger.account AS a WHERE a::text LIKE '%waiting room%'"
        ).fetchone()
    assert row == (WORDS,)
    assert leaked == (0,), "what was typed is for the officer, and in no account"
