"""Laws of clients and tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from careweave.db import Database
from careweave.doors._access import (
    Clients,
    Registration,
    add_client,
    list_clients,
    revoke_client,
)
from careweave.terms import Conflict, Incorrect, NotFound, Purpose, Role, Unauthenticated

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
WARD = Registration(
    name="ward",
    organisation="northmere-hospital",
    system="pas",
    scopes=frozenset({"system/*.cruds"}),
    expires_at=NOW + timedelta(days=1),
    id_prefix="nmh-",
)


def add(database: Database, registration=WARD, **changes):
    with database.session() as session:
        return add_client(session, replace(registration, **changes), now=NOW)


def revoke(database, name="ward"):
    with database.session() as session:
        revoke_client(session, name, now=NOW)


def test_a_token_is_known_as_the_actor_it_was_given_to(database):
    token = add(database)
    actor = Clients(database).actor(token, NOW)
    assert (actor.name, actor.organisation, actor.authority) == (
        "ward",
        "northmere-hospital",
        "northmere-hospital",
    )
    assert (actor.purpose, actor.scopes, actor.id_prefix) == (
        Purpose.DIRECT_CARE,
        WARD.scopes,
        "nmh-",
    )
    assert actor.source > 0


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "ü", "\x00", "a b"])
def test_no_other_token_is_known(database, token):
    add(database)
    with pytest.raises(Unauthenticated) as raised:
        Clients(database).actor(token, NOW)
    assert raised.value.message == (Unauthenticated.__doc__ or "").strip()


def test_an_expired_token_is_dead_at_once_even_when_remembered(database):
    clients = Clients(database)
    token = add(database, expires_at=NOW + timedelta(seconds=1))
    clients.actor(token, NOW)
    with pytest.raises(Unauthenticated):
        clients.actor(token, NOW + timedelta(seconds=1))


def test_a_revoked_token_is_dead_within_five_seconds(database):
    clients = Clients(database)
    token = add(database)
    clients.actor(token, NOW)
    revoke(database)
    clients.actor(token, NOW + timedelta(seconds=4.9))
    with pytest.raises(Unauthenticated):
        clients.actor(token, NOW + timedelta(seconds=5))
    with pytest.raises(Unauthenticated):
        clients.actor(token, NOW)


def test_a_remembered_token_costs_no_query(database):
    clients = Clients(database)
    token = add(database)
    clients.actor(token, NOW)
    with psycopg.connect(database.url) as connection:
        connection.execute("LOCK TABLE access.client IN ACCESS EXCLUSIVE MODE")
        assert clients.actor(token, NOW + timedelta(seconds=1)).name == "ward"


def test_the_token_itself_is_kept_nowhere(database):
    token = add(database)
    with psycopg.connect(database.url) as connection:
        for table in ("access.client", "ledger.account"):
            text = connection.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t").fetchone()
            assert token not in str(text)


def test_a_name_belongs_to_one_living_client(database):
    add(database)
    with pytest.raises(Conflict, match="name already") as refused:
        add(database)
    assert refused.value.where == "name"
    revoke(database)
    add(database)
    with database.reading() as session:
        living = [client.revoked_at is None for client in list_clients(session)]
    assert living == [True, False]


def test_two_clients_of_one_system_share_its_source_and_prefix(database):
    add(database)
    add(database, name="ward-two")
    with database.reading() as session:
        one, two = list_clients(session)
    assert one.source == two.source


@pytest.mark.parametrize("prefix", ["nmh-", "nmh-a", "n"])
def test_prefixes_of_two_sources_never_overlap(database, prefix):
    add(database)
    with pytest.raises(Conflict, match="prefix"):
        add(database, name="other", organisation="gp", id_prefix=prefix)
    add(database, name="other", organisation="gp", id_prefix="gp-")


def test_revoking_a_stranger_is_not_found(database):
    with pytest.raises(NotFound):
        revoke(database, "nobody")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "Ward 7"},
        {"organisation": "a b"},
        {"system": "x" * 64},
        {"scopes": frozenset()},
        {"scopes": frozenset({"patient/*.rs"})},
        {"scopes": frozenset({"system/*."})},
        {"scopes": frozenset({"system/*.sr"})},
        {"expires_at": NOW},
        {"id_prefix": ""},
        {"id_prefix": "a/b"},
    ],
)
def test_a_wrong_registration_is_refused_by_the_name_of_its_field(database, changes):
    with pytest.raises(Incorrect) as raised:
        add(database, **changes)
    assert raised.value.where == next(iter(changes))


def test_adding_and_revoking_are_accounted(database):
    add(database)
    revoke(database)
    with psycopg.connect(database.url) as connection:
        rows = connection.execute(
            "SELECT action, what FROM ledger.account ORDER BY tx DESC LIMIT 2"
        ).fetchall()
    assert rows[::-1] == [("client-add", "client/ward"), ("client-revoke", "client/ward")]


SUSAN = "identifier urn:careweave:demo:portal:user|susan-hartley-brook"


@pytest.mark.parametrize("user", ["a.doctor", SUSAN, "x" * 200])
def test_whoever_is_at_work_is_named_as_the_organisation_names_them(database, user):
    token = add(database, role=Role.PX, user=user)
    actor = Clients(database).actor(token, NOW)
    assert (actor.role, actor.user) == (Role.PX, user)


@pytest.mark.parametrize("user", [" x", "x ", "a  b", "ü", "x\n", "x" * 201])
def test_no_other_name_is_taken(database, user):
    with pytest.raises(Incorrect) as raised:
        add(database, role=Role.PX, user=user)
    assert raised.value.where == "user"


def test_who_names_no_user_is_named_as_the_client_and_a_system_as_nobody(database):
    one = add(database, role=Role.GP)
    assert Clients(database).actor(one, NOW).user == "ward"
    other = add(database, name="feed", system="feed", id_prefix=None)
    assert Clients(database).actor(other, NOW).user == ""


@pytest.mark.parametrize("part", [{"user": "x"}, {"team": "x"}, {"setting": "x"}])
def test_a_technical_system_is_at_no_place(database, part):
    with pytest.raises(Incorrect) as raised:
        add(database, **part)
    assert raised.value.where == "role"


def test_a_citizen_is_somebody_in_the_record(database):
    with pytest.raises(Incorrect) as raised:
        add(database, role=Role.CI)
    assert raised.value.where == "person"
