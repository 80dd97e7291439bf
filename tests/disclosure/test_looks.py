"""What a person is told of who looked: nothing of what is hidden, and no trace of the hiding."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements import Organisation, World, default_rules
from careweave.disclosure._looks import Reader, is_look, is_told, looks
from careweave.ledger import Outcome
from careweave.terms import Heading, Purpose, Role, SubjectId
from tests.lib.looks import look_at

NOW = datetime(2026, 3, 18, 14, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=60)
LONDON = ZoneInfo("Europe/London")
EPISODE = UUID("0195a000-0000-7000-8000-000000000001")
WORLD = World(
    version=1,
    organisations={
        "nm-acute": Organisation("nm-acute", "Northmere Acute Hospitals", "acute"),
    },
    agreements=(),
    rules=default_rules(),
    zone="Europe/London",
)
READER = Reader(LATER)


def clauses(*headings):
    return json.dumps([{"clause": "agr-x@1/c", "heading": one, "items": 2} for one in headings])


def look(**changes):
    made = look_at(7, NOW, clauses=clauses("MED"), visible_to_person="now")
    return replace(made, **changes)


def told(*accounts, reader=READER):
    return looks(accounts, reader, WORLD, LONDON)


def test_a_look_is_told_in_a_sentence_with_role_and_organisation_and_never_a_name():
    (one,) = told(look(clauses=clauses("MED", "ALG")))
    assert one.says == (
        "An A&E clinician at Northmere Acute Hospitals looked at the record: "
        "allergies and medicines, for direct care."
    )
    assert (one.n_looks, one.is_automatic, one.is_emergency) == (1, False, False)
    assert "u-ed" not in repr(one)
    assert "ward-system" not in repr(one)


def test_looks_of_a_day_are_one_and_of_two_days_two():
    evening = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    past_midnight = evening + timedelta(minutes=45)
    found = told(
        look(at=evening, clauses=clauses("MED")),
        look(at=evening + timedelta(minutes=1), request_id="r2", clauses=clauses("ALG")),
        look(at=past_midnight, request_id="r3"),
    )
    assert [(one.n_looks, one.headings) for one in found] == [
        (1, (Heading.MED,)),
        (2, (Heading.ALG, Heading.MED)),
    ]
    assert (found[1].first_at, found[1].last_at) == (evening, evening + timedelta(minutes=1))


def test_several_accounts_of_one_answer_are_one_look():
    (one,) = told(look(), look(subjects=(SubjectId(8),)))
    assert one.n_looks == 1


def test_an_emergency_is_one_with_its_reason_past_midnight_too():
    before_midnight = datetime(2026, 3, 18, 23, 50, tzinfo=UTC)
    opened = look(
        action="break-glass",
        deed=None,
        clauses="",
        n_items=0,
        at=before_midnight,
        reason="unconscious",
        second_purpose="BTG",
        episode=EPISODE,
    )
    then = look(
        at=before_midnight + timedelta(minutes=20),
        request_id="r2",
        second_purpose="BTG",
        episode=EPISODE,
    )
    (one,) = told(opened, then)
    assert (one.is_emergency, one.n_looks) == (True, 1)
    assert one.says == (
        "An A&E clinician at Northmere Acute Hospitals opened the record in an emergency "
        "(the person was unconscious): medicines, for direct care."
    )
    (alone,) = told(opened)
    assert (alone.n_looks, alone.headings) == (0, ())


def test_finding_and_systems_are_told_apart():
    found = told(
        look(purpose="PATADMIN", action="find", deed="find"),
        look(role=None, user_name=None, request_id="r2"),
        look(organisation="unnamed", role="CH", setting="home-care", request_id="r3"),
    )
    says = {one.says: one.is_automatic for one in found}
    assert says == {
        "An A&E clinician at Northmere Acute Hospitals looked for the person by name or "
        "number.": False,
        "A technical system at Northmere Acute Hospitals looked at the record: medicines, "
        "for direct care.": True,
        "A home-care worker at unnamed looked at the record: medicines, for direct care.": False,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": Outcome.REFUSED},
        {"outcome": Outcome.ABSENT, "n_items": 0},
        {"n_items": 0},
        {"action": "create", "deed": None},
        {"action": "audit-read", "deed": None},
        {"action": "review", "deed": None},
        {"action": "recall"},
    ],
)
def test_what_showed_nothing_is_no_look(change):
    assert not is_look(look(**change))
    assert told(look(**change)) == ()


def test_accounts_of_before_there_were_clauses_are_told():
    old = look(clauses="own-organisation", deed=None, role=None, visible_to_person=None)
    (one,) = told(old)
    assert one.headings == ()


@pytest.mark.attack(59)
@pytest.mark.parametrize(
    "change",
    [
        {"visible_to_person": "withheld"},
        {"visible_to_person": "something new"},
        {"visible_to_person": "delayed:P1M"},
        {"visible_to_person": "delayed:nonsense"},
        {"visible_to_person": "delayed:P61D"},
        {"purpose": "SAFEG"},
        {"purpose": "HLEGAL", "visible_to_person": "now"},
    ],
)
def test_what_has_to_be_hidden_or_is_not_understood_is_not_told(change):
    assert told(look(**change)) == ()


def test_what_is_delayed_is_told_when_its_time_has_come():
    late = look(visible_to_person="delayed:P30D")
    due = NOW + timedelta(days=30)
    assert not is_told(late, Reader(due - timedelta(seconds=1)))
    assert is_told(late, Reader(due))


@pytest.mark.attack(59)
def test_a_proxy_is_told_of_own_looks_and_not_of_other_proxies_or_what_is_the_person_s_own():
    mine = look(role="PX", user_name="susan", request_id="mine")
    other = look(role="PX", user_name="emeka", request_id="other")
    young = look(visible_to_person="person-only", request_id="young", organisation="clinic")
    plain = look(request_id="plain")
    everything = (mine, other, young, plain)
    assert len(told(*everything)) == 3
    proxy = Reader(LATER, proxy="susan")
    assert told(*everything, reader=proxy) == told(mine, plain, reader=proxy)
    assert told(*everything, reader=proxy) == told(mine, plain)


kinds = st.builds(
    look,
    at=st.integers(0, 3 * 24 * 60).map(lambda n: NOW + timedelta(minutes=n)),
    request_id=st.sampled_from(["r1", "r2", "r3"]),
    action=st.sampled_from(["read", "search", "break-glass"]),
    episode=st.sampled_from([None, EPISODE]),
    role=st.sampled_from([None, "ED", "SW", "PX"]),
    user_name=st.sampled_from(["susan", "emeka"]),
    purpose=st.sampled_from([str(Purpose.DIRECT_CARE), str(Purpose.SAFEGUARDING), "PATADMIN"]),
    visible_to_person=st.sampled_from([None, "now", "withheld", "person-only", "delayed:P90D"]),
    clauses=st.lists(st.sampled_from(["MED", "ALG", "SAF"]), max_size=3).map(
        lambda names: clauses(*names)
    ),
    outcome=st.sampled_from([Outcome.PERMIT, Outcome.PERMIT, Outcome.REFUSED]),
)


@pytest.mark.attack(59)
@given(st.lists(kinds, max_size=12), st.sampled_from([None, "susan"]))
def test_a_world_without_what_is_hidden_is_told_alike(accounts, proxy):
    reader = Reader(LATER, proxy)
    visible = [one for one in accounts if is_told(one, reader)]
    assert told(*accounts, reader=reader) == told(*visible, reader=reader)


def test_every_role_and_purpose_has_words_for_the_person():
    for role in Role:
        for purpose in Purpose:
            (one,) = told(look(role=str(role), purpose=str(purpose), visible_to_person="now")) or (
                None,
            )
            if one is not None:
                assert str(role) not in one.says.split()
                assert str(purpose) not in one.says
