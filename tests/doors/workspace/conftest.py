"""One Northmere for all tests of the pages of this folder that only add to it."""

from collections.abc import Iterator

import pytest

from tests.lib.day10 import Day10
from tests.lib.pages import World, world_over


@pytest.fixture(scope="module")
def world(northmere10: Day10, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_over(northmere10, tmp_path_factory.mktemp("pages")) as made:
        yield made
