"""One Northmere and one browser for the journeys of a file; a tab of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.lib.browser import CHROMIUM, Tab, chromium, tab
from tests.lib.day10 import Day10
from tests.lib.pages import World, world_over


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is in this folder, and says where there is no browser for it."""
    for item in items:
        if "tests/journeys/" in item.path.as_posix():
            item.add_marker("journey")
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(300))
            if CHROMIUM is None and {"browser", "at"} & set(item.fixturenames):
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
                )


@pytest.fixture(scope="module")
def world(northmere10: Day10, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The pages over a Northmere of this file's own, served over HTTP."""
    with world_over(northmere10, tmp_path_factory.mktemp("world"), is_served=True) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file."""
    with chromium() as started:
        yield started


@pytest.fixture
def at(browser: Browser, world: World) -> Iterator[Callable[..., Tab]]:
    """Opens a tab as somebody: `at("u-ed")`, with the size, the line and more as wanted.

    `session` is one that has begun already, instead of a new one.
    """
    with ExitStack() as opened:

        def open_as(user: str = "", *, session: str = "", **options: object) -> Tab:
            token = session or (world.token(user) if user else "")
            return opened.enter_context(tab(browser, world.base, token=token, **options))

        yield open_as
