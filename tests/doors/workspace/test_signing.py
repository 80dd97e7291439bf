"""W1: who signs in, as what, for how long; and what whoever is not signed in gets."""

import json
import re
from collections.abc import Iterator

import psycopg
import pytest

from careweave.db import Database, Embedded
from careweave.doors._access import (
    Assurance,
    Newcomer,
    Posting,
    Proof,
    Seat,
    account_named,
    add_account,
    end_account,
    first_password,
)
from careweave.terms import Purpose
from tests.lib.authenticator import PRESENT, Authenticator
from tests.lib.door import fresh_database
from tests.lib.signing import BASE, GP, HC, Browser, Place

OFFICER = Posting("nm-acute", None, office="privacy-officer")
SIGN_IN = "/workspace/sign-in"


@pytest.fixture(scope="module")
def database(server: Embedded, template: str) -> Iterator[Database]:
    with fresh_database(server, template) as made:
        yield made


@pytest.fixture(scope="module")
def place(database: Database) -> Place:
    """One place for all tests of this module: each adds people of its own."""
    return Place(database)


@pytest.fixture
def browser(place: Place) -> Browser:
    return place.browser()


@pytest.fixture
def device(place: Place, browser: Browser, request: pytest.FixtureRequest) -> Authenticator:
    """The passkey of somebody new with two roles."""
    return browser.enrol(name := user_of(request), place.person(name, GP, HC))


def user_of(request: pytest.FixtureRequest) -> str:
    return re.sub(r"[^a-z0-9]+", "-", request.node.name[5:].lower()).strip("-")[:60]


def accounts(place: Place, *columns: str, actor: str = "%") -> list[tuple]:
    with psycopg.connect(place.database.url) as connection:
        return connection.execute(
            f"SELECT {', '.join(columns)} FROM ledger.account WHERE actor LIKE %s ORDER BY tx, at",
            (actor,),
        ).fetchall()


def in_a_role(browser: Browser, device: Authenticator, role: int = 0) -> Browser:
    """Signs in and chooses the first role, or another."""
    assert browser.sign_in(device).location == "/workspace/role"
    browser.get("/workspace/role")
    values = re.findall(r'name="as" value="([^"]+)"', browser.page)
    answer = browser.post("/workspace/role", **{"as": values[role]})
    assert answer.location == "/workspace/"
    return browser


def test_a_code_then_a_passkey_then_a_role(browser: Browser, device: Authenticator) -> None:
    assert len(re.findall(r"<code>", browser.page)) == 8
    in_a_role(browser, device)
    page = browser.get("/workspace/keys")
    assert page.status_code == 200
    assert "this one" in page.text


def test_one_role_is_taken_at_once(place: Place, browser: Browser) -> None:
    device = browser.enrol("only-one", place.person("only-one", GP))
    assert browser.sign_in(device).location == "/workspace/"
    assert browser.get(SIGN_IN).location == "/workspace/"


def test_without_a_role_nothing_opens(place: Place, browser: Browser) -> None:
    device = browser.enrol("none", place.person("none"))
    assert browser.sign_in(device).location == "/workspace/role"
    assert "no role here" in browser.get("/workspace/role").text
    for path in ("/workspace/", "/workspace/find", "/workspace/keys"):
        assert browser.get(path).location == SIGN_IN


@pytest.mark.attack(33)
def test_a_change_of_role_keeps_nothing_of_the_one_before(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    in_a_role(browser, device)
    old = browser.cookie
    before = place.sessions.of(old, place.now)
    browser.get("/workspace/role")
    values = re.findall(r'name="as" value="([^"]+)"', browser.page)
    # The one last used comes first, so the second is the other one.
    browser.post("/workspace/role", **{"as": values[1]})
    after = place.sessions.of(browser.cookie, place.now)
    assert before
    assert after
    assert after.posting.role is not before.posting.role
    assert after.secret != before.secret
    assert place.sessions.of(old, place.now) is None
    names = [row[0] for row in accounts(place, "actor", actor="workspace-passkey/%")]
    assert {before.name, after.name} <= set(names)


@pytest.mark.attack(33)
def test_nobody_takes_a_role_of_another(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    place.person("other-roles", OFFICER)
    with place.database.reading() as session:
        other = account_named(session, "other-roles")
    in_a_role(browser, device)
    browser.get("/workspace/role")
    for value in (f"{other.id}/{other.postings[0].id}", f"0/{other.postings[0].id}", "", "x/y"):
        assert browser.post("/workspace/role", **{"as": value}).status_code == 403
        browser.get("/workspace/role")


@pytest.mark.attack(34)
def test_an_id_from_before_the_sign_in_is_worth_nothing_after_it(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    browser.hold("A" * 43)
    in_a_role(browser, device)
    assert browser.cookie != "A" * 43
    assert place.sessions.of("A" * 43, place.now) is None
    choosing = place.browser()
    choosing.sign_in(device)
    planted = choosing.cookie
    choosing.get("/workspace/role")
    value = re.findall(r'name="as" value="([^"]+)"', choosing.page)[0]
    choosing.post("/workspace/role", **{"as": value})
    assert choosing.cookie != planted
    assert place.sessions.chooser(planted, place.now) is None


@pytest.mark.attack(34)
@pytest.mark.parametrize("span", [{"minutes": 31}, {"hours": 12}])
def test_a_session_that_has_run_out_shows_nothing(
    server: Embedded, template: str, span: dict[str, int]
) -> None:
    with fresh_database(server, template) as own:
        place = Place(own)
        browser = place.browser()
        in_a_role(browser, browser.enrol("late", place.person("late", GP, HC)))
        place.pass_time(**span)
        for path in ("/workspace/keys", "/workspace/find", "/workspace/r/x"):
            assert browser.get(path).location == SIGN_IN
        part = browser.get("/workspace/keys", **{"HX-Request": "true"})
        assert part.status_code == 401
        assert part.headers["HX-Redirect"] == "/workspace/signed-out"
        assert part.text == ""
        assert browser.post("/workspace/stay").location == SIGN_IN


@pytest.mark.attack(34)
def test_who_is_ended_elsewhere_is_out_at_the_next_request(
    place: Place, browser: Browser, device: Authenticator, request: pytest.FixtureRequest
) -> None:
    in_a_role(browser, device)
    other = in_a_role(place.browser(), device)
    third = in_a_role(place.browser(), device)
    other.get("/workspace/keys")
    assert other.post("/workspace/keys/session").location == "/workspace/keys"
    for out in (browser, third):
        assert out.get("/workspace/keys").location == SIGN_IN
    assert other.get("/workspace/keys").status_code == 200
    with place.database.session() as session:
        end_account(session, user_of(request), place.told)
    assert other.get("/workspace/keys").location == SIGN_IN


def test_signing_out_ends_the_session_and_clears_the_browser(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    token = in_a_role(browser, device).cookie
    browser.get("/workspace/keys")
    answer = browser.post("/workspace/sign-out")
    assert answer.location == "/workspace/signed-out"
    # Not the storage: an unsent visit list may wait there.
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert browser.cookie == ""
    assert place.sessions.of(token, place.now) is None
    assert "signed out" in browser.get("/workspace/signed-out").text


def test_the_cookie_is_for_this_host_alone_and_no_script(place: Place) -> None:
    browser = place.browser()
    device = browser.enrol("cookie", place.person("cookie", GP))
    answer = browser.sign_in(device)
    (sent,) = [one for one in answer.headers.getlist("Set-Cookie") if "__Host-cw=" in one]
    said = {part.strip().partition("=")[0] for part in sent.split(";")[1:]}
    assert said == {"Secure", "HttpOnly", "Path", "SameSite"}
    assert "Path=/" in sent
    assert "SameSite=Lax" in sent


@pytest.mark.attack(54)
def test_no_other_site_signs_anybody_in_or_out(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    browser.get(SIGN_IN)
    answered = device.answer(browser.options)
    assert browser.post(SIGN_IN, credential=answered, forged=True).status_code == 403
    browser.get(SIGN_IN)
    assert browser.post(SIGN_IN, credential=answered, csrf="A" * 86).status_code == 403
    in_a_role(browser, device)
    for path in ("/workspace/sign-out", "/workspace/role", "/workspace/keys/session"):
        assert browser.post(path, forged=True).status_code == 403
        assert browser.post(path, csrf="").status_code == 403
    assert place.sessions.of(browser.cookie, place.now) is not None


@pytest.mark.attack(54)
def test_a_form_of_one_browser_is_worth_nothing_in_another(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    victim = place.browser()
    victim.get(SIGN_IN)
    browser.get(SIGN_IN)
    answered = device.answer(browser.options)
    victim.page = browser.page
    assert victim.post(SIGN_IN, credential=answered).status_code == 403
    assert victim.cookie == ""


@pytest.mark.attack(37)
def test_a_passkey_of_another_place_or_without_its_user_signs_nobody_in(
    browser: Browser, device: Authenticator
) -> None:
    for change in ({"rp_id": "example.org"}, {"origin": "http://localhost:1"}, {"flags": PRESENT}):
        for name, value in change.items():
            setattr(device, name, value)
        answer = browser.sign_in(device)
        assert answer.status_code == 403
        assert "was not accepted" in answer.text
        assert browser.cookie == ""
        device.rp_id, device.origin, device.flags = "localhost", BASE, 5


@pytest.mark.attack(37)
def test_what_changes_the_sign_in_asks_for_the_passkey_again(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    in_a_role(browser, device)
    place.pass_time(minutes=6)
    assert browser.get("/workspace/enrol").location == "/workspace/prove"
    browser.get("/workspace/keys")
    for path in ("/workspace/keys/codes", "/workspace/keys/passkey"):
        assert browser.post(path).location == "/workspace/prove"
    browser.get("/workspace/prove")
    device.flags = PRESENT
    assert (
        browser.post("/workspace/prove", credential=device.answer(browser.options)).status_code
        == 403
    )
    device.flags = 5
    stranger = place.browser()
    other = stranger.enrol("stranger", place.person("stranger", GP))
    browser.get("/workspace/prove")
    assert (
        browser.post("/workspace/prove", credential=other.answer(browser.options)).status_code
        == 403
    )
    browser.get("/workspace/prove")
    old = browser.cookie
    answer = browser.post("/workspace/prove", credential=device.answer(browser.options))
    assert answer.location == "/workspace/enrol"
    assert browser.cookie != old
    assert place.sessions.of(old, place.now) is None
    browser.get("/workspace/enrol")
    second = Authenticator(origin=BASE)
    assert (
        browser.post("/workspace/enrol", credential=second.make(browser.options)).status_code == 200
    )


@pytest.mark.attack(38)
@pytest.mark.parametrize("emptied", ["access.session", "access.posting"])
def test_an_emptied_store_shows_nobody_anything(
    server: Embedded, template: str, emptied: str
) -> None:
    with fresh_database(server, template) as own:
        place = Place(own)
        browser = place.browser()
        in_a_role(browser, browser.enrol("purged", place.person("purged", GP, HC)))
        with psycopg.connect(own.url) as connection:
            connection.execute(f"TRUNCATE {emptied} CASCADE")
        for path in ("/workspace/keys", "/workspace/find", "/workspace/role", "/workspace/enrol"):
            assert browser.get(path).location == SIGN_IN


@pytest.mark.attack(58)
def test_nobody_signs_in_whose_account_cannot_be_written(server: Embedded, template: str) -> None:
    with fresh_database(server, template) as own:
        place = Place(own)
        browser = place.browser()
        device = browser.enrol("unwritten", place.person("unwritten", GP))
        with psycopg.connect(own.url) as connection:
            connection.execute(
                "ALTER TABLE ledger.account ADD CONSTRAINT no_room CHECK (false) NOT VALID"
            )
        assert browser.sign_in(device).status_code >= 400
        assert browser.cookie == ""


def test_a_code_opens_nothing_but_the_making_of_a_passkey(place: Place, browser: Browser) -> None:
    code = place.person("code-only", GP)
    browser.get("/workspace/recover")
    browser.post("/workspace/recover", user="code-only", words=code)
    assert browser.get("/workspace/role").status_code == 403
    for path in ("/workspace/", "/workspace/find", "/workspace/keys", "/workspace/prove"):
        assert browser.get(path).location == SIGN_IN
    browser.get("/workspace/enrol")
    made = Authenticator(origin=BASE).make(browser.options)
    assert browser.post("/workspace/enrol", credential=made).status_code == 200
    assert browser.cookie == ""


@pytest.mark.attack(34)
def test_a_second_sign_in_of_a_browser_ends_the_first(place: Place, browser: Browser) -> None:
    device = browser.enrol("first-one", place.person("first-one", GP))
    browser.sign_in(device)
    first, code = browser.cookie, place.person("second-one", GP)
    browser.get("/workspace/recover")
    browser.post("/workspace/recover", user="second-one", words=code)
    assert browser.cookie not in ("", first)
    other = place.browser()
    other.hold(first)
    assert other.get("/workspace/").location == SIGN_IN


def test_a_password_opens_the_making_of_passkeys_until_there_are_two(
    place: Place, browser: Browser
) -> None:
    with place.database.session() as session:
        wanted = Newcomer("first", "First", "nm-icb", (OFFICER,), is_administrator=True)
        add_account(session, wanted, place.told)
        password = first_password(session, "first", place.told)
    for n in range(2):
        device = browser.enrol("first", password)
        assert browser.sign_in(device).location == "/console/", n
        browser.get("/workspace/keys")
        browser.post("/workspace/sign-out")
    browser.get("/workspace/recover")
    answer = browser.post("/workspace/recover", user="first", words=password)
    assert answer.status_code == 403
    assert browser.cookie == ""


def test_wrong_codes_are_told_alike_and_then_locked(place: Place, browser: Browser) -> None:
    code = place.person("guessed", GP)
    told = set()
    for user in ("guessed", "never-was"):
        for _ in range(5):
            browser.get("/workspace/recover")
            answer = browser.post("/workspace/recover", user=user, words="wrong")
            assert answer.status_code == 403
            told.add(re.sub(r'value="[^"]*"|data-csrf="[^"]*"', "", answer.text))
    assert len(told) == 1
    browser.get("/workspace/recover")
    assert browser.post("/workspace/recover", user="guessed", words=code).status_code == 429


def test_without_the_mark_of_a_demonstration_no_example_signs_in(
    place: Place, browser: Browser
) -> None:
    place.person("example", GP)
    with place.database.reading() as session:
        account = account_named(session, "example")
    page = browser.get(SIGN_IN).text
    assert "example region" not in page
    answer = browser.post(
        "/workspace/sign-in/example", **{"as": f"{account.id}/{account.postings[0].id}"}
    )
    assert answer.status_code == 404
    assert browser.cookie == ""


def test_in_a_demonstration_each_account_says_that_it_is_one(
    server: Embedded, template: str
) -> None:
    with fresh_database(server, template) as own:
        place = Place(own, is_demonstration=True)
        place.person("example", GP)
        browser = place.browser()
        page = browser.get(SIGN_IN).text
        (value,) = re.findall(r'name="as" value="([^"]+)"', page)
        assert browser.post("/workspace/sign-in/example", **{"as": value}).location == "/workspace/"
        assert accounts(place, "action", actor="workspace-demo/%") == [("sign-in",)]
        assert browser.get("/workspace/enrol").status_code == 403
        assert "no passkeys" in browser.get("/workspace/keys").text
        for wrong in ("", "x", "1/99", "99", "1" * 30):
            stranger = place.browser()
            stranger.get(SIGN_IN)
            answer = stranger.post("/workspace/sign-in/example", **{"as": wrong})
            assert answer.status_code in (303, 400, 403, 404)
            assert answer.location in (None, "/workspace/role")


@pytest.mark.parametrize("onwards", ["//example.org", "https://example.org", "/workspace/x", "A"])
def test_after_signing_in_nobody_is_led_elsewhere(
    place: Place, browser: Browser, onwards: str, request: pytest.FixtureRequest
) -> None:
    device = browser.enrol(name := user_of(request), place.person(name, GP))
    browser.get(f"{SIGN_IN}?for={onwards}")
    assert browser.field("for") == ""
    answered = device.answer(browser.options)
    answer = browser.post(SIGN_IN, credential=answered, **{"for": onwards})
    assert answer.location == "/workspace/"


def test_no_page_of_signing_in_shows_a_token_or_asks_for_more_than_it_says(
    place: Place, browser: Browser, device: Authenticator
) -> None:
    in_a_role(browser, device)
    for path in ("/workspace/keys", "/workspace/role", "/workspace/enrol", "/workspace/prove"):
        answer = browser.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert browser.cookie not in answer.text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_what_a_page_asks_by_itself_is_told_from_an_act(place: Place) -> None:
    """The seat of a session is kept by acts; the page that keeps it is one."""
    with place.database.session() as session:
        account = add_account(session, Newcomer("stays", "Stays", "nm-ashgrove", (GP,)), place.told)
    seat = Seat(account, account.postings[0], Purpose.DIRECT_CARE)
    token = place.sessions.begin(seat, Proof(Assurance.PASSKEY, place.now), place.told)
    browser = place.browser()
    browser.hold(token)
    began = place.sessions.of(token, place.now)
    place.pass_time(minutes=20)
    browser.get("/workspace/keys")
    after = place.sessions.of(token, place.now)
    assert began
    assert after
    assert after.last_seen_at > began.last_seen_at


def test_what_browsers_are_asked_is_whole(browser: Browser) -> None:
    browser.get(SIGN_IN)
    asked = json.loads(browser.options)
    assert asked["rpId"] == "localhost"
    assert asked["userVerification"] == "required"


def test_without_the_database_a_page_says_so(server: Embedded, template: str) -> None:
    with fresh_database(server, template) as own:
        place = Place(own)
        browser = place.browser()
        in_a_role(browser, browser.enrol("away", place.person("away", GP, HC)))
        own.close()
        answer = browser.get("/workspace/keys")
        assert answer.status_code == 503
        assert "Not possible just now" in answer.text
        assert browser.get(SIGN_IN).status_code == 503
