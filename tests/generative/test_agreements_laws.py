"""Laws of deciding that no example shows: over nearly permitted worlds, without a database.

Invariants I2, I5, I6, I12, I13, I15 and I16 of `reference/agreements.md` section 9, and the coverage
of the truth table by the generator itself (section 10).
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from careweave.agreements import (
    Answer,
    Choice,
    ChoiceKind,
    Filter,
    Level,
    Share,
    decide,
    person_reasons,
    ranked,
    reasons_of,
)
from careweave.terms import Action, Cohort, Heading, Label, Purpose, Role, Tie
from tests.lib.agreed import (
    ALWAYS,
    ANNA,
    DAY,
    NOW,
    PORTAL,
    SECOND,
    SHUT,
    USER,
    about,
    agreement,
    bond,
    clause,
    context,
    dissent,
    reason,
    stranger,
    thing,
    world,
)
from tests.lib.cases import cases
from tests.lib.permits import Scenario, scenarios

# An example is printed in full only by its note: all the rules would be far too long.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

ROWS = range(1, 16)


def _permitted(scenario: Scenario) -> dict[str, frozenset[Filter]]:
    """What is let through before ranking, with what restricts it."""
    return {
        entry.id: said.filters
        for person, entry in scenario.asked()
        for said in [decide(scenario.world, scenario.context, person, entry)]
        if said.answer is Answer.PERMIT
    }


def test_the_generator_reaches_every_row_of_the_truth_table(capsys) -> None:
    rows: Counter[int] = Counter()

    @settings(
        max_examples=600, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(scenarios())
    def draw(scenario: Scenario) -> None:
        person, entry = scenario.asked()[0]
        rows[decide(scenario.world, scenario.context, person, entry).row] += 1

    draw()
    shares = {row: rows[row] / rows.total() for row in (0, *ROWS)}
    with capsys.disabled():
        told = "  ".join(f"{row or 'depth'}: {share:.1%}" for row, share in shares.items())
        print(f"\nrows of the truth table that nearly permitted worlds reach: {told}")
    assert all(shares[row] >= 0.01 for row in ROWS)


# --- I2: a restriction never adds -----------------------------------------------------------------


def _label(scenario: Scenario, which: Label) -> Scenario:
    first, *others = scenario.things
    return replace(scenario, things=(replace(first, labels=first.labels | {which}), *others))


def _choose(scenario: Scenario, choice: Choice) -> Scenario:
    first, *others = scenario.people
    chosen = replace(first, choices=(*first.choices, choice), is_opted_out=True)
    return replace(scenario, people=(chosen, *others))


def _end_ties(scenario: Scenario) -> Scenario:
    first, *others = scenario.people
    ended = tuple(replace(one, until=NOW - 400 * DAY) for one in first.bonds)
    return replace(scenario, people=(replace(first, bonds=ended), *others))


def _of_context(**more: object):
    return lambda scenario: replace(scenario, context=replace(scenario.context, **more))


def _fewer_clauses(scenario: Scenario) -> Scenario:
    fewer = tuple(replace(one, clauses=one.clauses[1:]) for one in scenario.world.agreements)
    return replace(scenario, world=replace(scenario.world, agreements=fewer))


def _ended(scenario: Scenario) -> Scenario:
    over = tuple(
        replace(one, valid_to=date(2026, 11, 21), review_by=date(2026, 11, 1))
        for one in scenario.world.agreements
    )
    return replace(scenario, world=replace(scenario.world, agreements=over))


def _narrowed(scenario: Scenario, **more: object) -> Scenario:
    narrow = tuple(
        replace(one, clauses=tuple(replace(c, **more) for c in one.clauses))
        for one in scenario.world.agreements
    )
    return replace(scenario, world=replace(scenario.world, agreements=narrow))


def _frozen(scenario: Scenario) -> Scenario:
    first, *others = scenario.things
    return replace(scenario, things=(replace(first, is_frozen=True), *others))


RESTRICTIONS = {
    **{f"label {one}": (lambda s, one=one: _label(s, one)) for one in Label},
    "dissent": lambda s: _choose(s, dissent()),
    "dissent to this entry": lambda s: _choose(s, dissent(ids=frozenset({s.things[0].id}))),
    "ties ended": _end_ties,
    "no clause": _fewer_clauses,
    "agreement ended": _ended,
    "no label may travel": lambda s: _narrowed(s, labels=frozenset()),
    "of nobody": lambda s: _narrowed(s, cohort=Cohort(age_from=150)),
    "no glass": lambda s: _narrowed(s, break_glass=SHUT),
    "no tie counts": lambda s: _narrowed(s, ties=frozenset()),
    "no episode": _of_context(episodes=()),
    "not assured": _of_context(is_assured=False),
    "no action": _of_context(action=Action.EXPORT),
    "no user": _of_context(user=""),
    "frozen": _frozen,
}


@settings(max_examples=cases(150))
@given(scenarios(), st.sampled_from(sorted(RESTRICTIONS)))
def test_a_restriction_adds_nothing(scenario, named) -> None:
    before, after = _permitted(scenario), _permitted(RESTRICTIONS[named](scenario))
    wider = {"no action"}  # what may be exported is another question than what may be opened
    if named not in wider:
        assert after.keys() <= before.keys()


@settings(max_examples=cases(60))
@given(scenarios())
def test_what_is_told_of_all_headings_is_what_is_told_of_each(scenario) -> None:
    world, context = scenario.world, scenario.context
    for person in scenario.people:
        each = {heading: person_reasons(world, context, person, heading) for heading in Heading}
        assert reasons_of(world, context, person, Heading) == each


@settings(max_examples=cases(100))
@given(scenarios(), st.integers(0, 2**16))
def test_one_more_clause_takes_nothing_away(scenario, seed) -> None:
    main = clause("extra", by=("nm-practice", "nm-acute", "nm-council"), roles=tuple(Role))
    to = frozenset({scenario.context.organisation})
    kinds = random.Random(seed).sample(list(Tie), 3)
    extra = replace(
        main, recipients=to, purpose=scenario.context.purpose, ties=frozenset(kinds),
        headings={scenario.things[0].heading: Share(Level.FULL)}, actions=frozenset(Action),
    )  # fmt: skip
    wide = replace(
        scenario.world,
        agreements=(*scenario.world.agreements, agreement(extra, name="agr-more")),
    )
    assert _permitted(scenario).keys() <= _permitted(replace(scenario, world=wide)).keys()


# --- I5: what an emergency adds -------------------------------------------------------------------


@settings(max_examples=cases(150))
@given(scenarios())
def test_an_emergency_adds_entries_of_one_person_without_bar_or_depth(scenario) -> None:
    note(repr(scenario))
    # An emergency also sets budgets aside, which is another law.
    unspent = replace(scenario.context, spent=frozenset())
    scenario = replace(scenario, context=unspent)
    plain = tuple(one for one in scenario.context.episodes if not one.is_emergency)
    before = _permitted(replace(scenario, context=replace(scenario.context, episodes=plain)))
    gained = {
        entry.id: (person, entry)
        for person, entry in scenario.asked()
        if entry.id in _permitted(scenario).keys() - before.keys()
    }
    broken = {one.person for one in scenario.context.episodes if one.is_emergency}
    assert {person.person for person, _ in gained.values()} <= broken
    assert len({person.person for person, _ in gained.values()}) <= 1
    bars = scenario.world.rules.bars
    for person, entry in gained.values():
        # What is gained is what a tie, no objection and a reason would have given, no more.
        said = decide(scenario.world, scenario.context, person, entry)
        assert not entry.labels & bars or entry.organisation == scenario.context.organisation
        assert Filter.NEVER not in said.filters
        assert _easy(scenario, person, entry) >= said.filters
        assert said.episode is not None


def _easy(scenario: Scenario, person, entry) -> frozenset[Filter]:
    kinds = {kind for a in scenario.world.agreements for c in a.clauses for kind in c.ties}
    kinds |= {kind for held in scenario.world.rules.own_ties.values() for kind in held}
    near = replace(
        person,
        bonds=(*person.bonds, *(bond(k, scenario.context.organisation) for k in sorted(kinds))),
        choices=(),
    )
    typed = reason(
        entry.heading, role=scenario.context.role, purpose=scenario.context.purpose,
        organisation=scenario.context.organisation,
    )  # fmt: skip
    asked = replace(scenario.context, episodes=(typed,), action=Action.OPEN, spent=frozenset())
    said = decide(scenario.world, asked, near, entry)
    assert said.answer is Answer.PERMIT
    return said.filters


@settings(max_examples=cases(80))
@given(scenarios())
def test_nothing_of_an_emergency_is_left_when_it_has_ended(scenario) -> None:
    over = tuple(replace(one, expires_at=NOW) for one in scenario.context.episodes)
    ended = replace(scenario, context=replace(scenario.context, episodes=over))
    none = replace(scenario, context=replace(scenario.context, episodes=()))
    assert _permitted(ended) == _permitted(none)


# --- I6, I12 --------------------------------------------------------------------------------------


@settings(max_examples=cases(100))
@given(scenarios(), st.randoms(use_true_random=False))
def test_no_order_of_anything_tells(scenario, chance) -> None:
    def mixed(values):
        return tuple(chance.sample(values, len(values)))

    agreements = mixed(
        [replace(one, clauses=mixed(one.clauses)) for one in scenario.world.agreements]
    )
    people = [
        replace(one, bonds=mixed(one.bonds), choices=mixed(one.choices)) for one in scenario.people
    ]
    other = replace(
        scenario, world=replace(scenario.world, agreements=agreements), people=tuple(people)
    )
    for (person, entry), (again, _) in zip(scenario.asked(), other.asked(), strict=True):
        assert decide(scenario.world, scenario.context, person, entry) == decide(
            other.world, scenario.context, again, entry
        )
    asked, again = scenario.asked(), other.asked()
    assert ranked(scenario.world, scenario.context, asked) == ranked(
        other.world, scenario.context, again
    )


EMPTY = {
    "organisation": {"organisation": ""},
    "role": {"role": Role.SYSTEM},
    "purpose": {"purpose": Purpose.OPERATIONS},
    "session": {"is_assured": False},
}


@settings(max_examples=cases(60))
@given(scenarios(), st.sampled_from(sorted(EMPTY)))
def test_whoever_is_nobody_in_particular_sees_nothing_of_others(scenario, what) -> None:
    nobody = replace(scenario, context=replace(scenario.context, **EMPTY[what]))
    own = {one.id for one in scenario.things if one.organisation == scenario.context.organisation}
    assert _permitted(nobody).keys() <= (own if what == "role" else set())


@settings(max_examples=cases(60))
@given(scenarios())
def test_without_agreements_and_ties_nothing_is_shown(scenario) -> None:
    alone = tuple(replace(one, bonds=()) for one in scenario.people)
    bare = replace(scenario.context, episodes=())
    empty = replace(scenario, world=world(), people=alone, context=bare)
    assert _permitted(empty) == {}


# --- I13: proxy within person within all ----------------------------------------------------------

OWN = clause(
    "self", by=("nm-practice", "nm-acute"), to=(PORTAL,), roles=(Role.CI,),
    purpose=Purpose.OWN_REQUEST, ties=(), break_glass=SHUT,
    headings=dict.fromkeys((Heading.PRB, Heading.RSK, Heading.MED), "F"),
    labels=frozenset(Label) - {Label.S8, Label.VERY_RESTRICTED, Label.S6, Label.S7},
)  # fmt: skip
PROXY = replace(OWN, id="proxy", roles=frozenset({Role.PX}), purpose=Purpose.FAMILY_REQUEST)
HELD = world(agreement(OWN, PROXY, name="agr-self", kind="person-access"))


@st.composite
def _records(draw: st.DrawFn):
    headings = st.sampled_from([Heading.PRB, Heading.RSK, Heading.MED, Heading.FAM])
    entries = tuple(
        thing(
            draw(headings), *draw(st.sets(st.sampled_from(sorted(Label)), max_size=2)),
            by=draw(st.sampled_from(["nm-practice", "nm-acute"])), id=f"Observation/e{n}",
            is_cleared=draw(st.booleans()), at=NOW - draw(st.integers(0, 900)) * DAY,
            live_until=draw(st.sampled_from([ALWAYS, NOW - 10 * DAY, NOW - 95 * DAY])),
        )
        for n in range(draw(st.integers(1, 6)))
    )  # fmt: skip
    grant = Choice(
        ChoiceKind.GRANT,
        since=NOW - DAY,
        until=draw(st.sampled_from([None, None, NOW, NOW + SECOND])),
        users=frozenset({draw(st.sampled_from([USER, USER, "someone"]))}),
        headings=frozenset(draw(st.sets(headings, max_size=2))),
    )
    chosen = (grant, *draw(st.sampled_from([(), (dissent(),)])))
    return stranger(choices=chosen, is_locked=draw(st.integers(0, 9)) == 9), entries


@settings(max_examples=cases(150))
@given(_records())
def test_a_proxy_sees_no_more_than_the_person_and_the_person_no_more_than_is_cleared(held) -> None:
    person, entries = held
    proxy = context(Role.PX, PORTAL, purpose=Purpose.FAMILY_REQUEST, grants=frozenset({ANNA}))
    citizen = context(Role.CI, PORTAL, purpose=Purpose.OWN_REQUEST, self_person=ANNA)
    seen = [
        {one.id for one in entries if decide(HELD, asked, person, one).answer is Answer.PERMIT}
        for asked in (proxy, citizen)
    ]
    assert seen[0] <= seen[1]
    confided = {one.id for one in entries if Label.S10 in one.labels and not one.is_cleared}
    assert not seen[1] & confided
    if person.is_locked or not _grants(person):
        assert not seen[0]
    if person.is_locked:
        assert not seen[1]


def _grants(person) -> bool:
    return any(
        one.kind is ChoiceKind.GRANT
        and USER in one.users
        and (one.until is None or one.until > NOW)
        for one in person.choices
    )


# --- I16: every limit is half-open ----------------------------------------------------------------

SHARED = world(agreement(clause(labels=(Label.S1,))))


@pytest.mark.parametrize(
    ("shift", "is_shown"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)]
)
def test_a_tie_has_ended_at_the_very_moment_of_its_end(shift, is_shown) -> None:
    person = about(bond(until=NOW + shift))
    assert (decide(SHARED, context(), person, thing()).answer is Answer.PERMIT) is is_shown


@pytest.mark.parametrize(
    ("shift", "is_shown"), [(-SECOND, True), (0 * SECOND, True), (SECOND, False)]
)
def test_a_tie_holds_from_the_very_moment_of_its_beginning(shift, is_shown) -> None:
    person = about(bond(since=NOW + shift))
    assert (decide(SHARED, context(), person, thing()).answer is Answer.PERMIT) is is_shown


@pytest.mark.parametrize(
    ("shift", "is_shown"), [(-SECOND, True), (0 * SECOND, True), (SECOND, False)]
)
def test_an_objection_has_ended_at_the_very_moment_of_its_end(shift, is_shown) -> None:
    person = about(choices=(dissent(until=NOW + shift),))
    assert (decide(SHARED, context(), person, thing()).answer is Answer.PERMIT) is is_shown


@pytest.mark.parametrize(
    ("shift", "is_shown"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)]
)
def test_a_reason_has_expired_at_the_very_moment_of_its_end(shift, is_shown) -> None:
    typed = reason(label=Label.S1, expires_at=NOW + shift)
    asked = context(episodes=(typed,))
    said = decide(SHARED, asked, about(), thing(Heading.PRB, Label.S1))
    assert (said.answer is Answer.PERMIT) is is_shown


def test_grace_is_added_once() -> None:
    held = world(agreement(clause(grace=timedelta(days=7))))
    days = [
        decide(
            held, context(), about(bond(since=NOW - 99 * DAY, until=NOW - n * DAY)), thing()
        ).answer
        for n in (6, 7, 13)
    ]
    assert days == [Answer.PERMIT, Answer.REFUSED, Answer.REFUSED]


@pytest.mark.parametrize(
    ("last", "end"),
    [
        # Summer time begins on 29 March 2026 in London, and ends on 25 October 2026.
        (date(2026, 3, 28), datetime(2026, 3, 29, 0, 0, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 23, 0, tzinfo=UTC)),
        (date(2026, 10, 24), datetime(2026, 10, 24, 23, 0, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 26, 0, 0, tzinfo=UTC)),
        (date(2028, 2, 29), datetime(2028, 3, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_an_agreement_ends_with_its_last_day_in_the_region(last, end) -> None:
    held = world(agreement(clause(), valid_to=last, review_by=last - 2 * DAY))
    person = about(bond(since=end - 9 * DAY))
    said = [decide(held, context(at=at), person, thing()).answer for at in (end - SECOND, end)]
    assert said == [Answer.PERMIT, Answer.REFUSED]


@pytest.mark.parametrize(
    ("born", "day", "is_grown"),
    [
        (date(2008, 2, 29), datetime(2026, 2, 28, 12, tzinfo=UTC), False),
        (date(2008, 2, 29), datetime(2026, 3, 1, 12, tzinfo=UTC), True),
        (date(2008, 7, 2), datetime(2026, 7, 1, 22, 59, tzinfo=UTC), False),
        (date(2008, 7, 2), datetime(2026, 7, 1, 23, 0, tzinfo=UTC), True),
    ],
)
def test_somebody_is_of_age_on_the_birthday_in_the_region(born, day, is_grown) -> None:
    held = world(agreement(clause(cohort=Cohort(age_from=18))))
    person = replace(about(bond(since=day - DAY)), born=born)
    assert (decide(held, context(at=day), person, thing()).answer is Answer.PERMIT) is is_grown
