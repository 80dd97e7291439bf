"""A passkey in a real browser, with an authenticator that it emulates; and a page left too long."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from playwright.sync_api import Browser, CDPSession, Page
from werkzeug.serving import make_server

from careweave.db import Embedded
from careweave.doors._frame import serve_static
from tests.lib.door import fresh_database
from tests.lib.pages import dispatch, free_port
from tests.lib.signing import GP, HC, Place


@pytest.fixture(scope="module")
def place(server: Embedded, template: str) -> Iterator[Place]:
    """The pages over HTTP on this machine, without a record."""
    with fresh_database(server, template) as database:
        made = Place(database, base=f"http://localhost:{free_port()}")
        with _served(made):
            yield made


@contextmanager
def _served(place: Place) -> Iterator[None]:
    doors = dispatch({"workspace": place.app, "static": serve_static})
    server = make_server("127.0.0.1", int(place.base.rpartition(":")[2]), doors, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def carrying(page: Page, *, is_verified: bool = True) -> tuple[CDPSession, str]:
    """Gives the browser an authenticator; returns it with what commands it."""
    commands = page.context.new_cdp_session(page)
    commands.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": is_verified,
        "automaticPresenceSimulation": True,
    }
    made = commands.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return commands, made["authenticatorId"]


def enrol(page: Page, place: Place, user: str, code: str) -> None:
    page.goto(f"{place.base}/workspace/recover")
    page.get_by_label("Your user name").fill(user)
    page.get_by_label("Your code").fill(code)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What to call it").fill("test key")
    page.get_by_role("button", name="Make the passkey").click()


def test_a_passkey_is_made_and_signs_in(browser: Browser, place: Place) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    commands, key = carrying(page)
    enrol(page, place, "in-browser", place.person("in-browser", GP, HC))
    page.wait_for_selector("h1:has-text('Your passkey is made')")
    assert page.locator("code").count() == 8
    page.get_by_role("link", name="Sign in with the passkey").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/workspace/role")
    page.get_by_role("button", name="Hospital consultant").click()
    page.goto(f"{place.base}/workspace/keys")
    assert page.get_by_text("test key").first.is_visible()
    # Refused the second time: whoever holds the device is not its user.
    page.context.clear_cookies()
    commands.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(f"{place.base}/workspace/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_selector("[data-passkey-trouble]:visible")
    assert refused == []
    page.close()


def test_no_passkey_at_hand_is_said_in_words(browser: Browser, place: Place) -> None:
    page = browser.new_page()
    carrying(page)
    page.goto(f"{place.base}/workspace/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_selector("[data-passkey-trouble]:visible", timeout=20_000)
    page.close()


def test_without_scripts_the_page_says_what_it_needs(browser: Browser, place: Place) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{place.base}/workspace/sign-in")
    assert "A passkey needs JavaScript" in page.locator("main").inner_text()
    assert page.get_by_role("link", name="use a code").is_visible()
    context.close()
