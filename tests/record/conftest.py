"""A desk at which the tests of the store write."""

import pytest

from tests.record.lib import Desk, undone


@pytest.fixture
def desk(session):
    """One source with one subject, in a transaction that is rolled back."""
    return Desk(session)


@pytest.fixture
def settled(database):
    """The same at a source whose classes are committed, as they are but for the first writes."""
    with database.session() as session:
        Desk(session).create("first")
    with undone(database) as session:
        yield Desk(session, local_id="p2")
