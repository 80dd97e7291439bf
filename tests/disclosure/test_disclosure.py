"""The way out: who sees what, and the account that comes first."""

import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from careweave import disclosure
from careweave.db import Embedded
from careweave.disclosure import Asking, Inside, Outlet, Page, sight
from careweave.ledger import Recorder
from careweave.terms import (
    EVERY_LABEL,
    Action,
    Actor,
    Forbidden,
    Gone,
    Heading,
    NotFound,
    Purpose,
    SourceId,
)
from tests.lib.door import Door, fresh_database, make_door, observation, patient

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)


def _actor(door: Door, organisation: str) -> Actor:
    from careweave.doors._access import Clients

    return Clients(door.database).actor(door.token(organisation), datetime.now(UTC))


def _asking(door: Door, organisation: str = "alpha", types: frozenset[str] | None = None) -> Asking:
    actor = _actor(door, organisation)
    return Asking(actor, actor.purpose, "fhir", str(uuid.uuid4()), datetime.now(UTC), types)


def _outlet(door: Door) -> Outlet:
    return Outlet(door.database, Recorder(door.database))


def _accounts(door: Door, asking: Asking) -> list[dict[str, Any]]:
    with psycopg.connect(door.database.url) as connection:
        connection.row_factory = psycopg.rows.dict_row  # type: ignore[assignment]
        found = connection.execute(
            "SELECT * FROM ledger.account WHERE request_id = %s ORDER BY id", [asking.request_id]
        )
        return list(found.fetchall())  # type: ignore[arg-type]


def test_a_sight_is_the_sources_of_ones_own_organisation_and_no_others(door: Door) -> None:
    alpha, beta = _actor(door, "alpha"), _actor(door, "beta")
    with door.database.reading() as session:
        mine = sight(session, alpha, Purpose.DIRECT_CARE, Action.READ, at=NOW)
        theirs = sight(session, beta, Purpose.DIRECT_CARE, Action.READ, at=NOW)
    assert len(mine.branches) == 1
    branch = mine.branches[0]
    assert alpha.source in branch.sources
    assert not branch.sources & theirs.branches[0].sources
    assert branch.headings == frozenset((*Heading, None))
    assert branch.labels == EVERY_LABEL


def test_two_systems_of_one_organisation_see_each_others_entries(door: Door) -> None:
    door.token("alpha/second", system="second")
    made = door.made(patient())
    assert door.get(f"/Patient/{made['id']}", by="alpha/second").status_code == 200


def test_a_source_opened_by_another_process_is_seen_at_once(
    server: Embedded, template: str
) -> None:
    with fresh_database(server, template) as database:
        door = make_door(database)
        door.get("/Patient/x")
        from careweave.db import Database

        other = make_door(Database(database.url))
        other.tokens = door.tokens
        other.token("alpha/new", system="new")
        made = other.made(patient(), by="alpha/new")
        assert door.get(f"/Patient/{made['id']}").status_code == 200
        other.database.close()


def test_an_actor_of_no_known_source_sees_nothing(door: Door) -> None:
    made = door.made(patient())
    stranger = Actor("x", "nowhere", SourceId(30_000), "nowhere", Purpose.DIRECT_CARE, frozenset())
    asking = Asking(stranger, stranger.purpose, "fhir", str(uuid.uuid4()), NOW)
    with pytest.raises(NotFound):
        disclosure.read(_outlet(door), asking, "Patient", made["id"])


def test_each_person_of_an_answer_has_an_account(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    for _ in range(3):
        door.made(patient(family))
    asking = _asking(door)
    found = disclosure.search(_outlet(door), asking, "Patient", [("family", family)])
    accounts = _accounts(door, asking)
    assert len(found.rows) == len(accounts) == 3
    assert sorted(account["subjects"][0] for account in accounts) == sorted(
        row.subject for row in found.rows
    )
    for account in accounts:
        assert account["actor"] == "alpha"
        assert account["organisation"] == "alpha"
        assert (account["action"], account["door"]) == ("search", "fhir")
        assert (account["outcome"], account["n_items"]) == ("permit", 1)
        assert account["what"] == "Patient?family"
        assert family not in str(account)


def test_a_number_that_was_shown_is_accounted_for(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    door.made(patient(family))
    asking = _asking(door)
    pairs = [("family", family), ("_summary", "count")]
    found = disclosure.search(_outlet(door), asking, "Patient", pairs)
    assert (found.total, found.rows) == (1, ())
    (account,) = _accounts(door, asking)
    assert (account["outcome"], account["reason"], account["n_items"]) == ("permit", "count", 0)


def test_everything_names_the_person_even_where_a_page_is_empty(door: Door) -> None:
    who = door.made(patient())["id"]
    asking = _asking(door)
    page = Page(count=10, since=datetime(2999, 1, 1, tzinfo=UTC))
    disclosure.everything(_outlet(door), asking, who, types=frozenset(), page=page)
    (account,) = _accounts(door, asking)
    assert len(account["subjects"]) == 1


def test_what_was_not_found_is_accounted_for_too(door: Door) -> None:
    asking = _asking(door)
    with pytest.raises(NotFound):
        disclosure.read(_outlet(door), asking, "Patient", "no-such")
    (account,) = _accounts(door, asking)
    assert (account["outcome"], account["subjects"], account["n_items"]) == ("absent", [], 0)
    assert "no-such" not in str(account)


def test_each_way_of_reading_leaves_its_account(door: Door) -> None:
    who = door.made(patient())["id"]
    door.made(observation(who))
    outlet = _outlet(door)
    for action, ask in {
        "read": lambda asking: disclosure.read(outlet, asking, "Patient", who),
        "vread": lambda asking: disclosure.read(outlet, asking, "Patient", who, version=1),
        "history": lambda asking: disclosure.history(
            outlet, asking, "Patient", who, page=Page(count=10)
        ),
        "everything": lambda asking: disclosure.everything(
            outlet, asking, who, types=frozenset(), page=Page(count=10)
        ),
    }.items():
        asking = _asking(door)
        ask(asking)
        (account,) = _accounts(door, asking)
        assert (account["action"], account["outcome"]) == (action, "permit")


def test_a_refusal_is_accounted_for(door: Door) -> None:
    asking = _asking(door, types=frozenset({"Observation"}))
    with pytest.raises(Forbidden):
        disclosure.search(
            _outlet(door), asking, "Observation", [("_include", "Observation:subject")]
        )
    (account,) = _accounts(door, asking)
    assert (account["outcome"], account["reason"]) == ("refused", "scope")


@pytest.mark.attack(58)
def test_an_answer_whose_account_cannot_be_written_is_not_given(
    server: Embedded, template: str
) -> None:
    with fresh_database(server, template) as database:
        door = make_door(database)
        who = door.made(patient("Canaryname"))["id"]
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("ALTER TABLE ledger.account RENAME TO gone")
        for path in (
            f"/Patient/{who}",
            f"/Patient/{who}/_history",
            f"/Patient/{who}/_history/1",
            f"/Patient/{who}/$everything",
            "/Patient?family=Canaryname",
            "/Patient/none",
        ):
            answer = door.get(path)
            assert answer.status_code == 503, (path, answer.text)
            assert "Canaryname" not in answer.text
        written = door.ask("POST", "/Patient", patient())
        assert written.status_code >= 500


def test_inside_a_transaction_the_account_is_kept_or_lost_with_it(door: Door) -> None:
    who = door.made(patient())["id"]
    kept, lost = _asking(door), _asking(door)
    with door.database.session() as session:
        disclosure.read(Inside(session), kept, "Patient", who)
    with pytest.raises(ZeroDivisionError), door.database.session() as session:
        disclosure.read(Inside(session), lost, "Patient", who)
        raise ZeroDivisionError
    assert len(_accounts(door, kept)) == 1
    assert _accounts(door, lost) == []


def test_a_deleted_entry_is_gone_only_for_those_who_could_see_it(door: Door) -> None:
    who = door.made(patient())["id"]
    door.ask("DELETE", f"/Patient/{who}")
    with pytest.raises(Gone):
        disclosure.read(_outlet(door), _asking(door), "Patient", who)
    with pytest.raises(NotFound) as refused:
        disclosure.read(_outlet(door), _asking(door, "beta"), "Patient", who)
    assert type(refused.value) is NotFound


def test_an_answer_asks_a_constant_number_of_statements(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    who = door.made(patient(family))["id"]
    costs = []
    for _ in range(4):
        for n in range(4):
            door.made(observation(who, value=n))
        with door.database.session() as session:
            before = session.n_sent
            disclosure.search(Inside(session), _asking(door), "Observation", [("patient", who)])
            disclosure.everything(
                Inside(session), _asking(door), who, types=frozenset(), page=Page(count=100)
            )
            costs.append(session.n_sent - before)
    # The first of them may read dictionaries that the process did not know yet.
    assert len(set(costs[1:])) == 1, costs
