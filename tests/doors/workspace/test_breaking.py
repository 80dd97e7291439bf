"""25S and its attacks: a warning first, a reason always, one person for an hour, told at once.

Each test opens somebody of its own: what is open stays so, and counts for the day of its user.
"""

import secrets

import pytest

from careweave.doors._frame import new_form
from careweave.terms import Role
from tests.lib.posting import form_of, sent

WORDS = "Found collapsed at home, cannot speak."
STRANGER = "dorothy-lumb"
"""Somebody with whom the emergency department has nothing to do."""


@pytest.fixture(scope="module")
def stranger(world):
    return world.person(STRANGER)


def broken(world, user, key, **typed):
    """Opens somebody by emergency access as a page of ours does."""
    visitor, person = world.signed_in(user), world.person(key)
    path = visitor.record(person, "emergency")
    answer = sent(visitor, path, **{"because": "unconscious", "words": f"{WORDS} {key}"} | typed)
    return visitor, person, answer


def n_episodes(world):
    return world.rows("SELECT count(*) FROM disclosure.episode")[0][0]


def test_who_has_no_relationship_is_told_so_and_offered_what_could_help(world, stranger):
    visitor = world.signed_in("u-ed")
    page = visitor.get(visitor.record(stranger))
    assert page.status_code == 403
    assert "no recorded relationship" in page.text
    assert "data-break-glass" in page.text
    assert "data-banner" not in page.text
    assert "LUMB" not in page.text


def test_the_warning_comes_before_anything_is_opened(world, stranger):
    visitor, n = world.signed_in("u-ed"), n_episodes(world)
    page = visitor.get(visitor.record(stranger, "emergency")).text
    assert page.index("privacy officer") < page.index('id="words"')
    assert n_episodes(world) == n


def test_without_a_reason_nothing_opens(world):
    n = n_episodes(world)
    for typed in ({"because": ""}, {"words": ""}, {"words": "short"}, {"because": "boredom"}):
        visitor, person, answer = broken(world, "u-ed", STRANGER, **typed)
        assert answer.status_code == 422, typed
        assert 'id="faults"' in answer.text
        assert "<title>Error: " in answer.text
        assert visitor.get(visitor.record(person)).status_code == 403
    assert n_episodes(world) == n


@pytest.mark.attack(56)
def test_what_was_opened_says_so_on_every_page_is_told_and_ends(world, stranger):
    visitor, _, answer = broken(world, "u-ed", STRANGER)
    assert answer.status_code == 303
    for part in ("", "s", "timeline", "s/medicines"):
        page = visitor.get(visitor.record(stranger, part))
        assert page.status_code == 200, part
        assert "Emergency access until" in page.text
    told = visitor.get(visitor.record(stranger, "emergency")).text
    assert "What was opened under emergency access" in told
    queue = world.signed_in("u-privacy").get("/console/")
    assert queue.status_code == 200
    assert f"{WORDS} {STRANGER}" in queue.text
    fields = form_of(told, "/emergency/end")
    assert visitor.post(visitor.record(stranger, "emergency/end"), fields).status_code == 303
    assert visitor.get(visitor.record(stranger)).status_code == 403
    assert "What was opened" in visitor.get(visitor.record(stranger, "emergency")).text


@pytest.mark.attack(77)
def test_what_one_session_opened_no_other_has(world):
    _, person, answer = broken(world, "u-ed", "gwendoline-pike")
    assert answer.status_code == 303
    for user in ("u-ed", "u-hc", "u-gp"):
        other = world.signed_in(user)
        assert other.get(other.record(person)).status_code in {403, 404}, user


@pytest.mark.attack(77)
def test_it_opens_no_list_no_search_and_nobody_else(world):
    visitor, _, answer = broken(world, "u-hc", "colin-hartley")
    assert answer.status_code == 303
    other = world.person("gwendolyn-pike")
    assert visitor.get(visitor.record(other)).status_code in {403, 404}
    lists = (visitor.get(f"/workspace/people/{one}").text for one in ("here", "caseload"))
    assert not any("HARTLEY, Colin" in one for one in lists)


def test_it_reads_and_writes_nothing(world):
    visitor, person, _ = broken(world, "u-hc", "helen-whitcombe")
    assert visitor.get(visitor.record(person)).status_code == 200
    assert visitor.get(visitor.record(person, "add/note")).status_code == 403


@pytest.mark.attack(56)
def test_nobody_opens_their_own_record_and_the_attempt_is_told(world):
    visitor, own = world.signed_in("u-marcus"), world.person("marcus-bellweather")
    page = visitor.get(visitor.record(own, "emergency"))
    assert 'id="break-glass"' not in page.text
    n = n_episodes(world)
    answer = posted(world, visitor, own)
    assert answer.status_code == 403
    assert n_episodes(world) == n
    assert ("own-record",) in world.rows("SELECT kind FROM disclosure.alert")


def posted(world, visitor, person):
    """Posts the form of emergency access, also where no page offers it."""
    path = visitor.record(person, "emergency")
    about = path.split("/")[3]
    form = new_form(world.session_of(visitor.token).secret, "emergency", about, secrets.token_bytes)
    fields = {"csrf": form.csrf, "form": form.id, "about": about}
    return visitor.post(path, fields | {"because": "unconscious", "words": WORDS})


@pytest.mark.attack(56)
def test_a_role_that_may_not_is_offered_no_button_and_refused(world, stranger):
    visitor = world.signed_in("u-chmanager")
    assert "data-break-glass" not in visitor.get(visitor.record(stranger)).text
    assert 'id="break-glass"' not in visitor.get(visitor.record(stranger, "emergency")).text
    assert posted(world, visitor, stranger).status_code == 403


def test_one_form_opens_once(world):
    visitor, person = world.signed_in("u-ed"), world.person("yusuf-akhtar")
    path, n = visitor.record(person, "emergency"), n_episodes(world)
    fields = form_of(visitor.get(path).text, "/emergency")
    fields |= {"because": "life-at-risk", "words": "Seizure on the ward, not responding."}
    assert [visitor.post(path, fields).status_code for _ in range(2)] == [303, 303]
    assert n_episodes(world) == n + 1


def test_a_reason_opens_one_heading_for_whom_a_cell_asks_for_one(world):
    edna = world.person("edna-hartley")
    world.tie(edna, Role.SW)
    visitor = world.signed_in("u-sw")
    page = visitor.get(visitor.record(edna, "reason/documents"))
    assert page.status_code == 200
    answer = sent(
        visitor,
        visitor.record(edna, "reason/documents"),
        because="other",
        words="Section 42 enquiry.",
    )
    assert answer.status_code == 303
    assert visitor.get(visitor.record(edna, "reason/vaccinations")).status_code == 403


def test_at_last_it_ends_by_the_clock(world):
    visitor, person, answer = broken(world, "u-hc", "megan-frayne")
    assert answer.status_code == 303
    assert visitor.get(visitor.record(person)).status_code == 200
    for _ in range(3):
        world.later(minutes=20, seconds=20)
        answer = visitor.get(visitor.record(person, "s/medicines"))
    assert answer.status_code in {403, 404}
