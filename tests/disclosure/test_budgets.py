"""Budgets: so many people an hour, so many items a day, so many searches; never in an emergency."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from careweave.db import Embedded
from careweave.terms import Role
from tests.disclosure.test_roles import accounts, registered
from tests.lib.staff import NHS, Staffed, number, staffed_door


@pytest.fixture(scope="module")
def staffed(server: Embedded, template: str) -> Iterator[Staffed]:
    with staffed_door(server, template) as made:
        yield made


def run(staffed: Staffed, text: str, **values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(staffed.door.database.url, autocommit=True) as connection:
        done = connection.execute(text.encode(), values)
        return done.fetchall() if done.description else []


def opened_already(staffed: Staffed, role: Role, user: str, clause: str, n: int) -> None:
    """As if the user had opened n other people in each of the hours about now."""
    organisation = staffed.as_(role, user=user).partition("/")[0]
    run(
        staffed,
        "INSERT INTO disclosure.opened SELECT date_trunc('hour', now()) + h * interval '1 hour',"
        " %(organisation)s, %(user)s, %(clause)s, gen_random_uuid()"
        " FROM generate_series(1, %(n)s), generate_series(0, 1) AS h",
        organisation=organisation,
        user=user,
        clause=clause,
        n=n,
    )


def clause_of(staffed: Staffed, n: int, role: Role, user: str) -> tuple[str, str]:
    """An entry of somebody with a tie, and the clause that shows it."""
    who, entry = registered(staffed, n)
    staffed.tie(role, who)
    seen = staffed.door.get(f"/AllergyIntolerance/{entry}", by=staffed.as_(role, user=user))
    (account,) = accounts(staffed, seen.headers["x-request-id"])
    return entry, account["clauses"].split('"clause":"')[1].split('"')[0]


def alerts(staffed: Staffed, user: str) -> list[tuple[object, ...]]:
    return run(
        staffed,
        "SELECT kind, clause FROM disclosure.alert WHERE user_name = %(user)s",
        user=user,
    )


def test_above_the_hard_budget_nobody_new_is_opened_and_it_is_accounted_for(
    staffed: Staffed,
) -> None:
    first, clause = clause_of(staffed, 1, Role.PA, "full")
    opened_already(staffed, Role.PA, "full", clause, 59)
    by = staffed.as_(Role.PA, user="full")
    who, second = registered(staffed, 2)
    staffed.tie(Role.PA, who)
    answer = staffed.door.get(f"/AllergyIntolerance/{second}", by=by)
    assert answer.status_code == 429, answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    (account,) = accounts(staffed, answer.headers["x-request-id"])
    assert (account["outcome"], account["reason"]) == ("refused", "budget")
    assert account["n_items"] == 0
    # Whom one has opened already one may read on, and others are not concerned.
    assert staffed.door.get(f"/AllergyIntolerance/{first}", by=by).status_code == 200
    other = staffed.as_(Role.PA, user="rested")
    assert staffed.door.get(f"/AllergyIntolerance/{second}", by=other).status_code == 200


def test_an_emergency_is_never_refused_and_always_noticed(staffed: Staffed) -> None:
    _, clause = clause_of(staffed, 3, Role.PA, "rescuer")
    opened_already(staffed, Role.PA, "rescuer", clause, 70)
    by = staffed.as_(Role.PA, user="rescuer")
    who, entry = registered(staffed, 4)
    staffed.tie(Role.PA, who)
    assert staffed.door.get(f"/AllergyIntolerance/{entry}", by=by).status_code == 429
    ((person,),) = run(
        staffed,
        "SELECT p.person::text FROM record.subject_person AS p INNER JOIN record.subject AS s"
        " USING (subject) WHERE s.local_id = %(who)s",
        who=who,
    )
    words = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "code", "valueCode": "unconscious"},
            {"name": "text", "valueString": f"Found unconscious in the street, {uuid4().hex}."},
        ],
    }
    opened = staffed.door.ask("POST", f"/Patient/{person}/$break-glass", words, by=by)
    assert opened.status_code == 200, opened.text
    assert staffed.door.get(f"/AllergyIntolerance/{entry}", by=by).status_code == 200
    assert ("budget", clause) in alerts(staffed, "rescuer")


def test_the_soft_budget_is_noticed_once(staffed: Staffed) -> None:
    _, clause = clause_of(staffed, 5, Role.PA, "busy")
    opened_already(staffed, Role.PA, "busy", clause, 19)
    by = staffed.as_(Role.PA, user="busy")
    for n in (6, 7):
        who, entry = registered(staffed, n)
        staffed.tie(Role.PA, who)
        assert staffed.door.get(f"/AllergyIntolerance/{entry}", by=by).status_code == 200
    assert alerts(staffed, "busy").count(("budget", clause)) == 1


def test_a_clause_gives_so_many_items_a_day_to_all(staffed: Staffed) -> None:
    entry, clause = clause_of(staffed, 8, Role.CN, "last")
    run(
        staffed,
        "UPDATE disclosure.spent SET n = 10000000 WHERE clause = %(clause)s AND user_name = ''",
        clause=clause,
    )
    answer = staffed.door.get(
        f"/AllergyIntolerance/{entry}", by=staffed.as_(Role.CN, user="another")
    )
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 90_000


def test_searches_for_people_are_so_many_an_hour(staffed: Staffed) -> None:
    registered(staffed, 9)
    by = staffed.as_(Role.PH, user="seeker")
    place = f"/Patient?identifier={NHS}|{number(9)}"
    assert staffed.door.get(place, by=by).status_code == 200
    run(staffed, "UPDATE disclosure.spent SET n = 60 WHERE user_name = 'seeker'")
    if datetime.now(UTC).minute == 59:
        pytest.skip("the hour may turn between the two")
    answers = [staffed.door.get(place, by=by) for _ in range(2)]
    assert [one.status_code for one in answers] == [429, 429]
    (account,) = accounts(staffed, answers[0].headers["x-request-id"])
    assert (account["deed"], account["outcome"], account["reason"]) == ("find", "refused", "budget")


def test_what_is_ones_own_has_no_budget(staffed: Staffed) -> None:
    who, entry = registered(staffed, 10, at="nm-acute")
    staffed.tie(Role.HC, who)
    before = run(staffed, "SELECT count(*) FROM disclosure.opened")
    answer = staffed.door.get(f"/AllergyIntolerance/{entry}", by=staffed.as_(Role.HC))
    assert answer.status_code == 200
    (account,) = accounts(staffed, answer.headers["x-request-id"])
    assert '"clause":"own:nm-acute"' in account["clauses"]
    assert run(staffed, "SELECT count(*) FROM disclosure.opened") == before


@pytest.mark.slow
def test_who_stands_on_a_list_is_not_opened_by_it_and_a_list_holds_no_more_than_are_agreed(
    staffed: Staffed,
) -> None:
    by = staffed.as_(Role.CN, user="lister")
    for n in range(100, 162):
        who, _ = registered(staffed, n)
        staffed.tie(Role.CN, who)
    listed = staffed.door.get("/AllergyIntolerance?_count=500", by=by)
    assert listed.status_code == 200, listed.text
    assert len([one for one in listed.json["entry"] if one["search"]["mode"] == "match"]) == 60
    assert "next" in {link["relation"] for link in listed.json["link"]}
    assert not run(staffed, "SELECT 1 FROM disclosure.opened WHERE user_name = 'lister'")
