"""Launch in context: an address that tells nothing, for one user, once, for five minutes."""

import base64
import json
import secrets
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask.testing import FlaskClient

from careweave.db import Database, Embedded
from careweave.doors._access import COOKIE, Registration, add_client, link_key_of, revoke_client
from tests.lib.door import fresh_database
from tests.lib.logs import logged
from tests.lib.pages import World
from tests.lib.signing import BASE, GP, HC, Browser, Place

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NUMBER = "9990001014"
FIELDS = {"system": NHS, "identifier": NUMBER, "user": "doctor"}


@pytest.fixture(scope="module")
def database(server: Embedded, template: str) -> Iterator[Database]:
    with fresh_database(server, template) as made:
        yield made


@pytest.fixture(scope="module")
def made(database: Database) -> tuple[Place, Browser, str]:
    """A place with a doctor who has two roles, signed in at the hospital, and its ward system."""
    place = Place(database)
    browser = place.browser()
    device = browser.enrol("doctor", place.person("doctor", HC, GP))
    browser.sign_in(device)
    choose(browser)
    place.devices["doctor"] = device
    place.person("colleague", HC)
    return place, browser, place.client()


@pytest.fixture
def place(made: tuple[Place, Browser, str]) -> Place:
    return made[0]


@pytest.fixture
def browser(made: tuple[Place, Browser, str]) -> Browser:
    return made[1]


@pytest.fixture
def token(made: tuple[Place, Browser, str]) -> str:
    return made[2]


def choose(browser: Browser, name: str = "Hospital consultant") -> None:
    browser.get("/workspace/role")
    line = next(one for one in browser.page.splitlines() if name in one)
    browser.post("/workspace/role", **{"as": line.partition('value="')[2].partition('"')[0]})


def post(client: FlaskClient, token: str, **fields: str):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post("/workspace/launch", base_url=BASE, data=FIELDS | fields, headers=headers)


def address(place: Place, token: str, **fields: str) -> str:
    answer = post(place.app.test_client(), token, **fields)
    assert answer.status_code == 201, answer.text
    assert answer.location == answer.json["address"]
    return answer.location.removeprefix(BASE)


def link(place: Place, name: str = "ward-system", **said: object) -> str:
    """What a host that can only build a link sends."""
    with place.database.reading() as session:
        key = link_key_of(session, name, place.now)
    told = {**FIELDS, "at": place.now.timestamp(), **said}
    nonce = secrets.token_bytes(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, json.dumps(told).encode(), name.encode())
    text = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return f"/workspace/launch/{name}/{text}"


def is_spent(place: Place, browser: Browser, path: str) -> bool:
    return browser.get(path).status_code == 404


def test_an_address_tells_nothing_of_anybody(place: Place, token: str) -> None:
    path = address(place, token)
    assert NUMBER not in path
    assert "doctor" not in path
    with psycopg.connect(place.database.url) as connection:
        kept = str(connection.execute("SELECT * FROM access.launch").fetchall())
    assert NUMBER not in kept
    assert path.rpartition("/")[2] not in kept


@pytest.mark.attack(70)
def test_whom_a_system_names_is_in_no_log_and_no_address(
    place: Place, browser: Browser, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    client = place.app.test_client()
    wrong = {"identifier": "9990001015"}, {"system": "urn:zanzibar"}, {"user": "zanzibar"}
    answers = [post(client, token, **fields) for fields in ({}, *wrong, {"identifier": "Zanzibar"})]
    answers += [browser.get(address(place, token)), browser.get(link(place))]
    answers += [browser.get(link(place, identifier="Zanzibar"))]
    assert answers[0].status_code == 201
    places = [one.request.path + one.headers.get("Location", "") for one in answers]
    for text in (*logged(caplog), *places):
        assert "zanzibar" not in text.casefold()
        assert "99900010" not in text


def test_nobody_whom_the_user_may_not_find_is_opened(
    place: Place, browser: Browser, token: str
) -> None:
    # Nobody is held here: the answer is that of an address that never was.
    path = address(place, token)
    first = browser.get(path)
    never = browser.get("/workspace/launch/" + "A" * 43)
    assert first.status_code == never.status_code == 404


@pytest.mark.attack(9)
def test_an_address_works_for_its_user_alone(place: Place, browser: Browser, token: str) -> None:
    other = place.browser()
    device = other.enrol("passer-by", place.person("passer-by", HC))
    other.sign_in(device)
    path = address(place, token)
    never = other.get("/workspace/launch/" + "A" * 43)
    theirs = other.get(path)
    assert theirs.status_code == never.status_code == 404
    # It is not spent by somebody else's try.
    with psycopg.connect(place.database.url) as connection:
        row = connection.execute("SELECT count(*) FROM access.launch").fetchone()
    assert row
    assert row[0] >= 1
    assert is_spent(place, browser, path)


def test_an_address_works_in_its_organisation_alone(
    place: Place, browser: Browser, token: str
) -> None:
    path = address(place, token)
    choose(browser, "General practice team")
    assert browser.get(path).status_code == 403
    choose(browser)
    assert is_spent(place, browser, path)


def test_an_address_lives_five_minutes(server: Embedded, template: str) -> None:
    with fresh_database(server, template) as own:
        place = Place(own)
        place.person("doctor", HC)
        path = address(place, place.client())
        place.pass_time(minutes=5)
        browser = place.browser()
        account = place.person("late", HC)
        assert account
        token = browser.enrol("late", account)
        browser.sign_in(token)
        late = address(place, place.client(name="late-system"), user="late")
        place.pass_time(minutes=5)
        assert browser.get(late).status_code == 404
        assert browser.get(path).status_code == 404
        with psycopg.connect(own.url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM ledger.account WHERE action = 'launch-open'"
            )
            assert row.fetchone() == (0,)


def test_whoever_is_not_signed_in_signs_in_first_and_goes_on(
    place: Place, browser: Browser, token: str
) -> None:
    path = address(place, token)
    fresh = place.browser()
    where = fresh.get(path).location
    assert where == f"/workspace/sign-in?for={path.rpartition('/')[2]}"
    answer = fresh.sign_in(place.devices["doctor"], where)
    assert answer.location == f"/workspace/role?for={path.rpartition('/')[2]}"
    fresh.get(answer.location)
    line = next(one for one in fresh.page.splitlines() if "Hospital consultant" in one)
    value = line.partition('value="')[2].partition('"')[0]
    chosen = fresh.post("/workspace/role", **{"as": value, "for": fresh.field("for")})
    assert chosen.location == path


@pytest.mark.parametrize("bearer", ["", "wrong", "A" * 43])
def test_only_registered_systems_may_launch(place: Place, bearer: str) -> None:
    answer = post(place.app.test_client(), bearer)
    assert answer.status_code == 401
    assert answer.is_json
    assert NUMBER not in answer.text


def test_only_systems_with_the_scope_may_launch(place: Place) -> None:
    other = place.client(name="reader", scopes=frozenset({"system/*.rs"}))
    assert post(place.app.test_client(), other).status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "nobody"},
        {"user": ""},
        {"identifier": ""},
        {"identifier": "9" * 500},
        {"system": ""},
        {"purpose": "CURIOSITY"},
    ],
)
def test_what_is_no_launch_is_refused_and_repeats_nothing(
    place: Place, token: str, fields: dict[str, str]
) -> None:
    answer = post(place.app.test_client(), token, **fields)
    assert answer.status_code == 400
    assert not any(value and value in answer.text for value in fields.values() if len(value) > 8)


def test_a_user_of_another_organisation_cannot_be_launched_for(place: Place, token: str) -> None:
    place.person("elsewhere", GP)
    assert post(place.app.test_client(), token, user="elsewhere").status_code == 400


def test_a_purpose_that_the_role_has_not_is_refused(
    place: Place, browser: Browser, token: str
) -> None:
    path = address(place, token, purpose="HRESCH")
    assert browser.get(path).status_code == 403


def test_whoever_is_not_found_changes_no_session(
    place: Place, browser: Browser, token: str
) -> None:
    old = browser.cookie
    assert browser.get(address(place, token, purpose="ETREAT")).status_code == 404
    assert place.sessions.of(old, place.now) is not None


def test_an_encrypted_link_is_the_same_once(place: Place, browser: Browser) -> None:
    path = link(place)
    assert NUMBER not in path
    first = browser.get(path)
    assert first.status_code == 303
    assert first.location.startswith("/workspace/launch/")
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("minutes", [-6, 5])
def test_an_encrypted_link_is_of_now(place: Place, browser: Browser, minutes: int) -> None:
    at = (place.now + timedelta(minutes=minutes)).timestamp()
    assert browser.get(link(place, at=at)).status_code == 404


@pytest.mark.parametrize("said", [{"at": "now"}, {"at": None}, {"user": 7}, {"identifier": ""}])
def test_an_encrypted_link_that_says_nothing_is_nothing(
    place: Place, browser: Browser, said: dict[str, object]
) -> None:
    assert browser.get(link(place, **said)).status_code == 404


def test_a_link_of_another_client_is_nothing(place: Place, browser: Browser) -> None:
    place.client(name="second-system")
    path = link(place)
    assert browser.get(path.replace("ward-system", "second-system")).status_code == 404
    assert browser.get(path.replace("ward-system", "never-was")).status_code == 404
    changed = path[:-2] + ("AA" if path[-2:] != "AA" else "BB")
    assert browser.get(changed).status_code == 404
    for junk in ("A", "A" * 5000, "%00", "."):
        assert browser.get(f"/workspace/launch/ward-system/{junk}").status_code == 404


def test_a_client_that_is_revoked_launches_no_more(place: Place, browser: Browser) -> None:
    place.client(name="leaving-system")
    path = link(place, "leaving-system")
    with place.database.session() as session:
        revoke_client(session, "leaving-system", now=place.now)
    assert browser.get(path).status_code == 404


def test_a_launch_leads_to_the_record_of_whom_it_names(world: World) -> None:
    wanted = Registration(
        "ward-system",
        "nm-acute",
        "ward",
        frozenset({"launch"}),
        world.now + timedelta(days=1),
    )
    with world.database.session() as session:
        token = add_client(session, wanted, now=world.now)
    doctor = world.signed_in("u-ed")
    answer = doctor.client.post(
        "/workspace/launch",
        base_url=world.base,
        data=FIELDS | {"user": "u-ed"},
        headers={"Authorization": f"Bearer {token}"},
    )
    path = answer.json["address"].removeprefix(world.base)
    opened = doctor.get(path)
    assert opened.status_code == 303
    assert opened.location == doctor.record(world.person("edna-hartley"))
    assert doctor.get(path).status_code == 404
    assert NUMBER not in opened.location


def test_another_purpose_begins_a_session_of_its_own(world: World) -> None:
    with world.database.session() as session:
        wanted = Registration(
            "siren-system",
            "nm-acute",
            "siren",
            frozenset({"launch"}),
            world.now + timedelta(days=1),
        )
        token = add_client(session, wanted, now=world.now)
    doctor = world.signed_in("u-ed")
    before = world.session_of(doctor.token)
    answer = doctor.client.post(
        "/workspace/launch",
        base_url=world.base,
        data=FIELDS | {"user": "u-ed", "purpose": "ETREAT"},
        headers={"Authorization": f"Bearer {token}"},
    )
    opened = doctor.get(answer.json["address"].removeprefix(world.base))
    assert opened.status_code == 303
    now = doctor.client.get_cookie(COOKIE, domain="localhost")
    assert now
    after = world.session_of(now.value)
    assert (after.purpose, after.launched_by) == ("ETREAT", "siren-system")
    assert after.ends_at == before.ends_at
    page = doctor.get(opened.location)
    assert page.status_code == 200, page.text[-900:]
