"""A listener over a real receiver and a real PostgreSQL, on loopback."""

from collections.abc import Callable, Iterator

import pytest

from careweave.db import Database
from careweave.doors.mllp import MLLP_LIMITS, Listener, MllpLimits, Outcomes, Where
from careweave.intake import Receiver
from careweave.sources import Source
from tests.lib.arrivals import START
from tests.lib.peers import sources

Opens = Callable[..., Listener]


@pytest.fixture
def opened(database: Database) -> Iterator[Opens]:
    """Opens listeners for sources; all are stopped in the end."""
    running: list[Listener] = []

    def open_(
        *known: Source, limits: MllpLimits = MLLP_LIMITS, outcomes: Outcomes | None = None
    ) -> Listener:
        described = sources(*known)
        listener = Listener(
            Receiver(database, lambda: described),
            lambda: described,
            where=Where("127.0.0.1"),
            clock=lambda: START,
            limits=limits,
            outcomes=outcomes,
        )
        running.append(listener)
        listener.start()
        return listener

    yield open_
    for listener in running:
        listener.stop()


@pytest.fixture
def listener(opened: Opens) -> Listener:
    """A listener for one source with all that is usual."""
    return opened()
