"""The whole table of addresses: none without a decision, none open by mistake."""

import uuid
from datetime import timedelta

import pytest

from careweave.doors.fhir import OPEN_ROUTES, ROUTES
from careweave.doors.fhir._routes import Mark, OpenRoute, Route
from careweave.doors.fhir._scopes import letters_of
from careweave.formats import known_types
from tests.lib.door import Door, make_door, problems


def _place(route: Route | OpenRoute) -> str:
    path = route.template.removeprefix("/fhir")
    for name, value in (("{type}", "Observation"), ("{id}", "x"), ("{version}", "1")):
        path = path.replace(name, value)
    return path


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_no_address_is_served_without_a_token(door: Door, route: Route) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        answer = door.ask(route.method, _place(route), by=None, headers=headers)
        assert (answer.status_code, problems(answer)) == (401, [("error", "login")])
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_no_address_is_served_beyond_the_scopes(door: Door, route: Route) -> None:
    door.token("alpha/other", scopes=frozenset({"system/Slot.cruds"}), system="other")
    if route.code == "transaction":
        entry = {"request": {"method": "GET", "url": "Observation/x"}}
        body = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        answer = door.ask(route.method, _place(route), body, by="alpha/other")
    else:
        answer = door.ask(route.method, _place(route), by="alpha/other")
    assert (answer.status_code, problems(answer)) == (403, [("error", "forbidden")])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_each_letter_of_the_scopes_is_needed(door: Door, route: Route) -> None:
    assert route.mark in (Mark.DISCLOSES, Mark.RECEIVES)
    for letter in route.letters:
        left = "".join(one for one in "cruds" if one != letter)
        name = f"alpha/without-{letter}"
        door.token(name, scopes=frozenset({f"system/*.{left}"}), system=f"without-{letter}")
        assert door.ask(route.method, _place(route), by=name).status_code == 403, letter


def test_only_the_capabilities_and_the_process_are_open(door: Door) -> None:
    assert {route.code for route in OPEN_ROUTES if route.mark is Mark.PUBLIC} == {
        "capabilities",
        "openapi",
        "health",
        "ready",
    }
    for route in OPEN_ROUTES:
        assert route.mark in (Mark.PUBLIC, Mark.OPERATES)


@pytest.mark.attack(3)
def test_every_type_of_another_organisation_is_as_if_absent(door: Door) -> None:
    for name in known_types():
        answer = door.get(f"/{name}/{uuid.uuid4()}")
        assert answer.status_code == 404, name
        page = door.get(f"/{name}?_count=1", by="empty")
        assert page.status_code == 200, (name, page.text)
        assert "entry" not in page.json, name


@pytest.mark.parametrize(
    "scope",
    ["", "patient/*.cruds", "user/*.cruds", "system/*.srud", "system/Patient.rs?name=x", "*"],
)
def test_a_scope_that_is_not_understood_grants_nothing(scope: str) -> None:
    assert letters_of(frozenset({scope}), "Patient") == frozenset()


def test_scopes_of_the_first_form_are_understood() -> None:
    assert letters_of(frozenset({"system/Patient.read"}), "Patient") == frozenset("rs")
    assert letters_of(frozenset({"system/Patient.write"}), "Patient") == frozenset("cud")
    assert letters_of(frozenset({"system/*.*"}), "Patient") == frozenset("cruds")
    assert letters_of(frozenset({"system/Patient.read"}), "Slot") == frozenset()


def test_a_token_past_its_end_opens_nothing(door: Door) -> None:
    door.token("alpha/late", lives=timedelta(seconds=-1), system="late")
    assert door.get("/Patient/x", by="alpha/late").status_code == 401


def test_who_asks_too_often_is_told_to_wait(door: Door) -> None:
    from careweave.doors.fhir import Limits

    slow = make_door(door.database, Limits(per_second=0.001, burst=2))
    token = door.token("alpha")
    headers = {"Authorization": f"Bearer {token}"}
    answers = [slow.get("/Patient/x", by=None, headers=headers) for _ in range(3)]
    assert [one.status_code for one in answers] == [404, 404, 429]
    assert problems(answers[2]) == [("error", "throttled")]
    assert int(answers[2].headers["retry-after"]) >= 1
