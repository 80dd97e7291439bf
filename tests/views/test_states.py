"""Absence that speaks: nine texts, the order of states, and what is never said."""

import itertools
import re
from datetime import timedelta

import pytest

from careweave.disclosure import FeedState
from careweave.terms import Heading
from careweave.views import Section, State, section
from tests.lib.shown import NOW, feed, indicator, making, row, shown, told

ALG, EOL, MED = Heading.ALG, Heading.EOL, Heading.MED
HERE = making()
LAST = NOW - timedelta(days=33)


def listed(reason: str, *, of: str = "riverside", date: str = "2026-04-01", **more):
    """An empty list of allergies and why it is empty."""
    body = {
        "resourceType": "List",
        "id": f"list-{of}-{reason}",
        "status": "current",
        "date": date,
        "source": {"display": "Dr A Shah"},
        "emptyReason": {"coding": [{"code": reason}]},
    }
    return row(more.pop("heading", ALG), body, of=of, **more)


def allergy(*, of: str = "riverside", code: str = "penicillin", **more):
    body = {
        "resourceType": "AllergyIntolerance",
        "id": f"a-{of}-{code}",
        "code": {"coding": [{"system": "urn:x", "code": code}], "text": code.title()},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "recordedDate": "2020-05-05",
        "reaction": [{"manifestation": [{"text": "Rash"}]}],
    }
    return row(ALG, {**body, **more}, of=of)


def allergies(*rows, feeds=(), **more) -> Section:
    return section("allergies", shown(*rows, feeds={ALG: tuple(feeds)}, **more), HERE)


def nine() -> dict[str, Section]:
    """The nine worlds of one person."""
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    return {
        "held": allergies(allergy(), feeds=[feed()]),
        "differ": allergies(allergy(), allergy(of="hospital", **refuted), feeds=[feed()]),
        "none stated": allergies(listed("nilknown"), feeds=[feed()]),
        "not asked": allergies(listed("notasked"), feeds=[feed()]),
        "none received": allergies(feeds=[feed()]),
        "no feed": allergies(feeds=[feed(state=FeedState.NO_FEED, last=None)]),
        "stale": allergies(feeds=[feed(state=FeedState.STALE, last=LAST)]),
        "not checked": allergies(feeds=[feed("hospital", FeedState.NOT_CHECKED)]),
        "withheld": allergies(withheld=frozenset({ALG})),
    }


def text_of(one: Section) -> str:
    """Everything that a section says."""
    said = [one.text, one.withheld, *(line.text for line in one.sources)]
    for group in one.groups:
        for fact in group.facts:
            said += [fact.title, fact.disagreement]
            said += [f"{v.text} {v.status} {v.source} {v.when.text}" for v in fact.voices]
    return " | ".join(part for part in said if part)


def test_the_nine_texts_of_allergies_differ_and_none_is_blank() -> None:
    texts = {name: text_of(one) for name, one in nine().items()}
    assert all(texts.values())
    for one, other in itertools.combinations(texts.values(), 2):
        assert one != other


def test_none_and_no_known_stand_only_where_a_source_stated_it() -> None:
    for name, one in nine().items():
        found = re.search(r"\b(none|no known)\b", text_of(one), re.IGNORECASE)
        assert bool(found) is (name == "none stated"), name


def test_the_texts_are_those_that_were_agreed() -> None:
    said = nine()
    assert said["none stated"].text == (
        "No known allergies (confirmed 01-Apr-2026, Dr A Shah, Riverside Surgery)"
    )
    assert said["not asked"].text == "Allergies not asked (Riverside Surgery, 01-Apr-2026)"
    assert said["none received"].text == ("Nothing shared with this view. Feeds healthy at 10:42")
    assert said["no feed"].text == "No source sends allergies for this person"
    assert said["stale"].text == "No allergy data from Riverside Surgery since 03-Mar-2026 09:42"
    assert said["not checked"].text == (
        "Allergies could not be checked: The Hospital did not answer "
        "(last good 05-Apr-2026 10:42). Telephone 01632 960002"
    )
    assert said["withheld"].text == "Something is withheld here by a sharing rule"


def test_a_sources_none_never_covers_another_that_is_silent() -> None:
    one = allergies(listed("nilknown"), feeds=[feed(), feed("hospital", FeedState.STALE, LAST)])
    assert one.state is State.STALE
    assert [line.state for line in one.sources] == [State.NONE_STATED]
    assert "The Hospital" in one.text


_ORDER = (
    (State.NOT_CHECKED, FeedState.NOT_CHECKED),
    (State.STALE, FeedState.STALE),
    (State.NO_FEED, FeedState.NO_FEED),
)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(_ORDER, 2)))
def test_the_headline_is_the_first_state_that_any_source_is_in(first, second) -> None:
    feeds = [feed("hospital", second[1], LAST), feed("riverside", first[1], LAST)]
    assert allergies(feeds=feeds).state is first[0]
    assert allergies(allergy(of="council"), feeds=feeds).state is State.HELD


def test_with_entries_a_silent_source_still_shows_its_line() -> None:
    one = allergies(allergy(), feeds=[feed(), feed("hospital", FeedState.STALE, LAST)])
    assert (one.state, one.text) == (State.HELD, "")
    stale = [line for line in one.sources if line.state is State.STALE]
    assert [line.source for line in stale] == ["The Hospital"]
    assert one.coverage == "1 of 2 sources heard; oldest news 05-Apr-2026 10:42"


def test_entries_of_a_silent_source_are_marked_old() -> None:
    one = allergies(allergy(), feeds=[feed(state=FeedState.STALE, last=LAST)])
    assert one.groups[0].facts[0].voices[0].is_old


def test_a_statement_of_none_that_is_old_says_so() -> None:
    assert allergies(listed("nilknown", date="2015-01-01"), feeds=[feed()]).text.endswith(
        "More than 12 months ago."
    )


def test_a_list_that_was_retired_states_nothing() -> None:
    body = {"resourceType": "List", "id": "r", "status": "retired"}
    reason = {"emptyReason": {"coding": [{"code": "nilknown"}]}}
    one = allergies(row(ALG, {**body, **reason}), feeds=[feed()])
    assert one.state is State.NONE_RECEIVED


def test_a_plan_that_is_not_held_reads_otherwise_than_one_that_could_not_be_checked() -> None:
    def plan(*feeds):
        return section("end-of-life", shown(feeds={EOL: feeds}), HERE)

    nothing = plan(feed())
    silent = plan(feed(state=FeedState.STALE, last=LAST))
    unchecked = plan(feed("hospital", FeedState.NOT_CHECKED, LAST))
    assert nothing.text == "No plan held (feeds healthy at 10:42)"
    assert silent.text == "No plan information from Riverside Surgery since 03-Mar-2026 09:42"
    assert "could not be checked" in unchecked.text
    assert len({nothing.state, silent.state, unchecked.state}) == 3


def test_what_is_only_indicated_names_whom_to_call() -> None:
    one = section("safeguarding", shown(indicators=(indicator(Heading.SAF),)), HERE)
    assert one.state is State.INDICATED
    assert one.indicators == ("The Council holds safeguarding information. Call 01632 960003",)


def test_that_something_is_held_is_never_said_beside_that_nothing_came() -> None:
    told_of = shown(indicators=(indicator(Heading.SAF),), feeds={Heading.SAF: (feed(),)})
    one = section("safeguarding", told_of, HERE)
    assert (one.state, one.text) == (State.INDICATED, "")


def test_what_is_not_shared_says_why() -> None:
    because = told(Heading.FRM, is_open=False, sentence="Your role does not see this.")
    one = section("formulation", shown(expected={Heading.FRM: because}), HERE)
    assert (one.state, one.text) == (State.NOT_SHARED, "Your role does not see this.")


def test_withheld_is_a_line_beside_any_other_state() -> None:
    one = allergies(allergy(), feeds=[feed()], withheld=frozenset({ALG}))
    assert one.state is State.HELD
    assert one.withheld == "Something is withheld here by a sharing rule"


def test_what_the_agreement_leaves_out_is_said() -> None:
    older = told(MED, sentence="Older entries are not shown (12 months).")
    one = section("medicines", shown(expected={MED: older}, feeds={MED: (feed(),)}), HERE)
    assert one.left_out == "Older entries are not shown (12 months)."


def test_no_heading_is_ever_blank() -> None:
    from careweave.views import NAMED, slug_of

    assert {slug_of(one) for one in Heading} == {one.slug for one in NAMED.values()}
    for heading in Heading:
        for feeds in ((), (feed(),), (feed(state=FeedState.STALE, last=None),)):
            one = section(slug_of(heading), shown(feeds={heading: feeds}), HERE)
            assert one.text
