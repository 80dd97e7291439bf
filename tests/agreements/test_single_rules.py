"""Single rules of agreements, as they are compiled and as SQL keeps them, one small world each.

Each holds what is compiled against what deciding says, and says beforehand what that is.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from careweave import record
from careweave.agreements import (
    Answer,
    BreakGlass,
    Filter,
    Level,
    Loosening,
    Organisation,
    Share,
    branches,
    ranked,
)
from careweave.formats import read_json
from careweave.record import Change, Link, append, keys, prepare
from careweave.terms import Action, Branch, Heading, Label, Purpose, Role
from tests.lib.agreed import (
    ACUTE,
    BEN,
    CARERS,
    DAY,
    HOME,
    NOW,
    PRACTICE,
    SECOND,
    about,
    agreement,
    bond,
    clause,
    consent,
    context,
    dissent,
    emergency,
    reason,
    stranger,
    thing,
    world,
)
from tests.lib.branching import let_through, sources_of
from tests.lib.held_permits import ZONE, hold, undone
from tests.lib.permits import Scenario

H, S = Heading, Label
SHARED = clause(labels=(S.S1, S.S6), actions=tuple(Action))


_ANNA = (about(),)


def _shown(scenario: Scenario) -> set[str]:
    """What the compiled branches show, which is what deciding permits."""
    sources = sources_of(scenario)
    made = branches(scenario.world, scenario.context, sources)
    shown = let_through(scenario, made.shown, sources)
    verdicts = ranked(scenario.world, scenario.context, scenario.asked())
    permitted = {
        entry.id: said.clause
        for (_, entry), said in zip(scenario.asked(), verdicts, strict=True)
        if said.answer is Answer.PERMIT and Filter.INDICATOR not in said.filters
    }
    assert shown == permitted
    return set(shown)


def _case(*things, people=_ANNA, clauses=(SHARED,), asked=None, rules=None, **more) -> Scenario:
    named = tuple(replace(one, id=f"Observation/e{n}") for n, one in enumerate(things))
    held = world(agreement(*clauses, **more), **(rules or {}))
    return Scenario(held, asked or context(), tuple(people), named)


def _is_shown(*things, **more) -> bool:
    return bool(_shown(_case(*things, **more)))


@pytest.mark.parametrize(
    ("lifts", "is_lifted"), [({"dissent"}, True), ({"relationship", "reason"}, False)]
)
def test_a_dissent_is_lifted_only_where_the_clause_says_so(lifts, is_lifted) -> None:
    glass = BreakGlass(allowed=True, lifts=frozenset(lifts))
    shown = _is_shown(
        thing(), people=(about(choices=(dissent(),)),), clauses=(replace(SHARED, break_glass=glass),),
        asked=context(episodes=(emergency(),)),
    )  # fmt: skip
    assert shown is is_lifted


def test_the_order_of_clauses_and_agreements_decides_nothing() -> None:
    wide = replace(SHARED, id="wide")
    narrow = replace(SHARED, id="a-narrow", headings={H.PRB: Share(Level.CURRENT)})
    also = replace(SHARED, id="also-wide")
    seen = []
    for clauses in ((narrow, wide, also), (also, wide, narrow), (wide, narrow, also)):
        scenario = _case(thing(), clauses=clauses, rules={"matrix": {(Role.ED, H.PRB): Level.FULL}})
        sources = sources_of(scenario)
        made = branches(scenario.world, scenario.context, sources)
        seen.append(let_through(scenario, made.shown, sources))
        assert _shown(scenario) == {"Observation/e0"}
    assert seen == [{"Observation/e0": "agr-one@1/also-wide"}] * 3


def test_who_joins_a_group_later_is_not_let_in_by_what_was_applied_before() -> None:
    grouped = replace(
        SHARED,
        sent_to=("group:nm-homes",),
        recipients=frozenset({HOME}),
        roles=frozenset({Role.ED}),
    )
    scenario = _case(
        thing(),
        people=(about(bond(organisation=CARERS), bond(organisation=HOME)),),
        clauses=(grouped,),
    )
    members = Organisation("nm-homes", "Homes", "group", members=frozenset({HOME, CARERS}))
    known = {**scenario.world.organisations, "nm-homes": members}
    for asker, is_member in ((HOME, True), (CARERS, False)):
        asked = context(organisation=asker)
        later = replace(scenario, world=replace(scenario.world, organisations=known), context=asked)
        made = branches(later.world, asked, sources_of(later))
        assert _carries(made.shown, "agr-one@1/c1") is is_member


def _carries(shown: tuple[Branch, ...], name: str) -> bool:
    return any(one.clause == name and not one.is_reference for one in shown)


def test_a_typed_reason_is_no_consent() -> None:
    clinics = replace(SHARED, labels=frozenset({S.S4}))
    typed = context(episodes=(reason(H.PRB), reason(label=S.S4)))
    entry = thing(H.PRB, S.S4)
    basis = "explicit-consent"
    given = about(choices=(consent(S.S4),))
    assert not _is_shown(entry, clauses=(clinics,), asked=typed)
    assert not _is_shown(entry, clauses=(clinics,), asked=typed, confidentiality=basis)
    assert _is_shown(entry, people=(given,), clauses=(clinics,), confidentiality=basis)
    # A consent to something else is none to this.
    other = about(choices=(consent(S.S2), consent()))
    assert not _is_shown(entry, people=(other,), clauses=(clinics,), confidentiality=basis)


@pytest.mark.parametrize("episode", [emergency(), reason(H.PRB)])
@pytest.mark.parametrize(
    ("shift", "is_open"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)]
)
def test_an_episode_is_over_at_the_very_moment_of_its_end(episode, shift, is_open) -> None:
    asked = context(episodes=(replace(episode, expires_at=NOW),), at=NOW + shift)
    assert _is_shown(thing(H.PRB, S.S1), asked=asked) is is_open


def test_a_loosened_cell_is_capped_again_after_its_day() -> None:
    until = date(2026, 11, 22)
    loose = Loosening(Role.SW, H.INV, Level.FULL, "A. Example", "trial", until)
    given = replace(SHARED, roles=frozenset({Role.SW}), headings={H.INV: Share(Level.FULL)},
                    purpose=Purpose.COORDINATION)  # fmt: skip
    for days, is_loose in ((0, True), (1, False)):
        asked = context(Role.SW, purpose=Purpose.COORDINATION, at=NOW + days * DAY)
        shown = _is_shown(thing(H.INV), clauses=(given,), asked=asked, loosens=(loose,))
        assert shown is is_loose


def test_the_matrix_caps_what_a_clause_gives() -> None:
    ended = thing(live_until=NOW - 100 * DAY)
    for level, is_whole in ((Level.FULL, True), (Level.CURRENT, False), (Level.NEVER, False)):
        rules = {"matrix": {(Role.ED, H.PRB): level}}
        assert _is_shown(ended, rules=rules) is is_whole
    assert not _is_shown(thing(), rules={"matrix": {}})


def test_a_spent_budget_does_not_count_in_an_emergency() -> None:
    spent = frozenset({"agr-one@1/c1"})
    assert not _is_shown(thing(), asked=context(spent=spent))
    both = (about(), about(person=BEN))
    asked = context(spent=spent, episodes=(emergency(),))
    scenario = _case(thing(), thing(person=BEN), people=both, asked=asked)
    assert _shown(scenario) == {"Observation/e0"}


def test_finding_gives_the_named_fields_of_demographics_alone() -> None:
    asked = context(purpose=Purpose.PATIENT_ADMINISTRATION, action=Action.FIND)
    find = clause(
        "find", by=(PRACTICE,), purpose=Purpose.PATIENT_ADMINISTRATION, ties=(),
        actions=(Action.FIND,), headings={H.DEM: Share(Level.CURRENT, fields=("name", "born"))},
        dissent="identification only",
    )  # fmt: skip
    everything = [
        thing(heading, by=by) for by in (PRACTICE, ACUTE) for heading in (H.DEM, H.MED, H.PRB, None)
    ]
    scenario = _case(
        *everything, people=(stranger(choices=(dissent(),)),), clauses=(find, SHARED), asked=asked
    )
    shown = _shown(scenario)
    assert shown == {one.id for one in scenario.things if one.heading is H.DEM}
    made = branches(scenario.world, asked, sources_of(scenario)).shown
    kept = {one.clause: one.fields for one in made}
    assert kept["agr-one@1/find"] == {"name", "born"}
    assert kept[f"own:{ACUTE}"] == {"name", "born", "sex", "nhs-number", "postcode-outward"}


def test_what_is_unlinked_is_out_of_reach_at_once(shared) -> None:
    scenario = _case(thing(), thing(by=ACUTE))
    with undone(shared) as session:
        held = hold(session, scenario)

        def seen() -> set[str]:
            rows = record.entries_of(session, held.subjects, sight=held.shown).rows
            return {f"{row.type}/{row.id}" for row in rows}

        assert seen() == {"Observation/e0", "Observation/e1"}
        # The ties stand on another subject of the person: without the person nothing proves them.
        every = [Link(one, None, decision=99, since=NOW) for one in held.subjects]
        record.link(session, every, at=NOW)
        assert seen() == set()


def test_an_old_version_is_judged_by_the_label_of_today(shared) -> None:
    scenario = _case(thing(), thing())
    with undone(shared) as session:
        held = hold(session, scenario)
        ref = ("Observation", "e0")
        source = next(row.source for row in record.located(session, [ref], sight=held.shown))
        now = record.held(session, [ref], sources=frozenset({source}), lock=True)[ref]
        row = record.read(session, *ref, sight=held.shown)
        assert row is not None
        _relabel(session, now, frozenset({S.S1}))
        for version in (None, 1, 2):
            assert record.read(session, *ref, sight=held.shown, version=version) is None
        assert not record.history(session, *ref, sight=held.shown).rows
        # And so is one that was hidden and is not any more.
        again = record.held(session, [ref], sources=frozenset({source}), lock=True)[ref]
        _relabel(session, again, frozenset())
        assert len(record.history(session, *ref, sight=held.shown).rows) == 3


def _relabel(session, now, labels) -> None:
    resource = read_json(now.body)
    made = prepare(resource, keys=keys(session), zone=ZONE, public_id=now.id)
    change = Change(
        op="U", type=now.type, id=now.id, resource=resource, prepared=made, source=now.source,
        subject=now.subject, heading=now.heading, labels=labels, held=now,
    )  # fmt: skip
    append(session, [change], at=NOW, actor="test")


@pytest.mark.parametrize("wrong", [
    {"roles": frozenset({Role.PH})},
    {"recipients": frozenset({HOME})},
    {"settings": frozenset({"elsewhere"})},
    {"teams": frozenset({"another"})},
    {"purpose": Purpose.COORDINATION},
    {"actions": frozenset({Action.EXPORT})},
])  # fmt: skip
def test_a_clause_gives_to_those_alone_whom_it_names(wrong) -> None:
    assert _is_shown(thing())
    assert not _is_shown(thing(), clauses=(replace(SHARED, **wrong),))


@pytest.mark.parametrize("wrong", [
    {"status": "suspended"},
    {"valid_from": date(2026, 11, 23)},
    {"valid_to": date(2026, 11, 21), "review_by": date(2026, 11, 1)},
])  # fmt: skip
def test_an_agreement_gives_nothing_while_it_is_not_in_force(wrong) -> None:
    assert not _is_shown(thing(), **wrong)


@pytest.mark.parametrize("episode", [emergency(), reason(H.PRB)])
@pytest.mark.parametrize("wrong", [
    {"user": "u2"},
    {"role": Role.GP},
    {"organisation": PRACTICE},
    {"purpose": Purpose.EMERGENCY},
    {"person": BEN},
    {"opened_at": NOW + SECOND},
])  # fmt: skip
def test_an_episode_of_somebody_else_or_elsewhere_opens_nothing(episode, wrong) -> None:
    entry = thing(H.PRB, S.S1)
    assert _is_shown(entry, asked=context(episodes=(episode,)))
    assert not _is_shown(entry, asked=context(episodes=(replace(episode, **wrong),)))
