"""One door for the tests of a module: they use clients and people of their own."""

from collections.abc import Iterator

import pytest

from careweave.db import Embedded
from tests.lib.door import Door, fresh_database, make_door


@pytest.fixture(scope="module")
def door(server: Embedded, template: str) -> Iterator[Door]:
    """The door over a database of this module's own."""
    with fresh_database(server, template) as database:
        yield make_door(database)
