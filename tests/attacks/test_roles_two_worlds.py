"""What a role may not see changes no byte of any answer: labels, strangers, other clauses' headings."""

import itertools
import re
from typing import Any

import pytest

from careweave.db import Embedded
from careweave.terms import Role
from tests.attacks.test_two_worlds import REQUEST, _plain
from tests.disclosure.test_roles import allergy
from tests.lib.staff import NHS, PRACTICE, Staffed, family, number, someone, staffed_door

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ROLES = (Role.CN, Role.PH, Role.PA)
_MORE_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")


def put(staffed: Staffed, at: str, resource: dict[str, Any], id_: str) -> None:
    by = staffed.system(at)
    place = f"/{resource['resourceType']}/{id_}"
    answer = staffed.door.ask("PUT", place, {**resource, "id": id_}, by=by)
    assert answer.status_code in (200, 201), answer.text


def common(staffed: Staffed) -> None:
    """What both worlds hold: somebody with whom each has to do, with a few allergies."""
    put(staffed, PRACTICE, someone(family(1), number(1)), "millb-p1")
    for n in range(4):
        put(staffed, PRACTICE, allergy("millb-p1"), f"millb-a{n}")
    for role in ROLES:
        staffed.tie(role, "millb-p1")
    # Both worlds know the homes and their systems.
    for at in (PRACTICE, "nm-larchwood", "nm-bluebell"):
        staffed.system(at)


def marked(code: str, system: str = ACT) -> dict[str, Any]:
    return {"meta": {"security": [{"system": system, "code": code}]}}


def hide(staffed: Staffed) -> None:
    """What the second world holds besides: nothing of it may be seen by any of the roles."""
    for n in range(3):
        put(staffed, PRACTICE, allergy("millb-p1", **marked("V", CONFIDENTIALITY)), f"millb-v{n}")
        put(staffed, PRACTICE, allergy("millb-p1", **marked("SDV")), f"millb-s{n}")
    for n in range(5):
        who = f"larch-p{n}"
        put(staffed, "nm-larchwood", someone(family(1), number(50 + n), born="1961-07-08"), who)
        for m in range(3):
            put(staffed, "nm-larchwood", allergy(who), f"larch-a{n}{m}")
    # Seen once, sealed since: the versions are judged as the entry is today.
    put(staffed, PRACTICE, allergy("millb-p1"), "millb-v9")
    put(staffed, PRACTICE, allergy("millb-p1", **marked("V", CONFIDENTIALITY)), "millb-v9")
    staffed.door.ask("DELETE", "/AllergyIntolerance/millb-s2", by=staffed.system(PRACTICE))


_IDS = ("millb-a0", "millb-v0", "millb-s0", "millb-s2", "millb-v9", "larch-a00", "no-such")
_ANY = ",".join(_IDS)
QUESTIONS = (
    *(f"/AllergyIntolerance/{one}{rest}" for one in _IDS for rest in ("", "/_history")),
    *(f"/AllergyIntolerance/{one}/_history/1" for one in _IDS),
    *(f"/Patient/{one}{rest}" for one in ("millb-p1", "larch-p0") for rest in ("", "/$everything")),
    "/AllergyIntolerance/_history",
    "/AllergyIntolerance?_total=accurate&_sort=_id",
    "/AllergyIntolerance?_summary=count",
    f"/AllergyIntolerance?_id={_ANY}&_total=accurate&_sort=_id",
    "/AllergyIntolerance?patient=millb-p1&_total=accurate&_sort=_id",
    "/AllergyIntolerance?patient=millb-p1,larch-p0&_count=2&_sort=_id",
    "/AllergyIntolerance?patient=larch-p0&_total=accurate",
    "/AllergyIntolerance?_security=V",
    "/AllergyIntolerance?patient.name=x",
    f"/AllergyIntolerance?patient:Patient.family={family(1)}&_total=accurate",
    "/AllergyIntolerance?_include=AllergyIntolerance:patient&_sort=_id",
    "/AllergyIntolerance?date=ge2026-01-01&_sort=-date,_id&_count=3",
    f"/Patient?_id=millb-p1,larch-p0&_has:AllergyIntolerance:patient:_id={_ANY}",
    "/Patient?_id=millb-p1,larch-p0&_revinclude=AllergyIntolerance:patient&_sort=_id",
    "/Patient?_sort=_id&_total=accurate",
    f"/Patient?family={family(1)}",
    f"/Patient?family={family(1)}&birthdate=1961-07-08",
    f"/Patient?identifier={NHS}|{number(50)}",
    f"/Patient?identifier={NHS}|{number(1)}",
    "/Patient?address-postalcode=LA12",
)


def answers(staffed: Staffed) -> list[tuple[str, str, int, bytes, tuple[tuple[str, str], ...]]]:
    found = []
    for role, place in itertools.product(ROLES, QUESTIONS):
        answer = staffed.door.get(place, by=staffed.as_(role), headers=dict(REQUEST))
        headers = {k: v for k, v in answer.headers.items() if k != "last-modified"}
        headers.pop("content-length", None)
        plain = _MORE_TIMES.sub(b"T", _plain(answer.content))
        told = tuple(sorted(headers.items()))
        found.append((role, place, answer.status_code, plain, told))
    return found


@pytest.mark.attack(1, 4, 5, 6, 7, 8, 10, 11, 12, 13, 83)
def test_what_a_role_may_not_see_changes_no_byte_of_any_answer(
    server: Embedded, template: str
) -> None:
    worlds = []
    for is_fuller in (False, True):
        with staffed_door(server, template) as staffed:
            common(staffed)
            if is_fuller:
                hide(staffed)
            worlds.append(answers(staffed))
    for one, two in zip(*worlds, strict=True):
        assert one == two
    assert {status for _, _, status, _, _ in worlds[0]} <= {200, 403, 404}
    assert sum(status == 200 for _, _, status, _, _ in worlds[0]) > len(QUESTIONS)
