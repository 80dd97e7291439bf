"""What a Consent opens is never more than what it says: odd ones open less, and deny the same.

Source: `reference/agreements.md` section 8.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from careweave.agreements import Choice, ChoiceKind, ConsentWords, read_consent
from careweave.terms import LABEL_SYSTEM, Label

WORDS = ConsentWords({}, {}, {})
ZONE = ZoneInfo("Europe/London")
NAMED = {"securityLabel": [{"system": LABEL_SYSTEM, "code": "S4"}]}
REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def actor(reference: str) -> dict[str, Any]:
    return {"role": {"coding": [{"code": "IRCP"}]}, "reference": {"reference": reference}}


def proofs(provision: dict[str, Any], **more: Any) -> list[Choice]:
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"text": "privacy"}],
        "provision": provision,
        **more,
    }
    found = read_consent(consent, ZONE, WORDS).choices
    return [one for one in found if one.kind in (ChoiceKind.CONSENT, ChoiceKind.GRANT)]


def test_the_control_a_permit_by_name_is_a_consent() -> None:
    (one,) = proofs({"type": "permit", **NAMED})
    assert (one.kind, one.labels) == (ChoiceKind.CONSENT, {Label.S4})


def test_what_is_nested_lasts_no_longer_than_the_whole() -> None:
    period = {"start": "2020-01-01", "end": "2020-12-31"}
    found = proofs({"type": "permit", "period": period, "provision": [{"type": "permit", **NAMED}]})
    named = [one for one in found if Label.S4 in one.labels]
    assert [one.until for one in named] == [datetime(2021, 1, 1, tzinfo=UTC)]


def test_what_is_nested_opens_to_nobody_beyond_the_whole() -> None:
    whole = {"type": "permit", "actor": [actor("Organization/x")]}
    found = proofs({**whole, "provision": [{"type": "permit", **NAMED}]})
    assert {one.to for one in found} == {frozenset({"Organization/x"})}
    other = {"type": "permit", "actor": [actor("Organization/y")], **NAMED}
    assert not any(one.labels for one in proofs({**whole, "provision": [other]}))


def test_one_with_exceptions_opens_no_label_by_name() -> None:
    but = {"type": "deny", "actor": [actor("Organization/x")]}
    assert not any(one.labels for one in proofs({"type": "permit", **NAMED, "provision": [but]}))


@pytest.mark.parametrize("verification", [[{"verified": False}], [{"verified": True}, {}]])
def test_one_that_is_not_verified_opens_nothing(verification: list[dict[str, Any]]) -> None:
    family = {"purpose": [{"system": REASONS, "code": "FAMRQT"}], "actor": [actor("Patient/p")]}
    assert proofs({"type": "permit", **family})
    assert proofs({"type": "permit", **family}, verification=verification) == []
    assert proofs({"type": "permit", **NAMED}, verification=verification) == []


def test_one_that_does_not_say_which_it_is_opens_nothing() -> None:
    assert proofs(NAMED) == []
