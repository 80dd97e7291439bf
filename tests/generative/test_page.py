"""The page of a person shows what deciding permits and says nothing of the rest: two worlds, one page.

Invariants I1 and I4 of `reference/agreements.md` section 9, for rows, lines, clauses, feeds,
organisations, marks and everything else that a page is made of.
"""

import uuid
from dataclasses import fields, replace

import pytest
from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st

from careweave import record
from careweave.agreements import Answer, Filter
from careweave.disclosure import Asking, ShownPerson, Wanted
from careweave.disclosure._page import Gathering
from careweave.disclosure._sight import View
from careweave.disclosure._whose import Person
from careweave.terms import Actor, Heading, PersonId, SourceId
from tests.lib.cases import cases
from tests.lib.held_permits import HeldWorld, hold, undone
from tests.lib.permits import Scenario, scenarios
from tests.lib.ways import Expected, expected

# An example is printed in full only by its note: all the rules would be far too long.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]


def page_of(held: HeldWorld, scenario: Scenario, person: PersonId, wanted: Wanted) -> ShownPerson:
    """The page of a person of a world, as its reader would get it."""
    context = scenario.context
    actor = Actor(
        name="test",
        organisation=context.organisation,
        source=SourceId(0),
        authority=context.organisation,
        purpose=context.purpose,
        scopes=frozenset(),
        role=context.role,
        setting=context.setting,
        team=context.team,
        user=context.user,
        person=context.self_person,
    )
    asking = Asking(actor, context.purpose, "test", str(uuid.uuid4()), context.at)
    # Nothing was applied: no version of the configuration is there to be read again.
    sights = (replace(one, version=0) for one in (held.shown, held.withheld, held.indicated))
    seen = View(*sights, scenario.world, context)
    members = record.members(held.session, person)
    found = Person(
        person,
        tuple(one for one in members if not one.is_frozen),
        tuple(one for one in members if one.is_frozen),
    )
    return Gathering(held.session, asking, seen, found, wanted).shown()[0]


def due_of(due: Expected, person: PersonId) -> dict[str, object]:
    """What of a person may be shown, by id; a frozen record is not read with the others."""
    return {one.id: one for one in due.shown if one.person == person and not one.is_frozen}


@settings(max_examples=cases(30))
@given(scenarios())
def test_a_page_shows_what_is_permitted_by_the_clauses_that_permit_it(shared, scenario) -> None:
    note(repr(scenario))
    due = expected(scenario)
    with undone(shared) as session:
        held = hold(session, scenario)
        for person in {one.person for one in scenario.people}:
            shown = page_of(held, scenario, person, Wanted())
            permitted = due_of(due, person)
            told = {f"{line.type}/{line.id}": line for line in shown.lines}
            assert told.keys() == permitted.keys()
            clauses = {name: shown.clauses[line.via] for name, line in told.items()}
            assert clauses == {name: due.said[name].clause for name in permitted}
            rows = {f"{row.type}/{row.id}" for its in shown.rows.values() for row in its}
            assert rows == permitted.keys()
            named = {one.organisation for one in permitted.values()}
            assert {of.slug for of in shown.organisations.values()} <= named
            assert {line.slug for its in shown.feeds.values() for line in its} <= named
            held_of = {one for one, word in shown.coverage.items() if word == "HELD"}
            assert held_of == {one.heading for one in permitted.values()}
            assert shown.portrait is None
            event(f"shown {bool(permitted)}")


@settings(max_examples=cases(20))
@given(scenarios(), st.integers(0, 2), st.sets(st.sampled_from(sorted(Heading)), max_size=3))
def test_less_is_fetched_where_less_is_wanted(shared, scenario, most, others) -> None:
    due = expected(scenario)
    wanted_of = {scenario.things[0].heading, *others} - {None, Heading.ALG, Heading.DEM}
    wanted = Wanted(
        frozenset(wanted_of - {Heading.MED}),
        newest=dict.fromkeys(Heading, most),
        outline=frozenset({Heading.MED}),
    )
    with undone(shared) as session:
        held = hold(session, scenario)
        person = scenario.people[0].person
        shown = page_of(held, scenario, person, wanted)
    permitted = due_of(due, person)
    lines = {f"{line.type}/{line.id}" for line in shown.lines}
    asked = wanted.headings | wanted.outline
    assert lines == {name for name, one in permitted.items() if one.heading in asked}
    for heading in wanted.headings:
        its = [one for one in permitted.values() if one.heading is heading]
        newest = sorted(its, key=lambda one: (one.at, one.id), reverse=True)[:most]
        rows = [f"{row.type}/{row.id}" for row in shown.rows.get(heading, ())]
        assert len(rows) == len(newest)
        assert {due_at(permitted, one) for one in rows} == {one.at for one in newest}
    assert Heading.MED not in shown.rows or Heading.MED in wanted.headings


def due_at(permitted: dict[str, object], name: str) -> object:
    return permitted[name].at


_OF_ITS_OWN = frozenset({"rows", "lines", "clauses", "organisations", "shown_hash"})


def told(shown: ShownPerson) -> dict[str, object]:
    """All that a page says, without numbers that the store gives anew."""
    plain = {
        one.name: getattr(shown, one.name)
        for one in fields(ShownPerson)
        if one.name not in _OF_ITS_OWN
    }
    return plain | {
        "rows": [
            (heading, row.type, row.id, row.version, row.body, row.labels, shown.clauses[row.via])
            for heading, its in shown.rows.items()
            for row in its
        ],
        "lines": [(x.type, x.id, x.heading, x.at, shown.clauses[x.via]) for x in shown.lines],
        "organisations": sorted({of.slug for of in shown.organisations.values()}),
    }


@settings(max_examples=cases(20))
@given(scenarios())
def test_what_is_hidden_changes_nothing_of_a_page(shared, scenario) -> None:
    note(repr(scenario))
    # A spent budget refuses the whole answer: there is no page.
    assume(not scenario.context.spent)
    due = expected(scenario)

    def is_told(name: str) -> bool:
        """Whether an entry is shown, or known to be there."""
        said = due.said.get(name)
        return said is not None and (
            said.answer in (Answer.PERMIT, Answer.WITHHELD) or Filter.INDICATOR in said.filters
        )

    left = tuple(one for one in scenario.things if is_told(one.id))
    event(f"hidden {len(left) < len(scenario.things)}")
    # Each entry refers to the next one: the bodies stay those of the whole world.
    bare = replace(scenario, things=left)
    pages = []
    for world in (scenario, bare):
        if not world.things:
            return
        with undone(shared) as session:
            held = hold(session, world)
            for wanted in (Wanted(), Wanted(is_outline=True)):
                pages.append(told(page_of(held, world, world.people[0].person, wanted)))
    assert _without_bodies(pages[0]) == _without_bodies(pages[2])
    assert _without_bodies(pages[1]) == _without_bodies(pages[3])


def _without_bodies(page: dict[str, object]) -> dict[str, object]:
    """A page without what an entry says of the next one in its world."""
    rows = [(*row[:4], *row[5:]) for row in page["rows"]]
    return {**page, "rows": rows}
