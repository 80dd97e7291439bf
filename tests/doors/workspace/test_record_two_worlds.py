"""What a reader may not see changes no byte of any page: the same clock, ids and secrets in both.

Source: `reference/interface.md` 3; `reference/record.md` 3.2 (d).
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from careweave import disclosure
from careweave.doors import workspace
from careweave.doors._access import (
    COOKIE,
    Assurance,
    Handles,
    Proof,
    Sessions,
    Told,
    account_named,
    seat_of,
)
from careweave.terms import Role
from careweave.views import NAMED
from tests.lib.day10 import Day10
from tests.lib.filing import file_from, patient_of
from tests.lib.pages import BY_ROLE, World, _parts, world_over

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LABELS = ((CONFIDENTIALITY, "V"), (ACT, "SDV"))
SOURCE, LOCAL, PEOPLE = "nm-millbeck-gp", "gpb", ("winifred-achterberg",)
ROLES = (Role.ED, Role.PA, Role.CN, Role.CH, Role.PH)
PAGES = (
    *("", "card", "s", "timeline", "timeline?kind=contact", "plan", "print", "reconcile", "why"),
    *("", "?on=2026-03-20", "documents/none", "e/none"),
    *(f"s/{named.slug}" for named in NAMED.values()),
)


def counted() -> Callable[[int], bytes]:
    """Bytes that are the same in every world."""
    n = itertools.count()

    def random(size: int) -> bytes:
        return sha256(f"world {next(n)}".encode()).digest()[:size].ljust(size, b"x")

    return random


def secret_entries(patient: str) -> Iterator[dict[str, Any]]:
    """Entries that nobody but their practice and the person may ever know of."""
    about = {"reference": f"Patient/{patient}"}
    text = {"text": "Hidden in the second world"}
    active = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    current = {"coding": [{"system": active, "code": "active"}]}
    status = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    yield {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": status, "code": "active"}]},
        "code": text,
        "patient": about,
    }
    yield {
        "resourceType": "Condition",
        "clinicalStatus": current,
        "code": text,
        "subject": about,
        "recordedDate": "2026-03-20",
    }
    yield {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": text,
        "subject": about,
        "effectiveDateTime": "2026-03-21",
        "valueQuantity": {"value": 5, "unit": "mmol/L"},
    }
    yield {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": text,
        "subject": about,
        "authoredOn": "2026-03-22",
        "dosageInstruction": [{"text": "apply twice a day"}],
    }
    yield {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": text,
        "subject": about,
        "date": "2026-03-22T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": "SGlkZGVu"}}],
    }
    yield {
        "resourceType": "Flag",
        "status": "active",
        "code": text,
        "subject": about,
        "period": {"start": "2026-03-22"},
    }


def put(world: World, key: str) -> None:
    """Sends entries with each of the labels from the practice, as its system does."""
    patient = patient_of(world, world.person(key), LOCAL)
    file_from(
        world,
        SOURCE,
        [
            {
                **one,
                "id": f"{patient}-hidden-{code.lower()}-{n}",
                "meta": {"security": [{"system": system, "code": code}]},
            }
            for system, code in LABELS
            for n, one in enumerate(secret_entries(patient))
        ],
    )


@contextmanager
def world_of(day10: Day10, folder: Path, *, is_fuller: bool) -> Iterator[World]:
    with world_over(day10, folder) as world:
        # Both know the labels, for somebody whom nobody asks about.
        put(world, "gwendolyn-pike")
        for key in PEOPLE:
            if is_fuller:
                put(world, key)
            for role in ROLES:
                world.tie(world.person(key), role)
        world.hear()
        yield world


def answers(world: World) -> list[tuple[object, ...]]:
    """What every reader gets of every page, with the same secrets in each world."""
    random, n = counted(), itertools.count()
    parts = replace(
        _parts(world),
        random=random,
        sessions=Sessions(world.database, random=random),
        new_request_id=lambda: f"request-{next(n)}",
    )
    client = workspace.application(parts).test_client()
    found: list[tuple[object, ...]] = []
    for role in ROLES:
        token = begin(world, parts.sessions, BY_ROLE[role])
        client.set_cookie(COOKIE, token, domain="localhost", secure=True)
        signed_in = parts.sessions.of(token, world.now)
        assert signed_in is not None
        for key, place in itertools.product(PEOPLE, PAGES):
            handle = Handles(signed_in.secret).of("person", str(world.person(key)))
            path = f"/workspace/r/{handle}/{place}".removesuffix("/").replace("/?", "?")
            answer = client.get(path, base_url=world.base)
            headers = tuple(sorted(answer.headers.items()))
            found.append((role, key, place, answer.status_code, headers, answer.get_data()))
    return found


def begin(world: World, sessions: Sessions, user: str) -> str:
    with world.database.reading() as session:
        account = account_named(session, user)
        seat = seat_of(disclosure.world(session, world.now), account, account.postings[0])
    told = Told(world.now, "two-worlds", "tests", "workspace", "")
    return sessions.begin(seat, Proof(Assurance.DEMO, world.now), told)


@pytest.mark.attack(9, 12)
def test_what_a_reader_may_not_see_changes_no_byte_of_any_page(
    northmere10: Day10, tmp_path: Path
) -> None:
    worlds = []
    for is_fuller in (False, True):
        with world_of(northmere10, tmp_path / str(is_fuller), is_fuller=is_fuller) as world:
            worlds.append(answers(world))
    for one, other in zip(*worlds, strict=True):
        assert one == other, one[:4]
    statuses = [one[3] for one in worlds[0]]
    assert len(statuses) >= 200
    assert set(statuses) <= {200, 403, 404}
    assert statuses.count(200) >= 200


@pytest.mark.attack(9)
def test_the_control_is_seen_by_its_own_practice(northmere10: Day10, tmp_path: Path) -> None:
    with world_of(northmere10, tmp_path, is_fuller=True) as world:
        person = world.person(PEOPLE[0])
        world.tie(person, Role.GP, organisation="nm-millbeck")
        own = world.signed_in("u-gp-b")
        page = own.get(own.record(person, "s/problems")).get_data(as_text=True)
        assert "Hidden in the second world" in page
