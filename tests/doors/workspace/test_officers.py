"""The console: a page as it was shown, for a case; nobody judges their own; names people know.

Two people are opened by emergency access, so that the queue has something of it.
"""

import re

import pytest

from careweave.doors._frame import csrf_token
from careweave.terms import Heading
from tests.lib.live_server import good, serving
from tests.lib.pages import Visitor, World, break_glass
from tests.lib.posting import form_of

SHOWN = "/shown"


LUMB, PIKE = "dorothy-lumb", "gwendoline-pike"


@pytest.fixture(scope="module", autouse=True)
def _opened(world: World) -> None:
    """Opens two people by emergency access, once for all tests."""
    for key in (LUMB, PIKE):
        reader, person = world.signed_in("u-ed"), world.person(key)
        assert break_glass(reader, person, _words(key)).status_code == 303
        assert reader.get(reader.record(person)).status_code == 200


def _words(key: str) -> str:
    return f"Found on the floor of the hall, {key}."


def _broken(world: World, key: str) -> tuple[Visitor, str]:
    """Returns the officer with the address of the review of somebody who was opened."""
    officer = world.signed_in("u-privacy")
    queue = officer.get("/console/").text
    row = next(one for one in queue.split("<tr ") if _words(key) in one)
    (path,) = re.findall(r'href="(/console/review/[^"]+)"', row)
    return officer, path


def _shown(officer: Visitor, path: str, **typed: str):
    page = officer.get(path).text
    fields = form_of(page, SHOWN) | {"page": _pages(page)[0], "case": "IG-2026-17"}
    return officer.post(path + SHOWN, fields | typed)


def _pages(page: str) -> list[str]:
    return re.findall(r'name="page" value="([^"]+)"', page)


def test_an_officer_with_a_case_sees_a_page_as_it_was_shown(world: World) -> None:
    officer, path = _broken(world, LUMB)
    answer = _shown(officer, path)
    assert answer.status_code == 200, answer.text[-800:]
    assert "Codeine" in answer.text
    assert "LUMB, Dorothy" in answer.text
    assert "This equals what was noted of the page when it was shown." in answer.text
    assert "Test Ed (u-ed), A&amp;E clinician" in answer.text
    assert "IG-2026-17" in answer.text
    assert "/workspace/r/" not in answer.text
    told = world.rows(
        "SELECT user_name, reason, outcome FROM ledger.account WHERE action = 'as-shown'"
        " AND person = %(p)s",
        p=world.person(LUMB),
    )
    assert told == [("u-privacy", "IG-2026-17", "permit")]


def test_nobody_else_sees_it_and_nobody_without_a_case(world: World) -> None:
    officer, path = _broken(world, PIKE)
    for case in ("", "  ", "x", "n" * 61):
        refused = _shown(officer, path, case=case)
        assert refused.status_code == 422
        assert "PIKE," not in refused.text
    _, other = _broken(world, LUMB)
    of_other = _pages(officer.get(path).text)[0]
    for page in ("", "x", "AAAA" + of_other[4:]):
        assert _shown(officer, path, page=page).status_code == 404
    elsewhere = world.signed_in("u-privacy")
    fields = form_of(officer.get(path).text, SHOWN) | {"page": of_other, "case": "IG-2026-17"}
    assert elsewhere.post(path + SHOWN, fields).status_code in (403, 404)
    for user, status in (("u-ed", 403), ("u-privacy-mh", 404)):
        stranger = world.signed_in(user)
        secret = world.session_of(stranger.token).secret
        fields |= {"csrf": csrf_token(secret, lambda n: b"m" * n)}
        assert stranger.get(path).status_code == status
        assert stranger.post(path + SHOWN, fields).status_code in (403, 404, 409)
    assert other != path


def test_what_officers_do_is_told_with_how_they_signed_in(world: World) -> None:
    officer = world.signed_in("u-privacy")
    officer.get("/console/")
    name = world.session_of(officer.token).name
    told = world.rows(
        "SELECT DISTINCT user_name FROM ledger.account"
        " WHERE action = 'review-list' AND actor = %(name)s",
        name=name,
    )
    assert told == [("u-privacy",)]
    assert name.startswith("workspace-demo/")


def test_the_console_says_names_that_people_know(world: World) -> None:
    page = world.signed_in("u-privacy").get("/console/").text
    assert "Test Ed (u-ed)" in page
    assert "A&amp;E clinician" in page
    assert ">nm-acute<" not in page
    assert "Privacy officer" in page


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x7f"])
def test_no_sign_that_nobody_types_ends_in_a_fault(world: World, sign: str) -> None:
    person = world.person(LUMB)
    for door, user in (("workspace", "u-cn"), ("console", "u-privacy")):
        visitor = world.signed_in(user)
        secret = world.session_of(visitor.token).secret
        fields = {"csrf": csrf_token(secret, lambda n: b"m" * n)}
        for rule in world.doors[door].url_map.iter_rules():
            names = dict.fromkeys(rule.arguments, "x") | {
                "person": world.address_of(visitor.token, person).rpartition("/")[2]
            }
            path = rule.rule
            for name, value in names.items():
                path = path.replace(f"<{name}>", value)
            asked = [visitor.get(path, query_string={"on": f"a{sign}b"})]
            if "POST" in rule.methods:
                asked += [
                    visitor.post(path, fields | {name: f"a{sign}b"})
                    for name in ("user", "words", "text", "form", "family", "case", "remark", "x")
                ]
                asked.append(visitor.post(path, fields | {f"a{sign}b": "x"}))
            assert all(one.status_code < 500 for one in asked), (path, sign)


@pytest.mark.attack(84)
def test_nobody_has_live_sources_asked_again_and_again(world: World) -> None:
    person = world.person("jin-xiaoling")
    with serving(good()) as asked, world.asking("nm-millbeck-gp", asked.base, Heading.ALG):
        reader = world.signed_in("u-gp-b")
        path = reader.record(person, "live")
        told = [reader.get(path, headers={"HX-Request": "true"}) for _ in range(22)]
        plain = reader.get(path)
        n_asked = len(asked.asked)
    assert [one.status_code for one in told[:20]] == [200] * 20
    last = told[-1]
    assert last.status_code == 429
    # The record stays where it is: the refusal takes the place of the line that said "checking".
    assert (last.headers["HX-Retarget"], last.headers["HX-Reswap"]) == (".cw-checking", "innerHTML")
    assert n_asked <= 22
    # Nor is it lost without a script: the way leads back to it.
    assert (plain.status_code, plain.headers["Location"]) == (303, reader.record(person))
