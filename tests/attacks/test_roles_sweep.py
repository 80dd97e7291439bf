"""From one valid login of each role, over every resource type: nothing of whom one has nothing to do.

Each row of the attack list is tried through the door, by the types that R4 has and not by those that
somebody thought of; beside it stands a control, so that nothing is proved by an empty answer.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from careweave.db import Embedded
from careweave.disclosure import parameters
from careweave.formats import known_types
from careweave.terms import Role
from tests.lib.door import Door
from tests.lib.minimal import smallest
from tests.lib.staff import (
    CARE,
    LOGINS,
    NHS,
    PRACTICE,
    Staffed,
    family,
    number,
    someone,
    staffed_door,
)

pytestmark = pytest.mark.slow

CANARY = "tlalocwren"
REQUEST = {"X-Request-Id": "00000000-0000-4000-8000-000000000000"}
ROLES = tuple(LOGINS)
_CURSOR = re.compile(r"_cursor=([^\"&]+)")


@dataclass
class Region:
    """Somebody with whom each organisation of care has to do, somebody with whom none has."""

    staffed: Staffed
    mine: str
    theirs: str
    held: dict[tuple[str, str], str]

    @property
    def door(self) -> Door:
        return self.staffed.door

    def by(self, role: Role) -> str:
        return self.staffed.as_(role)

    def get(self, role: Role, place: str) -> Any:
        answer = self.door.get(place, by=self.by(role), headers=dict(REQUEST))
        assert answer.status_code < 500, (role, place, answer.text)
        return answer


REFERENCE = frozenset(
    {
        *("Endpoint", "HealthcareService", "Location", "Medication", "Organization"),
        *("Practitioner", "PractitionerRole", "Substance"),
    }
)
"""What others refer to and is about nobody: a clause carries it with what refers to it."""


_SALT: dict[str, Any] = {"extension": [{"url": "http://x.example/y", "valueString": CANARY}]}


def salted(name: str, who: str) -> dict[str, Any]:
    """The smallest resource of a type, with a canary where it may have an extension."""
    is_plain = name in REFERENCE or name in ("Bundle", "Binary", "Parameters")
    return smallest(name, who) if is_plain else smallest(name, who, **_SALT)


@pytest.fixture(scope="module")
def region(server: Embedded, template: str) -> Iterator[Region]:
    with staffed_door(server, template) as staffed:
        held: dict[tuple[str, str], str] = {}
        people: list[str] = []
        for n in (1, 2):
            for at in (PRACTICE, "nm-acute"):
                by = staffed.system(at)
                sent = someone(family(n), number(n), **(_SALT if n == 2 else {}))
                who = staffed.door.made(sent, by=by)["id"]
                if at == PRACTICE:
                    people.append(who)
                for role in CARE if n == 1 else ():
                    staffed.tie(role, who)
                for name in known_types() if at == PRACTICE else ():
                    plain = salted(name, who) if n == 2 else smallest(name, who)
                    answer = staffed.door.ask("POST", f"/{name}", plain, by=by)
                    assert answer.status_code in (201, 400, 422), (name, answer.text)
                    if answer.status_code == 201:
                        held[name, who] = answer.json["id"]
        yield Region(staffed, *people, held)


def about(region: Region, who: str) -> dict[str, str]:
    return {name: id_ for (name, of), id_ in region.held.items() if of == who}


def of_the_other(region: Region) -> dict[str, str]:
    found = about(region, region.theirs)
    return {name: id_ for name, id_ in found.items() if name not in REFERENCE}


def test_nearly_every_type_is_held_of_both(region: Region) -> None:
    assert len(about(region, region.mine)) > 135
    assert len(about(region, region.theirs)) > 135


@pytest.mark.attack(1, 3)
@pytest.mark.parametrize("role", ROLES)
def test_no_entry_of_another_is_told_from_one_that_is_not_there(region: Region, role: Role) -> None:
    random = str(uuid.uuid4())
    for n, (name, id_) in enumerate(sorted(of_the_other(region).items())):
        # Old versions and histories are the same statement for every type: a sample of each role.
        for rest in ("", *(("/_history/1", "/_history") if n % 12 == ROLES.index(role) else ())):
            hidden = region.get(role, f"/{name}/{id_}{rest}")
            absent = region.get(role, f"/{name}/{random}{rest}")
            assert hidden.status_code == absent.status_code == 404, (name, rest)
            assert hidden.content == absent.content, (name, rest)
            assert dict(hidden.headers) == dict(absent.headers), (name, rest)


@pytest.mark.attack(2, 3, 7, 8, 10)
@pytest.mark.parametrize("role", ROLES)
def test_no_search_of_any_type_meets_another(region: Region, role: Role) -> None:
    theirs = of_the_other(region)
    for name in known_types():
        known = parameters(name)
        lists = [f"/{name}?_count=500&_total=accurate"]
        one = next((one for one in ("patient", "subject") if one in known), None)
        if one is not None:
            both = f"Patient/{region.mine},Patient/{region.theirs}"
            lists.append(f"/{name}?{one}=Patient/{region.theirs}&_summary=count")
            lists.append(f"/{name}?{one}={both}&_total=accurate")
        for place in lists:
            answer = region.get(role, place)
            if answer.status_code != 200:
                continue
            assert CANARY not in answer.text, place
            assert theirs.get(name, "none") not in answer.text, place
            shown = [e for e in answer.json.get("entry", ()) if e["search"]["mode"] == "match"]
            if "_summary" in place:
                assert answer.json["total"] == 0, place
            elif "next" not in [link["relation"] for link in answer.json["link"]]:
                assert answer.json.get("total") == len(shown), place


@pytest.mark.attack(1, 3)
@pytest.mark.parametrize("role", CARE)
def test_the_control_a_tie_opens_what_the_clauses_give(region: Region, role: Role) -> None:
    if role is Role.GP:
        pytest.skip("practices share with each other by no agreement; see test_roles")
    seen = [
        name
        for name, id_ in about(region, region.mine).items()
        if region.get(role, f"/{name}/{id_}").status_code == 200
    ]
    assert len(seen) >= 5, seen


@pytest.mark.attack(79)
@pytest.mark.parametrize("role", CARE)
def test_everything_of_a_person_is_no_more_than_searches_show(region: Region, role: Role) -> None:
    page = region.get(role, f"/Patient/{region.mine}/$everything?_count=500")
    if page.status_code == 404:
        return
    for entry in page.json.get("entry", ()):
        one = entry["resource"]
        assert one["id"] not in of_the_other(region).values()
        read = region.get(role, f"/{one['resourceType']}/{one['id']}")
        assert read.status_code == 200, one["resourceType"]
        assert read.json == one
    other = region.get(role, f"/Patient/{region.theirs}/$everything")
    nobody = region.get(role, f"/Patient/{uuid.uuid4()}/$everything")
    assert (other.status_code, other.content) == (404, nobody.content)


@pytest.mark.attack(4, 5, 6)
@pytest.mark.parametrize("role", ROLES)
def test_no_hop_meets_another(region: Region, role: Role) -> None:
    for name, id_ in of_the_other(region).items():
        mine = region.held.get((name, region.mine))
        known = [one for one in ("patient", "subject") if one in parameters(name)]
        for one in known[:1]:
            asked = (
                f"/Patient?_id={region.mine},{region.theirs}&_has:{name}:{one}:_id={id_}"
                f"&_revinclude={name}:{one}",
                f"/{name}?{one}:Patient._id={region.theirs}&_total=accurate",
                f"/{name}?_id={id_},{mine}&_include={name}:{one}",
            )
            for place in asked:
                answer = region.get(role, place)
                assert CANARY not in answer.text, place
                shown = [entry["resource"]["id"] for entry in answer.json.get("entry", ())]
                assert id_ not in shown, place
                assert region.theirs not in shown, place
                if "_total" in place and answer.status_code == 200:
                    assert answer.json["total"] == 0, place


@pytest.mark.attack(16, 17, 18)
@pytest.mark.parametrize("role", CARE)
def test_no_write_tells_or_changes_what_may_not_be_seen(region: Region, role: Role) -> None:
    door, by = region.door, region.by(role)
    hidden = about(region, region.theirs)["Observation"]
    body = smallest("Observation", region.theirs)
    random = str(uuid.uuid4())
    answers = []
    for id_ in (hidden, random):
        sent = {**body, "id": id_}
        one = door.ask("PUT", f"/Observation/{id_}", sent, by=by, headers=dict(REQUEST))
        answers.append((one.status_code, one.content))
        door.ask("DELETE", f"/Observation/{id_}", by=by)
        patch = [{"op": "replace", "path": "/status", "value": "cancelled"}]
        two = door.ask(
            "PATCH",
            f"/Observation/{id_}",
            patch,
            by=by,
            headers={**REQUEST, "Content-Type": "application/json-patch+json"},
        )
        answers.append((two.status_code, two.content))
    assert answers[:2] == answers[2:]
    held = door.get(f"/Observation/{hidden}", by=region.staffed.system(PRACTICE))
    assert held.json["meta"]["versionId"] == "1"


@pytest.mark.attack(9, 11)
@pytest.mark.parametrize("role", [Role.CN, Role.HC])
def test_a_page_link_is_of_nobody_else(region: Region, role: Role) -> None:
    page = region.get(role, f"/Patient/{region.mine}/$everything?_count=1")
    assert page.status_code == 200
    found = _CURSOR.search(page.text)
    assert found is not None
    for other in ROLES:
        if region.by(other) == region.by(role):
            continue
        place = f"/Patient/{region.mine}/$everything?_count=1&_cursor={found[1]}"
        answer = region.get(other, place)
        assert answer.status_code in (400, 403, 404), (other, answer.text)


@pytest.mark.attack(20)
@pytest.mark.parametrize("role", CARE)
def test_nobody_writes_oneself_a_tie(region: Region, role: Role) -> None:
    door, by = region.door, region.by(role)
    who = {"reference": f"Patient/{region.theirs}"}
    team = {"resourceType": "CareTeam", "status": "active", "subject": who}
    team["participant"] = [{"member": {"display": by}}]
    door.ask("POST", "/CareTeam", team, by=by)
    door.ask("POST", "/Task", {**smallest("Task", region.theirs), "for": who}, by=by)
    entry = of_the_other(region)["AllergyIntolerance"]
    assert region.get(role, f"/AllergyIntolerance/{entry}").status_code == 404


@pytest.mark.attack(15)
@pytest.mark.parametrize("role", ROLES)
def test_bytes_and_documents_are_no_freer_than_their_owner(region: Region, role: Role) -> None:
    for name in ("Binary", "Bundle", "DocumentReference", "Media"):
        id_ = region.held.get((name, region.theirs))
        if id_ is not None:
            assert region.get(role, f"/{name}/{id_}").status_code == 404, name


@pytest.mark.attack(50)
@pytest.mark.parametrize("role", ROLES)
def test_a_deep_question_is_refused_or_empty(region: Region, role: Role) -> None:
    codes = ",".join(str(n) for n in range(10_000))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = region.door.ask(
        "POST", "/Observation/_search", f"code={codes}", by=region.by(role), headers=form
    )
    assert answer.status_code in (200, 400, 422)
    chain = "/Observation?subject:Patient.general-practitioner:Practitioner.name=x"
    assert region.get(role, chain).status_code in (200, 400, 403, 422)


@pytest.mark.attack(83)
@pytest.mark.parametrize("role", ROLES)
def test_people_are_not_listed(region: Region, role: Role) -> None:
    for query in (
        "",
        "name=a",
        f"family={family(2)[:3]}",
        "birthdate=ge1900-01-01",
        "birthdate=1950-01-02",
        f"identifier={NHS}|",
        "_sort=birthdate",
        "gender=female&_total=accurate",
        "_has:Observation:patient:code=x",
    ):
        answer = region.get(role, f"/Patient?{query}")
        assert answer.status_code in (200, 403), (query, answer.text)
        assert region.theirs not in answer.text, query
        assert family(2) not in answer.text, query
        assert answer.json.get("total", 0) <= len(answer.json.get("entry", ())), query


def test_no_account_of_all_this_holds_a_canary(region: Region) -> None:
    with psycopg.connect(region.door.database.url) as connection:
        for (account,) in connection.execute("SELECT a::text FROM ledger.account AS a"):
            assert CANARY not in account
