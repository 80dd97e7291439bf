"""A person's page: what is shown, withheld, indicated, and what is said of the rest."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from careweave.db import Embedded
from careweave.disclosure import Asking, Outlet, Wanted, disclose, explain, may
from careweave.doors._access import Clients
from careweave.ledger import Recorder
from careweave.terms import Action, Heading, NotFound, PersonId, Role
from tests.disclosure.test_roles import allergy, registered
from tests.lib.staff import PRACTICE, Staffed, staffed_door

STD = {
    "meta": {
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "STD"}]
    }
}


@pytest.fixture(scope="module")
def staffed(server: Embedded, template: str) -> Iterator[Staffed]:
    with staffed_door(server, template) as made:
        yield made


def outlet(staffed: Staffed) -> Outlet:
    return Outlet(staffed.door.database, Recorder(staffed.door.database))


def asking(staffed: Staffed, role: Role, **changes: Any) -> Asking:
    token = staffed.door.tokens[staffed.as_(role, **changes)]
    actor = Clients(staffed.door.database).actor(token, datetime.now(UTC))
    return Asking(actor, actor.purpose, "test", str(uuid.uuid4()), datetime.now(UTC))


def person_of(staffed: Staffed, patient: str) -> PersonId:
    with psycopg.connect(staffed.door.database.url) as connection:
        row = connection.execute(
            "SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
            "USING (subject) WHERE s.local_id = %s",
            [patient],
        ).fetchone()
    assert row is not None
    return PersonId(row[0])


def accounts(staffed: Staffed, one: Asking) -> list[dict[str, Any]]:
    with psycopg.connect(staffed.door.database.url) as connection:
        rows = connection.execute(
            "SELECT to_jsonb(a) FROM ledger.account AS a WHERE request_id = %s ORDER BY id",
            [one.request_id],
        )
        return [row[0] for row in rows]


@pytest.fixture(scope="module")
def somebody(staffed: Staffed) -> tuple[str, PersonId]:
    who, _ = registered(staffed, 150)
    by = staffed.system(PRACTICE)
    staffed.door.made({**allergy(who, **STD), "code": {"text": "Latex"}}, by=by)
    staffed.tie(Role.ED, who)
    return who, person_of(staffed, who)


def test_a_page_shows_what_may_be_seen_and_says_that_something_is_not(
    staffed: Staffed, somebody: tuple[str, PersonId]
) -> None:
    one = asking(staffed, Role.ED)
    shown = disclose(outlet(staffed), one, somebody[1], Wanted())
    assert [row.type for row in shown.rows[Heading.ALG]] == ["AllergyIntolerance"]
    assert shown.withheld == {Heading.ALG}
    assert shown.coverage[Heading.ALG] == "HELD"
    assert shown.coverage[Heading.MED] == "NONE_RECEIVED"
    assert shown.coverage[Heading.FAM] == "NOT_SHARED"
    assert "Not shared" in shown.expected[Heading.FAM].sentence
    assert b"Latex" not in b"".join(row.body or b"" for its in shown.rows.values() for row in its)
    (account,) = {account["person"] for account in accounts(staffed, one)}
    assert account == str(somebody[1])


def test_only_what_is_wanted_is_fetched_and_accounted_for(
    staffed: Staffed, somebody: tuple[str, PersonId]
) -> None:
    one = asking(staffed, Role.ED)
    shown = disclose(outlet(staffed), one, somebody[1], Wanted(frozenset({Heading.ALG})))
    assert set(shown.rows) == set(shown.coverage) == {Heading.ALG}
    (account,) = accounts(staffed, one)
    assert '"heading":"ALG"' in account["clauses"]
    assert "DEM" not in account["clauses"]
    assert (account["deed"], account["n_items"]) == ("open", 1)


def test_an_outline_has_no_bodies_and_is_accounted_for(
    staffed: Staffed, somebody: tuple[str, PersonId]
) -> None:
    one = asking(staffed, Role.ED)
    shown = disclose(outlet(staffed), one, somebody[1], Wanted(is_outline=True))
    assert shown.rows == {}
    assert {line.heading for line in shown.lines} >= {Heading.ALG, Heading.DEM}
    assert sum(account["n_items"] for account in accounts(staffed, one)) == len(shown.lines)


def test_why_nothing_is_shown_is_told_alike_whatever_is_held(staffed: Staffed) -> None:
    full, _ = registered(staffed, 151)
    bare = staffed.door.made(
        {"resourceType": "Patient", "name": [{"family": "Sparrowhawk"}], "birthDate": "1931-02-03"},
        by=staffed.system(PRACTICE),
    )["id"]
    told = []
    for patient in (full, bare):
        one = asking(staffed, Role.ED)
        shown = disclose(outlet(staffed), one, person_of(staffed, patient), Wanted())
        assert (shown.rows, shown.lines, shown.withheld) == ({}, (), frozenset())
        told.append((dict(shown.expected), dict(shown.coverage)))
        (account,) = accounts(staffed, one)
        assert (account["outcome"], account["reason"]) == ("refused", "no-relationship")
    assert told[0] == told[1]
    medicines = told[0][0][Heading.MED]
    assert medicines.sentence.startswith("You have no recorded relationship")
    assert medicines.may_break_glass


def test_what_may_be_done_is_told_without_looking(
    staffed: Staffed, somebody: tuple[str, PersonId]
) -> None:
    way = outlet(staffed)
    assert may(way, asking(staffed, Role.ED), somebody[1], Action.OPEN)
    assert not may(way, asking(staffed, Role.PH), somebody[1], Action.OPEN)
    (told,) = explain(way, asking(staffed, Role.ED), somebody[1], headings=[Heading.ALG])
    assert told.is_open
    assert told.clauses


def test_nobody_at_work_looks_at_themselves(
    staffed: Staffed, somebody: tuple[str, PersonId]
) -> None:
    one = asking(staffed, Role.ED, person=somebody[1], user="self")
    with pytest.raises(NotFound):
        disclose(outlet(staffed), one, somebody[1], Wanted())
    (account,) = accounts(staffed, one)
    assert (account["outcome"], account["reason"]) == ("refused", "own-record")
    by = staffed.as_(Role.ED, person=somebody[1], user="self")
    assert staffed.door.get(f"/Patient/{somebody[0]}", by=by).status_code == 404
    assert staffed.door.get(f"/Patient/{somebody[1]}", by=by).status_code == 404
    found = staffed.door.get(f"/AllergyIntolerance?patient={somebody[0]}", by=by).json
    assert "entry" not in found


def test_an_id_that_is_nobodys_is_not_found(staffed: Staffed) -> None:
    one = asking(staffed, Role.GP)
    nobody = PersonId(uuid.UUID("00000000-0000-8000-8000-00000000000a"))
    with pytest.raises(NotFound):
        disclose(outlet(staffed), one, nobody, Wanted())
    (account,) = accounts(staffed, one)
    assert account["outcome"] == "absent"
