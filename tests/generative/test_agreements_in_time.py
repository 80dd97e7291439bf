"""What may be seen follows every change at once: links, clauses, episodes, choices and the clock.

A rule-based machine over one store, after each step of which SQL shows what deciding permits.
Invariants I1, I3, I5 and I11 of `reference/agreements.md` section 9; its section 10, stateful variant.
"""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from careweave import record
from careweave.agreements import About, Level, Share
from careweave.db import Database
from careweave.record import Link
from careweave.terms import Action, Heading, Label, PersonId, Role
from tests.lib.agreed import (
    ACUTE,
    ANNA,
    BEN,
    DAY,
    NOW,
    PRACTICE,
    SECOND,
    agreement,
    bond,
    clause,
    context,
    dissent,
    emergency,
    reason,
    thing,
    world,
)
from tests.lib.cases import cases
from tests.lib.held_permits import HeldWorld, compiled, hold, undone
from tests.lib.permits import Scenario
from tests.lib.ways import by_hops, by_pages, by_search, expected

H, S = Heading, Label
CLAUSES = (
    clause("a", labels=(S.S1,), actions=tuple(Action)),
    clause("b", headings={H.PRB: Share(Level.CURRENT)}, actions=tuple(Action), grace=7 * DAY),
    clause("c", headings={H.DOC: "R"}, labels=(S.S1,), actions=tuple(Action)),
    clause("d", headings={H.PRB: Share(Level.FULL, items=1)}, actions=tuple(Action)),
)
LATER = NOW + timedelta(hours=1)
MATRIX = {(Role.ED, one): Level.FULL for one in (H.PRB, H.DOC)}
START = tuple(
    replace(one, id=f"Observation/e{n:02}", code="ab"[n % 2])
    for n, one in enumerate(
        [
            thing(), thing(H.PRB, S.S1), thing(H.DOC), thing(by=ACUTE), thing(H.PRB, S.S2),
            thing(person=BEN), thing(H.PRB, S.S1, person=BEN), thing(at=NOW - DAY),
        ]
    )
)  # fmt: skip
PEOPLE = (
    About(ANNA, (bond(until=LATER),), (dissent(since=NOW + 2 * DAY),)),
    About(BEN, (bond(since=NOW + timedelta(minutes=30)),), (dissent(until=LATER),)),
)
OPEN = {
    "emergency": emergency(expires_at=LATER),
    "another's": emergency(person=BEN, expires_at=NOW + timedelta(minutes=45)),
    "reason": reason(H.DOC, expires_at=LATER),
    "label": reason(label=S.S1, expires_at=LATER),
}
MOMENTS = [
    NOW, NOW + timedelta(minutes=30), NOW + timedelta(minutes=45), LATER - SECOND, LATER,
    LATER + SECOND, LATER + 7 * DAY, NOW + 2 * DAY,
]  # fmt: skip


class Region(RuleBasedStateMachine):
    """One store, what is agreed, who asks, and whose each record is thought to be."""

    def __init__(self, database: Database) -> None:
        """Begins in a transaction that is rolled back."""
        super().__init__()
        self.stack = ExitStack()
        self.session = self.stack.enter_context(undone(database))
        self.agreed = {"a"}
        self.opened: set[str] = set()
        self.away: set[tuple[str, PersonId]] = set()
        self.at = NOW
        self.n = 100
        self.held: HeldWorld

    @initialize()
    def write(self) -> None:
        """Writes what is held."""
        self.held = hold(self.session, self.scenario())

    def teardown(self) -> None:
        """Undoes everything."""
        self.stack.close()

    def scenario(self) -> Scenario:
        """What deciding is asked: who was unlinked stands for themselves."""
        things = tuple(
            replace(one, person=_alone(one.organisation, one.person))
            if (one.organisation, one.person) in self.away
            else one
            for one in START
        )
        alone = tuple(About(_alone(*pair)) for pair in sorted(self.away))
        chosen = tuple(one for one in CLAUSES if one.id in self.agreed)
        asked = context(at=self.at, episodes=tuple(OPEN[name] for name in sorted(self.opened)))
        return Scenario(world(agreement(*chosen), matrix=MATRIX), asked, (*PEOPLE, *alone), things)

    @rule(name=st.sampled_from([one.id for one in CLAUSES]))
    def agree(self, name: str) -> None:
        """Applies a configuration with one clause more, or less."""
        self.agreed ^= {name}

    @rule(name=st.sampled_from(sorted(OPEN)))
    def open(self, name: str) -> None:
        """Opens an episode, or closes it."""
        self.opened ^= {name}

    @rule(at=st.sampled_from(MOMENTS))
    def wait(self, at) -> None:
        """Moves the clock, back too: nothing remembers what was so before."""
        self.at = at

    @rule(organisation=st.sampled_from([PRACTICE, ACUTE]), person=st.sampled_from([ANNA, BEN]))
    def link(self, organisation: str, person: PersonId) -> None:
        """Takes a record away from its person, or gives it back."""
        pair = organisation, person
        known = record.subjects(self.session, organisation, [str(person)])
        self.n += 1
        of = person if pair in self.away else None
        self.away ^= {pair}
        made = [Link(known[str(person)], of, decision=self.n, since=NOW)]
        record.link(self.session, made, at=NOW)

    @invariant()
    def shows_what_is_permitted(self) -> None:
        """SQL shows what deciding permits, listed, counted, paged and through hops."""
        if not hasattr(self, "held"):
            return
        scenario = self.scenario()
        held = compiled(self.session, scenario, self.held.subjects)
        due = expected(scenario)
        ways = [by_pages, by_hops] if self.away else [by_search, by_pages, by_hops]
        for way in ways:
            way(held, scenario, due)


def _alone(organisation: str, person: PersonId | None) -> PersonId:
    """Somebody of whom nothing is known but one record."""
    number = int(str(person)[-2:], 16) * 16 + (1 if organisation == PRACTICE else 2)
    return PersonId(UUID(int=number << 64))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_every_change_counts_at_once_in_every_order(shared) -> None:
    kept = settings(
        max_examples=cases(12), stateful_step_count=12, deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )  # fmt: skip
    run_state_machine_as_test(lambda: Region(shared), settings=kept)
