"""An entry goes over to another feed of its organisation, and to nobody else."""

import pytest

from careweave.record import append, history, open_source, read
from careweave.terms import Fault
from tests.record.lib import START, Desk, minutes, sight_of


def test_an_update_may_bring_an_entry_to_another_feed_of_the_organisation(session):
    desk = Desk(session)
    other = open_source(session, "acute", "lab", "hl7")
    desk.create("a1")
    change = desk.change("U", "a1", "b", source=other, held=desk.held("a1"))
    append(session, [change], at=minutes(1), actor="lab")
    assert read(session, "Observation", "a1", sight=desk.sight) is None
    now = read(session, "Observation", "a1", sight=sight_of(other))
    assert (now.source, now.version) == (other, 2)
    versions = history(session, "Observation", "a1", sight=sight_of(other), count=9).rows
    assert [row.source for row in versions] == [other, desk.source]


def test_the_same_content_from_another_feed_is_no_news_but_its_owner_changes(session):
    desk = Desk(session)
    other = open_source(session, "acute", "lab", "hl7")
    desk.create("a1")
    change = desk.change("U", "a1", source=other, held=desk.held("a1"))
    (done,) = append(session, [change], at=minutes(1), actor="lab")
    assert done.changed


def test_no_entry_goes_over_to_another_organisation(session):
    desk = Desk(session)
    stranger = open_source(session, "council", "care", "csv")
    desk.create("a1")
    change = desk.change("U", "a1", "b", source=stranger, held=desk.held("a1"))
    with pytest.raises(Fault):
        append(session, [change], at=START, actor="care")
