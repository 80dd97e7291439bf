"""History in pages: nothing twice, nothing left out, newest first."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.record import history
from careweave.terms import Heading, Incorrect
from tests.lib.cases import cases
from tests.record.lib import minutes, sight_of


@pytest.fixture
def busy(desk):
    """Five entries with up to three versions, several at the same moment."""
    for i in range(5):
        desk.create(f"a{i}", at=minutes(i // 2))
    desk.update("a0", "b", at=minutes(1))
    desk.update("a1", "b", at=minutes(1))
    desk.update("a1", "c", at=minutes(3))
    desk.delete("a2", at=minutes(3))
    desk.create("other", type="Encounter", at=minutes(1))
    return desk


def pages(desk, id_, count, **more):
    """All pages one after the other."""
    rows, cursor = [], None
    while True:
        page = history(
            desk.session, "Observation", id_, sight=desk.sight, count=count, cursor=cursor, **more
        )
        assert len(page.rows) <= count
        rows += [(row.id, row.version) for row in page.rows]
        if page.next is None:
            return rows
        assert len(page.rows) == count
        cursor = page.next


@settings(max_examples=cases(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 12))
def test_pages_together_are_the_whole_history(busy, count):
    for id_ in (None, "a1"):
        whole = history(busy.session, "Observation", id_, sight=busy.sight, count=100).rows
        assert pages(busy, id_, count) == [(row.id, row.version) for row in whole]


def test_the_history_of_a_type_has_every_version_newest_first(busy):
    rows = history(busy.session, "Observation", None, sight=busy.sight, count=100).rows

    assert sorted((row.id, row.version, row.op) for row in rows) == [
        ("a0", 1, "C"),
        ("a0", 2, "U"),
        ("a1", 1, "C"),
        ("a1", 2, "U"),
        ("a1", 3, "U"),
        ("a2", 1, "C"),
        ("a2", 2, "D"),
        ("a3", 1, "C"),
        ("a4", 1, "C"),
    ]
    times = [row.updated for row in rows]
    assert times == sorted(times, reverse=True)


def test_since_leaves_out_what_is_older(busy):
    for id_, expected in ((None, {("a1", 3), ("a2", 2)}), ("a1", {("a1", 3)})):
        page = history(busy.session, "Observation", id_, sight=busy.sight, since=minutes(3))
        assert {(row.id, row.version) for row in page.rows} == expected


def test_at_gives_what_was_current_then(busy):
    moment = minutes(1) + timedelta(seconds=1)
    expected = {("a0", 2), ("a1", 2), ("a2", 1), ("a3", 1)}
    for count in (1, 3, 50):
        assert set(pages(busy, None, count, at=moment)) == expected
    assert pages(busy, "a1", 5, at=moment) == [("a1", 2)]
    assert pages(busy, "a2", 5, at=minutes(9)) == [("a2", 2)]


def test_later_writes_do_not_disturb_a_reader_of_pages(busy):
    whole = pages(busy, None, 100)
    first = history(busy.session, "Observation", None, sight=busy.sight, count=4)
    busy.create("late", at=minutes(60))
    busy.update("a3", "late", at=minutes(60))
    rest = history(
        busy.session, "Observation", None, sight=busy.sight, count=100, cursor=first.next
    )

    assert [(row.id, row.version) for row in (*first.rows, *rest.rows)] == whole


def test_a_page_link_serves_its_own_question_only(busy):
    link = history(busy.session, "Observation", None, sight=busy.sight, count=1).next
    narrower = sight_of(busy.source, headings=frozenset({Heading.INV}))
    for type_, id_, sight, cursor in (
        ("Encounter", None, busy.sight, link),
        ("Observation", "a1", busy.sight, link),
        ("Observation", None, narrower, link),
        ("Observation", None, busy.sight, link[:-2]),
        ("Observation", None, busy.sight, "é"),
        ("Observation", None, busy.sight, ""),
    ):
        with pytest.raises(Incorrect):
            history(busy.session, type_, id_, sight=sight, cursor=cursor)
