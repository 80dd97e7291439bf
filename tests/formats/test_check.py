"""Checking against base R4: structure, required codes and invariants, each with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import check, known_types, read_json, write_json
from careweave.terms import Severity

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
REFERENCE = {"reference": "Patient/1"}
TEXT = {"text": "x"}


def coded(system, code):
    return {"coding": [{"system": f"{TERMINOLOGY}/{system}", "code": code}]}


def found(value):
    return [(i.code, i.where) for i in check(read_json(write_json(value)))]


def keys(value):
    issues = check(read_json(write_json(value)))
    return {i.message.rpartition("(")[2].rstrip(")") for i in issues if i.code == "invariant"}


OBSERVATION = {"resourceType": "Observation", "status": "final", "code": coded("x", "a")}
CONDITION = {"resourceType": "Condition", "subject": REFERENCE}
ALLERGY = {"resourceType": "AllergyIntolerance", "patient": REFERENCE}
PATIENT = {"resourceType": "Patient"}
BUNDLE = {"resourceType": "Bundle"}
LIST = {"resourceType": "List", "status": "current", "mode": "snapshot"}
APPOINTMENT = {
    "resourceType": "Appointment",
    "participant": [{"status": "accepted", "actor": REFERENCE}],
}
TIMING = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "subject": REFERENCE,
}
DOCUMENT = {
    "resourceType": "DocumentReference",
    "status": "current",
    "content": [{"attachment": {"contentType": "text/plain"}}],
}


def timing(**repeat):
    return {**TIMING, "occurrenceTiming": {"repeat": repeat}}


def extension(**content):
    return {**PATIENT, "extension": [{"url": "http://e", **content}]}


def counted(**quantity):
    return extension(valueCount={"system": "http://unitsofmeasure.org", **quantity})


def lasting(**quantity):
    return extension(valueDuration=quantity)


def required(**filters):
    return extension(valueDataRequirement={"type": "Patient", **filters})


def trigger(kind, **content):
    return extension(valueTriggerDefinition={"type": kind, **content})


BREAKS = {
    "ele-1": ({**PATIENT, "name": [{}]}, {**PATIENT, "name": [{"text": "x"}]}),
    "ext-1": (extension(), extension(valueString="x")),
    "ext-1 both": (
        extension(valueString="x", extension=[{"url": "u", "valueCode": "y"}]),
        extension(extension=[{"url": "u", "valueCode": "y"}]),
    ),
    "qty-3": ({**OBSERVATION, "valueQuantity": {"code": "kg"}},
              {**OBSERVATION, "valueQuantity": {"code": "kg", "system": "http://unitsofmeasure.org"}}),
    "per-1": ({**PATIENT, "name": [{"period": {"start": "2020-02", "end": "2020-01-31"}}]},
              {**PATIENT, "name": [{"period": {"start": "2020-02", "end": "2020-02-01"}}]}),
    "per-1 zones": (
        {**PATIENT, "name": [{"period": {"start": "2020-01-01T10:00:00Z", "end": "2020-01-01T10:30:00+01:00"}}]},
        {**PATIENT, "name": [{"period": {"start": "2020-01-01T10:00:00+01:00", "end": "2020-01-01T09:00:00Z"}}]},
    ),
    "rng-2": ({**OBSERVATION, "valueRange": {"low": {"value": 2}, "high": {"value": 1}}},
              {**OBSERVATION, "valueRange": {"low": {"value": 2, "unit": "g"}, "high": {"value": 1, "unit": "kg"}}}),
    "rat-1": ({**OBSERVATION, "valueRatio": {"numerator": {"value": 2}}},
              {**OBSERVATION, "valueRatio": {"numerator": {"value": 2}, "denominator": {"value": 1}}}),
    "att-1": ({**DOCUMENT, "content": [{"attachment": {"data": "QQ=="}}]}, DOCUMENT),
    "cpt-2": ({**PATIENT, "telecom": [{"value": "1"}]}, {**PATIENT, "telecom": [{"value": "1", "system": "phone"}]}),
    "age-1": ({"resourceType": "Condition", "subject": REFERENCE, "onsetAge": {"value": -1, "code": "a", "system": "http://unitsofmeasure.org"}},
              {"resourceType": "Condition", "subject": REFERENCE, "onsetAge": {"value": 1, "code": "a", "system": "http://unitsofmeasure.org"}}),
    "tim-1": (timing(duration=1), timing(duration=1, durationUnit="h")),
    "tim-2": (timing(period=1), timing(period=1, periodUnit="d")),
    "tim-4": (timing(duration=-1, durationUnit="h"), timing(duration=0, durationUnit="h")),
    "tim-5": (timing(period=-1, periodUnit="h"), timing(period=0, periodUnit="h")),
    "tim-6": (timing(periodMax=1), timing(periodMax=2, period=1, periodUnit="h")),
    "tim-7": (timing(durationMax=1), timing(durationMax=2, duration=1, durationUnit="h")),
    "tim-8": (timing(countMax=1), timing(countMax=2, count=1)),
    "tim-9": (timing(offset=1, when=["CM"]), timing(offset=1, when=["ACM"])),
    "tim-10": (timing(timeOfDay=["10:00:00"], when=["ACM"]), timing(timeOfDay=["10:00:00"])),
    "pat-1": ({**PATIENT, "contact": [{"gender": "male"}]}, {**PATIENT, "contact": [{"name": {"text": "x"}}]}),
    "obs-3": ({**OBSERVATION, "referenceRange": [{"type": TEXT}]}, {**OBSERVATION, "referenceRange": [{"text": "x"}]}),
    "obs-6": ({**OBSERVATION, "valueString": "x", "dataAbsentReason": TEXT}, {**OBSERVATION, "dataAbsentReason": TEXT}),
    "obs-7": ({**OBSERVATION, "valueString": "x", "component": [{"code": coded("x", "a")}]},
              {**OBSERVATION, "valueString": "x", "component": [{"code": coded("x", "b")}]}),
    "con-3": ({**CONDITION, "category": [coded("condition-category", "problem-list-item")]},
              {**CONDITION, "category": [coded("condition-category", "problem-list-item")],
               "clinicalStatus": coded("condition-clinical", "active")}),
    "con-4": ({**CONDITION, "abatementDateTime": "2020", "clinicalStatus": coded("condition-clinical", "active")},
              {**CONDITION, "abatementDateTime": "2020", "clinicalStatus": coded("condition-clinical", "resolved")}),
    "con-5": ({**CONDITION, "clinicalStatus": coded("condition-clinical", "active"),
               "verificationStatus": coded("condition-ver-status", "entered-in-error")},
              {**CONDITION, "verificationStatus": coded("condition-ver-status", "entered-in-error")}),
    "con-1": ({**CONDITION, "stage": [{"type": TEXT}]}, {**CONDITION, "stage": [{"summary": TEXT}]}),
    "con-2": ({**CONDITION, "evidence": [{"id": "a"}]}, {**CONDITION, "evidence": [{"code": [TEXT]}]}),
    "ait-1": (ALLERGY, {**ALLERGY, "clinicalStatus": coded("allergyintolerance-clinical", "active")}),
    "ait-2": ({**ALLERGY, "clinicalStatus": coded("allergyintolerance-clinical", "active"),
               "verificationStatus": coded("allergyintolerance-verification", "entered-in-error")},
              {**ALLERGY, "verificationStatus": coded("allergyintolerance-verification", "entered-in-error")}),
    "lst-1": ({**LIST, "emptyReason": TEXT, "entry": [{"item": REFERENCE}]}, {**LIST, "emptyReason": TEXT}),
    "lst-2": ({**LIST, "entry": [{"item": REFERENCE, "deleted": True}]},
              {**LIST, "mode": "changes", "entry": [{"item": REFERENCE, "deleted": True}]}),
    "lst-3": ({**LIST, "entry": [{"item": REFERENCE, "date": "2020"}]},
              {**LIST, "mode": "working", "entry": [{"item": REFERENCE, "date": "2020"}]}),
    "app-2": ({**APPOINTMENT, "status": "proposed", "start": "2020-01-01T10:00:00Z"},
              {**APPOINTMENT, "status": "proposed"}),
    "app-3": ({**APPOINTMENT, "status": "booked"}, {**APPOINTMENT, "status": "cancelled"}),
    "app-4": ({**APPOINTMENT, "status": "proposed", "cancelationReason": TEXT},
              {**APPOINTMENT, "status": "cancelled", "cancelationReason": TEXT}),
    "app-1": ({**APPOINTMENT, "status": "proposed", "participant": [{"status": "accepted"}]},
              {**APPOINTMENT, "status": "proposed", "participant": [{"status": "accepted", "type": [TEXT]}]}),
    "bdl-1": ({**BUNDLE, "type": "collection", "total": 1}, {**BUNDLE, "type": "searchset", "total": 1}),
    "bdl-2": ({**BUNDLE, "type": "collection", "entry": [{"resource": PATIENT, "search": {"mode": "match"}}]},
              {**BUNDLE, "type": "searchset", "entry": [{"resource": PATIENT, "search": {"mode": "match"}}]}),
    "bdl-3": ({**BUNDLE, "type": "batch", "entry": [{"resource": PATIENT}]},
              {**BUNDLE, "type": "batch", "entry": [{"resource": PATIENT, "request": {"method": "POST", "url": "Patient"}}]}),
    "bdl-4": ({**BUNDLE, "type": "batch-response", "entry": [{"resource": PATIENT}]},
              {**BUNDLE, "type": "batch-response", "entry": [{"response": {"status": "200"}}]}),
    "bdl-5": ({**BUNDLE, "type": "collection", "entry": [{"fullUrl": "urn:x"}]}, {**BUNDLE, "type": "collection"}),
    "bdl-7": ({**BUNDLE, "type": "collection", "entry": [{"fullUrl": "urn:x", "resource": PATIENT}] * 2},
              {**BUNDLE, "type": "collection", "entry": [
                  {"fullUrl": "urn:x", "resource": {**PATIENT, "meta": {"versionId": v}}} for v in "12"]}),
    "bdl-8": ({**BUNDLE, "type": "collection", "entry": [{"fullUrl": "http://h/Patient/1/_history/1", "resource": PATIENT}]},
              {**BUNDLE, "type": "collection", "entry": [{"fullUrl": "http://h/Patient/1", "resource": PATIENT}]}),
    "bdl-9": ({**BUNDLE, "type": "document"}, {**BUNDLE, "type": "collection"}),
    "bdl-10": ({**BUNDLE, "type": "document"}, {**BUNDLE, "type": "document", "timestamp": "2020-01-01T00:00:00Z"}),
    "bdl-11": ({**BUNDLE, "type": "document", "entry": [{"resource": PATIENT}]}, {**BUNDLE, "type": "collection"}),
    "bdl-12": ({**BUNDLE, "type": "message", "entry": [{"resource": PATIENT}]}, {**BUNDLE, "type": "collection"}),
    "cmp-1": ({"resourceType": "Composition", "section": [{"title": "x"}]},
              {"resourceType": "Composition", "section": [{"title": "x", "entry": [REFERENCE]}]}),
    "cpl-3": ({"resourceType": "CarePlan", "activity": [{"reference": REFERENCE, "detail": {"status": "scheduled"}}]},
              {"resourceType": "CarePlan", "activity": [{"reference": REFERENCE}]}),
    "ctm-1": ({"resourceType": "CareTeam", "participant": [{"member": REFERENCE, "onBehalfOf": {"display": "x"}}]},
              {"resourceType": "CareTeam", "participant": [
                  {"member": {"reference": "Practitioner/1"}, "onBehalfOf": {"display": "x"}}]}),
    "ppc-1": ({"resourceType": "Consent"}, {"resourceType": "Consent", "policyRule": TEXT}),
    "ppc-2": ({"resourceType": "Consent", "scope": coded("consentscope", "treatment")},
              {"resourceType": "Consent", "scope": coded("consentscope", "treatment"), "patient": REFERENCE}),
    "gol-1": ({"resourceType": "Goal", "target": [{"detailString": "x"}]},
              {"resourceType": "Goal", "target": [{"detailString": "x", "measure": TEXT}]}),
    "imm-1": ({"resourceType": "Immunization", "education": [{"publicationDate": "2020"}]},
              {"resourceType": "Immunization", "education": [{"documentType": "x"}]}),
    "cnt-3": (counted(value=1.5, code="1"), counted(value=2, code="1")),
    "drt-1": (lasting(code="a", value=1), lasting(code="a", value=1, system="http://unitsofmeasure.org")),
    "exp-1": ({"resourceType": "Measure", "supplementalData": [{"criteria": {"language": "text/cql"}}]},
              {"resourceType": "Measure", "supplementalData": [{"criteria": {"language": "text/cql", "expression": "x"}}]}),
    "drq-1": (required(codeFilter=[{"id": "a"}]), required(codeFilter=[{"path": "x"}])),
    "drq-2": (required(dateFilter=[{"path": "x", "searchParam": "y"}]), required(dateFilter=[{"searchParam": "y"}])),
    "trd-1": (trigger("periodic", timingDate="2020", data=[{"type": "Patient"}]), trigger("periodic", timingDate="2020")),
    "trd-2": (trigger("named-event", name="x", condition={"expression": "x", "language": "text/cql"}), trigger("named-event", name="x")),
    "trd-3": (trigger("named-event"), trigger("data-added", data=[{"type": "Patient"}])),
    "trd-3 periodic": (trigger("periodic"), trigger("periodic", timingDate="2020")),
    "sev-1": ({"resourceType": "AuditEvent", "entity": [{"name": "x", "query": "eA=="}]},
              {"resourceType": "AuditEvent", "entity": [{"name": "x"}]}),
    "apr-1": ({"resourceType": "AppointmentResponse"}, {"resourceType": "AppointmentResponse", "actor": REFERENCE}),
    "imr-1": ({"resourceType": "ImmunizationRecommendation", "recommendation": [{"forecastStatus": TEXT}]},
              {"resourceType": "ImmunizationRecommendation", "recommendation": [{"vaccineCode": [TEXT]}]}),
    "mad-1": ({"resourceType": "MedicationAdministration", "dosage": {"text": "x"}},
              {"resourceType": "MedicationAdministration", "dosage": {"rateQuantity": {"value": 1}}}),
    "mdd-1": ({"resourceType": "MedicationDispense", "whenPrepared": "2020-02-01", "whenHandedOver": "2020-01-01"},
              {"resourceType": "MedicationDispense", "whenPrepared": "2020-01-01", "whenHandedOver": "2020-01-01"}),
    "org-1": ({"resourceType": "Organization"}, {"resourceType": "Organization", "name": "x"}),
    "org-2": ({"resourceType": "Organization", "address": [{"use": "home"}]},
              {"resourceType": "Organization", "address": [{"use": "work"}]}),
    "org-3": ({"resourceType": "Organization", "telecom": [{"use": "home"}]},
              {"resourceType": "Organization", "telecom": [{"use": "work"}]}),
    "qrs-1": ({"resourceType": "QuestionnaireResponse", "item": [
                  {"linkId": "1", "item": [{"linkId": "2", "answer": [{"valueString": "x"}], "item": [{"linkId": "3"}]}]}]},
              {"resourceType": "QuestionnaireResponse", "item": [{"linkId": "1", "item": [{"linkId": "2"}]}]}),
    "ras-1": ({"resourceType": "RiskAssessment", "prediction": [{"probabilityRange": {"low": {"value": 1}}}]},
              {"resourceType": "RiskAssessment", "prediction": [
                  {"probabilityRange": {"low": {"value": 1, "code": "%", "system": "http://unitsofmeasure.org"}}}]}),
    "ras-2": ({"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": 101}]},
              {"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": 100}]}),
    "prr-1": ({**TIMING, "orderDetail": [TEXT]}, {**TIMING, "orderDetail": [TEXT], "code": TEXT}),
    "inv-1": ({"resourceType": "Task", "authoredOn": "2020-02-01", "lastModified": "2020-01-01"},
              {"resourceType": "Task", "authoredOn": "2020-02-01", "lastModified": "2020-02-01"}),
    "inv-1 parameters": ({"resourceType": "Parameters", "parameter": [{"name": "x"}]},
                         {"resourceType": "Parameters", "parameter": [{"name": "x", "valueString": "y"}]}),
    "fhs-1": ({"resourceType": "FamilyMemberHistory", "ageString": "1", "bornString": "x"},
              {"resourceType": "FamilyMemberHistory", "ageString": "1"}),
    "fhs-2": ({"resourceType": "FamilyMemberHistory", "estimatedAge": True},
              {"resourceType": "FamilyMemberHistory", "estimatedAge": True, "ageString": "1"}),
    "grp-1": ({"resourceType": "Group", "actual": False, "member": [{"entity": REFERENCE}]},
              {"resourceType": "Group", "actual": True, "member": [{"entity": REFERENCE}]}),
    "ref-1": ({**CONDITION, "subject": {"reference": "#p"}},
              {**CONDITION, "subject": {"reference": "#p"}, "contained": [{**PATIENT, "id": "p"}]}),
    "dom-2": ({**CONDITION, "subject": {"reference": "#p"},
               "contained": [{**PATIENT, "id": "p", "contained": [{**PATIENT, "id": "q"}]}]}, CONDITION),
    "dom-3": ({**CONDITION, "contained": [{**PATIENT, "id": "p"}]},
              {**CONDITION, "contained": [{"resourceType": "Provenance", "id": "p", "target": [{"reference": "#"}]}]}),
    "dom-4": ({**CONDITION, "subject": {"reference": "#p"}, "contained": [{**PATIENT, "id": "p", "meta": {"versionId": "1"}}]},
              CONDITION),
    "dom-5": ({**CONDITION, "subject": {"reference": "#p"},
               "contained": [{**PATIENT, "id": "p", "meta": {"security": [{"code": "x"}]}}]}, CONDITION),
    "txt-1": ({**PATIENT, "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>'}},
              {**PATIENT, "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>'}}),
    "txt-2": ({**PATIENT, "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"> </div>'}},
              {**PATIENT, "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><img src="#x" alt=""/></div>'}}),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_an_invariant_is_broken_by_the_one_and_kept_by_the_other(name):
    broken, kept = BREAKS[name]
    key = name.split(" ")[0]
    assert key in keys(broken)
    assert key not in keys(kept)


@pytest.mark.parametrize(
    "div",
    [
        "plain",
        "<div>no namespace</div>",
        '<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">x</p></div>',
        '<div xmlns="http://www.w3.org/1999/xhtml"><a href=" JavaScript:x()">x</a></div>',
        '<div xmlns="http://www.w3.org/1999/xhtml"><iframe src="x">x</iframe></div>',
        '<div xmlns="http://www.w3.org/1999/xhtml"><object>x</object></div>',
        '<div xmlns="http://www.w3.org/1999/xhtml">&nbsp;x</div>',
        '<div xmlns="http://www.w3.org/1999/xhtml">x</div><div/>',
        '<!DOCTYPE div [<!ENTITY e "x">]><div xmlns="http://www.w3.org/1999/xhtml">&e;</div>',
    ],
)
def test_active_or_broken_markup_is_no_narrative(div):
    assert "txt-1" in keys({**PATIENT, "text": {"status": "generated", "div": div}})


@pytest.mark.parametrize(
    ("value", "code", "where"),
    [
        ({"resourceType": "Nope"}, "value", "Nope"),
        ({**PATIENT, "unheard": 1}, "structure", "Patient.unheard"),
        ({**PATIENT, "name": {}}, "structure", "Patient.name"),
        ({**PATIENT, "birthDate": "1980-13-01"}, "value", "Patient.birthDate"),
        ({**PATIENT, "active": "true"}, "structure", "Patient.active"),
        ({**PATIENT, "gender": "bogus"}, "code-invalid", "Patient.gender"),
        ({**PATIENT, "name": [{"use": "bogus"}]}, "code-invalid", "Patient.name[0].use"),
        ({**PATIENT, "contained": [{**PATIENT, "id": "p", "gender": "x"}], "link": [{"type": "refer", "other": {"reference": "#p"}}]},
         "code-invalid", "Patient.contained[0].gender"),
        ({**PATIENT, "extension": [{"url": "u", "valueAddress": {"use": "x"}}]}, "code-invalid",
         "Patient.extension[0].valueAddress.use"),
        ({**PATIENT, "_gender": {"extension": [{"url": "u", "valueAddress": {"use": "x"}}]}}, "code-invalid",
         "Patient.gender.extension[0].valueAddress.use"),
        ({**PATIENT, "photo": [{"contentType": "no type"}]}, "code-invalid", "Patient.photo[0].contentType"),
        ({**CONDITION, "clinicalStatus": TEXT}, "code-invalid", "Condition.clinicalStatus"),
        ({**CONDITION, "clinicalStatus": {"coding": [{"code": "active"}]}}, "code-invalid", "Condition.clinicalStatus"),
        ({**OBSERVATION, "component": [{"code": TEXT, "referenceRange": [{"low": {"comparator": "x"}, "text": "x"}]}]},
         "code-invalid", "Observation.component[0].referenceRange[0].low.comparator"),
        ({**BUNDLE, "type": "collection", "entry": [{"resource": {**PATIENT, "gender": "x"}}]}, "code-invalid",
         "Bundle.entry[0].resource.gender"),
        ({"resourceType": "Observation"}, "required", "Observation.status"),
        ({**PATIENT, "id": "a b"}, "value", "Patient.id"),
        ({**PATIENT, "id": "x" * 65}, "value", "Patient.id"),
        ({**PATIENT, "birthDate": "2021-02-29"}, "value", "Patient.birthDate"),
        ({**PATIENT, "birthDate": "0000"}, "value", "Patient.birthDate"),
        ({**PATIENT, "multipleBirthInteger": 99999999999}, "value", "Patient.multipleBirthInteger"),
        ({**OBSERVATION, "effectiveDateTime": "2020-04-31T10:00:00Z"}, "value", "Observation.effectiveDateTime"),
    ],
)  # fmt: skip
def test_a_fault_has_its_code_and_its_place(value, code, where):
    assert (code, where) in found(value)


def test_a_coding_of_another_system_beside_the_required_one_is_fine():
    status = {
        "coding": [
            {"system": "http://local", "code": "1"},
            *coded("condition-clinical", "active")["coding"],
        ]
    }
    assert found({**CONDITION, "clinicalStatus": status}) == []


def test_what_is_absent_by_an_extension_has_a_status():
    absent = {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                "valueCode": "unknown",
            }
        ]
    }
    assert found({**CONDITION, "clinicalStatus": absent}) == []
    assert found({**OBSERVATION, "status": "final", "_issued": absent}) == []


@pytest.mark.parametrize("currency", ["GBP", "pounds"])
def test_a_currency_has_three_letters(currency):
    value = extension(valueMoney={"value": 1, "currency": currency})
    assert (found(value) == []) is (currency == "GBP")


def test_many_faults_and_odd_names_take_no_time():
    many = {**PATIENT, "telecom": [{"value": "1"}] * 40_000, "." * 500_000: 1}
    assert len(check(read_json(write_json(many)))) == 100
    endless = {**PATIENT, "text": {"status": "generated", "div": "<" * 500_000}}
    assert "txt-1" in keys(endless)


def test_all_faults_are_found_and_at_most_a_hundred_told():
    many = {**PATIENT, "name": [{"use": "x"}] * 60, "telecom": [{"value": "1"}] * 60, "gender": "x"}
    issues = check(read_json(write_json(many)))
    assert len(issues) == 100
    assert (
        len(found({**PATIENT, "gender": "x", "birthDate": "x", "telecom": [{"value": "1"}]})) == 3
    )


def test_a_best_practice_is_a_warning():
    (issue,) = check(read_json(write_json(BREAKS["con-3"][0])))
    assert issue.severity is Severity.WARNING


def test_no_message_repeats_a_value():
    value = {
        **PATIENT, "birthDate": "Jane Roe", "gender": "Jane Roe", "Jane Roe": 1, "multipleBirthInteger": 1.5,
        "name": [{"Jane": {"Roe Jane": "x"}}], "telecom": [{"rank": 0, "system": "Jane"}], "language": "",
        "photo": [{"data": "Jane Roe!", "size": -1}], "link": "Jane",
    }  # fmt: skip
    issues = check(read_json(write_json(value)))
    assert len(issues) > 6
    for issue in issues:
        assert "Roe" not in f"{issue.message} {issue.where}"
        assert "1.5" not in issue.message
    assert "Jane" not in check(read_json(b'{"resourceType":"JaneRoe"}'))[0].message


def test_a_type_that_is_no_text_is_a_fault_and_no_exception():
    inner = {"resourceType": ["Patient"], "contained": [{"id": "#"}]}
    assert found({**BUNDLE, "type": "collection", "entry": [{"resource": inner}]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "#a", "2020", "final", "<div/>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["code", "coding", "system", "status", "value", "valueQuantity", "period", "start", "end", "entry",
                         "resource", "resourceType", "contained", "id", "mode", "component", "item", "div", "text",
                         "timing", "repeat", "when", "offset", "category", "verificationStatus", "clinicalStatus",
                         "extension", "url", "_code", "member", "onBehalfOf", "reference", "low", "high"]),
        inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@given(st.sampled_from(known_types()), JSON)
def test_whatever_is_sent_gets_issues_and_no_exception(kind, value):
    members = value if isinstance(value, dict) else {"code": value, "extension": value}
    check(read_json(write_json({**members, "id": "x", "resourceType": kind})))
