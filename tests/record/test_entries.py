"""The compartment of a subject: whole, in pages, filtered, newest first."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.record import entries_of, located, subjects, subjects_of, timeline
from careweave.terms import Heading, Incorrect
from tests.lib.cases import cases
from tests.record.lib import minutes, other


@pytest.fixture
def person(desk):
    """Ten entries of one subject, two of another that name it, one that does not."""
    for i in range(10):
        low = None if i % 4 == 3 else minutes(i % 3)
        desk.create(f"a{i}", at=minutes(i), low=low, high=low)
    someone = other(desk, subjects(desk.session, "acute", ["p2"])["p2"])
    someone.create("x1", extras=(desk.subject,), low=minutes(1), high=minutes(1))
    someone.create("x2", extras=(desk.subject, someone.subject), at=minutes(20))
    someone.create("y1")
    desk.create("e1", type="Encounter", heading=Heading.CON)
    desk.delete("a9", at=minutes(30))
    return desk


ALL = {*(f"a{i}" for i in range(9)), "x1", "x2", "e1"}


def pages(ask, desk, count, **more):
    """The ids of all pages one after the other."""
    ids, cursor = [], None
    while True:
        page = ask(
            desk.session, [desk.subject], sight=desk.sight, count=count, cursor=cursor, **more
        )
        ids += [row.id for row in page.rows]
        if page.next is None:
            return ids
        assert len(page.rows) == count
        cursor = page.next


@settings(max_examples=cases(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 14))
def test_pages_together_are_the_whole_compartment(person, count):
    for ask in (entries_of, timeline):
        whole = pages(ask, person, 100)
        assert set(whole) == ALL
        assert len(whole) == len(ALL)
        assert pages(ask, person, count) == whole


def test_types_and_since_filter_the_compartment(person):
    assert pages(entries_of, person, 2, types=["Encounter"]) == ["e1"]
    assert pages(entries_of, person, 2, types=[]) == []
    assert set(pages(entries_of, person, 2, since=minutes(8))) == {"a8", "x2"}
    assert set(pages(entries_of, person, 3, types=["Observation"])) == ALL - {"e1"}


def test_the_timeline_is_newest_first_and_ends_with_what_has_no_date(person):
    ids = pages(timeline, person, 100)

    dated = {"a2": 2, "a5": 2, "a8": 2, "a1": 1, "a4": 1, "x1": 1, "a0": 0, "a6": 0}
    assert [dated.get(id_, -1) for id_ in ids] == [2, 2, 2, 1, 1, 1, 0, 0, -1, -1, -1, -1]


def test_the_timeline_may_be_of_some_headings(person):
    assert pages(timeline, person, 5, headings=[Heading.CON]) == ["e1"]
    assert pages(timeline, person, 5, headings=[None]) == []


def test_several_subjects_are_read_as_one_without_repeats(person):
    both = subjects(person.session, "acute", ["p1", "p2"]).values()
    rows = entries_of(person.session, list(both), sight=person.sight, count=100).rows

    assert sorted(row.id for row in rows) == sorted({*ALL, "y1"})


def test_no_subject_is_nothing(person):
    for ask in (entries_of, timeline):
        assert ask(person.session, [], sight=person.sight).rows == ()
    assert located(person.session, [], sight=person.sight) == ()
    assert subjects_of(person.session, []) == ()


def test_located_gives_exactly_the_wanted_that_are_there(person):
    person.create("a1", type="Encounter", heading=Heading.CON)
    refs = [("Observation", "a1"), ("Encounter", "e1"), ("Observation", "a9"), ("Patient", "a2")]

    found = located(person.session, refs, sight=person.sight)

    assert {(row.type, row.id) for row in found} == {("Observation", "a1"), ("Encounter", "e1")}


def test_a_page_link_serves_its_own_question_only(person):
    link = entries_of(person.session, [person.subject], sight=person.sight, count=1).next
    dated = timeline(person.session, [person.subject], sight=person.sight, count=1).next
    for ask, cursor, subject in (
        (timeline, link, person.subject),
        (entries_of, dated, person.subject),
        (entries_of, link, person.subject + 1),
    ):
        with pytest.raises(Incorrect):
            ask(person.session, [subject], sight=person.sight, count=1, cursor=cursor)
