"""What entries state of choices and of cohorts stands beside them as long as they say so."""

import pytest

from careweave.intake import SourceSettings, Writer
from careweave.terms import CANONICAL, Label
from tests.lib.desk import Desk

TERMS = "urn:careweave:demo:terms"
PATIENT = {"reference": "Patient/stbeda-p1"}
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
HEADINGS = f"{CANONICAL}/CodeSystem/heading"
LABELS = f"{CANONICAL}/CodeSystem/label"


def consent(provision, **more):
    base = {"resourceType": "Consent", "status": "active", "patient": PATIENT}
    scope = {"coding": [{"system": SCOPE, "code": "patient-privacy"}]}
    category = [{"coding": [{"system": TERMS, "code": "demo-dissent"}]}]
    policy = {"policyRule": {"text": "said to the practice"}}
    return {**base, "scope": scope, "category": category, **policy, "provision": provision, **more}


def choices(desk: Desk, columns: str):
    return desk.rows(f"SELECT {columns} FROM record.choice ORDER BY rid, place")


def test_a_dissent_denies_everyone_everything_until_it_is_withdrawn(desk):
    said = desk.create(consent({"type": "deny"}))

    plain = "kind, to_orgs, to_others, users, user_others, purpose_others, headings, labels"
    assert choices(desk, plain) == [(1, [], True, [], True, True, -1, 0)]
    desk.update(consent({"type": "deny"}, id=said.id, status="inactive"), if_match=1)
    assert choices(desk, "kind") == []


def test_a_dissent_says_towards_whom_about_what_and_until_when(desk):
    provision = {
        "type": "deny",
        "period": {"end": "2026-04-30"},
        "class": [{"system": HEADINGS, "code": "MED"}],
        "actor": [
            {
                "role": {"coding": [{"code": "IRCP"}]},
                "reference": {"type": "Organization", "identifier": {"system": "u", "value": "9"}},
            }
        ],
    }
    desk.create(consent(provision))

    [(org, others, headings, until)] = choices(desk, "to_orgs, to_others, headings, until::text")
    names = dict(desk.rows("SELECT org, slug FROM record.org"))
    assert [names[one] for one in org] == ["identifier u|9"]
    assert not others
    assert headings.bit_count() == 1
    assert until.startswith("2026-04-30 23:00")


def test_authors_and_entries_are_kept_so_that_rows_can_be_held_against_them(desk):
    author = {"reference": "Practitioner/ex-1"}
    noted = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    noted |= {"subject": PATIENT, "performer": [author]}
    made = desk.create(noted)
    data = [
        {"meaning": "authoredby", "reference": author},
        {"meaning": "instance", "reference": {"reference": f"Observation/{made.id}"}},
    ]
    desk.create(consent({"type": "deny", "data": data}))

    matching = desk.rows(
        "SELECT c.place FROM record.choice AS c, record.resource AS r WHERE r.id = %s "
        "AND ((r.rt::text || '/' || r.id) = ANY(c.ids)) <> c.id_others "
        "AND (r.tok && c.authors) <> c.author_others ORDER BY c.place",
        made.id,
    )
    assert matching == [(1,), (2,)]


@pytest.mark.parametrize("may_prove", [False, True])
def test_only_a_source_that_may_prove_them_states_consents_and_grants(database, may_prove):
    settings = SourceSettings(ties=frozenset({"consent", "grant"} if may_prove else ()))
    desk = Desk(database, Writer(database, settings=lambda _: settings))
    label = [{"system": LABELS, "code": Label.S2}]
    proxy = {"role": {"coding": [{"code": "IRCP"}]}, "reference": {"reference": "RelatedPerson/r"}}
    family = {"purpose": [{"system": REASON, "code": "FAMRQT"}], "actor": [proxy]}
    desk.create(consent({"type": "permit", "securityLabel": label}))
    desk.create(consent({"type": "permit", **family}))

    stated = [(2, [], True), (3, ["RelatedPerson/r"], False)] if may_prove else []
    assert choices(desk, "kind, users, labels <> 0") == stated


def test_a_code_of_the_practice_keeps_its_record_from_other_uses(desk):
    code = {"coding": [{"system": TERMS, "code": "demo-type-1-opt-out"}]}
    noted = {"resourceType": "Observation", "status": "final", "subject": PATIENT}
    desk.create({**noted, "code": code, "effectiveDateTime": "2026-03-20"})

    assert choices(desk, "kind, from_org, since::date::text") == [(4, "stbeda", "2026-03-20")]


def test_what_is_not_understood_is_told(desk):
    made = desk.create(consent({"type": "deny", "class": [{"system": "urn:other", "code": "x"}]}))

    assert any("consent-class" in issue.message for issue in made.issues)
    assert choices(desk, "kind, headings") == [(1, -1)]


def test_a_patient_tells_when_born_and_where_home_is(desk):
    homes = [
        {"use": "old", "postalCode": "XR9 1AA"},
        {"use": "home", "postalCode": "xr1 4ab"},
    ]
    patient = {
        "resourceType": "Patient",
        "id": "stbeda-p1",
        "birthDate": "1959-11-01",
        "address": homes,
    }
    made = desk.update(patient)
    assert desk.rows("SELECT born::text, outward FROM record.trait") == [("1959-11-01", "XR1")]

    desk.update({**patient, "id": made.id, "birthDate": "1959", "address": homes[:1]}, if_match=1)
    assert desk.rows("SELECT born, outward FROM record.trait") == [(None, "")]
