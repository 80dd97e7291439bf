"""What each story costs in clicks, and what is done without scripts.

Clicks are counted after the launch, which leads to the first page of the record; a round begins on
My day. Source: reference/stories.md 1 and 5; reference/interface.md 12.
"""

import pytest

from careweave.terms import Role
from tests.lib.budgets import budget

STORIES = ("U1", "U2", "U3", "U6", "U7", "U8", "U9")


@pytest.mark.parametrize("story", STORIES)
def test_an_answer_costs_no_more_clicks_than_its_budget_says(at, world, story):
    asked = budget(story)
    person = world.person(asked.seeds[0])
    if asked.role in {Role.ED, Role.PA, Role.PH, Role.CN}:
        world.tie(person, asked.role)
    opened = at(asked.reader, size=asked.window)
    is_round = asked.page == "visits"
    opened.open("/workspace/" if is_round else world.address_of(opened.token, person))
    n_clicks = 0
    wanted = "/workspace/visits" if is_round else world.address_of(opened.token, person, asked.page)
    is_there = opened.path.rstrip("/") == wanted.rstrip("/") or asked.page == "card"
    if not is_there:
        go_to(opened, wanted, asked.page)
        n_clicks += 1
        assert opened.path == wanted
    answers = '[data-answer="{}"]' if asked.page == "card" else '[data-widget="{}"]'
    for name in asked.answers:
        assert opened.page.locator(answers.format(name)).first.inner_text().strip()
    assert n_clicks <= asked.clicks


def go_to(opened, wanted, word):
    """Clicks the link of this address; without one the word is typed, which counts as one too."""
    link = opened.page.locator(f'a[href="{wanted}"]:visible')
    if link.count():
        link.first.click()
    else:
        opened.page.fill("#cw-command", word)
        opened.page.press("#cw-command", "Enter")
    opened.page.wait_for_url(f"**{wanted}")


@pytest.mark.parametrize(
    ("seed", "answer", "word"),
    [
        ("edna-hartley", "access", "key safe"),
        ("edna-hartley", "medicines", "Warfarin"),
        ("edna-hartley", "allergies", "Penicillin"),
        ("chidi-okonkwo", "decision", "CPR"),
        ("winifred-achterberg", "medicines", "mg"),
    ],
)
def test_u1_an_answer_has_the_words_that_were_asked_for(at, world, seed, answer, word):
    person = world.person(seed)
    world.tie(person, Role.PA)
    opened = at("u-paramedic", size=budget("U1").window)
    opened.open(world.address_of(opened.token, person, "card"))
    told = " ".join(opened.page.locator(f'[data-answer="{answer}"]').all_inner_texts())
    assert word.casefold() in told.casefold()


def test_without_scripts_somebody_is_found_and_read(at, world):
    opened = at("u-gp", java_script_enabled=False)
    page = opened.page
    opened.open("/workspace/find")
    page.fill("#number", "999 000 1014")
    page.click("#find button[type=submit]")
    page.locator("[data-found] a").first.click()
    assert "HARTLEY" in opened.text("[data-banner]")
    assert page.locator("main [data-entry]").count() > 0
    for part in ("Timeline", "Full record", "Medicines", "Results"):
        page.locator(".cw-parts a", has_text=part).first.click()
        assert page.locator("h1").count() == 1
        assert "HARTLEY" in opened.text("[data-banner]")


def test_without_scripts_glass_is_broken(at, world):
    opened = at("u-ed", java_script_enabled=False)
    page = opened.page
    opened.open(world.address_of(opened.token, world.person("susan-hartley-brook"), "emergency"))
    page.check("#break-glass input[value=life-at-risk]")
    page.fill("#words", "Brought in unconscious, nobody with her.")
    page.click("#break-glass button[type=submit]")
    assert page.locator("[data-emergency]").is_visible()
