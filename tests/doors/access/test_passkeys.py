"""Passkeys: whatever is not whole, fresh, verified and one's own signs nobody in."""

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from careweave.db import Database
from careweave.doors._access import (
    Account,
    Asked,
    Newcomer,
    Party,
    Passkeys,
    Told,
    account_named,
    add_account,
    end_account,
    first_password,
)
from careweave.terms import Conflict, Forbidden, NotFound
from tests.lib.authenticator import PRESENT, VERIFIED, Authenticator, raw, text

NOW = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)
TOLD = Told(NOW, "request-1", "workspace", "workspace")
MINE = Asked(b"1" * 32, NOW)


class Place:
    """A place with an account and its passkey."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.passkeys = Passkeys(
            database, Party("localhost", "http://localhost:8080", "Careweave"), secrets.token_bytes
        )
        with database.session() as session:
            for user in ("a.finch", "t.reed"):
                add_account(session, Newcomer(user, user.title(), "nm-ashgrove"), TOLD)
        self.device = Authenticator()
        self.enrol(self.device)

    def account(self, user: str = "a.finch") -> Account:
        with self.database.reading() as session:
            return account_named(session, user)

    def enrol(self, device: Authenticator, user: str = "a.finch") -> None:
        account = self.account(user)
        options = self.passkeys.ask_new(account, MINE)
        self.passkeys.enrol(account, device.make(options), "key", MINE, TOLD)

    def prove(self, credential: str, asked: Asked = MINE) -> str:
        return self.passkeys.proved(credential, asked, TOLD).user

    def refused(self, credential: str, asked: Asked = MINE) -> str:
        with pytest.raises(Forbidden) as caught:
            self.prove(credential, asked)
        return caught.value.message


@pytest.fixture
def place(database: Database) -> Place:
    return Place(database)


def test_a_passkey_signs_its_owner_in_without_a_name(place: Place) -> None:
    other = Authenticator()
    place.enrol(other, "t.reed")
    assert place.prove(place.device.answer(place.passkeys.ask(MINE))) == "a.finch"
    assert place.prove(other.answer(place.passkeys.ask(MINE))) == "t.reed"


def test_user_verification_is_asked_for_and_must_be_told(place: Place) -> None:
    options = place.passkeys.ask(MINE)
    assert json.loads(options)["userVerification"] == "required"
    assert json.loads(options)["allowCredentials"] == []
    place.device.flags = PRESENT
    place.refused(place.device.answer(options))
    account = place.account("t.reed")
    asked = place.passkeys.ask_new(account, MINE)
    assert json.loads(asked)["authenticatorSelection"]["userVerification"] == "required"
    weak = Authenticator(flags=PRESENT)
    with pytest.raises(Forbidden):
        place.passkeys.enrol(account, weak.make(asked), "", MINE, TOLD)


@pytest.mark.parametrize("rp_id", ["example.org", "local", ""])
def test_a_passkey_of_another_place_is_refused(place: Place, rp_id: str) -> None:
    place.device.rp_id = rp_id
    place.refused(place.device.answer(place.passkeys.ask(MINE)))


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:8081", "https://localhost:8080", "http://localhost:8080.example.org", ""],
)
def test_a_page_of_another_origin_is_refused(place: Place, origin: str) -> None:
    place.device.origin = origin
    place.refused(place.device.answer(place.passkeys.ask(MINE)))


def test_a_challenge_counts_once(place: Place) -> None:
    answer = place.device.answer(place.passkeys.ask(MINE))
    place.prove(answer)
    place.refused(answer)


def test_a_challenge_that_failed_is_used_up_too(place: Place) -> None:
    options = place.passkeys.ask(MINE)
    place.device.flags = PRESENT
    place.refused(place.device.answer(options))
    place.device.flags = PRESENT | VERIFIED
    place.refused(place.device.answer(options))


def test_a_challenge_lives_five_minutes(place: Place) -> None:
    answer = place.device.answer(place.passkeys.ask(MINE))
    place.refused(answer, replace(MINE, at=NOW + timedelta(minutes=5)))
    answer = place.device.answer(place.passkeys.ask(MINE))
    place.prove(answer, replace(MINE, at=NOW + timedelta(minutes=4, seconds=59)))


def test_a_challenge_is_of_one_session_and_one_act(place: Place) -> None:
    other = replace(MINE, secret=b"2" * 32)
    place.refused(place.device.answer(place.passkeys.ask(other)))
    place.refused(place.device.answer(place.passkeys.ask_new(place.account(), MINE)))
    account = place.account("t.reed")
    for options in (
        place.passkeys.ask(MINE).replace('"challenge"', '"user": {"id": "AA"}, "challenge"', 1),
        place.passkeys.ask_new(place.account(), MINE),
        place.passkeys.ask_new(account, other),
    ):
        with pytest.raises(Forbidden):
            place.passkeys.enrol(account, Authenticator().make(options), "", MINE, TOLD)


def test_a_challenge_that_nobody_made_is_refused(place: Place) -> None:
    for made in (b"", b"x" * 16, secrets.token_bytes(48)):
        place.refused(place.device.answer(json.dumps({"challenge": text(made)})))


def test_a_counter_that_goes_back_ends_the_passkey(place: Place) -> None:
    place.device.counter = 7
    place.prove(place.device.answer(place.passkeys.ask(MINE)))
    place.device.counter = 3
    place.refused(place.device.answer(place.passkeys.ask(MINE)))
    place.device.counter = 50
    place.refused(place.device.answer(place.passkeys.ask(MINE)))
    assert place.passkeys.of(place.account().id) == ()
    assert "counter-went-back" in reasons(place.database)
    # Its officers have it in their queue, wherever it opened anything.
    with psycopg.connect(place.database.url) as connection:
        told = connection.execute("SELECT kind, user_name FROM disclosure.alert").fetchall()
    assert set(told) == {("passkey-copied", "a.finch")}


def test_an_authenticator_without_a_counter_is_taken(place: Place) -> None:
    device = Authenticator(step=0)
    place.enrol(device)
    for _ in range(3):
        place.prove(device.answer(place.passkeys.ask(MINE)))


def test_a_passkey_speaks_for_its_own_account_alone(place: Place) -> None:
    place.device.user_handle = place.account("t.reed").handle
    place.refused(place.device.answer(place.passkeys.ask(MINE)))
    stolen = Authenticator(id=place.device.id)
    options = place.passkeys.ask_new(place.account("t.reed"), MINE)
    with pytest.raises(Conflict):
        place.passkeys.enrol(place.account("t.reed"), stolen.make(options), "", MINE, TOLD)


def test_another_key_signs_nobody_in(place: Place) -> None:
    forged = Authenticator(id=place.device.id, user_handle=place.device.user_handle)
    place.refused(forged.answer(place.passkeys.ask(MINE)))


def test_a_leaver_s_passkey_is_refused(place: Place) -> None:
    with place.database.session() as session:
        end_account(session, "a.finch", TOLD)
    place.refused(place.device.answer(place.passkeys.ask(MINE)))


def test_every_refusal_reads_alike(place: Place) -> None:
    unknown = Authenticator().answer(place.passkeys.ask(MINE))
    place.device.flags = PRESENT
    weak = place.device.answer(place.passkeys.ask(MINE))
    assert place.refused(unknown) == place.refused(weak) == place.refused("{}")


MANGLED = (
    *("", "[]", "null", "7", "{", '{"id": 1}', "\x00", "x" * 20_000, '{"id":"AA","rawId":"AA"}'),
    '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":[]}',
)


@pytest.mark.parametrize("credential", MANGLED)
def test_what_is_no_credential_is_refused_as_one_that_is_wrong(
    place: Place, credential: str
) -> None:
    place.refused(credential)
    with pytest.raises(Forbidden):
        place.passkeys.enrol(place.account(), credential, "", MINE, TOLD)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("wrong", ["", "AA", "!!", text(b"\xff" * 40), text(b'{"challenge": 7}')])
def test_no_part_of_it_can_be_another(place: Place, part: str, wrong: str) -> None:
    answer = json.loads(place.device.answer(place.passkeys.ask(MINE)))
    answer["response"][part] = wrong
    place.refused(json.dumps(answer))


@pytest.mark.parametrize("wrong", ["", "AA", text(b"\xa0"), text(b"\xbf" * 200), text(b"\x9f")])
def test_no_attestation_can_be_another(place: Place, wrong: str) -> None:
    account = place.account("t.reed")
    made = json.loads(Authenticator().make(place.passkeys.ask_new(account, MINE)))
    made["response"]["attestationObject"] = wrong
    with pytest.raises(Forbidden):
        place.passkeys.enrol(account, json.dumps(made), "", MINE, TOLD)


def test_the_last_passkey_stays(place: Place) -> None:
    account = place.account()
    (first,) = place.passkeys.of(account.id)
    with pytest.raises(Conflict):
        place.passkeys.end(account, first.id, TOLD)
    place.enrol(Authenticator())
    with pytest.raises(NotFound):
        place.passkeys.end(place.account("t.reed"), first.id, TOLD)
    place.passkeys.end(account, first.id, TOLD)
    assert len(place.passkeys.of(account.id)) == 1
    place.refused(place.device.answer(place.passkeys.ask(MINE)))


def test_with_the_second_passkey_the_password_is_gone(place: Place) -> None:
    with place.database.session() as session:
        admin = Newcomer("admin", "Administrator", "nm-icb", is_administrator=True)
        add_account(session, admin, TOLD)
        first_password(session, "admin", TOLD)
    place.enrol(Authenticator(), "admin")
    assert n_passwords(place.database) == 1
    place.enrol(Authenticator(), "admin")
    assert n_passwords(place.database) == 0
    with place.database.session() as session, pytest.raises(Conflict):
        first_password(session, "admin", TOLD)


def test_what_is_enrolled_tells_nothing_of_anybody(place: Place) -> None:
    options = json.loads(place.passkeys.ask_new(place.account(), MINE))
    assert raw(options["user"]["id"]) == place.account().handle
    assert raw(options["excludeCredentials"][0]["id"]) == place.device.id


def n_passwords(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("SELECT count(*) FROM access.password").fetchone()
    return 0 if row is None else row[0]


def reasons(database: Database) -> set[str]:
    with psycopg.connect(database.url) as connection:
        rows = connection.execute("SELECT reason FROM ledger.account").fetchall()
    return {row[0] for row in rows}
