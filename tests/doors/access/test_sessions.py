"""Sessions: one role each, ended everywhere at once, and never more than they were."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from careweave.db import Database
from careweave.doors._access import (
    Assurance,
    Chooser,
    Handles,
    Newcomer,
    Posting,
    Proof,
    Seat,
    Sessions,
    SignedIn,
    Told,
    account_named,
    actor_of,
    add_account,
    end_account,
    end_posting,
    officer_of,
)
from careweave.terms import Forbidden, NotFound, Purpose, Role, SourceId, Unauthenticated

NOW = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)
TOLD = Told(NOW, "request-1", "workspace", "workspace")
GP = Posting("nm-ashgrove", Role.GP)
ED = Posting("nm-acute", Role.ED)
OFFICER = Posting("nm-acute", None, office="privacy-officer")


@pytest.fixture
def sessions(database: Database) -> Sessions:
    with database.session() as session:
        add_account(
            session, Newcomer("a.finch", "Amara Finch", "nm-ashgrove", (GP, ED, OFFICER)), TOLD
        )
        add_account(session, Newcomer("t.reed", "Tobias Reed", "nm-ashgrove"), TOLD)
    return Sessions(database)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def told(minutes: float) -> Told:
    return replace(TOLD, at=at(minutes))


def seat(database: Database, wanted: Posting = GP, user: str = "a.finch") -> Seat:
    with database.reading() as session:
        account = account_named(session, user)
    posting = next(one for one in account.postings if one.is_as(wanted))
    return Seat(account, posting, Purpose.DIRECT_CARE)


def begun(sessions: Sessions, database: Database, wanted: Posting = GP) -> str:
    return sessions.begin(seat(database, wanted), Proof(Assurance.PASSKEY, NOW), TOLD)


def known(sessions: Sessions, token: str, minutes: float = 0) -> SignedIn:
    found = sessions.of(token, at(minutes))
    assert found is not None
    return found


def stored(database: Database, table: str) -> str:
    with psycopg.connect(database.url) as connection:
        return str(connection.execute(f"SELECT * FROM {table}").fetchall())


def test_who_holds_the_id_is_known_in_one_role(sessions: Sessions, database: Database) -> None:
    found = known(sessions, begun(sessions, database))
    assert (found.user, found.display_name) == ("a.finch", "Amara Finch")
    assert found.posting.is_as(GP)
    assert (found.idle_ends_at, found.ends_at) == (at(30), at(720))
    actor = actor_of(found, SourceId(7))
    assert (actor.role, actor.organisation, actor.user) == (Role.GP, "nm-ashgrove", "a.finch")
    assert actor.name == f"workspace-passkey/{found.key}"


def test_the_id_is_kept_nowhere(sessions: Sessions, database: Database) -> None:
    token = begun(sessions, database)
    assert token not in stored(database, "access.session") + stored(database, "ledger.account")


@pytest.mark.parametrize("token", ["", "x" * 43, "x" * 5000, "ä" * 43, "'; DROP", "\x00"])
def test_no_other_id_is_known(sessions: Sessions, database: Database, token: str) -> None:
    begun(sessions, database)
    assert sessions.of(token, NOW) is None
    assert sessions.chooser(token, NOW) is None


def test_without_an_act_it_ends_after_half_an_hour(sessions: Sessions, database: Database) -> None:
    token = begun(sessions, database)
    assert sessions.of(token, at(29.9)) is not None
    assert sessions.of(token, at(30)) is None
    sessions.touch(known(sessions, token, 20), at(20))
    assert sessions.of(token, at(49.9)) is not None
    assert sessions.of(token, at(50)) is None


def test_looking_alone_does_not_keep_it(sessions: Sessions, database: Database) -> None:
    token = begun(sessions, database)
    assert all(sessions.of(token, at(minute)) for minute in range(30))
    assert sessions.of(token, at(31)) is None


def test_after_twelve_hours_it_ends_whatever_is_done(
    sessions: Sessions, database: Database
) -> None:
    token = begun(sessions, database)
    for minute in range(0, 720, 20):
        sessions.touch(known(sessions, token, minute), at(minute))
    assert sessions.of(token, at(719.9)) is not None
    assert sessions.of(token, at(720)) is None


def test_a_change_of_role_is_a_new_id_and_no_longer_life(
    sessions: Sessions, database: Database
) -> None:
    first = begun(sessions, database)
    before = known(sessions, first)
    second = sessions.switch(before, seat(database, ED), told(10))
    after = known(sessions, second, 10)
    assert sessions.of(first, at(10)) is None
    assert first != second
    assert after.posting.is_as(ED)
    assert (after.key, after.secret) != (before.key, before.secret)
    assert after.ends_at == before.ends_at
    with pytest.raises(Unauthenticated):
        sessions.switch(before, seat(database, GP), told(11))


def test_nobody_begins_in_a_role_that_they_do_not_have(
    sessions: Sessions, database: Database
) -> None:
    other = Posting("nm-acute", Role.HC)
    with pytest.raises(Forbidden):
        sessions.begin(replace(seat(database), posting=other), Proof(Assurance.PASSKEY, NOW), TOLD)
    with pytest.raises(Forbidden):
        sessions.begin(replace(seat(database), purpose=None), Proof(Assurance.PASSKEY, NOW), TOLD)


@pytest.mark.parametrize("weak", [Assurance.PASSWORD, Assurance.CODE])
def test_a_password_or_a_code_opens_no_role(
    sessions: Sessions, database: Database, weak: Assurance
) -> None:
    with pytest.raises(Forbidden):
        sessions.begin(seat(database), Proof(weak, NOW), TOLD)
    token = sessions.begin(replace(seat(database), posting=None), Proof(weak, NOW), TOLD)
    chooser = sessions.chooser(token, NOW)
    assert chooser is not None
    assert not chooser.may_choose
    assert sessions.of(token, NOW) is None
    with pytest.raises(Forbidden):
        sessions.choose(chooser, seat(database), told(1))


def test_a_role_is_chosen_once_under_a_new_id(sessions: Sessions, database: Database) -> None:
    token = sessions.begin(
        Seat(seat(database).account), Proof(Assurance.PASSKEY, NOW, "Firefox"), TOLD
    )
    chooser = sessions.chooser(token, NOW)
    assert isinstance(chooser, Chooser)
    chosen = sessions.choose(chooser, seat(database), told(1))
    assert known(sessions, chosen, 1).posting.is_as(GP)
    assert sessions.chooser(token, at(1)) is None
    with pytest.raises(Unauthenticated):
        sessions.choose(chooser, seat(database), told(2))
    assert [one.device for one in sessions.living(seat(database).account.id, at(1))] == ["Firefox"]


def test_what_ends_is_dead_in_every_process_at_once(sessions: Sessions, database: Database) -> None:
    elsewhere = Sessions(Database(database.url))
    one, two, three = (begun(sessions, database) for _ in range(3))
    sessions.end(known(sessions, one), told(1))
    assert elsewhere.of(one, at(1)) is None
    assert elsewhere.of(two, at(1)) is not None
    mine = known(sessions, two)
    assert sessions.end_all(mine.account, told(2), but=mine.key) == 1
    assert elsewhere.of(three, at(2)) is None
    assert elsewhere.of(two, at(2)) is not None
    elsewhere._database.close()


def test_nobody_ends_the_session_of_another(sessions: Sessions, database: Database) -> None:
    mine = known(sessions, begun(sessions, database))
    with database.reading() as session:
        other = account_named(session, "t.reed")
    with pytest.raises(NotFound):
        sessions.end_one(other.id, mine.key, told(1))
    sessions.end_one(mine.account, mine.key, told(1))
    with pytest.raises(NotFound):
        sessions.end_one(mine.account, mine.key, told(2))


def test_a_role_that_is_taken_away_ends_its_sessions(
    sessions: Sessions, database: Database
) -> None:
    token, other = begun(sessions, database), begun(sessions, database, ED)
    with database.session() as session:
        end_posting(session, "a.finch", GP, told(1))
    assert sessions.of(token, at(1)) is None
    assert sessions.chooser(token, at(1)) is None
    assert sessions.of(other, at(1)) is not None


def test_a_leaver_is_out_at_once(sessions: Sessions, database: Database) -> None:
    token = begun(sessions, database)
    gone = seat(database)
    with database.session() as session:
        end_account(session, "a.finch", told(1))
    assert sessions.of(token, at(1)) is None
    with database.reading() as session, pytest.raises(NotFound):
        account_named(session, gone.account.user)


@pytest.mark.parametrize("emptied", ["access.session", "access.posting", "access.account"])
def test_a_purged_store_means_signed_out(
    sessions: Sessions, database: Database, emptied: str
) -> None:
    token = begun(sessions, database)
    with psycopg.connect(database.url) as connection:
        connection.execute(f"TRUNCATE {emptied} CASCADE")
    assert sessions.of(token, NOW) is None
    assert sessions.chooser(token, NOW) is None


def test_an_office_opens_nobodys_record(sessions: Sessions, database: Database) -> None:
    officer = known(
        sessions,
        sessions.begin(
            replace(seat(database, OFFICER), purpose=Purpose.OPERATIONS),
            Proof(Assurance.PASSKEY, NOW),
            TOLD,
        ),
    )
    with pytest.raises(Forbidden):
        actor_of(officer, SourceId(1))
    asked = officer_of(officer, "privacy-officer")
    assert (asked.name, asked.user) == (officer.name, "a.finch")
    with pytest.raises(Forbidden):
        officer_of(known(sessions, begun(sessions, database)), "privacy-officer")


def test_signing_in_changing_and_leaving_are_in_the_ledger(
    sessions: Sessions, database: Database
) -> None:
    mine = known(sessions, begun(sessions, database))
    there = known(sessions, sessions.switch(mine, seat(database, ED), told(1)), 1)
    sessions.end(there, told(2))
    with psycopg.connect(database.url) as connection:
        rows = connection.execute(
            "SELECT action, actor, user_name, organisation FROM ledger.account"
            " WHERE what LIKE ANY(%s) ORDER BY at",
            [[f"session/{mine.key}%", f"session/{there.key}%"]],
        ).fetchall()
    assert [row[0] for row in rows] == ["sign-in", "switch", "sign-out"]
    assert rows[0][1:] == (mine.name, "a.finch", "nm-ashgrove")
    assert rows[1][1:] == (there.name, "a.finch", "nm-acute")


def test_a_handle_is_of_one_session_and_one_kind() -> None:
    mine, other = Handles(b"1" * 32), Handles(b"2" * 32)
    made = mine.of("person", "b2c4")
    assert mine.id("person", made) == "b2c4"
    assert mine.of("person", "b2c4") == made
    assert "b2c4" not in made
    assert mine.id("entry", made) is None
    assert other.id("person", made) is None


@pytest.mark.parametrize("wrong", ["", "A", "%%", "ä", "A" * 43, "A" * 10_000, "\n", "AAAA=="])
def test_a_handle_that_was_not_made_is_of_nothing(wrong: str) -> None:
    assert Handles(b"1" * 32).id("person", wrong) is None


def test_a_handle_has_one_spelling() -> None:
    handles = Handles(b"1" * 32)
    made = handles.of("person", "b2c4")
    last = made[-1]
    others = [one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_" if one != last]
    assert all(handles.id("person", made[:-1] + one) is None for one in others)
    assert handles.id("person", made + "=") is None
