"""The first screen of a role: each question answered once, what is empty in as few lines as can be."""

from careweave.disclosure import FeedState
from careweave.terms import Heading, Role
from careweave.views import State, Widget, national, overview
from tests.lib.shown import feed, making, row, shown, told

HERE = making()
NEED = {
    "resourceType": "Flag",
    "id": "need",
    "status": "active",
    "code": {"text": "Walks with a frame"},
    "period": {"start": "2026-01-15"},
}


def widget(role: Role, name: str, *rows, **more) -> Widget:
    heard = {heading: (feed(),) for heading in Heading} | more.pop("feeds", {})
    page = overview(national().definition(role), shown(*rows, feeds=heard, **more), HERE)
    (found,) = (one for its in page.slots.values() for one in its if one.name == name)
    return found


def test_headings_that_are_empty_for_one_reason_share_one_line():
    found = widget(Role.ED, "safety")
    (line,) = found.quiet
    assert line.state is State.NONE_RECEIVED
    assert line.text == "Nothing shared with this view. Feeds healthy at 10:42"
    assert [one.slug for one in line.sections] == ["safeguarding", "alerts", "risks"]


def test_no_plan_is_one_wording_in_the_word_and_in_the_sentence():
    (line,) = widget(Role.ED, "limits").quiet
    assert line.word == "No plan held"
    assert line.text == "No plan held (feeds healthy at 10:42)"


def test_what_must_be_heeded_never_shares_a_line():
    silent = {
        Heading.ALR: (feed(state=FeedState.STALE),),
        Heading.RSK: (feed(state=FeedState.NOT_CHECKED),),
    }
    found = widget(Role.ED, "safety", feeds=silent)
    assert [one.slug for line in found.quiet for one in line.sections] == ["safeguarding"]
    loud = [one.state for one in found.sections if not one.is_quiet]
    assert loud == [State.STALE, State.NOT_CHECKED]


def test_reasons_that_differ_are_one_link_away():
    known = {
        heading: told(heading, is_open=False, sentence=f"{heading}: no") for heading in Heading
    }
    (line,) = widget(Role.ED, "safety", expected=known, feeds=dict.fromkeys(Heading, ())).quiet
    assert line.state is State.NOT_SHARED
    assert not line.text
    assert len(line.sections) == 3


def test_a_nurse_reads_a_need_that_makes_a_visit_risky_where_she_asks_what_is_risky():
    found = widget(Role.CN, "safety", row(Heading.REQ, NEED))
    (need,) = (one for one in found.sections if one.groups)
    assert need.groups[0].facts[0].title == "Walks with a frame"
