"""SQL shows exactly what deciding permits, by whatever way it is asked.

Invariants I1, I3 and I4 of `reference/agreements.md` section 9, with the worlds of its section 10.
"""

import pytest
from hypothesis import event, given, note, settings

from careweave.db import Database
from tests.lib.cases import cases
from tests.lib.held_permits import hold, undone
from tests.lib.permits import Scenario, scenarios
from tests.lib.permits_beyond import beyond
from tests.lib.ways import WAYS, Expected, expected

# An example is printed in full only by its note: all the rules would be far too long.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.mark.slow
@settings(max_examples=cases(70))
@given(scenarios())
def test_every_way_of_reading_shows_what_is_permitted(shared, scenario) -> None:
    due = _holds(shared, scenario)
    event(f"row {due.said[scenario.things[0].id].row}")


@pytest.mark.slow
@settings(max_examples=cases(60))
@given(beyond())
def test_every_way_shows_what_is_permitted_beyond_care_by_a_role(shared, scenario) -> None:
    due = _holds(shared, scenario)
    event(f"{scenario.context.purpose} {due.said[scenario.things[0].id].answer}")


def _holds(database: Database, scenario: Scenario) -> Expected:
    note(repr(scenario))
    due = expected(scenario)
    with undone(database) as session:
        held = hold(session, scenario)
        for way in WAYS:
            way(held, scenario, due)
    return due
