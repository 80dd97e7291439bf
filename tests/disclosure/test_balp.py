"""Accounts as AuditEvents: valid R4, in the patterns of IHE, and without anybody's data."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.disclosure import Asking, export_audit
from careweave.disclosure._balp import audit_events
from careweave.formats import check, read_json, write_json
from careweave.ledger import Outcome, Period, append, new_id
from careweave.terms import Actor, Forbidden, PersonId, Purpose, Severity, SourceId, SubjectId
from tests.lib.looks import look_at

NOW = datetime(2026, 3, 18, 14, 5, 6, 789012, tzinfo=UTC)
PERSON = PersonId(UUID("1cd8909e-f47b-8414-afab-f64319202533"))
AGREED = "agr-northmere-urgent@2/gp-to-urgent"
ADDRESSES = {"agr-northmere-urgent@2": "https://ig.example/agreements/agr-northmere-urgent/2"}
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."


def clauses(*names):
    return json.dumps([{"clause": one, "heading": "MED", "items": 1} for one in names])


def account(**changes):
    made = look_at(7, NOW, request_id="0195a000-aaaa", clauses=clauses(AGREED), person=PERSON)
    return replace(made, **{"deed": None, **changes})


def events(**changes):
    return list(audit_events(account(**changes), ADDRESSES))


def agents(event):
    return {one["type"]["coding"][0]["code"]: one for one in event["agent"]}


def entities(event):
    return {(one["type"]["code"], one.get("role", {}).get("code")): one for one in event["entity"]}


def faults(event):
    found = check(read_json(write_json(event)))
    return [one for one in found if one.severity in {Severity.ERROR, Severity.FATAL}]


accounts = st.builds(
    account,
    action=st.sampled_from(
        [
            *("read", "vread", "history", "everything", "search", "find", "match", "cross"),
            *("create", "update", "patch", "delete", "break-glass", "reason", "client-add"),
            *("review", "audit-read", "link", "something-new"),
        ]
    ),
    outcome=st.sampled_from(Outcome),
    reason=st.sampled_from(["", "no-agreement", "scope"]),
    person=st.sampled_from([None, PERSON]),
    subjects=st.sampled_from([(), (SubjectId(7),), (SubjectId(7), SubjectId(8))]),
    clauses=st.sampled_from(
        ["", "own-organisation", "officer", clauses(), clauses("own:nm-acute", AGREED)]
    ),
    role=st.sampled_from([None, "ED"]),
    user_name=st.sampled_from([None, "u-ed"]),
    second_purpose=st.sampled_from([None, "BTG", "reason"]),
    what=st.sampled_from(["", "Observation?code", "Patient/$everything"]),
    request_id=st.sampled_from(["", "r1"]),
)


@given(accounts)
def test_every_account_is_a_valid_audit_event(one):
    made = list(audit_events(one, ADDRESSES))
    assert made
    for event in made:
        # A refusal says why; without a reason its description is empty and left out.
        assert faults(event) == []
    assert len({event["id"] for event in made}) == len(made)


def test_a_read_has_the_pattern_of_a_patient_read():
    event = events()[0]
    assert event["meta"]["profile"] == [BALP + "PatientRead"]
    assert (event["type"]["code"], event["action"], event["outcome"]) == ("rest", "R", "0")
    assert event["subtype"][0]["code"] == "read"
    by = agents(event)
    assert {"110152", "110153", "IRCP", "PROV"} == set(by)
    assert by["110152"]["who"]["identifier"]["value"] == "ward-system"
    assert by["110152"]["network"]["type"] == by["110153"]["network"]["type"] == "5"
    assert by["IRCP"]["who"]["identifier"]["value"] == "u-ed"
    assert by["IRCP"]["requestor"] is True
    assert by["IRCP"]["role"][0]["coding"][0]["code"] == "ED"
    assert by["IRCP"]["purposeOfUse"][0]["coding"][0]["code"] == "TREAT"
    about = entities(event)
    assert about["1", "1"]["what"] == {"reference": f"Patient/{PERSON}"}
    assert about["2", "4"]["what"] == {"display": "Observation"}
    assert about["XrequestId", None]["what"]["identifier"]["value"] == "0195a000-aaaa"


def test_a_search_has_the_pattern_of_a_query_with_the_question_in_base64():
    event = events(action="search", what="Observation?code&patient")[0]
    assert event["meta"]["profile"] == [BALP + "PatientQuery"]
    assert (event["subtype"][0]["code"], event["action"]) == ("search-type", "E")
    assert agents(event)["110153"]["who"]["identifier"]["value"] == "ward-system"
    query = entities(event)["2", "24"]
    assert base64.b64decode(query["query"]) == b"Observation?code&patient"
    assert "what" not in query
    alone = events(action="search", person=None, subjects=())[0]
    assert alone["meta"]["profile"] == [BALP + "Query"]


@pytest.mark.parametrize(("action", "letter"), [("create", "C"), ("patch", "U"), ("delete", "D")])
def test_a_write_is_told_by_its_letter(action, letter):
    (event,) = events(action=action, clauses="")
    assert event["action"] == letter
    assert event["meta"]["profile"][0].startswith(BALP + "Patient")


def test_the_clause_is_named_by_the_address_of_its_agreement():
    user = agents(events(clauses=clauses(AGREED, "own:nm-acute"))[0])["IRCP"]
    assert user["policy"] == [
        "https://ig.example/agreements/agr-northmere-urgent/2#gp-to-urgent",
        "urn:careweave:clause:own:nm-acute",
    ]


def test_a_refusal_is_a_decision_with_its_reason():
    (event,) = events(outcome=Outcome.REFUSED, reason="no-relationship", clauses="", n_items=0)
    assert (event["type"]["code"], event["subtype"][0]["code"]) == ("110113", "AuthZ-Consent")
    assert (event["outcome"], event["outcomeDesc"]) == ("8", "no-relationship")
    assert {"110150", "IRCP", "PROV", "authserver"} == set(agents(event))
    assert agents(event)["authserver"]["who"] == event["source"]["observer"]


def test_breaking_the_glass_is_a_second_purpose():
    event = events(action="break-glass", second_purpose="BTG")[0]
    codes = [one["coding"][0]["code"] for one in event["purposeOfEvent"]]
    assert codes == ["TREAT", "BTG"]
    assert event["type"]["code"] == "110113"


def test_what_left_its_organisation_is_told_once_more_as_a_disclosure():
    _, event = events()
    assert event["meta"]["profile"] == [BALP + "PrivacyDisclosure.Source"]
    assert (event["type"]["code"], event["action"]) == ("110106", "R")
    assert event["subtype"][0]["code"] == "disclose"
    assert agents(event)["110153"]["who"] == event["source"]["observer"]
    assert len(events(clauses=clauses("own:nm-acute"))) == 1
    assert len(events(outcome=Outcome.REFUSED)) == 1


def asking(purpose=Purpose.OPERATIONS):
    actor = Actor("officer", "nm-acute", SourceId(1), "nm-acute", purpose, frozenset())
    return Asking(actor, purpose, "cli", "request", NOW + timedelta(hours=1))


def exported(database, ask, *, case="IG-9", **more):
    lines = []
    period = Period(NOW, NOW + timedelta(hours=1))
    n = export_audit(database, ask, period, write=lines.append, case=case, **more)
    assert n == len(lines)
    return [json.loads(line) for line in lines]


def kept(database):
    with psycopg.connect(database.url) as connection:
        return connection.execute(
            b"SELECT action, outcome, reason FROM ledger.account WHERE actor = 'officer'"
        ).fetchall()


def test_a_period_is_exported_in_lines_and_that_is_accounted_for_first(database):
    made = [account(id=new_id(NOW), clauses=""), account(id=new_id(NOW), clauses="", n_items=1)]
    other = account(id=new_id(NOW), clauses="", organisation="nm-council")
    late = account(id=new_id(NOW), at=NOW + timedelta(hours=1))
    with database.session() as session:
        append(session, [*made, other, late])

    found = exported(database, asking())

    assert {one["id"] for one in found} == {str(one.id) for one in (*made, other)}
    assert kept(database) == [("audit-export", "permit", "IG-9")]
    council = exported(database, asking(), organisation="nm-council")
    assert [one["id"] for one in council] == [str(other.id)]


@pytest.mark.attack(57)
@pytest.mark.parametrize(("purpose", "case"), [("HOPERAT", " "), ("TREAT", "IG-9")])
def test_without_a_case_nothing_is_exported(database, purpose, case):
    with database.session() as session:
        append(session, [account()])
    with pytest.raises(Forbidden):
        exported(database, asking(Purpose(purpose)), case=case)
    assert [row[:2] for row in kept(database)] == [("audit-export", "refused")]
