"""A form posted after its session has ended: kept for its writer for an hour, never applied."""

import pytest

from careweave.doors._access import Sessions
from careweave.terms import Role
from tests.lib.posting import form_of

TEXT = "Dressing changed, wound dry."


@pytest.fixture(scope="module")
def edna(world):
    person = world.person("edna-hartley")
    world.tie(person, Role.CN)
    return person


def typed(visitor, person):
    path = visitor.record(person, "add/note")
    page = visitor.get(path)
    assert page.status_code == 200, page.text[-900:]
    fields = form_of(page.text, "/add/note")
    return path, fields | {"q-title": "Visit", "q-text": TEXT, "act": "save"}


def late(world, visitor, person):
    """Posts a form an hour after its page was shown."""
    path, fields = typed(visitor, person)
    world.later(minutes=61)
    return visitor.post(path, fields)


def offered(visitor):
    return "data-begun" in visitor.get("/workspace/").text


def n_saved(world):
    return world.rows("SELECT count(*) FROM workspace.saved")[0][0]


def test_what_was_posted_too_late_is_offered_after_sign_in_and_not_applied(world, edna):
    n = n_saved(world)
    answer = late(world, world.signed_in("u-cn"), edna)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/workspace/sign-in"
    assert n_saved(world) == n
    again = world.signed_in("u-cn")
    assert offered(again)
    assert TEXT in again.get(again.record(edna, "add/note")).text
    assert not offered(world.signed_in("u-cn-b"))
    assert not offered(world.signed_in("u-gp"))
    world.later(minutes=61)
    assert not offered(world.signed_in("u-cn"))


def test_saving_what_was_offered_takes_the_offer_away(world, edna):
    late(world, world.signed_in("u-cn"), edna)
    again = world.signed_in("u-cn")
    path, fields = typed(again, edna)
    assert again.post(path, fields).status_code == 303
    assert not offered(again)
    # The same form once more, when its session has ended: it was saved, and is not begun.
    world.later(minutes=61)
    assert again.post(path, fields).status_code == 303
    assert not offered(world.signed_in("u-cn"))


@pytest.mark.parametrize("change", ["form", "page", "site", "ended", "old"])
def test_nothing_is_kept_of_a_form_that_was_not_made_for_its_writer(world, edna, change):
    visitor = world.signed_in("u-cn")
    path, fields = typed(visitor, edna)
    if change == "ended":
        Sessions(world.database).end_all(world.session_of(visitor.token).account, world._told())
    world.later(hours=13 if change == "old" else 1, minutes=1)
    headers = {"Sec-Fetch-Site": "cross-site"} if change == "site" else {}
    if change == "form":
        fields |= {"form": typed(world.signed_in("u-cn"), edna)[1]["form"]}
    if change == "page":
        path = path.replace("/note", "/alert")
    answer = visitor.post(path, fields, headers=headers)
    assert answer.status_code == (403 if change == "site" else 303)
    assert not offered(world.signed_in("u-cn"))
