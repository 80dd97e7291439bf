"""The map of subjects to persons, what is told of it, and the facts of subjects."""

from uuid import UUID

import pytest

from careweave import record
from careweave.db import FOREVER
from careweave.record import Fact, Link, Stake, subjects
from careweave.terms import Heading, PersonId
from tests.record.lib import minutes, rows_in, sql

P, Q = PersonId(UUID(int=1)), PersonId(UUID(int=2))


@pytest.fixture
def three(desk):
    """Three subjects of one authority."""
    found = subjects(desk.session, "acute", ["p1", "p2", "p3"])
    return [found[name] for name in ("p1", "p2", "p3")]


def told(desk):
    """The subjects of which outbox rows of op L tell, in order."""
    rows = sql(desk.session, "SELECT subject FROM record.outbox WHERE op = 'L' ORDER BY seq")
    return [row[0] for row in rows]


def test_a_link_is_kept_and_told(desk, three):
    one = three[0]

    record.link(desk.session, [Link(one, P, 7, minutes(1))], at=minutes(2))

    assert record.members(desk.session, P) == (
        record.Member(one, P, "acute", "p1", 7, is_frozen=False),
    )
    assert told(desk) == [one]


def test_a_moved_subject_is_told_to_both_persons(desk, three):
    a, b, c = three
    record.link(
        desk.session,
        [Link(a, P, 1, minutes(0)), Link(b, P, 1, minutes(0)), Link(c, Q, 1, minutes(0))],
        at=minutes(0),
    )
    n_before = len(told(desk))

    record.link(desk.session, [Link(b, Q, 2, minutes(1))], at=minutes(1))

    assert [one.subject for one in record.members(desk.session, P)] == [a]
    assert [one.subject for one in record.members(desk.session, Q)] == [b, c]
    assert sorted(told(desk)[n_before:]) == sorted(three)


def test_a_closed_link_leaves_nobody(desk, three):
    a = three[0]
    record.link(desk.session, [Link(a, P, 1, minutes(0))], at=minutes(0))

    record.link(desk.session, [Link(a, None, 2, minutes(1))], at=minutes(1))

    assert record.members(desk.session, P) == ()
    assert record.persons_of(desk.session, three) == {}
    assert told(desk) == [a, a]


def test_the_last_of_two_links_of_one_subject_counts(desk, three):
    a = three[0]

    record.link(desk.session, [Link(a, P, 1, minutes(0)), Link(a, Q, 2, minutes(1))], at=minutes(1))

    assert record.persons_of(desk.session, [a])[a].person == Q


def test_a_frozen_subject_is_marked_until_it_is_not(desk, three):
    a = three[0]
    record.link(desk.session, [Link(a, P, 1, minutes(0), is_frozen=True)], at=minutes(0))
    assert record.members(desk.session, P)[0].is_frozen

    record.link(desk.session, [Link(a, P, 1, minutes(0))], at=minutes(1))
    assert not record.members(desk.session, P)[0].is_frozen


def test_no_links_are_no_statement(desk):
    before = desk.session.n_sent

    record.link(desk.session, [], at=minutes(0))
    record.note_facts(desk.session, Fact.PROTECTED_ADDRESS, {}, at=minutes(0))
    desk.session.flush()

    assert desk.session.n_sent == before


def test_an_erased_subject_is_nobody_s(desk, three):
    a = three[0]
    record.link(desk.session, [Link(a, P, 1, minutes(0))], at=minutes(0))

    record.erase(desk.session, a, ground="court", by_actor="x", at=minutes(1))

    assert record.members(desk.session, P) == ()


def stake_of(desk):
    found = record.stakes(
        desk.session,
        [desk.subject],
        headings=[Heading.ALG, Heading.MED],
        visit_since=minutes(0),
        active_since=minutes(-1000),
    )
    return found[desk.subject]


def test_nothing_is_at_stake_with_an_empty_record(desk):
    assert stake_of(desk) == Stake(has_heading=False, has_visit=False, is_active=False)


@pytest.mark.parametrize("heading", [Heading.ALG, Heading.MED])
def test_entries_of_the_headings_are_at_stake(desk, heading):
    desk.create("a1", heading=heading)
    assert stake_of(desk).has_heading
    desk.delete("a1", at=minutes(1))
    assert not stake_of(desk).has_heading


@pytest.mark.parametrize(
    ("live_until", "is_visit"), [(FOREVER, True), (minutes(5), True), (minutes(-5), False)]
)
def test_an_open_or_recent_visit_is_at_stake(desk, live_until, is_visit):
    desk.create("e1", type="Encounter", live_until=live_until, low=minutes(-90))
    found = stake_of(desk)
    assert (found.has_visit, found.is_active) == (is_visit, True)


def facts(desk):
    return rows_in(desk, "subject_fact", "kind, since, until")


def note(desk, n, *, stated):
    record.note_facts(desk.session, Fact.PROTECTED_ADDRESS, {"p1": stated}, at=minutes(n))
    return facts(desk)


def test_a_stated_fact_holds_until_it_is_not_stated(desk):
    desk.create("p1", type="Patient")

    assert note(desk, 1, stated=True) == [(1, minutes(1), FOREVER)]
    assert note(desk, 2, stated=True) == [(1, minutes(1), FOREVER)]
    assert note(desk, 3, stated=False) == [(1, minutes(1), minutes(3))]
    assert note(desk, 4, stated=False) == [(1, minutes(1), minutes(3))]
    assert note(desk, 5, stated=True) == [(1, minutes(5), FOREVER)]


def test_a_fact_of_one_subject_holds_of_the_whole_person(desk, three):
    a, b, c = three
    desk.create("p1", type="Patient")
    note(desk, 0, stated=True)
    record.link(
        desk.session,
        [Link(a, P, 1, minutes(0)), Link(b, P, 1, minutes(0)), Link(c, Q, 1, minutes(0))],
        at=minutes(0),
    )

    found = record.with_fact(desk.session, Fact.PROTECTED_ADDRESS, three, at=minutes(1))

    assert found == {a, b}
