"""What a Consent means: exceptions alternate, denying wins, and doubt never shows more."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements import Choice, ChoiceKind, ReadConsent, read_consent
from careweave.agreements._chosen import matches
from careweave.intake import load_rules
from careweave.terms import HEADING_SYSTEM, LABEL_SYSTEM, Heading, Label, Purpose
from tests.lib.agreed import ACUTE, context, thing, world

ZONE = ZoneInfo("Europe/London")
WORLD = world()
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
DEGREE = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
NAME = "identifier https://fhir.nhs.uk/Id/ods-organization-code|CWA01"


def said(provision: dict | None, **more: object) -> ReadConsent:
    """What is read of a consent with a provision."""
    scope = {"coding": [{"system": SCOPE, "code": more.pop("scope", "patient-privacy")}]}
    value = {"resourceType": "Consent", "status": "active", "scope": scope, **more}
    if provision is not None:
        value["provision"] = provision
    return read_consent(value, ZONE, load_rules().choices.words)


def denies(read: ReadConsent, heading: Heading = Heading.MED, *labels: Label, **asked) -> bool:
    """Whether any denial holds for a reader and an entry."""
    at = asked.pop("dated", datetime(2026, 1, 1, tzinfo=UTC))
    made = context(**asked)
    one = thing(heading, *labels, at=at)
    return any(
        choice.kind is ChoiceKind.DENY and matches(WORLD, choice, made, one)
        for choice in read.choices
    )


def under(*headings: Heading) -> list[dict]:
    return [{"system": HEADING_SYSTEM, "code": heading.value} for heading in headings]


def labelled(*labels: Label) -> list[dict]:
    return [{"system": LABEL_SYSTEM, "code": label.value} for label in labels]


def to(organisation: str = ACUTE) -> list[dict]:
    reference = {"reference": f"Organization/{organisation}"}
    return [{"role": {"coding": [{"code": "IRCP"}]}, "reference": reference}]


def test_a_consent_that_is_not_active_or_not_about_sharing_states_nothing():
    assert said({"type": "deny"}, status="inactive") == ReadConsent()
    assert said({"type": "deny"}, scope="adr") == ReadConsent()
    assert said(None) == ReadConsent()
    assert denies(said(None, policyRule={"coding": [{"code": "OPTOUT"}]}))


def test_an_unlimited_permit_denies_nothing():
    read = said({"type": "permit"})
    assert [one.kind for one in read.choices] == [ChoiceKind.CONSENT]


def test_exceptions_alternate():
    read = said(
        {
            "type": "deny",
            "provision": [
                {
                    "type": "permit",
                    "class": under(Heading.MED, Heading.ALG),
                    "provision": [{"type": "deny", "class": under(Heading.ALG), "actor": to()}],
                }
            ],
        }
    )
    assert denies(read, Heading.PRB)
    assert not denies(read, Heading.MED)
    assert denies(read, Heading.ALG)
    assert not denies(read, Heading.ALG, organisation="nm-council")


def test_at_the_same_depth_denying_wins():
    both = [{"type": kind, "class": under(Heading.MED)} for kind in ("permit", "deny")]
    for order in (both, both[::-1]):
        assert denies(said({"type": "permit", "provision": order}))
        assert denies(said({"type": "deny", "provision": order}))


def test_a_permit_bounds_to_whom_why_and_what():
    read = said({"type": "permit", "actor": to(), "purpose": [{"system": REASON, "code": "TREAT"}]})
    for purpose in (Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION):
        assert not denies(read, purpose=purpose)
    assert denies(read, purpose=Purpose.RESEARCH)
    assert denies(read, organisation="nm-council")


def test_a_consent_holds_for_its_own_time_and_its_exceptions_for_theirs():
    read = said(
        {
            "type": "deny",
            "period": {"start": "2026-11-01", "end": "2026-11-30"},
            "provision": [
                {"type": "permit", "period": {"start": "2026-11-20", "end": "2026-11-22"}}
            ],
        }
    )
    days = {19: True, 20: False, 22: False, 23: True}
    for day, denied in days.items():
        assert denies(read, at=datetime(2026, 11, day, 12, tzinfo=UTC)) is denied
    assert denies(read, at=datetime(2026, 11, 23, 0, tzinfo=UTC))
    assert not denies(read, at=datetime(2026, 12, 1, 0, tzinfo=UTC))
    assert denies(read, at=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))


def test_naming_a_label_consents_to_it_and_bounds_nothing_else():
    read = said({"type": "permit", "securityLabel": labelled(Label.S2), "actor": to()})
    assert not denies(read)
    (one,) = read.choices
    assert (one.kind, one.labels, one.to) == (
        ChoiceKind.CONSENT,
        frozenset({Label.S2}),
        frozenset({f"Organization/{ACUTE}"}),
    )


def test_a_proxy_is_granted_what_the_grant_does_not_take_out():
    proxy = {"reference": {"reference": "RelatedPerson/r1"}}
    read = said(
        {
            "type": "permit",
            "purpose": [{"system": REASON, "code": "FAMRQT"}],
            "actor": [proxy],
            "provision": [{"type": "deny", "securityLabel": labelled(Label.YOUNG_PERSON)}],
        }
    )
    grant = next(one for one in read.choices if one.kind is ChoiceKind.GRANT)
    assert grant.users == frozenset({"RelatedPerson/r1"})
    assert denies(read, Heading.MED, Label.YOUNG_PERSON)
    assert not denies(read)


DOUBTS = {
    "consent-element": {"extension": [{"url": "urn:other"}]},
    "consent-class": {"class": [{"system": "urn:other", "code": "x"}]},
    "consent-label": {"securityLabel": [{"system": "urn:other", "code": "x"}]},
    "consent-purpose": {"purpose": [{"system": "urn:other", "code": "x"}]},
    "consent-actor": {"actor": [{"reference": {"reference": "Group/g"}}]},
    "consent-data": {"data": [{"meaning": "related", "reference": {"reference": "Encounter/e"}}]},
}


@pytest.mark.parametrize("finding", sorted(DOUBTS))
def test_what_is_not_understood_is_read_the_more_restrictive_way_and_told(finding):
    odd = DOUBTS[finding]
    permit = said({"type": "permit", **odd})
    deny = said({"type": "permit", "provision": [{"type": "deny", **odd}]})
    allow = said({"type": "deny", "provision": [{"type": "permit", **odd}]})

    assert permit.findings == deny.findings == allow.findings == (finding,)
    assert denies(permit)
    assert denies(deny)
    assert denies(allow)
    assert all(one.kind is ChoiceKind.DENY for one in permit.choices)


def test_a_modifier_denies_everything():
    read = said({"type": "permit"}, modifierExtension=[{"url": "urn:other"}])
    assert denies(read)
    assert read.findings == ("consent-modifier",)


HEADINGS = st.sampled_from([Heading.MED, Heading.ALG, Heading.PRB])
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "class": st.lists(HEADINGS, min_size=1, max_size=2).map(lambda some: under(*some)),
        "actor": st.sampled_from([to(ACUTE), to("nm-council"), to(ACUTE) + to("nm-council")]),
        "purpose": st.sampled_from(["TREAT", "HRESCH", "PATRQT"]).map(
            lambda code: [{"system": REASON, "code": code}]
        ),
        "dataPeriod": st.sampled_from([{"start": "2026-01-01"}, {"end": "2025-12-31"}]),
    },
)


def provisions(depth: int):
    """Provisions with exceptions so deep."""
    kinds = st.sampled_from(["permit", "deny"])
    plain = st.builds(lambda kind, given: {"type": kind, **given}, kinds, CONDITIONS)
    if depth == 0:
        return plain
    inner = st.lists(provisions(depth - 1), max_size=2)
    return st.builds(lambda one, nested: {**one, "provision": nested}, plain, inner)


def holds(one: dict, asked: dict) -> bool:
    """Whether an entry and a reader are within a provision, by the letter."""
    headings = {code["code"] for code in one.get("class", [])}
    names = {actor["reference"]["reference"] for actor in one.get("actor", [])}
    purposes = {code["code"] for code in one.get("purpose", [])}
    dated = one.get("dataPeriod")
    is_late = asked["dated"].year >= 2026
    return (
        (not headings or asked["heading"].value in headings)
        and (not names or f"Organization/{asked['organisation']}" in names)
        and (not purposes or asked["purpose"].value in purposes)
        and (dated is None or ("start" in dated) is is_late)
    )


def permitted(one: dict, asked: dict) -> bool:
    """What a permit lets through, its exceptions taken out: a second reading of the rule."""
    inside = (
        holds(one, asked)
        or any(permitted(each, asked) for each in one["provision"] if each["type"] == "permit")
        if "provision" in one
        else holds(one, asked)
    )
    return inside and not any(
        refused(each, asked) for each in one.get("provision", []) if each["type"] == "deny"
    )


def refused(one: dict, asked: dict) -> bool:
    """What a denial keeps back, its exceptions taken out."""
    nested = one.get("provision", [])
    inside = holds(one, asked) and not any(
        permitted(each, asked) for each in nested if each["type"] == "permit"
    )
    return inside or any(refused(each, asked) for each in nested if each["type"] == "deny")


@given(root=provisions(2), heading=HEADINGS, is_late=st.booleans(), data=st.data())
def test_the_choices_deny_exactly_what_the_provisions_say(root, heading, is_late, data):
    asked = {
        "heading": heading,
        "organisation": data.draw(st.sampled_from([ACUTE, "nm-council"])),
        "purpose": data.draw(st.sampled_from([Purpose.DIRECT_CARE, Purpose.RESEARCH])),
        "dated": datetime(2026 if is_late else 2025, 6, 1, tzinfo=UTC),
    }
    expected = refused(root, asked) if root["type"] == "deny" else not permitted(root, asked)

    given_ = {key: value for key, value in asked.items() if key != "heading"}
    assert denies(said(root), heading, **given_) is expected


def test_only_a_denial_that_no_permit_bounds_may_be_lifted():
    plain = Choice(ChoiceKind.DENY, datetime.min.replace(tzinfo=UTC))
    assert said({"type": "deny"}).choices == (plain,)
    bound = said({"type": "permit", "securityLabel": [{"system": DEGREE, "code": "N"}]})
    assert {one.is_liftable for one in bound.choices if one.kind is ChoiceKind.DENY} == {False}
    assert replace(plain, is_liftable=False) not in bound.choices
