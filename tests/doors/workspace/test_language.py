"""A language is chosen on the page, kept by the browser alone, and asked for as browsers ask."""

import pytest
from werkzeug.test import Client

from careweave.doors._frame._language import LANGUAGE, ours
from tests.lib.pages import SAME_SITE
from tests.lib.seen import Seen

WELSH = {"Accept-Language": "cy-GB, en;q=0.5"}


def chosen(visitor, path, language):
    """Posts the choice of a page, and returns the answer."""
    page = Seen(visitor.get(path).text)
    fields = page.fields("form.cw-languages") | {"language": language}
    return visitor.post("/workspace/language", fields)


def language_of(page):
    return Seen(page.text).get("lang")


@pytest.mark.parametrize("path", ["/workspace/find", "/workspace/keys", "record?as=x"])
def test_the_switch_keeps_the_page_and_its_person(world, path):
    visitor = world.signed_in("u-ed")
    where = path if path.startswith("/") else visitor.record(world.person("edna-hartley")) + "?as=x"
    answer = chosen(visitor, where, "cy")
    assert answer.status_code == 303
    assert answer.headers["Location"] == where
    assert language_of(visitor.get(where)) == "cy"
    chosen(visitor, where, "en")
    assert language_of(visitor.get(where)) == "en"


def test_a_page_that_no_translator_has_checked_says_so_in_every_door(world):
    for user, path in (("u-ed", "/workspace/"), ("u-privacy", "/console/")):
        visitor = world.signed_in(user)
        chosen(visitor, path, "cy")
        page = Seen(visitor.get(path).text)
        assert page.get("lang") == "cy"
        assert "Not yet checked by a translator" in page.one("footer").text


def test_what_the_browser_asks_for_holds_until_something_is_chosen(world):
    visitor = world.signed_in("u-ed")
    assert language_of(visitor.get("/workspace/", headers=WELSH)) == "cy"
    chosen(visitor, "/workspace/", "en")
    assert language_of(visitor.get("/workspace/", headers=WELSH)) == "en"


def test_the_cookie_says_a_language_and_ends_with_the_browser(world):
    visitor = world.signed_in("u-ed")
    (cookie,) = [
        one
        for one in chosen(visitor, "/workspace/", "cy").headers.getlist("Set-Cookie")
        if one.startswith(LANGUAGE)
    ]
    assert cookie.split(";")[0] == f"{LANGUAGE}=cy"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie


def test_a_language_can_be_chosen_before_sign_in(world):
    client = Client(world.answer)
    page = Seen(client.get("/workspace/sign-in", base_url=world.base).text)
    fields = page.fields("form.cw-languages") | {"language": "cy"}
    answer = client.post("/workspace/language", data=fields, base_url=world.base, headers=SAME_SITE)
    assert answer.headers["Location"] == "/workspace/sign-in"
    again = client.get("/workspace/sign-in", base_url=world.base)
    assert language_of(again) == "cy"


def test_an_unknown_language_and_another_site_s_form_change_nothing(world):
    visitor = world.signed_in("u-ed")
    answer = chosen(visitor, "/workspace/", "xx")
    assert LANGUAGE not in str(answer.headers.getlist("Set-Cookie"))
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    refused = visitor.post("/workspace/language", {"language": "cy"}, headers=elsewhere)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "address",
    ["", "https://x.example/workspace/", "//x.example/workspace/", "/\\x.example/workspace/",
     "/workspace/\\x", "/workspace/\r\nSet-Cookie: a=b", "/fhir/", "workspace/", "/workspace/" + "a" * 3000],
)  # fmt: skip
def test_it_leads_back_to_pages_of_ours_alone(address):
    assert ours(address, "/workspace/") == "/workspace/"


def test_an_answer_that_has_no_address_leads_home(world):
    visitor = world.signed_in("u-ed")
    record = visitor.record(world.person("edna-hartley"))
    page = Seen(visitor.get(record).text)
    fields = page.fields("form.cw-command") | {"words": "nothing of this name"}
    answer = Seen(visitor.post(f"{record}/go", fields).text)
    assert answer.fields("form.cw-languages")["back"] == "/workspace/"


def test_the_menu_leads_to_one_s_own_sign_in(world):
    assert "/workspace/keys" in Seen(world.signed_in("u-ed").get("/workspace/").text).links
