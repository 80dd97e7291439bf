"""What a FHIR source sends, as entries."""

import json
from collections.abc import Iterable

import pytest

from careweave.sources import Head, Mapped, Reading, Reason, SourceMapping, Write
from careweave.sources._fhir import FhirFeed, fhir_mapping
from careweave.sources._fhir_names import NHS_NUMBER, Names
from careweave.sources._mapping import Input
from careweave.terms import keyed_id

KEY = b"careweave-demo-key"
HERE = "https://gp.example/fhir"


def mapping(release: Input = Input.FHIR_R4, accept: Iterable[str] = (), **more) -> SourceMapping:
    """The mapping of a source of one practice."""
    names = Names(KEY, "nm-gp", **more)
    return fhir_mapping(FhirFeed("nm-gp-fhir", names, release, "Europe/London", frozenset(accept)))


def public(type_name: str, original: str) -> str:
    """The public id of what the practice calls so."""
    return keyed_id(KEY, "nm-gp", type_name, original)


def read(value: object, of: SourceMapping | None = None) -> Reading:
    """What a message says."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return (of or mapping()).read(body, Head())


def look(value: object, of: SourceMapping | None = None) -> Head:
    """The head of a message."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return (of or mapping()).peek(body)


def by_type(reading: Reading) -> dict[str, Mapped]:
    """The entries by their type."""
    assert reading.failure is None, reading.failure
    return {one.type: one for one in reading.resources}


def bundle(*resources: dict, kind: str = "collection", **more) -> dict:
    """A bundle of these resources."""
    entries = [
        one if "resource" in one or "request" in one else {"resource": one} for one in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries, **more}


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": NHS_NUMBER, "value": "999 000 0018"}],
}
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "code": {"text": "a"},
}


def test_ids_are_keyed_by_authority_type_and_original_id_and_references_follow() -> None:
    found = by_type(read(bundle(PATIENT, CONDITION)))
    assert found["Patient"].id == public("Patient", "p1")
    assert found["Condition"].id == public("Condition", "c1")
    assert found["Condition"].value["subject"] == {
        "reference": f"Patient/{public('Patient', 'p1')}"
    }
    assert "id" not in found["Condition"].value
    assert {one.write for one in found.values()} == {Write.REPLACE}


def test_the_same_resource_has_one_id_alone_in_a_bundle_in_xml_and_in_json() -> None:
    xml = b"""<Condition xmlns="http://hl7.org/fhir"><id value="c1"/><code><text value="a"/></code>
      <subject><reference value="Patient/p1"/></subject></Condition>"""
    alone = by_type(read(CONDITION))["Condition"]
    assert by_type(read(xml))["Condition"] == alone
    assert by_type(read(bundle(CONDITION)))["Condition"] == alone


@pytest.mark.parametrize(
    "address",
    ["urn:uuid:6a5f0d1e-30ad-4c48-9b1d-9fa5ab3d0b6f", "https://other.example/Patient/p9"],
)
def test_full_addresses_lead_to_what_they_stand_for(address: str) -> None:
    patient = {"fullUrl": address, "resource": {"resourceType": "Patient", "id": "p9"}}
    condition = {**CONDITION, "subject": {"reference": address}}
    found = by_type(read(bundle(patient, condition)))
    assert found["Condition"].value["subject"] == {"reference": f"Patient/{found['Patient'].id}"}


def test_addresses_of_the_own_server_are_its_own_and_of_others_stay() -> None:
    own = {**CONDITION, "asserter": {"reference": f"{HERE}/Practitioner/1"}}
    value = by_type(read(own, mapping(base=HERE)))["Condition"].value
    assert value["asserter"] == {"reference": f"Practitioner/{public('Practitioner', '1')}"}
    value = by_type(read(own))["Condition"].value
    assert value["asserter"] == {"reference": f"{HERE}/Practitioner/1"}


def test_without_an_id_the_identifier_names_a_resource_else_its_address() -> None:
    identified = {
        "resourceType": "Organization",
        "identifier": [{"system": "urn:ods", "value": "Z1"}],
    }
    assert by_type(read(identified))["Organization"].id == public("Organization", "urn:ods|Z1")
    addressed = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Organization"}}
    found = by_type(read(bundle(addressed)))
    assert found["Organization"].id == public("Organization", "urn:uuid:1")
    assert read({"resourceType": "Organization"}).failure.reason is Reason.NO_KEY


def test_an_identifier_that_two_share_names_neither() -> None:
    same = {"resourceType": "Organization", "identifier": [{"system": "urn:ods", "value": "Z1"}]}
    two = [{"fullUrl": f"urn:uuid:{n}", "resource": same} for n in range(2)]
    assert len({one.id for one in read(bundle(*two)).resources}) == 2


def test_an_own_id_inside_the_prefix_of_the_source_is_kept() -> None:
    of = mapping(prefix="gpa-")
    own = {**CONDITION, "id": "gpa-7", "encounter": {"reference": "Encounter/gpa-8"}}
    found = by_type(read(own, of))["Condition"]
    assert (found.id, found.value["encounter"]) == ("gpa-7", {"reference": "Encounter/gpa-8"})


def test_contained_resources_and_their_references_stay() -> None:
    value = {
        **CONDITION,
        "contained": [{"resourceType": "Practitioner", "id": "x"}],
        "asserter": {"reference": "#x"},
    }
    made = by_type(read(value))["Condition"].value
    assert made["asserter"] == {"reference": "#x"}
    assert made["contained"] == value["contained"]


def test_a_subject_by_identifier_leads_to_the_patient_that_was_sent() -> None:
    logical = {
        **CONDITION,
        "subject": {"identifier": {"system": NHS_NUMBER, "value": "9990000018"}},
    }
    found = by_type(read(bundle(logical, PATIENT)))
    subject = found["Condition"].value["subject"]
    assert subject["reference"] == f"Patient/{public('Patient', 'p1')}"
    assert subject["identifier"]["value"] == "9990000018"


def test_a_subject_by_identifier_alone_makes_a_patient_that_never_overwrites() -> None:
    logical = {
        **CONDITION,
        "subject": {"identifier": {"system": NHS_NUMBER, "value": "9990000018"}},
    }
    found = by_type(read(logical))
    patient = found["Patient"]
    assert patient.write is Write.SEED
    assert patient.value["identifier"] == [{"system": NHS_NUMBER, "value": "9990000018"}]
    assert found["Condition"].value["subject"]["reference"] == f"Patient/{patient.id}"
    assert read(logical) == read(logical)


def test_a_conditional_reference_leads_to_what_the_message_sends_or_stays_an_identifier() -> None:
    value = {
        **CONDITION,
        "subject": {"reference": f"Patient?identifier={NHS_NUMBER}|9990000018"},
        "asserter": {"reference": "Practitioner?identifier=urn:x|7"},
    }
    made = by_type(read(bundle(PATIENT, value, kind="transaction")))["Condition"].value
    assert made["subject"] == {"reference": f"Patient/{public('Patient', 'p1')}"}
    assert made["asserter"] == {
        "type": "Practitioner",
        "identifier": {"system": "urn:x", "value": "7"},
    }


def test_what_is_about_a_person_and_names_nobody_is_not_taken() -> None:
    nobody = {name: value for name, value in CONDITION.items() if name != "subject"}
    failure = read(nobody).failure
    assert (failure.reason, failure.where) == (Reason.NO_PATIENT, "Condition")
    assert read({"resourceType": "Organization", "id": "o"}).failure is None


def test_a_message_about_one_person_is_about_that_person_in_all_its_parts() -> None:
    nobody = {name: value for name, value in CONDITION.items() if name != "subject"}
    header = {"resourceType": "MessageHeader", "id": "m", "eventCoding": {"code": "referral"}}
    reading = read(bundle(header, PATIENT, nobody, kind="message"))
    assert by_type(reading)["Condition"].value["subject"]["reference"].startswith("Patient/")
    assert "subject-of-message" in {finding.code for finding in reading.findings}
    other = {**CONDITION, "id": "c2", "subject": {"reference": "Patient/p2"}}
    two = read(bundle(header, PATIENT, nobody, other, kind="message"))
    assert two.failure.reason is Reason.NO_PATIENT


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset", "history"])
def test_bundles_of_every_type_give_their_resources(kind: str) -> None:
    assert by_type(read(bundle(PATIENT, CONDITION, kind=kind))).keys() == {"Patient", "Condition"}


def test_a_document_inside_of_a_message_is_opened() -> None:
    inner = bundle(PATIENT, CONDITION, kind="document")
    header = {"resourceType": "MessageHeader", "id": "m"}
    found = by_type(read(bundle(header, inner, kind="message")))
    assert found.keys() == {"MessageHeader", "Patient", "Condition"}


@pytest.mark.parametrize("kind", ["transaction-response", "batch-response", None, "nonsense", 5])
def test_bundles_that_hold_nothing_to_store_are_refused_by_name(kind: object) -> None:
    failure = read(bundle(PATIENT, kind=kind)).failure  # type: ignore[arg-type]  as senders do
    assert failure.reason in {Reason.TYPE_NOT_MAPPED, Reason.INVALID_RESOURCE}
    assert failure.where == "Bundle.type"


def test_an_empty_answer_is_an_answer() -> None:
    reading = read({"resourceType": "Bundle", "type": "searchset", "total": 0})
    assert (reading.resources, reading.failure) == ((), None)


def test_what_went_wrong_at_the_sender_is_no_entry() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"code": "x"}]}
    assert read(outcome).failure.reason is Reason.TYPE_NOT_MAPPED
    reading = read(bundle(PATIENT, outcome, kind="searchset"))
    assert by_type(reading).keys() == {"Patient"}


def test_a_deletion_is_a_word_of_status_and_takes_nothing_away() -> None:
    gone = {"request": {"method": "DELETE", "url": "Observation/o1"}}
    (one,) = read(bundle(gone, kind="transaction")).resources
    assert (one.type, one.id) == ("Observation", public("Observation", "o1"))
    assert (one.write, one.forces_status) == (Write.MERGE, True)
    assert one.value == {"resourceType": "Observation", "status": "entered-in-error"}
    gone["request"]["url"] = "Condition/c1"
    (one,) = read(bundle(gone, kind="batch")).resources
    assert one.nulls == ("clinicalStatus",)
    gone["request"]["url"] = "Patient/p1"
    (one,) = read(bundle(gone, kind="history")).resources
    assert one.value == {"resourceType": "Patient", "active": False}
    for url in ("Observation?code=x", "Binary/1", "", "x"):
        gone["request"]["url"] = url
        failure = read(bundle(gone, kind="transaction")).failure
        assert failure.reason is Reason.TYPE_NOT_MAPPED


def test_of_a_history_the_newest_counts_and_elsewhere_two_truths_are_refused() -> None:
    new, old = {**CONDITION, "code": {"text": "new"}}, CONDITION
    (one,) = [
        one for one in read(bundle(new, old, kind="history")).resources if one.type == "Condition"
    ]
    assert one.value["code"] == {"text": "new"}
    failure = read(bundle(new, old)).failure
    assert failure.reason is Reason.IDENTIFIER_CONFLICT
    assert read(bundle(old, old)).failure is None


def test_stu3_is_read_as_stu3_and_never_taken_for_r4() -> None:
    stu3 = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "meta": {
            "profile": [
                "https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-AllergyIntolerance-1"
            ]
        },
        "clinicalStatus": "active",
        "verificationStatus": "confirmed",
        "patient": {"reference": "Patient/p1"},
        "assertedDate": "2020-01-01",
    }
    assert read(stu3).failure.reason is Reason.INVALID_RESOURCE
    made = by_type(read(stu3, mapping(Input.FHIR_STU3)))["AllergyIntolerance"]
    assert made.id == public("AllergyIntolerance", "a")
    assert made.value["recordedDate"] == "2020-01-01"


def test_two_stu3_types_that_are_one_in_r4_keep_their_ids_apart() -> None:
    of = mapping(Input.FHIR_STU3)
    two = [
        {
            "resourceType": kind,
            "id": "1",
            "intent": "order",
            "status": "active",
            "subject": {"reference": "Patient/p1"},
        }
        for kind in ("ReferralRequest", "ProcedureRequest")
    ]
    encounter = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "subject": {"reference": "Patient/p1"},
        "incomingReferral": [{"reference": "ReferralRequest/1"}],
    }
    reading = read(bundle(*two, encounter), of)
    requests = [one.id for one in reading.resources if one.type == "ServiceRequest"]
    assert len(set(requests)) == 2
    (led,) = by_type(reading)["Encounter"].value["basedOn"]
    assert led == {"reference": f"ServiceRequest/{public('ReferralRequest', '1')}"}
    assert public("ReferralRequest", "1") in requests


def test_only_what_the_mapping_accepts_is_taken() -> None:
    of = mapping(accept=["Condition", "servicerequest-request"])
    assert read(CONDITION, of).failure is None
    assert read(PATIENT, of).failure.reason is Reason.TYPE_NOT_MAPPED
    header = {
        "resourceType": "MessageHeader",
        "id": "m",
        "eventCoding": {"code": "servicerequest-request"},
    }
    assert read(bundle(header, PATIENT, CONDITION, kind="message"), of).failure is None


def test_a_message_waits_in_the_lanes_of_all_its_patients() -> None:
    other = {**CONDITION, "id": "c2", "subject": {"reference": "Patient/p2"}}
    head = look(bundle(PATIENT, CONDITION, other))
    assert set(head.lanes) == {f"nm-gp-fhir:{public('Patient', name)}" for name in ("p1", "p2")}
    assert head.patients == (f"{NHS_NUMBER}|9990000018",)
    assert look({"resourceType": "Organization", "id": "o"}).lanes == ("nm-gp-fhir:*unknown*",)


def test_the_head_says_what_names_a_message_and_when_it_happened() -> None:
    value = bundle(
        PATIENT,
        kind="document",
        identifier={"system": "urn:x", "value": "d1"},
        timestamp="2026-03-14T09:30:00+01:00",
    )
    head = look(value)
    assert (head.control_id, head.kind, head.version) == ("urn:x|d1", "Bundle", "R4")
    assert head.event_at is not None
    assert head.event_at.isoformat() == "2026-03-14T08:30:00+00:00"
    assert look(bundle(PATIENT, kind="searchset")).control_id is None


HOSTILE = {
    "empty": b"  \n",
    "no fhir": b"hello",
    "half": b'{"resourceType": "Patient", "id": "p',
    "repeated name": b'{"resourceType": "Patient", "id": "1", "id": "2"}',
    "repeated inside": b'{"resourceType":"Patient","id":"1","name":[{"family":"a","family":"b"}]}',
    "no number": b'{"resourceType": "Observation", "id": "1", "valueInteger": NaN}',
    "too large a number": b'{"resourceType": "Observation", "id": "1", "valueDecimal": 1e999}',
    "surrogate": b'{"resourceType": "Patient", "id": "1", "text": "\\ud800"}',
    "deep": b'{"resourceType": "Patient", "id": "1", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deep xml": b"<Patient xmlns='http://hl7.org/fhir'>" + b"<contact>" * 5000,
    "doctype": b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x'><Patient xmlns='http://hl7.org/fhir'/>",
    "xxe": b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    b"<Patient xmlns='http://hl7.org/fhir'><id value='&e;'/></Patient>",
    "bomb": b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
    b"<Patient xmlns='http://hl7.org/fhir'><id value='&b;'/></Patient>",
    "style sheet": b"<?xml-stylesheet href='x.xsl'?><Patient xmlns='http://hl7.org/fhir'/>",
    "utf-16": '{"resourceType": "Patient", "id": "1"}'.encode("utf-16"),
    "nested bundles": json.dumps(bundle(bundle(bundle(bundle(PATIENT))))).encode(),
}


@pytest.mark.attack(42, 44)
@pytest.mark.parametrize("release", [Input.FHIR_R4, Input.FHIR_STU3])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_give_a_reason_and_nothing_to_store(name: str, release: Input) -> None:
    of = mapping(release)
    reading = read(HOSTILE[name], of)
    assert reading.resources == ()
    assert reading.failure.reason in {Reason.INVALID_RESOURCE, Reason.EMPTY}
    head = look(HOSTILE[name], of)
    assert (head.quarantine or head.refusal) is not None
    assert head.lanes == ("nm-gp-fhir:*unknown*",)
    assert "aaaa" not in f"{reading.failure}{head}"


@pytest.mark.attack(44)
@pytest.mark.parametrize("kind", [None, 1, {}, []])
@pytest.mark.parametrize("release", [Input.FHIR_R4, Input.FHIR_STU3])
def test_what_does_not_say_its_type_is_no_fault_of_the_mapping(
    kind: object, release: Input
) -> None:
    nameless = {"id": "1", "status": "final"} | ({} if kind is None else {"resourceType": kind})
    for sent in (nameless, bundle(PATIENT, nameless)):
        reading = read(sent, mapping(release))
        assert reading.resources == ()
        assert reading.failure.reason is Reason.INVALID_RESOURCE


def test_fields_without_a_home_are_in_the_coverage() -> None:
    stu3 = {**CONDITION, "flavour": "x"}
    reading = read(stu3, mapping(Input.FHIR_STU3))
    assert ("Condition.flavour", "") in reading.coverage.unmapped
    assert "Condition.code" in reading.coverage.mapped
