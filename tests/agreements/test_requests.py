"""Requests under sharing policies: what makes one, which policies count, and what is answered."""

import json
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest

from careweave.agreements import (
    Answer,
    MaisAnswer,
    Reason,
    Verdict,
    answer_of,
    permitted_policies,
    read_request,
)
from careweave.terms import Incorrect, Purpose
from tests.lib.agreed import ACUTE, COUNCIL, NOW, agreement, clause, world

REQUEST = {
    "Request": {
        "Identifier": {"value": "r-1", "System": "urn:requests"},
        "DateStamp": "2026-11-22T12:00:00",
        "RequesterIdentifier": {"value": "org:nm-acute", "system": "urn:catalogue"},
        "RequestedData": {"Query": {"identifier": "somebody"}},
        "AssertedPurpose": "TREAT",
        "SharingPolicy": [{"Identifier": {"value": "agr-one@1", "System": "urn:agreements"}}],
    }
}
SHARED = world(agreement(clause()))


def changed(name, value):
    made = deepcopy(REQUEST)
    made["Request"][name] = value
    return made


def test_a_request_says_who_asks_about_whom_and_why():
    request = read_request(REQUEST)
    assert (request.id, request.requester) == ("r-1", "org:nm-acute")
    assert request.purpose is Purpose.DIRECT_CARE
    assert request.policies == ("agr-one@1",)
    assert request.person == {"identifier": "somebody"}


@pytest.mark.parametrize("name", REQUEST["Request"])
def test_a_request_without_one_of_its_members_is_refused(name):
    with pytest.raises(Incorrect) as refusal:
        read_request(changed(name, None))
    assert any(name in issue.message for issue in refusal.value.issues)


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(Incorrect) as refusal:
        read_request({"Request": {}})
    assert len(refusal.value.issues) == 8


def test_a_section_of_the_law_asserts_safeguarding():
    section = "https://www.legislation.gov.uk/ukpga/1989/41/section/47"
    assert read_request(changed("AssertedPurpose", section)).purpose is Purpose.SAFEGUARDING


def permitted(request=REQUEST, organisation=ACUTE, at=NOW, known=SHARED):
    return permitted_policies(known, read_request(request), organisation, at)


def test_a_policy_in_force_that_names_asker_and_purpose_counts():
    assert permitted() == SHARED.agreements
    by_address = changed("SharingPolicy", [{"URI": SHARED.agreements[0].uri}])
    assert permitted(by_address) == SHARED.agreements


def test_no_other_policy_counts():
    assert permitted(organisation=COUNCIL) == ()
    assert permitted(changed("AssertedPurpose", "COC")) == ()
    assert permitted(changed("SharingPolicy", [{"URI": "urn:unknown"}])) == ()
    assert permitted(at=NOW + timedelta(days=1000)) == ()
    suspended = world(agreement(clause(), status="suspended"))
    assert permitted(known=suspended) == ()


DENIED = {
    *(Reason.ASSURANCE, Reason.SCOPE, Reason.NO_AGREEMENT, Reason.DISSENT),
    *(Reason.BUDGET, Reason.PROJECT),
}


@pytest.mark.parametrize("why", sorted(DENIED))
def test_a_refusal_is_denied(why):
    assert answer_of(Verdict(Answer.REFUSED, reason=why), Purpose.DIRECT_CARE) == "DENY"


@pytest.mark.parametrize(
    "verdict",
    [Verdict(Answer.WITHHELD), Verdict(Answer.REFUSED, reason=Reason.CONSENT_NEEDED)],
)
def test_what_a_human_can_settle_goes_to_one(verdict):
    assert answer_of(verdict, Purpose.DIRECT_CARE) is MaisAnswer.REVIEW


def test_what_is_absent_is_answered_as_if_nothing_were_held():
    for purpose in (Purpose.DIRECT_CARE, Purpose.SAFEGUARDING):
        absent = answer_of(Verdict(Answer.ABSENT, reason=Reason.LAW_BAR), purpose)
        assert absent is answer_of(Verdict(Answer.PERMIT), purpose)


def test_content_for_safeguarding_goes_to_a_human_first():
    assert answer_of(Verdict(Answer.PERMIT), Purpose.SAFEGUARDING) is MaisAnswer.REVIEW


SCHEMA = Path(__file__).parents[3] / "shared/data/social-care/information-governance/request.json"


@pytest.mark.skipif(not SCHEMA.exists(), reason="the draft schema does not lie beside the checkout")
def test_the_request_of_these_tests_has_the_members_of_the_draft_schema():
    (entity,) = json.loads(SCHEMA.read_text(encoding="utf-8"))["entities"]
    assert set(REQUEST["Request"]) == {field["name"] for field in entity["fields"]}
