"""Agreements in the formats of others: out and in again is the same; what is foreign is a draft."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements import (
    Agreement,
    canonical,
    emit,
    from_mais,
    from_odrl,
    from_permission,
    to_bundle,
    to_mais,
    to_odrl,
    to_permission,
)
from careweave.formats import read_json, write_json
from careweave.terms import Heading, Incorrect
from tests.lib.region import northmere

BASE = "https://ig.northmere.example"
OUT_AND_IN = {
    "mais": (to_mais, from_mais),
    "odrl": (to_odrl, from_odrl),
    "permission": (to_permission, from_permission),
    "r4-bundle": (to_bundle, from_permission),
}
EVERY = pytest.mark.parametrize("one", northmere().agreements, ids=lambda one: one.id)


def sent(value):
    """The value after it has been bytes, as another system gets and gives it."""
    return read_json(write_json(value), expect_resource=False).value


@EVERY
@pytest.mark.parametrize("form", OUT_AND_IN)
def test_an_agreement_comes_back_as_itself(one: Agreement, form):
    out, into = OUT_AND_IN[form]
    again = into(sent(out(one.document)))
    assert again.document == one.document
    assert (again.missing, again.unmapped) == ((), {})


def fields(policy):
    """The fields of a SharingPolicy without the whole agreement, lists without their order."""
    return {
        name: sorted(map(canonical, value)) if isinstance(value, list) else value
        for name, value in policy["SharingPolicy"].items()
        if name != "careweave"
    }


@EVERY
def test_a_policy_without_the_whole_agreement_is_a_draft_that_tells_it_again(one: Agreement):
    policy = sent(to_mais(one.document))
    del policy["SharingPolicy"]["careweave"]
    draft = from_mais(policy)
    assert draft.document["status"] == "draft"
    assert {"clauses[0].to", "law.dpia", "rights"} <= set(draft.missing)
    assert fields(to_mais(draft.document, draft.unmapped)) == fields(policy)


words = st.text(st.characters(categories=["Lu", "Ll", "Nd"], codec="ascii"), min_size=1)
codes = st.lists(words, max_size=3, unique=True)


def among(*known: str):
    return st.lists(st.sampled_from(known) | words, min_size=1, max_size=6, unique=True)


policies = st.fixed_dictionaries(
    {
        "URI": st.sampled_from([f"{BASE}/agreements/agr-x/1", "urn:other"]),
        "Identifier": st.fixed_dictionaries(
            {
                "value": st.sampled_from(["agr-x@1", "agr-x@0", "7"]),
                "System": st.sampled_from([f"{BASE}/agreements", "urn:them"]),
            }
        ),
        "Name": words,
        "Contact": words,
        "Party": st.lists(
            st.fixed_dictionaries(
                {
                    "Name": words,
                    "CatalogueID": st.lists(
                        st.fixed_dictionaries(
                            {
                                "value": st.sampled_from(["org:nm-acute", "x"]),
                                "system": st.sampled_from([f"{BASE}/organisations", "urn:c"]),
                            }
                        ),
                        min_size=1,
                        max_size=2,
                    ),
                }
            ),
            min_size=1,
            max_size=3,
            unique_by=canonical,
        ),
        "Data": among(f"{BASE}/heading/MED", f"{BASE}/heading/ZZZ", "a file"),
        "Purpose": among(
            *("TREAT", "SAFEG", "HOPERAT"),
            "https://www.legislation.gov.uk/ukpga/1989/41/section/47",
        ),
        "StartDate": st.just("2026-06-01"),
        "EndDate": st.just("2027-05-31"),
        "PermittedUse": among("odrl:read", "odrl:display", "odrl:reproduce", "odrl:sell"),
    },
    optional={
        "Restrictions": among("odrl:distribute", "odrl:transfer", "cw:reidentify"),
        "DataRecipientResponsibilities": among("odrl:delete", "odrl:inform", "odrl:attribute"),
        "SecurityMeasure": among("audit"),
        "LegalCompliance": among(
            *("uk-gdpr:6.1.e", "uk-gdpr:9.2.h", "uk-gdpr:6.1.c", "confidentiality:statute"),
            *("confidentiality:custom", "statute:CareAct2014-s42", "statute:", "gdpr"),
        ),
    },
)


@given(policies)
def test_a_foreign_policy_loses_nothing_on_its_way_through(policy):
    whole = {"SharingPolicy": policy}
    draft = from_mais(whole)
    assert fields(to_mais(draft.document, draft.unmapped)) == fields(whole)


@given(policies)
def test_nothing_foreign_is_ever_an_agreement_as_it_comes(policy):
    draft = from_mais({"SharingPolicy": policy})
    assert draft.document["status"] == "draft"
    assert "clauses[0].relationship" in draft.missing
    assert emit(dict(draft.document))


def one_policy():
    return sent(to_mais(northmere().agreements[0].document))


@pytest.mark.parametrize(
    "change",
    [
        {"Name": "Another name"},
        {"EndDate": "2031-01-01"},
        {"Data": [f"{BASE}/heading/{heading}" for heading in Heading]},
        {"Restrictions": []},
    ],
)
def test_a_policy_that_contradicts_the_agreement_inside_it_is_refused(change):
    policy = one_policy()
    policy["SharingPolicy"].update(change)
    with pytest.raises(Incorrect):
        from_mais(policy)


@pytest.mark.parametrize("form", ["odrl", "permission"])
def test_rules_that_contradict_the_agreement_inside_them_are_refused(form):
    out, into = OUT_AND_IN[form]
    told = sent(out(northmere().agreements[0].document))
    rules = told["permission" if form == "odrl" else "rule"]
    rules.append(deepcopy(rules[0]))
    with pytest.raises(Incorrect):
        into(told)


def test_foreign_rules_are_a_draft_with_everything_still_to_be_said():
    odrl = from_odrl({"@type": "Set", "uid": "urn:x", "permission": [{"target": "urn:y"}]})
    assert odrl.unmapped == {"rules": ({"target": "urn:y"},)}
    validity = {"start": "2026-01-01", "end": "2026-12-31"}
    permission = from_permission(
        {"resourceType": "Permission", "validity": validity, "rule": [{"type": "deny"}]}
    )
    assert permission.unmapped == {"rule": ({"type": "deny"},)}
    for draft in (odrl, permission):
        assert draft.document["status"] == "draft"
        assert {"clauses", "parties"} <= set(draft.missing)


@pytest.mark.parametrize(
    ("into", "value"),
    [
        (from_mais, {}),
        (from_mais, {"SharingPolicy": {"Name": ["a"], "Party": [{}]}}),
        (from_mais, {"SharingPolicy": {"Identifier": {}, "Data": "x"}}),
        (from_odrl, {"@type": "Person"}),
        (from_permission, {"resourceType": "Patient"}),
        (from_permission, {"resourceType": "Bundle"}),
    ],
)
def test_what_is_something_else_is_refused(into, value):
    with pytest.raises(Incorrect):
        into(value)


@pytest.mark.parametrize("data", ["not base64!", "bm90IGpzb24="])
def test_a_permission_whose_attachment_cannot_be_read_is_refused(data):
    made = sent(to_bundle(northmere().agreements[0].document))
    made["entry"][0]["resource"]["extension"][0]["valueAttachment"]["data"] = data
    with pytest.raises(Incorrect):
        from_permission(made)


def test_odrl_says_who_may_have_what_for_each_clause_role_and_heading():
    one = next(one for one in northmere().agreements if one.id == "agr-care-homes")
    told = to_odrl(one.document)
    expected = sum(len(clause.roles) * len(clause.headings) for clause in one.clauses)
    assert len(told["permission"]) == expected
    first = told["permission"][0]
    assert first["assigner"] == [f"{BASE}/organisations/nm-acute"]
    assert first["assignee"][0]["source"] == f"{BASE}/groups/nm-care-homes"
    operands = {one["leftOperand"] for one in first["constraint"]}
    assert {"purpose", "dateTime", "count", "cw:level", "cw:relationship"} <= operands
    assert len(told["prohibition"]) == len(one.clauses)


@EVERY
def test_a_permission_denies_what_the_law_bars_whatever_its_clauses_say(one: Agreement):
    told = to_permission(one.document)
    assert told["combining"] == "deny-overrides"
    assert len(told["rule"]) == len(one.clauses) + 1
    barred = told["rule"][-1]
    assert barred["type"] == "deny"
    assert {each["code"] for each in barred["data"][0]["security"]} == {"S2", "S4", "S8", "V"}


DRAFT = Path(__file__).parents[3] / "shared/data/social-care/information-governance/dsa.json"


@pytest.mark.skipif(not DRAFT.exists(), reason="the draft schema does not lie beside the checkout")
@EVERY
def test_an_export_has_the_members_that_the_draft_schema_asks_for(one: Agreement):
    entity = json.loads(DRAFT.read_text(encoding="utf-8"))["entities"][0]
    policy = sent(to_mais(one.document))["SharingPolicy"]
    assert entity["name"] == "SharingPolicy"
    assert set(policy) <= {field["name"] for field in entity["fields"]} | {"careweave"}
    for field in entity["fields"]:
        least, most = field["cardinality"].split("..")
        value = policy.get(field["name"])
        assert least == "0" or value
        assert value is None or isinstance(value, list) is (most == "*")
        for child in field.get("children", ()):
            parts = value if isinstance(value, list) else [value]
            assert all(part[child["name"]] for part in parts)
