"""An agreement and the rows that it comes to are two forms of one thing (I14)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements import Agreement, Flow, Level, Share, flows, regrouped
from careweave.terms import Action, Heading, Label, Role, Tie
from tests.lib.agreed import ACUTE, COUNCIL, HOME, PRACTICE, agreement, clause
from tests.lib.region import northmere


def some(of, *, least: int = 1):
    return st.frozensets(st.sampled_from(of), min_size=least, max_size=3)


shares = st.builds(
    Share,
    level=st.sampled_from([Level.FULL, Level.CURRENT, Level.SHORT]),
    months_back=st.none() | st.integers(1, 3),
    items=st.none() | st.integers(1, 3),
    fields=st.none() | st.just(("code", "date")),
)


@st.composite
def clauses(draw: st.DrawFn, name: str):
    made = clause(
        name,
        by=draw(some([PRACTICE, COUNCIL, HOME])),
        to=draw(some([ACUTE, COUNCIL])),
        roles=draw(some([Role.ED, Role.HC, Role.SW])),
        headings=draw(
            st.dictionaries(
                st.sampled_from([Heading.PRB, Heading.MED, Heading.SAF]), shares, min_size=1
            )
        ),
        labels=draw(some([Label.S1, Label.S6], least=0)),
        ties=draw(some([Tie.ENCOUNTER, Tie.REFERRAL])),
        actions=draw(some([Action.READ, Action.LIST])),
        months_back=draw(st.none() | st.integers(1, 3)),
        items=draw(st.dictionaries(st.just(Heading.MED), st.integers(1, 3))),
    )
    settings = draw(some(["ward", "clinic"], least=0))
    return replace(made, settings=settings, teams=draw(some(["red", "blue"], least=0)))


agreements = st.builds(agreement, clauses("first"), clauses("second"))


@given(agreements)
def test_rows_regrouped_come_to_the_same_rows(made: Agreement):
    again = regrouped(made, flows(made))
    assert flows(again) == flows(made)


@given(agreements)
def test_the_rows_of_whole_clauses_come_back_as_these_clauses(made: Agreement):
    again = regrouped(made, flows(made))
    assert [one.id for one in again.clauses] == [one.id for one in made.clauses]
    for old, new in zip(made.clauses, again.clauses, strict=True):
        assert (new.providers, new.recipients, new.roles) == (
            old.providers,
            old.recipients,
            old.roles,
        )
        assert (new.settings, new.teams, new.actions) == (old.settings, old.teams, old.actions)
        assert {heading: share.level for heading, share in new.headings.items()} == {
            heading: share.level for heading, share in old.headings.items()
        }


@given(agreements, st.data())
def test_any_choice_of_rows_can_be_said_as_clauses(made: Agreement, data: st.DataObject):
    rows = sorted(flows(made), key=repr)
    chosen = frozenset(data.draw(st.lists(st.sampled_from(rows), unique=True)))
    assert flows(regrouped(made, chosen)) == chosen


@given(agreements, st.randoms(use_true_random=False))
def test_the_order_of_clauses_and_headings_changes_no_row(made: Agreement, random):
    shuffled = [
        replace(one, headings=dict(random.sample(list(one.headings.items()), len(one.headings))))
        for one in random.sample(made.clauses, len(made.clauses))
    ]
    assert flows(replace(made, clauses=tuple(shuffled))) == flows(made)


@pytest.mark.parametrize("one", northmere().agreements, ids=lambda one: one.id)
def test_the_agreements_of_northmere_are_what_they_come_to(one: Agreement):
    rows = flows(one)
    again = regrouped(one, rows)
    assert flows(again) == rows
    assert len(again.clauses) == len(one.clauses)


def test_no_row_flows_from_a_clause_without_readers():
    nobody = agreement(clause(to=()))
    assert flows(nobody) == frozenset[Flow]()


def test_a_heading_is_bound_by_the_narrower_of_its_own_and_its_clauses_bounds():
    made = agreement(
        clause(
            headings={Heading.MED: Share(Level.FULL, months_back=24, items=2), Heading.PRB: "F"},
            months_back=12,
            items={Heading.MED: 5},
        )
    )
    told = {(row.heading, row.months_back, row.items) for row in flows(made)}
    assert told == {(Heading.MED, 12, 2), (Heading.PRB, 12, None)}
