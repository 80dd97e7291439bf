"""Pictures of every page for each role at three widths, and of every state on a phone.

Made by `./run test-journeys --screenshots`, to be looked at: `build/screenshots/index.html`.
"""

import html
import os
from pathlib import Path

import pytest

from tests.lib.browser import DESK, PHONE, TABLET, tab
from tests.lib.pages import world_over
from tests.lib.places import PEOPLE, places, reader
from tests.lib.states import PAGES, STATES, paths_in

WANTED = os.environ.get("CAREWEAVE_SCREENSHOTS", "")
WIDTHS = {"360": PHONE, "768": TABLET, "1280": DESK}

pytestmark = [
    pytest.mark.skipif(not WANTED, reason="pictures are made by ./run test-journeys --screenshots"),
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module")
def folder():
    """Where the pictures go; at the end an index shows them all."""
    made = Path(WANTED)
    made.mkdir(parents=True, exist_ok=True)
    yield made
    listed = sorted(one.name for one in made.glob("*.png"))
    figures = "\n".join(
        f'<figure><a href="{html.escape(one)}"><img src="{html.escape(one)}" width="320" alt=""></a>'
        f"<figcaption>{html.escape(one.removesuffix('.png'))}</figcaption></figure>"
        for one in listed
    )
    (made / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages</title>'
        f"<h1>{len(listed)} pictures</h1>{figures}</html>",
        encoding="utf-8",
    )


@pytest.mark.parametrize("role", [*PEOPLE, "nobody", "officer"])
def test_every_page_of_a_role_has_its_picture(world, browser, folder, role):
    who = reader(world, role)
    for place in places().values():
        if role not in place.roles:
            continue
        path = who.path(place.name)
        for width, size in WIDTHS.items():
            with tab(browser, world.base, token=who.token, size=size) as opened:
                opened.open(path)
                name = f"{place.id}-{place.name}-{role}-{width}.png"
                opened.page.screenshot(path=folder / name, full_page=True)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_picture_on_a_phone(northmere10, tmp_path, browser, folder, state):
    with world_over(northmere10, tmp_path, is_served=True) as world:
        visitor, paths = paths_in(world, list(PAGES), STATES[state])
        with tab(browser, world.base, token=visitor.token, size=PHONE) as opened:
            for page, path in paths.items():
                opened.open(path)
                opened.page.screenshot(
                    path=folder / f"state-{state}-{page}-360.png", full_page=True
                )
