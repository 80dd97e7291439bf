"""The compiled branches let through exactly what deciding permits, without a database.

Invariant I1 of `reference/agreements.md` section 9, for the compiler alone.
"""

from dataclasses import replace

import pytest
from hypothesis import given, note, settings

from careweave.agreements import Answer, Filter, branches, ranked
from tests.lib.branching import let_through, sources_of
from tests.lib.cases import cases
from tests.lib.permits import Scenario, scenarios
from tests.lib.permits_beyond import beyond

# An example is printed in full only by its note: all the rules would be far too long.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def _said(scenario: Scenario):
    asked = scenario.asked()
    verdicts = ranked(scenario.world, scenario.context, asked)
    return {thing.id: verdict for (_, thing), verdict in zip(asked, verdicts, strict=True)}


@settings(max_examples=cases(150))
@given(scenarios())
def test_branches_let_through_what_is_permitted(scenario) -> None:
    _holds(scenario)


@settings(max_examples=cases(200))
@given(beyond())
def test_branches_let_through_what_is_permitted_beyond_care_by_a_role(scenario) -> None:
    _holds(scenario)


def _holds(scenario: Scenario) -> None:
    note(repr(scenario))
    said = _said(scenario)
    sources = sources_of(scenario)
    made = branches(scenario.world, scenario.context, sources)
    expected = {
        name: one.clause
        for name, one in said.items()
        if one.answer is Answer.PERMIT and Filter.INDICATOR not in one.filters
    }
    assert let_through(scenario, made.shown, sources) == expected


@settings(max_examples=cases(80))
@given(scenarios())
def test_what_is_withheld_or_indicated_is_what_deciding_says(scenario) -> None:
    # Without a budget the whole request is refused, and nobody is told what would be withheld.
    unspent = replace(scenario.context, spent=frozenset())
    scenario = replace(scenario, context=unspent)
    note(repr(scenario))
    said = _said(scenario)
    sources = sources_of(scenario)
    made = branches(scenario.world, scenario.context, sources)
    shown = let_through(scenario, made.shown, sources).keys()
    held_back = let_through(scenario, made.withheld, sources).keys() - shown
    told = let_through(scenario, made.indicated, sources).keys() - shown
    assert told == {
        name
        for name, one in said.items()
        if one.answer is Answer.PERMIT and Filter.INDICATOR in one.filters
    }
    assert held_back - told == {name for name, one in said.items() if one.answer is Answer.WITHHELD}
