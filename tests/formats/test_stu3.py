"""What STU3 is in R4."""

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import check, read_json, read_stu3, stu3_to_r4, write_json
from careweave.formats._stu3_place import target_of
from careweave.formats._stu3_table import rules, stu3_members, stu3_types
from careweave.formats._table import is_type
from careweave.terms import CareweaveError, Severity

DATA = Path(__file__).parents[3] / "shared" / "data" / "gp-connect-stu3"
EXAMPLES = sorted((DATA / "examples").iterdir()) if DATA.is_dir() else []
CROSS = "http://hl7.org/fhir/3.0/StructureDefinition/extension-"


def convert(value: dict, **more) -> dict:
    """The one R4 resource of a value."""
    (made,), _ = stu3_to_r4(value, **more)
    return made


def codes(value: dict) -> set[tuple[str, str]]:
    """The findings of a conversion by code and place."""
    return {(one.code, one.where) for one in stu3_to_r4(value)[1]}


def faults(value: dict) -> list:
    """What is wrong with a value by R4."""
    return [
        issue
        for issue in check(read_json(write_json(value)))
        if issue.severity is not Severity.WARNING
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_each_published_example_becomes_valid_r4(path: Path) -> None:
    made, findings = stu3_to_r4(read_stu3(path.read_bytes()), zone=ZoneInfo("Europe/London"))
    assert len(made) == 1
    assert faults(made[0]) == []
    assert all(finding.where and finding.code for finding in findings)


@pytest.mark.skipif(not DATA.is_dir(), reason="the published pair is not here")
def test_the_published_pair_agrees_but_for_the_copies_that_its_authors_kept() -> None:
    pair = DATA / "stu3-to-r4-pair"
    given_ = read_stu3((pair / "Example-Input-CareConnect-AllergyIntolerance.json").read_bytes())
    wanted = read_json((pair / "Example-Output-UKCore-AllergyIntolerance.json").read_bytes()).value
    old = ("https://fhir.hl7.org.uk/STU3/", "http://hl7.org/fhir/StructureDefinition/encounter-")
    wanted["extension"] = [one for one in wanted["extension"] if not one["url"].startswith(old)]
    assert json.loads(write_json(convert(given_))) == json.loads(write_json(wanted))


def test_xml_and_json_of_one_resource_are_the_same() -> None:
    xml = b"""<Encounter xmlns="http://hl7.org/fhir"><id value="e"/><status value="finished"/>
      <type><text value="a"/></type><length><value value="1.50"/></length></Encounter>"""
    json_ = b"""{"resourceType": "Encounter", "id": "e", "status": "finished",
      "type": [{"text": "a"}], "length": {"value": 1.50}}"""
    assert read_stu3(xml) == read_stu3(json_)
    assert read_stu3(xml)["length"] == {"value": Decimal("1.50")}


def test_an_element_that_stu3_has_and_r4_has_not_is_read_from_xml() -> None:
    xml = b"""<Immunization xmlns="http://hl7.org/fhir"><status value="completed"/>
      <notGiven value="true"/><practitioner><actor><reference value="Practitioner/1"/></actor>
      </practitioner><flavour value="x"/></Immunization>"""
    made = convert(read_stu3(xml))
    assert made["status"] == "not-done"
    assert made["performer"] == [{"actor": {"reference": "Practitioner/1"}}]
    assert ("stu3-element-dropped", "Immunization.flavour") in codes(read_stu3(xml))


NAMED = [
    ("AllergyIntolerance", {"assertedDate": "2014"}, {"recordedDate": "2014"}),
    ("Condition", {"assertedDate": "2014"}, {"recordedDate": "2014"}),
    ("Composition", {"class": {"text": "a"}}, {"category": [{"text": "a"}]}),
    ("Appointment", {"reason": [{"text": "a"}]}, {"reasonCode": [{"text": "a"}]}),
    ("Task", {"reason": {"text": "a"}}, {"reasonCode": {"text": "a"}}),
    ("Observation", {"comment": "a"}, {"note": [{"text": "a"}]}),
    ("Procedure", {"status": "aborted"}, {"status": "stopped"}),
    ("Procedure", {"status": "completed", "notDone": True}, {"status": "not-done"}),
    ("CarePlan", {"status": "suspended"}, {"status": "on-hold"}),
    ("MedicationStatement", {"reasonNotTaken": [{"text": "a"}]}, {"statusReason": [{"text": "a"}]}),
    ("Questionnaire", {"item": [{"linkId": "1", "options": {"reference": "ValueSet/v"}}]},
     {"item": [{"linkId": "1", "answerValueSet": "ValueSet/v"}]}),
    ("MedicationRequest", {"requester": {"agent": {"reference": "Practitioner/1"}}},
     {"requester": {"reference": "Practitioner/1"}}),
    ("Consent", {"period": {"start": "2020"}}, {"provision": {"period": {"start": "2020"}}}),
    ("Goal", {"status": "achieved"}, {"lifecycleStatus": "completed"}),
    ("Encounter", {"incomingReferral": [{"reference": "ReferralRequest/9"}]},
     {"basedOn": [{"reference": "ServiceRequest/9"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "before", "after"), NAMED)
def test_renamed_elements_are_found_under_their_r4_names(
    kind: str, before: dict, after: dict
) -> None:
    made = convert({"resourceType": kind, **before})
    assert {name: made[name] for name in after} == after
    assert not {name for name in before if name not in after} & made.keys()


def test_a_status_that_was_a_code_is_a_concept_of_its_own_system() -> None:
    made = convert({"resourceType": "Condition", "clinicalStatus": "active"})
    assert made["clinicalStatus"] == {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
        ]
    }


def test_a_context_is_an_encounter_or_the_extension_for_an_episode() -> None:
    of = {"resourceType": "Observation", "context": {"reference": "Encounter/1"}}
    assert convert(of)["encounter"] == {"reference": "Encounter/1"}
    of["context"] = {"reference": "EpisodeOfCare/1"}
    made = convert(of)
    assert "encounter" not in made
    assert made["extension"][0]["valueReference"] == {"reference": "EpisodeOfCare/1"}


def test_related_observations_go_where_their_kind_says() -> None:
    made = convert(
        {
            "resourceType": "Observation",
            "related": [
                {"type": "has-member", "target": {"reference": "Observation/1"}},
                {"type": "derived-from", "target": {"reference": "Observation/2"}},
                {"type": "replaces", "target": {"reference": "Observation/3"}},
            ],
        }
    )
    assert made["hasMember"] == [{"reference": "Observation/1"}]
    assert made["derivedFrom"] == [{"reference": "Observation/2"}]
    assert made["extension"][0]["url"] == f"{CROSS}Observation.related"


def test_a_vaccination_keeps_its_protocol_and_why_it_was_not_given() -> None:
    made = convert(
        {
            "resourceType": "Immunization",
            "date": "2020-01-02",
            "notGiven": True,
            "explanation": {"reasonNotGiven": [{"text": "declined"}]},
            "vaccinationProtocol": [{"doseSequence": 2, "seriesDoses": 3, "description": "d"}],
        }
    )
    assert (made["status"], made["statusReason"]) == ("not-done", {"text": "declined"})
    assert made["occurrenceDateTime"] == "2020-01-02"
    (protocol,) = made["protocolApplied"]
    assert (protocol["doseNumberPositiveInt"], protocol["seriesDosesPositiveInt"]) == (2, 3)


def test_two_kinds_of_request_become_one_type() -> None:
    referral = convert({"resourceType": "ReferralRequest", "status": "cancelled", "intent": "plan"})
    assert (referral["resourceType"], referral["status"]) == ("ServiceRequest", "revoked")
    assert referral["category"] == [{"text": "Referral"}]
    procedure = convert({"resourceType": "ProcedureRequest", "intent": "order"})
    assert (procedure["resourceType"], procedure["intent"]) == ("ServiceRequest", "order")


def test_what_does_not_fit_one_place_goes_to_the_next() -> None:
    made = convert(
        {"resourceType": "ReferralRequest", "serviceRequested": [{"text": "a"}, {"text": "b"}]}
    )
    assert (made["code"], made["orderDetail"]) == ({"text": "a"}, [{"text": "b"}])


def test_no_known_allergy_and_the_reason_of_an_empty_list_are_kept() -> None:
    none = {"coding": [{"system": "urn:careweave:demo:terms", "code": "none-known"}]}
    assert convert({"resourceType": "AllergyIntolerance", "code": none})["code"] == none
    made = convert(
        {
            "resourceType": "List",
            "emptyReason": {
                "coding": [{"system": "http://hl7.org/fhir/list-empty-reason", "code": "notasked"}]
            },
        }
    )
    assert made["emptyReason"]["coding"] == [
        {"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "notasked"}
    ]


def test_extensions_get_their_uk_core_names_and_unknown_ones_stay() -> None:
    made = convert(
        {
            "resourceType": "Patient",
            "meta": {
                "profile": [
                    "https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Patient-1"
                ]
            },
            "extension": [
                {
                    "url": "https://fhir.hl7.org.uk/STU3/StructureDefinition/"
                    "Extension-CareConnect-EthnicCategory-1",
                    "valueCodeableConcept": {"text": "a"},
                },
                {"url": "https://example.org/own", "valueString": "b"},
            ],
        }
    )
    core = "https://fhir.hl7.org.uk/StructureDefinition"
    assert made["meta"]["profile"] == [f"{core}/UKCore-Patient"]
    assert [one["url"] for one in made["extension"]] == [
        f"{core}/Extension-UKCore-EthnicCategory",
        "https://example.org/own",
    ]


def test_what_r4_has_no_element_for_is_kept_or_named_never_lost_in_silence() -> None:
    value = {"resourceType": "Condition", "abatementBoolean": True, "flavour": "x"}
    made = convert(value)
    assert made["extension"] == [
        {"url": f"{CROSS}Condition.abatementBoolean", "valueBoolean": True}
    ]
    assert codes(value) == {
        ("stu3-element-kept", "Condition.abatementBoolean"),
        ("stu3-element-dropped", "Condition.flavour"),
    }


def test_contained_resources_and_bundles_are_converted_inside() -> None:
    made = convert(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {
                    "fullUrl": "http://a.example/ReferralRequest/1",
                    "resource": {
                        "resourceType": "Condition",
                        "assertedDate": "2020",
                        "contained": [{"resourceType": "Procedure", "id": "p", "notDone": True}],
                    },
                }
            ],
        }
    )
    (entry,) = made["entry"]
    assert entry["fullUrl"] == "http://a.example/ServiceRequest/1"
    assert entry["resource"]["recordedDate"] == "2020"
    assert entry["resource"]["contained"][0]["status"] == "not-done"


def test_a_type_that_r4_has_not_is_no_resource_and_is_named() -> None:
    made, findings = stu3_to_r4({"resourceType": "DataElement"})
    assert made == ()
    assert [finding.code for finding in findings] == ["stu3-type-dropped"]


def test_values_of_the_wrong_type_are_mended_and_said() -> None:
    value = {
        "resourceType": "MedicationRequest",
        "dispenseRequest": {"quantity": {"value": "28"}},
        "subject": {"identifier": {"system": "urn:x", "value": 9000000009}},
    }
    made = convert(value)
    assert made["dispenseRequest"]["quantity"]["value"] == 28
    assert made["subject"]["identifier"]["value"] == "9000000009"
    assert {code for code, _ in codes(value)} == {"stu3-value-mended"}


def test_a_time_without_a_zone_is_of_the_source_or_loses_its_hours() -> None:
    value = {"resourceType": "Encounter", "period": {"start": "2019-07-01T10:38:00"}}
    assert convert(value)["period"] == {"start": "2019-07-01"}
    there = convert(value, zone=ZoneInfo("Europe/London"))
    assert there["period"] == {"start": "2019-07-01T10:38:00+01:00"}


def test_every_rule_names_an_stu3_element_and_leads_to_an_r4_element() -> None:
    table = rules()
    assert all(old in stu3_types() and is_type(new) for old, new in table.types.items())
    lost = []
    for path, rule in table.elements.items():
        shape, _, name = path.rpartition(".")
        assert name in stu3_members(shape), path
        begin, _, rest = shape.partition(".")
        for to in (rule.to, rule.rest, *rule.cases.values()):
            if to is not None and not rest and target_of(table.types.get(begin, begin), to) is None:
                lost.append((path, to))
    assert lost == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["extension", "url", "status", "_status", "code", "coding", "context", "reference",
                 "requester", "agent", "related", "notDone", "meta", "profile", "entry", "resource",
                 "resourceType", "contained", "period", "dosage", "taken", "identifier", "udi"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    ),
    st.sampled_from(["Observation", "MedicationStatement", "Bundle", "Device", "Task", "Consent"]),
)  # fmt: skip
def test_whatever_an_object_holds_it_is_converted_or_refused_in_order(
    content: object, kind: str
) -> None:
    value = (
        {**content, "resourceType": kind} if isinstance(content, dict) else {"resourceType": kind}
    )
    with suppress(CareweaveError):
        stu3_to_r4(value)
