"""Headings and labels: the worked examples, and the laws that hold for any resource."""

import csv
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.intake import (
    Context,
    Parent,
    SourceSettings,
    classify,
    inherit,
    load_rules,
)
from careweave.intake._labels import is_protected
from careweave.intake._nodes import node, nodes, packaged
from careweave.intake._rules import ordered
from careweave.terms import HEADING_SYSTEM, LABEL_SYSTEM, Heading, Label

ROOT = Path(__file__).parents[2]
VALUE_SETS = ROOT / "region" / "value-sets"
SHARED = ROOT.parent / "shared"
RULES = load_rules(VALUE_SETS)
PLAIN = SourceSettings()
NONE = Context()
DEMO = "urn:careweave:demo:terms"
BARS = "https://fhir.nhs.uk/CodeSystem/flag-categories-bars"
ENGLAND = "https://fhir.nhs.uk/England/CodeSystem/England-FlagCategoryPatient"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def concept(code, system=DEMO):
    return {"coding": [{"system": system, "code": code}]}


def a(type_name, **elements):
    return {"resourceType": type_name, **elements}


def encounter(**elements):
    return a("Encounter", **{"class": {"code": "IMP"}, "status": "in-progress", **elements})


SEXUAL_HEALTH = SourceSettings(organisation_type="acute", service="sexual-health")
CPIS = "child-protection-information-system-flag"
SAF_PLAN = (Parent("careTeam", Heading.SAF, frozenset({Label.S6})),)

# number, resource, source, context, primary, also, labels, rule id
EXAMPLES = [
    (1, encounter(), PLAIN, NONE, "ADM", [], [], "EN1"),
    (2, encounter(status="finished"), PLAIN, NONE, "ADM", ["DIS"], [], "EN2"),
    (3, a("Flag", category=[concept("RA", BARS)]), PLAIN, NONE, "REQ", [], [], "FL1"),
    ("4a", a("Flag", category=[concept(CPIS, ENGLAND)]), PLAIN, NONE, "SAF", [], ["S6"], "D1"),
    (
        "4b",
        a("CarePlan", category=[concept("demo-child-protection-plan")]),
        PLAIN,
        NONE,
        "SAF",
        [],
        ["S6"],
        "D1",
    ),
    ("4c", a("CareTeam"), PLAIN, Context(parents=SAF_PLAN), "SAF", [], ["S6"], "D1"),
    (
        5,
        a(
            "DocumentReference",
            meta={"tag": [{"system": HEADING_SYSTEM, "code": "DOC"}]},
            type=concept("1382601000000107", "http://snomed.info/sct"),
        ),
        SourceSettings(may_tag=True),
        NONE,
        "EOL",
        ["CTG", "DOC"],
        [],
        "DR1",
    ),
    (
        6,
        a("Condition", code=concept("demo-hearing-impairment")),
        PLAIN,
        Context(transaction="reasonable-adjustment"),
        "REQ",
        ["PRB"],
        [],
        "CN1",
    ),
    (
        7,
        a("Observation", code=concept("demo-cfs"), category=[concept("survey")]),
        PLAIN,
        NONE,
        "ASM",
        [],
        [],
        "OB4",
    ),
    (
        8,
        a("Observation", code=concept("2823-3", "http://loinc.org"), referenceRange=[{}]),
        PLAIN,
        NONE,
        "INV",
        [],
        [],
        "4.4",
    ),
    (
        9,
        a("MedicationRequest", category=[concept("anticipatory")]),
        PLAIN,
        NONE,
        "MED",
        ["EOL", "CTG"],
        [],
        "MR1",
    ),
    (
        10,
        encounter(**{"class": {"code": "AMB"}}),
        SEXUAL_HEALTH,
        NONE,
        "CON",
        [],
        ["S1"],
        "EN4",
    ),
    ("10b", a("Appointment"), SEXUAL_HEALTH, NONE, "FUT", ["CON"], ["S1"], "AP1"),
    ("10c", a("Location"), SEXUAL_HEALTH, NONE, None, [], ["S1"], "0"),
    (
        11,
        a("EpisodeOfCare", status="onhold"),
        PLAIN,
        Context(mapped=Heading.SVC),
        "SVC",
        [],
        [],
        "tag",
    ),
    (
        12,
        a("Flag", code=concept("demo-domestic-abuse")),
        PLAIN,
        NONE,
        "ALR",
        [],
        ["S7"],
        "D3+4.4",
    ),
    (
        13,
        a("QuestionnaireResponse", author={"reference": "Patient/p"}, questionnaire="urn:x"),
        PLAIN,
        NONE,
        "ABM",
        [],
        [],
        "QR2",
    ),
    (
        14,
        a("ClinicalImpression"),
        SourceSettings(organisation_type="mental-health"),
        NONE,
        "FRM",
        [],
        ["S5"],
        "D2",
    ),
    (
        15,
        a("Appointment", start="2026-03-01T09:00:00Z"),
        PLAIN,
        NONE,
        "FUT",
        ["CON"],
        [],
        "AP1",
    ),
    (
        16,
        a("Observation", code=concept("demo-pregnancy-test")),
        SEXUAL_HEALTH,
        Context(age_years=15),
        "PRG",
        [],
        ["S1", "young-person-confidential"],
        "OB2",
    ),
    (17, a("VisionPrescription"), PLAIN, NONE, "DOC", [], ["triage"], "7"),
]


@pytest.mark.parametrize(
    ("resource", "source", "context", "primary", "also", "labels", "rule"),
    [pytest.param(*row[1:], id=f"example-{row[0]}") for row in EXAMPLES],
)
def test_the_worked_examples_of_the_record_sheet(
    resource, source, context, primary, also, labels, rule
):
    found = classify(resource, source, context, RULES)
    assert found.primary == primary
    assert list(found.also) == also
    assert sorted(found.labels) == sorted(labels)
    assert found.rule_id == rule


def test_an_observation_without_category_is_reported():
    found = classify(EXAMPLES[9][1], PLAIN, NONE, RULES)
    assert found.findings == ("observation-uncategorised",)


def test_what_nobody_can_place_is_reported_and_waits_for_review():
    found = classify(a("VisionPrescription"), PLAIN, NONE, RULES)
    assert found.findings == ("heading-unclassified",)
    assert Label.TRIAGE in found.labels


def test_a_tag_counts_only_from_a_feed_that_may_tag_and_only_where_possible():
    tagged = a("Observation", meta={"tag": [{"system": HEADING_SYSTEM, "code": "SOC"}]})
    impossible = a("Observation", meta={"tag": [{"system": HEADING_SYSTEM, "code": "MED"}]})
    trusted = SourceSettings(may_tag=True)
    assert classify(tagged, trusted, NONE, RULES).primary == "SOC"
    assert "tag-ignored" in classify(tagged, PLAIN, NONE, RULES).findings
    assert classify(impossible, trusted, NONE, RULES).primary == "EXM"
    assert "tag-ignored" in classify(impossible, trusted, NONE, RULES).findings


def test_headings_of_uk_core_are_understood():
    system = packaged("tags.yaml", "heading-tags/1")["system"]
    tagged = a("Composition", meta={"tag": [{"system": system, "code": "red-flags"}]})
    assert classify(tagged, SourceSettings(may_tag=True), NONE, RULES).primary == "ALR"


def test_confidential_patient_data_waits_for_review():
    system = packaged("tags.yaml", "heading-tags/1")["system"]
    tag = {"system": system, "code": "confidential-patient-data"}
    found = classify(a("Condition", meta={"tag": [tag]}), PLAIN, NONE, RULES)
    assert Label.TRIAGE in found.labels
    assert "confidential-patient-data" in found.findings


def test_a_dominant_rule_beats_any_tag():
    tag = {"tag": [{"system": HEADING_SYSTEM, "code": "ALR"}]}
    flag = a("Flag", meta=tag, category=[concept(CPIS, ENGLAND)])
    assert classify(flag, SourceSettings(may_tag=True), NONE, RULES).primary == "SAF"


def test_one_section_gives_the_heading_and_two_give_none():
    document = a("DocumentReference")
    one = classify(document, PLAIN, Context(sections=(Heading.ASM,)), RULES)
    two = classify(document, PLAIN, Context(sections=(Heading.ASM, Heading.PRB)), RULES)
    assert one.primary == "ASM"
    assert two.primary == "DOC"
    assert "context-ambiguous" in two.findings


@pytest.mark.parametrize(
    ("code", "label"), [("SEX", "S1"), ("SDV", "S7"), ("PSY", "S5"), ("ETH", "S9"), ("SOGI", "S4")]
)
def test_sensitivity_of_hl7_gives_its_label(code, label):
    said = {"security": [{"system": ACT, "code": code}]}
    assert label in classify(a("Condition", meta=said), PLAIN, NONE, RULES).labels


def test_a_sensitivity_that_nobody_mapped_is_very_restricted():
    said = {"security": [{"system": ACT, "code": "CELEB"}]}
    found = classify(a("Condition", meta=said), PLAIN, NONE, RULES)
    assert Label.VERY_RESTRICTED in found.labels
    assert "label-unknown" in found.findings


@pytest.mark.parametrize(("code", "label"), [("V", "V"), ("R", "S10")])
def test_confidentiality_of_hl7_gives_its_label(code, label):
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    said = {"security": [{"system": system, "code": code}]}
    assert classify(a("Condition", meta=said), PLAIN, NONE, RULES).labels == {label}


def test_facts_of_the_subject_are_no_label_of_an_entry():
    said = {"security": [{"system": LABEL_SYSTEM, "code": "S12"}]}
    assert not classify(a("Condition", meta=said), PLAIN, NONE, RULES).labels


def test_r_on_a_patient_is_a_fact_of_the_subject_and_no_label():
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    said = {"security": [{"system": system, "code": "R"}]}

    found = classify(a("Patient", meta=said), PLAIN, NONE, RULES)

    assert not found.labels
    assert "label-of-subject" in found.findings


@pytest.mark.parametrize(
    ("system", "code", "is_so"),
    [
        ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", True),
        ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", False),
        (LABEL_SYSTEM, "S12", True),
        (LABEL_SYSTEM, "S11", False),
        ("urn:other", "R", False),
    ],
)
def test_a_patient_states_that_its_address_is_protected(system, code, is_so):
    said = {"security": [{"system": system, "code": code}]}
    assert is_protected(a("Patient", meta=said), RULES.labels) is is_so


@pytest.mark.attack(68)
def test_what_is_derived_carries_the_labels_of_all_its_parents():
    parents = (
        Parent("basedOn", Heading.CON, frozenset({Label.S1})),
        Parent("partOf", Heading.CON, frozenset({Label.S9})),
    )
    for derived in ("DocumentReference", "MedicationRequest", "Observation", "Task", "List"):
        found = classify(a(derived), PLAIN, Context(parents=parents), RULES)
        assert {Label.S1, Label.S9} <= found.labels


@pytest.mark.attack(68)
def test_a_contained_resource_labels_what_contains_it():
    inside = [a("Condition", code=concept("demo-sexual-infection"))]
    assert Label.S1 in classify(a("Procedure", contained=inside), PLAIN, NONE, RULES).labels


@pytest.mark.attack(68)
def test_a_container_has_the_labels_of_all_that_it_holds():
    flag = a("Flag", category=[concept(CPIS, ENGLAND)])
    very = a("Composition", meta={"security": [{"system": LABEL_SYSTEM, "code": "V"}]})
    bundle = a("Bundle", entry=[{"resource": flag}, {"resource": very}])
    assert classify(bundle, PLAIN, NONE, RULES).labels == {Label.S6, Label.VERY_RESTRICTED}
    assert Label.S6 in classify(a("CarePlan", contained=[flag]), PLAIN, NONE, RULES).labels
    unplaced = a("CarePlan", contained=[a("VisionPrescription")])
    assert not classify(unplaced, PLAIN, NONE, RULES).labels


def test_dominant_headings_and_labels_leave_no_further_heading():
    secret = Context(parents=(Parent("basedOn", None, frozenset({Label.S2})),))
    assert not classify(a("Appointment"), PLAIN, secret, RULES).also


RESOURCES = [row[1] for row in EXAMPLES]
LABELS = st.frozensets(st.sampled_from(list(Label)))


@given(st.sampled_from(RESOURCES), LABELS, LABELS)
def test_adding_a_label_never_takes_one_away(resource, first, more):
    def labels(given_labels):
        security = [{"system": LABEL_SYSTEM, "code": label} for label in sorted(given_labels)]
        said = {**resource, "meta": {**resource.get("meta", {}), "security": security}}
        return classify(said, PLAIN, NONE, RULES).labels

    assert first <= labels(first)
    assert labels(first) <= labels(first | more)


KEYS = st.integers(0, 6)


@given(
    st.dictionaries(KEYS, LABELS, min_size=1),
    st.dictionaries(KEYS, st.lists(KEYS, max_size=4)),
)
def test_inheritance_ends_on_cycles_and_is_the_union_over_all_ancestors(own, parents):
    found = inherit(own, parents)
    assert found.keys() == own.keys()
    for key, labels in own.items():
        reached, waiting = {key}, [key]
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                if parent in own and parent not in reached:
                    reached.add(parent)
                    waiting.append(parent)
        assert found[key] == labels.union(*(own[each] for each in reached))


@given(st.randoms(use_true_random=False))
def test_the_order_inside_an_order_group_changes_nothing(shuffle: random.Random):
    written = node(packaged("specific.yaml", "heading-rules/1")["rules"])
    for type_name in written:
        rows = nodes(written, type_name)
        groups: dict[str, list[object]] = {}
        for row in rows:
            groups.setdefault(str(row["id"]), []).append(row)
        for group in groups.values():
            shuffle.shuffle(group)
        shuffled = [node(row) for group in groups.values() for row in group]
        assert ordered(shuffled) == ordered(rows)


def test_the_rows_of_one_rule_stand_together():
    written = node(packaged("specific.yaml", "heading-rules/1")["rules"])
    for type_name in written:
        ids = [str(row["id"]) for row in nodes(written, type_name)]
        runs = [rule for i, rule in enumerate(ids) if i == 0 or ids[i - 1] != rule]
        assert len(runs) == len(set(runs)), type_name


def _r4_types():
    definitions = SHARED / "data" / "fhir-r4-definitions" / "compartment-patient.json"
    if not definitions.exists():
        pytest.skip("the FHIR definitions are not beside this checkout")
    return [each["code"] for each in json.loads(definitions.read_text())["resource"]]


def test_one_instance_of_each_type_classifies():
    for type_name in _r4_types():
        found = classify(a(type_name), PLAIN, NONE, RULES)
        assert found.rule_id, type_name


def test_a_region_without_value_sets_still_classifies_and_says_what_is_missing():
    rules = load_rules(None)
    assert "vs-safeguarding" in rules.missing
    assert classify(encounter(), PLAIN, NONE, rules).primary == "ADM"
    assert RULES.missing == ()


def test_possible_headings_are_those_of_the_heading_table():
    table = SHARED / "reference" / "headings.csv"
    if not table.exists():
        pytest.skip("the heading table is not beside this checkout")
    for row in csv.DictReader(table.read_text().splitlines()):
        named = re.findall(r"(?:^|; |-> )([A-Z][A-Za-z]+)(?![.A-Za-z])", row["fhir_resources"])
        for type_name in named:
            if (row["code"], type_name) not in {("GPP", "Organization"), ("DEM", "Linkage")}:
                assert RULES.may(type_name, Heading(row["code"])), (row["code"], type_name)
