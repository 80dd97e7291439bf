"""Whatever comes in whatever order: the laws that no act, message or decision breaks.

Source: reference/identity.md section 19, properties 4 to 7.
"""

from contextlib import ExitStack
from itertools import combinations

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from careweave.identity import (
    apply_links,
    check_projection,
    current,
    invert,
    join,
    link,
    members,
    merge_local,
    not_same,
    rebuilt_membership,
    seal,
    split,
    unlink,
    unmerge_local,
)
from careweave.identity._pack import unpack
from careweave.terms import Conflict, Forbidden, NotFound
from tests.identity.acting import Region, someone
from tests.lib.cases import cases

REFUSALS = (Conflict, Forbidden, NotFound)
subjects = st.integers(1, 7)


class Laws(RuleBasedStateMachine):
    """Records of two authorities arrive, are linked, merged, sealed, parted and taken back."""

    database = None

    def __init__(self):
        super().__init__()
        self.stack = ExitStack()
        self.database._memos.clear()
        session = self.stack.enter_context(self.database.session())
        self.region = Region(session)
        self.groups = []
        self.states = {}

    def teardown(self):
        for seq, members_then in self.states.items():
            rows = self.region.sql(
                "SELECT subject, person FROM identity.membership "
                "WHERE from_seq <= %s AND (until_seq IS NULL OR until_seq > %s)",
                seq,
                seq,
            )
            assert dict(rows) == members_then, "the state at a moment is the same when asked later"
        self.region.session.rollback()
        self.stack.pop_all()

    def _do(self, act, *values, **more):
        """Does an act; what is refused changes nothing. Returns it, or None."""
        before = self.region.view()
        try:
            acted = act(self.region.session, *values, means=self.region.means, **more)
        except REFUSALS as refusal:
            note(f"{act.__name__} refused: {refusal}")
            assert self.region.view() == before
            return None
        self.groups.append(acted.event.group)
        return acted

    def _by(self, second):
        return self.region.by(second="colleague" if second else "")

    def _person(self, subject):
        return self.region.persons().get(subject) or self.region.means.new_person()

    @initialize(
        likes=st.lists(st.integers(0, 6), min_size=7, max_size=7), numbers=st.sets(subjects)
    )
    def begin(self, likes, numbers):
        for subject, like in enumerate(likes, start=1):
            self.arrive(subject, like, subject in numbers, "", 1, 0)

    @rule(
        subject=subjects,
        like=st.integers(0, 6),
        number=st.booleans(),
        links=st.sampled_from(["", "", "replaced-by", "seealso"]),
        other=subjects,
        seals=st.integers(0, 9),
    )
    def arrive(self, subject, like, number, links, other, seals):
        authority = "a" if subject < 5 else "b"
        told = someone(
            like,
            number=number,
            links=((links, f"p{other}"),) if links else (),
            is_sealed=seals == 9,
        )
        outcome = self.region.arrive(subject, told, authority=authority)
        self.groups += [event.group for event in outcome.events]

    @rule(subject=subjects, kind=st.sampled_from(["replaced-by", "seealso", ""]), other=subjects)
    def feed(self, subject, kind, other):
        if subject not in self.region.persons():
            return
        authority = "a" if subject < 5 else "b"
        told = someone(0, links=((kind, f"p{other}"),) if kind else ())
        incoming = self.region.incoming(subject, told, authority=authority)
        acts = apply_links(self.region.session, [incoming], means=self.region.means)
        self.groups += [acted.event.group for acted in acts]

    @rule(left=subjects, right=subjects, second=st.booleans())
    def join(self, left, right, second):
        self._do(join, self._person(left), self._person(right), by=self._by(second))

    @rule(
        left=subjects,
        right=subjects,
        second=st.booleans(),
        back=st.sampled_from(["", "unlink", "invert"]),
    )
    def link(self, left, right, second, back):
        known, before = self.region.ids_given(), self.region.view()
        had_barriers = b'"not_same"' in before
        acted = self._do(link, left, self._person(right), by=self._by(second))
        if acted is None or not back:
            return
        if back == "invert":
            assert self._do(invert, acted.event.group, by=self._by(second=True))
        else:
            assert self._do(unlink, left, by=self._by(second=True))
            if had_barriers:
                return
        assert self.region.view(known) == before, "link then unlink is as before"

    @rule(subject=subjects)
    def unlink(self, subject):
        self._do(unlink, subject, by=self._by(second=False))

    @rule(part=st.sets(subjects, min_size=1, max_size=3))
    def split(self, part):
        self._do(split, self._person(min(part)), part, by=self._by(second=False))

    @rule(left=subjects, right=subjects)
    def not_same(self, left, right):
        self._do(not_same, left, right, by=self._by(second=False))

    @rule(left=subjects, right=subjects, second=st.booleans())
    def merge(self, left, right, second):
        known, before = self.region.ids_given(), self.region.view()
        acted = self._do(merge_local, left, right, by=self._by(second))
        if acted is not None and second:
            assert self._do(unmerge_local, right, by=self._by(second=True))
            assert self.region.view(known) == before, "merge then unmerge is as before"

    @rule(subject=subjects)
    def unmerge(self, subject):
        self._do(unmerge_local, subject, by=self._by(second=False))

    @rule(subject=subjects, others=st.sets(subjects, max_size=2), seals=st.integers(0, 4))
    def seal(self, subject, others, seals):
        if seals != 4:
            return
        self._do(seal, [subject], apart_from=others - {subject}, by=self._by(second=False))

    @rule(data=st.data(), second=st.booleans())
    def invert(self, data, second):
        if self.groups:
            group = data.draw(st.sampled_from(self.groups))
            self._do(invert, group, by=self._by(second))

    @invariant()
    def the_projection_is_what_the_decisions_make(self):
        assert check_projection(self.region.session) == 0
        assert {
            one.subject: one.person
            for one in rebuilt_membership(self.region.session)
            if one.until_seq is None
        } == self.region.persons()

    @invariant()
    def everybody_belongs_to_one_person_and_every_id_answers(self):
        live = {row[0] for row in self.region.sql("SELECT subject FROM identity.local_identity")}
        persons = self.region.persons()
        assert set(persons) == live
        for given in self.region.ids_given():
            root = current(self.region.session, given)
            assert current(self.region.session, root) == root
        for person in set(persons.values()):
            assert current(self.region.session, person) == person, "who has records answers"
            found = members(self.region.session, person)
            assert {one.subject for one in found} == {s for s, p in persons.items() if p == person}

    @invariant()
    def no_veto_is_crossed(self):
        persons = self.region.persons()
        walls = self.region.sql(
            "SELECT left_subject, right_subject FROM identity.barrier WHERE until_seq IS NULL"
        )
        assert [w for w in walls if persons[w[0]] == persons[w[1]]] == []
        rows = {
            subject: (state, unpack(norm), replaced)
            for subject, state, norm, replaced in self.region.sql(
                "SELECT subject, state, norm, replaced_by FROM identity.local_identity"
            )
        }
        for subject, (_, _, into) in rows.items():
            assert into is None or persons[into] == persons[subject], "the merged goes along"
        for left, right in combinations(sorted(rows), 2):
            if persons[left] != persons[right]:
                continue
            (state, one, into), (other_state, other, other_into) = rows[left], rows[right]
            if "frozen" not in {state, other_state} and one.verified and other.verified:
                assert one.nhs == other.nhs, "one person has one verified number"
            if "sealed" in {state, other_state} and not (into or other_into):
                assert state == other_state == "sealed", "a sealed record joins nobody"

    @invariant()
    def remembered(self):
        rows = self.region.sql("SELECT max(seq) FROM identity.event")
        if rows[0][0] is not None:
            self.states[rows[0][0]] = self.region.persons()


@pytest.mark.slow
def test_no_order_of_acts_and_messages_breaks_a_law(shared):
    machine = type("LawsHere", (Laws,), {"database": shared})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=cases(40),
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
