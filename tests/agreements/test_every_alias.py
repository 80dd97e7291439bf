"""Small worlds, each with what may be seen beside what may not, read in every way.

What the generator finds over many worlds, these show one by one and at once. Invariants I1 and I3 of
`reference/agreements.md` section 9.
"""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from careweave.agreements import About, Clause, Context, Level, Share, Thing, branches
from careweave.terms import Action, Cohort, Heading, Label, PersonId, Role, Tie, months_before
from tests.lib.agreed import (
    ACUTE,
    ANNA,
    BEN,
    CARA,
    DAN,
    DAY,
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
from tests.lib.held_permits import hold, undone
from tests.lib.permits import Scenario
from tests.lib.ways import WAYS, expected

H, S = Heading, Label
SHARED = clause(labels=(S.S1, S.S6, S.S9, S.S10), actions=tuple(Action))
MATRIX = {(Role.ED, one): Level.FULL for one in (H.PRB, H.INV, H.DOC)} | {
    (Role.ED, H.SAF): Level.INDICATOR
}
OLD = months_before(NOW, 12)


def _named(things: Iterable[Thing]) -> tuple[Thing, ...]:
    return tuple(
        replace(one, id=f"Observation/e{n:02}", code="ab"[n % 2]) for n, one in enumerate(things)
    )


def _of(person: PersonId, **more: object) -> Thing:
    return thing(person=person, **more)


def _case(
    *things: Thing,
    people: tuple[About, ...] = (about(), stranger(person=BEN)),
    clauses: tuple[Clause, ...] = (SHARED,),
    asked: Context | None = None,
    **more: object,
) -> Scenario:
    known = {one.person for one in people}
    others = tuple(stranger(person=one) for one in (ANNA, BEN, CARA, DAN) if one not in known)
    held = world(agreement(*clauses, **more), matrix=MATRIX)
    return Scenario(held, asked or context(), (*people, *others), _named(things))


PAST = {"live_until": NOW - DAY}
CASES = {
    "labels": _case(
        thing(), thing(H.PRB, S.S1), thing(H.PRB, S.S2), thing(), thing(H.PRB, S.S10),
        thing(H.PRB, S.S5), thing(), thing(H.PRB, S.VERY_RESTRICTED),
    ),
    "ties of others": _case(
        thing(), _of(BEN), thing(), _of(CARA), _of(DAN), thing(),
        people=(
            about(), about(bond(until=NOW), person=BEN),
            about(bond(Tie.PHARMACY), person=CARA), about(bond(since=NOW + SECOND), person=DAN),
        ),
    ),
    "grace": _case(
        thing(), _of(BEN), _of(CARA), thing(),
        people=(
            about(bond(since=NOW - 90 * DAY, until=NOW - 7 * DAY + SECOND)),
            about(bond(since=NOW - 90 * DAY, until=NOW - 7 * DAY), person=BEN),
            about(bond(since=NOW - 90 * DAY, until=NOW - 12 * DAY), person=CARA),
        ),
        clauses=(replace(SHARED, grace=7 * DAY),),
    ),
    "an objection to all": _case(
        thing(), _of(BEN), thing(by=ACUTE), _of(BEN, by=ACUTE),
        people=(about(choices=(dissent(),)), about(person=BEN)),
    ),
    "objections to some": _case(
        thing(), _of(BEN), _of(CARA), _of(DAN), thing(H.INV), _of(DAN, heading=H.INV),
        people=(
            about(choices=(dissent(to=frozenset({f"Organization/{ACUTE}"})),)),
            about(person=BEN, choices=(dissent(to=frozenset({"nm-pharmacy"})),)),
            about(person=CARA, choices=(dissent(until=NOW),)),
            about(person=DAN, choices=(dissent(headings=frozenset({H.PRB})),)),
        ),
        clauses=(replace(SHARED, headings={H.PRB: Share(Level.FULL), H.INV: Share(Level.FULL)}),),
    ),
    "a horizon": _case(
        thing(at=OLD - SECOND), thing(at=OLD - SECOND, live_until=OLD),
        thing(at=OLD, live_until=OLD), thing(at=OLD + SECOND, live_until=OLD),
        thing(at=OLD - SECOND, live_until=OLD + SECOND),
        thing(at=OLD - SECOND, live_until=OLD - SECOND), thing(at=OLD - SECOND, live_until=NOW),
        clauses=(replace(SHARED, quantity=replace(SHARED.quantity, months_back=12)),),
    ),
    "what is current": _case(
        thing(), thing(live_until=NOW - 90 * DAY), thing(live_until=NOW - 90 * DAY + SECOND),
        thing(live_until=NOW - 91 * DAY), thing(**PAST),
        clauses=(replace(SHARED, headings={H.PRB: Share(Level.CURRENT)}),),
    ),
    "the newest two": _case(
        thing(H.PRB, S.S1, at=NOW - DAY), thing(at=NOW - 2 * DAY), thing(H.PRB, S.S5, at=NOW - 3 * DAY),
        thing(at=NOW - 4 * DAY), thing(at=NOW - 5 * DAY), _of(BEN, at=NOW - DAY),
        _of(BEN, at=NOW - 9 * DAY),
        people=(about(), about(person=BEN)),
        clauses=(replace(SHARED, headings={H.PRB: Share(Level.FULL, items=2)}),),
    ),
    "the last of each kind": _case(
        *(thing(H.INV, at=NOW - n * DAY) for n in (1, 2, 3, 4)), thing(H.INV, at=OLD, **PAST),
        clauses=(replace(SHARED, headings={H.INV: Share(Level.CURRENT)}),),
    ),
    "a cohort": _case(
        thing(), _of(BEN), _of(CARA), _of(DAN),
        people=(
            about(bond(), bond(Tie.REGISTRATION, PRACTICE), outward="NM1"),
            about(bond(), bond(Tie.REGISTRATION, PRACTICE), outward="ZZ9", person=BEN),
            about(bond(), outward="NM1", person=CARA),
            about(bond(), bond(Tie.REGISTRATION, PRACTICE, until=NOW), outward="NM1", person=DAN),
        ),
        clauses=(replace(SHARED, cohort=Cohort(
            registered_with=frozenset({PRACTICE}), address_in=frozenset({"NM1"}))),),
    ),
    "what is frozen": _case(thing(), thing(is_frozen=True), thing(by=ACUTE, is_frozen=True), thing()),
    "an indicator": _case(
        thing(), thing(H.PRB, S.S6), thing(H.SAF, S.S6), thing(),
        clauses=(replace(SHARED, headings={H.PRB: Share(Level.FULL), H.SAF: Share(Level.FULL)}),),
    ),
    "an emergency": _case(
        thing(), thing(H.PRB, S.S1), _of(BEN), thing(H.PRB, S.S2), thing(H.PRB, S.S6), _of(CARA),
        people=(stranger(choices=(dissent(),)), about(person=BEN)),
        asked=context(episodes=(emergency(),)),
    ),
    "an objection that nothing lifts": _case(
        thing(), _of(BEN),
        people=(about(choices=(dissent(is_liftable=False),)), about(person=BEN)),
        asked=context(episodes=(emergency(),)),
    ),
    "a reason": _case(
        thing(H.PRB, S.S1), thing(H.DOC, S.S1), thing(), thing(H.DOC),
        clauses=(replace(SHARED, headings={H.PRB: Share(Level.FULL), H.DOC: Share(Level.FULL)}),),
        asked=context(episodes=(reason(H.DOC),)),
    ),
    "consent by name": _case(
        thing(H.PRB, S.S4), _of(BEN), thing(H.PRB, S.S2), thing(),
        people=(
            about(choices=(consent(S.S4), consent())), about(person=BEN),
        ),
        clauses=(replace(SHARED, labels=frozenset({S.S2, S.S4})),),
        confidentiality="explicit-consent",
    ),
    "nothing shared": _case(thing(), _of(BEN), thing(by=ACUTE), clauses=()),
    "not assured": _case(thing(), thing(by=ACUTE), asked=context(is_assured=False)),
}  # fmt: skip


@pytest.mark.parametrize("named", sorted(CASES))
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_small_world_is_read_alike_in_every_way(shared, named, way) -> None:
    scenario = CASES[named]
    due = expected(scenario)
    with undone(shared) as session:
        way(hold(session, scenario), scenario, due)


@pytest.mark.parametrize("named", sorted(CASES))
def test_a_small_world_is_compiled_as_it_is_decided(named) -> None:
    scenario = CASES[named]
    sources = sources_of(scenario)
    made = branches(scenario.world, scenario.context, sources)
    due = expected(scenario)
    assert let_through(scenario, made.shown, sources) == {
        name: due.said[name].clause for name in due.ids
    }


def test_the_small_worlds_show_something_and_hide_something() -> None:
    for named, scenario in CASES.items():
        n = len(expected(scenario).ids)
        assert n < len(scenario.things), named
        assert (n == 0) is (named in {"not assured"}), named
