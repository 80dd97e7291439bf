"""U1: a paramedic on scene has five answers at once. Source: reference/stories.md U1.

Over TLS, as behind the proxy that a region puts before the server (docs/how-to/run-it.md): the
product itself speaks plain HTTP on loopback. A dispatch system launches; nothing is clicked.
"""

import json
import ssl
import threading
from datetime import timedelta
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from careweave.terms import Heading, Role
from tests.lib.browser import tab
from tests.lib.budgets import budget, p95
from tests.lib.live_server import good, held, serving
from tests.lib.pages import world_over
from tests.lib.seen import Seen
from tests.lib.timing import loads

U1 = budget("U1")
ANSWERS = [f'[data-answer="{name}"]' for name in U1.answers]
DECISION = '[data-answer="decision"]'
NHS = "https://fhir.nhs.uk/Id/nhs-number"


@pytest.fixture(scope="module")
def world(northmere10, tmp_path_factory):
    """The pages over TLS."""
    with world_over(northmere10, tmp_path_factory.mktemp("u1"), is_tls=True) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def on_scene(world):
    """The ambulance has been called to each of them half an hour ago."""
    for seed in U1.seeds:
        world.tie(world.person(seed), Role.PA, since=timedelta(minutes=30))


@pytest.fixture(scope="module")
def dispatch(world):
    """The system that sends the ambulance: opens whoever it names for whoever drives there."""
    token = world.client("dispatch", "nm-ambulance", "launch")

    def launch(number, user=U1.reader):
        fields = {"system": NHS, "identifier": number, "user": user}
        asked = Request(
            f"{world.base}/workspace/launch",
            data=urlencode(fields).encode(),
            headers={"Authorization": f"Bearer {token}"},
        )
        with urlopen(asked, context=ssl._create_unverified_context()) as answer:
            assert answer.status == 201
            return json.load(answer)["address"].removeprefix(world.base)

    return launch


def card(world, token, seed):
    return world.address_of(token, world.person(seed), "card")


def number_of(world, seed):
    """The number by which the dispatch system knows somebody."""
    visitor = world.signed_in(U1.reader)
    page = Seen(visitor.get(visitor.record(world.person(seed))).text)
    return page.one("[data-nhs-number]").text.replace(" ", "")


def test_a_launch_leads_to_the_answers_without_a_click(at, world, dispatch):
    """The address that dispatch is given holds nothing of anybody, and works once."""
    number = number_of(world, "edna-hartley")
    where = dispatch(number)
    assert number not in where
    opened = at(U1.reader, size=U1.window)
    opened.open(where)
    assert "HARTLEY" in opened.text("[data-banner]")
    assert opened.outside(*ANSWERS) == []
    assert opened.n_bytes <= U1.bytes
    assert not any(number in one for one in opened.requests)
    again = at(U1.reader, size=U1.window)
    again.open(where)
    assert "HARTLEY" not in again.text().upper()


def test_a_launch_opens_for_its_own_user_alone(at, world, dispatch):
    where = dispatch(number_of(world, "edna-hartley"))
    opened = at("u-ed")
    opened.open(where)
    assert "HARTLEY" not in opened.text().upper()


@pytest.mark.parametrize("seed", U1.seeds)
def test_five_answers_stand_on_a_small_screen_without_scrolling(at, world, seed):
    opened = at(U1.reader, size=U1.window)
    opened.open(card(world, opened.token, seed))
    assert opened.outside(*ANSWERS) == []
    assert all(opened.text(one).strip() for one in ANSWERS)
    assert opened.n_bytes <= U1.bytes
    assert opened.strangers == []
    assert opened.troubles == []


def test_the_card_is_there_in_two_seconds_on_a_poor_line(browser, world):
    measured = []
    assert world.base.startswith("https:")
    for seconds, opened in loads(browser, world, U1, lambda token: card(world, token, U1.seeds[0])):
        measured.append(seconds)
        assert opened.n_bytes <= U1.bytes
        assert not any(one.endswith((".js",)) for one in opened.requests)
    assert p95(measured) <= U1.seconds_p95, sorted(measured)[-5:]


def test_two_decisions_are_both_shown_and_say_to_call_first(at, world):
    opened = at(U1.reader, size=U1.window)
    opened.open(card(world, opened.token, "chidi-okonkwo"))
    row = opened.page.locator('[data-widget="decision"] .cw-fact--differs').first
    assert row.locator("[data-entry]").count() >= 2
    assert "Sources disagree" in row.inner_text()
    assert len(set(row.locator("[data-source]").all_inner_texts())) >= 2
    assert row.locator(".cw-act").count() == 1


def told(opened):
    state = opened.page.locator(f"{DECISION} [data-status]").first
    return (
        state.inner_text(),
        state.get_attribute("data-state"),
        state.locator("svg").first.inner_html(),
        state.evaluate(
            "e => getComputedStyle(e).borderColor + getComputedStyle(e).color"
            " + getComputedStyle(e).backgroundColor"
        ),
    )


def test_no_plan_a_silent_source_and_an_unasked_one_are_three_texts(browser, world):
    """No plan with healthy feeds, a practice silent for twice its rhythm, and "not checked"."""
    seen = []
    token = world.token(U1.reader)
    person = world.person("jin-xiaoling")
    path = world.address_of(token, person, "card")
    with tab(browser, world.base, token=token, size=U1.window) as opened:
        opened.open(path)
        seen.append(told(opened))
        assert "eeds healthy at 08:00" in opened.text(DECISION)
        assert seen[0][1] == "NONE_RECEIVED"
    world.later(minutes=5)
    world.hear(but=["nm-millbeck-gp"])
    world.later(minutes=26)
    world.hear(but=["nm-millbeck-gp"])
    # The first session has idled for half an hour.
    token = world.token(U1.reader)
    path = world.address_of(token, person, "card")
    with tab(browser, world.base, token=token, size=U1.window) as opened:
        opened.open(path)
        seen.append(told(opened))
        assert "Millbeck Medical Centre since 26-Mar-2026" in opened.text(DECISION)
        assert seen[1][1] == "STALE"
    gate = threading.Event()
    with (
        serving(held(gate, good())) as silent,
        world.asking("nm-millbeck-gp", silent.base, Heading.EOL),
        tab(browser, world.base, token=token, size=U1.window) as opened,
    ):
        opened.open(world.address_of(token, person, "live"))
        # Its answer comes late, and only after this page: then it would be no longer unasked.
        opened.open(path)
        gate.set()
        seen.append(told(opened))
        assert "could not be checked" in opened.text(DECISION)
        assert seen[2][1] == "NOT_CHECKED"
    for part in range(4):
        assert len({one[part] for one in seen}) == 3, [one[part] for one in seen]


def test_somebody_without_a_number_costs_one_search_and_one_choice(at, world):
    """His records are one man's since an officer joined them: there is nothing to match them by."""
    world.tie(world.join("sean-odriscoll"), Role.PA)
    opened = at(U1.reader, size=U1.window)
    opened.open("/workspace/find")
    page = opened.page
    page.fill('[name="family"]', "O'Driscoll")
    for part, value in (("day", "8"), ("month", "8"), ("year", "1984")):
        page.fill(f'#find [name="{part}"]', value)
    page.click("#find button[type=submit]")
    page.locator("[data-found] a, [data-found] button").first.click()
    page.wait_for_selector("[data-banner]")
    assert "ODRISCOLL" in opened.text("[data-banner]").replace("'", "").upper()


def test_twelve_hours_after_the_incident_nothing_of_the_record_is_shown(northmere10, tmp_path):
    with world_over(northmere10, tmp_path) as world:
        person = world.person("edna-hartley")
        world.tie(person, Role.PA, since=timedelta(0), until=world.now + timedelta(hours=12))
        before = world.signed_in(U1.reader)
        assert before.get(before.record(person, "card")).status_code == 200
        world.later(hours=12, seconds=1)
        after = world.signed_in(U1.reader)
        answer = after.get(after.record(person, "card"))
        assert answer.status_code == 403
        assert 'data-refused="no-relationship"' in answer.text
        assert "data-break-glass" in answer.text
        assert "HARTLEY" not in answer.text.upper()
        assert "data-entry" not in answer.text
