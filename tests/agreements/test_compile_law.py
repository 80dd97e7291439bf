"""What is compiled lets out exactly what deciding permits: two programs, one meaning.

Source: `reference/agreements.md` sections 5, 6 and 9, I1 and I6.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, note, settings
from hypothesis import strategies as st

from careweave.agreements import Answer, Filter, Verdict, changes_at, ranked
from tests.lib.branches import compiled
from tests.lib.cases import cases
from tests.lib.permits import Scenario, scenarios


def _is_shown(verdict: Verdict) -> bool:
    return verdict.answer is Answer.PERMIT and Filter.INDICATOR not in verdict.filters


def _told(verdicts: dict[str, Verdict]) -> tuple[set[str], set[str]]:
    withheld = {name for name, one in verdicts.items() if one.answer is Answer.WITHHELD}
    indicated = {
        name
        for name, one in verdicts.items()
        if one.answer is Answer.PERMIT and Filter.INDICATOR in one.filters
    }
    return withheld, indicated


@settings(max_examples=cases(120))
@given(scenarios())
def test_branches_let_out_what_deciding_permits_by_the_clause_that_it_names(
    scenario: Scenario,
) -> None:
    asked = scenario.asked()
    verdicts = ranked(scenario.world, scenario.context, asked)
    seen = compiled(scenario.world, scenario.context, scenario.things)
    shown = seen.shown(asked)
    due = {
        thing.id: verdict
        for (_, thing), verdict in zip(asked, verdicts, strict=True)
        if _is_shown(verdict)
    }
    note(str(seen.branches))
    assert shown.keys() == due.keys()
    told = {thing.id: verdict for (_, thing), verdict in zip(asked, verdicts, strict=True)}
    # Where a budget is spent the whole question is refused, before anything is told of the rest.
    if not scenario.context.spent:
        assert seen.told(asked) == _told(told)
    for name, branch in shown.items():
        assert branch.clause == due[name].clause
        assert branch.masks == due[name].masks - {"address"}
        assert bool(branch.episode) == (due[name].episode is not None)


@settings(max_examples=cases(30))
@given(scenarios())
def test_the_order_of_agreements_and_clauses_changes_nothing(scenario: Scenario) -> None:
    turned = [replace(one, clauses=one.clauses[::-1]) for one in scenario.world.agreements[::-1]]
    other = replace(scenario.world, agreements=tuple(turned))
    one = compiled(scenario.world, scenario.context, scenario.things)
    two = compiled(other, scenario.context, scenario.things)
    assert one.branches == two.branches


@settings(max_examples=cases(60))
@given(scenarios(), st.floats(0, 1))
def test_until_the_moment_that_is_named_the_same_question_is_compiled_alike(
    scenario: Scenario, part: float
) -> None:
    context = scenario.context
    until = changes_at(scenario.world, context)
    assert until > context.at
    later = min(context.at + part * (until - context.at), until - timedelta(microseconds=1))
    one = compiled(scenario.world, context, scenario.things)
    two = compiled(scenario.world, replace(context, at=later), scenario.things)
    assert one.given == two.given
