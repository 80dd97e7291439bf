"""The summary on paper: acceptance point 29C. Source: reference/interface.md 10 and 15."""

import io
import re

import pytest
from pypdf import PdfReader

from careweave.terms import Role
from tests.lib.budgets import p95
from tests.lib.pages import BY_ROLE
from tests.lib.places import PEOPLE

NAVIGATION = ("My day", "Find a person", "My accesses", "Skip to", "Sign out", "Go to a page")
MOST_SHEETS = 2
LARGE_PX = 16 * 96 / 72
READ_BY_GP = (
    "edna-hartley", "parveen-akhtar", "chidi-okonkwo", "john-mcallister-sr", "jin-xiaoling",
    "mohammed-al-haddad", "winifred-achterberg", "arthur-pennyfeather", "bridget-connors",
    "nasreen-akhtar", "tyler-marsh", "dorothy-lumb",
)  # fmt: skip


def sheets(page):
    """The text of each sheet of paper."""
    read = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    return [re.sub(r"\s+", " ", one.extract_text().replace("\u00a0", " ")) for one in read.pages]


def paper(opened, world, key, query=""):
    opened.open(world.address_of(opened.token, world.person(key), "print") + query)
    return sheets(opened.page)


@pytest.mark.parametrize("role", PEOPLE)
def test_29c_each_sheet_says_who_it_is_of_which_it_is_and_no_navigation(at, world, role):
    plain = Role(role.partition("-")[0])
    person = world.person(PEOPLE[role])
    world.tie(person, plain)
    opened = at(BY_ROLE[plain])
    found = paper(opened, world, PEOPLE[role])
    name = opened.text(".cw-banner__name").split(",")[0].strip()
    number = opened.text("[data-nhs-number]").replace("\u00a0", " ")
    for n, text in enumerate(found, 1):
        assert name in text.upper()
        assert number in text
        assert f"{n} / {len(found)}" in text
        assert "Printed by" in text
        assert "Correct at" in text
        assert not any(one in text for one in NAVIGATION)


def test_29c_nineteen_of_twenty_summaries_are_two_sheets_at_most(at, world):
    measured = []
    for key in READ_BY_GP:
        world.tie(world.person(key), Role.CN)
        world.tie(world.person(key), Role.GP)
    for user in ("u-gp", "u-cn"):
        opened = at(user)
        measured += [len(paper(opened, world, key)) for key in READ_BY_GP]
    assert p95(measured) <= MOST_SHEETS, measured


def test_29c_large_print_is_sixteen_points_and_more(at, world):
    opened = at("u-gp")
    paper(opened, world, "edna-hartley", "?size=large")
    opened.page.emulate_media(media="print")
    small = opened.page.evaluate(
        """most => [...document.querySelectorAll('.cw-paper *')].filter(e =>
             e.getClientRects().length && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
             && parseFloat(getComputedStyle(e).fontSize) < most - 0.1).map(e => e.outerHTML.slice(0, 90))""",
        LARGE_PX,
    )
    assert small == []
