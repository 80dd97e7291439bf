"""What is made of a resource before it is kept."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from careweave.formats import read_json
from careweave.record import Keys, parameters, prepare
from careweave.record._nodes import Place
from careweave.record._types import all_types
from careweave.terms import CANONICAL

KEYS = Keys(b"k" * 32)
ZONE = ZoneInfo("Europe/London")
ALWAYS, NEVER = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
NHS = "https://fhir.nhs.uk/Id/nhs-number"
UCUM = "http://unitsofmeasure.org"


def made(type_name, public_id="x1", **value):
    """A resource, prepared."""
    body = json.dumps({"resourceType": type_name, **value}).encode()
    return prepare(read_json(body), keys=KEYS, zone=ZONE, public_id=public_id)


def key(type_name, name, *parts):
    return KEYS.of(type_name, name, *parts)


# -- keys -------------------------------------------------------------------------------------


def test_a_coding_is_found_by_system_and_code_and_by_code_alone():
    coding = {"system": "http://loinc.org", "code": "8480-6"}
    found = made("Observation", valueCodeableConcept={"coding": [coding]})
    exact = key("Observation", "value-concept", "http://loinc.org", "8480-6")
    anyhow = key("Observation", "value-concept", "*", "8480-6")
    assert {exact, anyhow} <= set(found.posted) & set(found.tok)
    assert key("Observation", "value-concept", "system", "http://loinc.org") in found.tok
    assert key("Observation", "value-concept", "has") in found.tok


def test_the_first_coding_of_the_main_code_lies_in_the_column_and_the_others_are_posted():
    codings = [{"system": "a:", "code": "1"}, {"system": "b:", "code": "2"}]
    found = made("Observation", code={"coding": codings})
    assert found.code == key("Observation", "code", "a:", "1")
    assert found.code in found.tok
    assert found.code not in found.posted
    assert key("Observation", "code", "b:", "2") in found.posted
    assert key("Observation", "code", "*", "1") in found.posted


def test_a_code_is_kept_without_case():
    upper = made("Observation", code={"coding": [{"system": "s:", "code": "ABC"}]})
    lower = made("Observation", code={"coding": [{"system": "s:", "code": "abc"}]})
    assert upper.code == lower.code


def test_every_posted_key_is_in_tok():
    found = made(
        "Patient",
        identifier=[{"system": NHS, "value": "9000000009", "type": {"coding": [{"code": "NH"}]}}],
        name=[{"family": "Smith"}],
        link=[{"other": {"reference": "Patient/2"}, "type": "seealso"}],
    )
    assert set(found.posted) <= set(found.tok)
    assert len(set(found.tok)) == len(found.tok)


def test_the_separator_in_a_value_makes_no_other_value():
    assert KEYS.of("T", "p", "a\x1fb", "c") != KEYS.of("T", "p", "a", "b\x1fc")
    assert KEYS.of("T", "p", "a\x1fb") != KEYS.of("T", "p", "a", "b")


def test_another_secret_gives_other_keys():
    assert Keys(b"a" * 32).of("T", "p", "v") != Keys(b"b" * 32).of("T", "p", "v")


def test_statuses_are_only_a_filter():
    found = made("Observation", status="final")
    status = key("Observation", "status", "*", "final")
    assert status in found.tok
    assert status not in found.posted
    assert (
        key("Observation", "status", "http://hl7.org/fhir/observation-status", "final") in found.tok
    )


def test_the_scalar_subject_is_not_posted_but_any_other_reference_is():
    found = made(
        "Observation",
        subject={"reference": "Patient/p1"},
        encounter={"reference": "Encounter/e1/_history/3"},
    )
    assert key("Observation", "subject", "ref", "Patient", "p1") in found.tok
    assert key("Observation", "subject", "ref", "Patient", "p1") not in found.posted
    assert key("Observation", "encounter", "ref", "Encounter", "e1") in found.posted
    group = made("Observation", subject={"reference": "Group/g1"})
    assert key("Observation", "subject", "ref", "Group", "g1") in group.posted
    assert key("Observation", "patient", "has") not in group.tok


def test_a_quantity_is_kept_as_given_and_in_base_units():
    given = {"value": 5, "unit": "mg", "system": UCUM, "code": "mg"}
    found = made("Observation", valueQuantity=given)
    name = ("Observation", "value-quantity")
    assert (key(*name), KEYS.unit("", "mg"), Decimal(5), Decimal(5)) in found.quantities
    base = (key(*name, "ucum"), KEYS.unit("", "g"), Decimal("0.005"), Decimal("0.005"))
    assert base in found.quantities
    assert len(found.quantities) == 2


def test_a_comparator_opens_the_range():
    found = made("Observation", valueQuantity={"value": 5, "comparator": ">", "unit": "mg"})
    assert [q[2:] for q in found.quantities] == [(Decimal(5), Decimal("Infinity"))]


def test_texts_lose_case_marks_and_blanks_and_are_cut():
    found = made("Patient", name=[{"family": "Mu\u0308LLER  \u00c5"}, {"text": "x" * 900}])
    texts = {text for k, text in found.strings if k == key("Patient", "name")}
    assert texts == {"muller a", "x" * 500}
    assert key("Patient", "name", "exact", "x" * 900) in found.tok


def test_each_word_of_a_name_is_kept_by_its_sound():
    found = made("Patient", name=[{"text": "Jane de la Smith"}])
    sounds = {text for k, text in found.strings if k == key("Patient", "phonetic")}
    assert {"j500", "d000", "l000", "s530"} <= sounds


def test_pairs_of_one_component_are_kept_together():
    def component(code, value):
        return {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value}}

    found = made("Observation", component=[component("a", 1), component("b", 2)])
    name = ("Observation", "component-code-value-quantity")
    kept = {q[0]: q[2] for q in found.quantities}
    assert kept[key(*name, "*", "a")] == 1
    assert kept[key(*name, "*", "b")] == 2


def test_a_patient_without_a_word_on_it_counts_as_alive():
    assert key("Patient", "deceased", "*", "false") in made("Patient").tok
    died = made("Patient", deceasedDateTime="2020-01-01")
    assert key("Patient", "deceased", "*", "true") in died.tok


# -- dates ------------------------------------------------------------------------------------


def test_the_main_date_is_a_range_in_utc():
    found = made("Observation", effectiveDateTime="2020-06-15")
    assert found.low == datetime(2020, 6, 14, 23, tzinfo=UTC)
    assert found.high == datetime(2020, 6, 15, 23, tzinfo=UTC)
    assert found.dates == ()


# -- whom it is about -------------------------------------------------------------------------


def test_a_patient_is_about_itself_and_those_it_is_linked_to():
    other = [{"other": {"reference": "Patient/p2"}, "type": "replaces"}]
    found = made("Patient", "p1", link=other)
    assert found.patients == ("p1", "p2")
    assert found.primary == 2


def test_a_performer_is_no_subject():
    found = made("Observation", performer=[{"reference": "Patient/p9"}])
    assert found.patients == ("p9",)
    assert found.primary == 0


def test_the_focus_of_an_observation_is_about_it_too_but_never_its_subject():
    focus = [{"reference": "Patient/child"}]
    mother = made("Observation", subject={"reference": "Patient/mother"}, focus=focus)
    assert (mother.patients, mother.primary) == (("mother", "child"), 2)
    for subject in [{}, {"subject": {"reference": "Group/g"}}]:
        alone = made("Observation", focus=focus, **subject)
        assert (alone.patients, alone.primary) == (("child",), 0)


def test_a_group_has_the_same_subject_in_whatever_order():
    def group(*ids):
        return made("Group", member=[{"entity": {"reference": f"Patient/{i}"}} for i in ids])

    assert group("b", "a").patients == group("a", "b").patients == ("a", "b")


@pytest.mark.parametrize(
    ("reference", "patients"),
    [
        ({"reference": "Patient/p1"}, ("p1",)),
        (
            {"reference": "http://x.example/fhir/Patient/7"},
            ("url http://x.example/fhir/Patient/7",),
        ),
        ({"identifier": {"system": NHS, "value": "9000000009"}}, (f"identifier {NHS}|9000000009",)),
        ({"reference": "Group/g"}, ()),
        ({"reference": "#p"}, ("identifier m:|1",)),
        ({"display": "somebody"}, ()),
    ],
)
def test_the_subject_may_be_here_or_elsewhere(reference, patients):
    inner = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "m:", "value": "1"}]}
    found = made("Condition", subject=reference, contained=[inner])
    assert found.patients == patients


# -- until when, ties, references -------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_name", "value", "until"),
    [
        ("Condition", {"clinicalStatus": {"coding": [{"code": "active"}]}}, ALWAYS),
        ("Condition", {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}, NEVER),
        (
            "Condition",
            {"clinicalStatus": {"coding": [{"code": "resolved"}]}, "abatementDateTime": "2020-01-01T00:00:00Z"},
            datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC),
        ),
        ("CarePlan", {"status": "active", "period": {"end": "2020-01-01"}}, datetime(2020, 1, 2, tzinfo=UTC)),
        ("Observation", {"status": "final", "effectiveDateTime": "2020-01-01"}, datetime(2020, 1, 2, tzinfo=UTC)),
        ("MedicationRequest", {"status": "active"}, ALWAYS),
        ("MedicationRequest", {"status": "stopped"}, NEVER),
        ("Goal", {"lifecycleStatus": "completed", "statusDate": "2020-01-01"}, datetime(2020, 1, 2, tzinfo=UTC)),
        ("Organization", {"active": False}, NEVER),
        ("Encounter", {"status": "entered-in-error", "period": {"end": "2020-01-01"}}, NEVER),
    ],
)  # fmt: skip
def test_an_entry_is_current_until_it_ends(type_name, value, until):
    assert made(type_name, **value).live_until == until


def test_an_open_encounter_proves_a_tie_and_a_planned_one_does_not():
    provider = {"reference": "Organization/o1"}
    period = {"start": "2020-01-01T10:00:00Z"}
    for status, kinds in [
        ("in-progress", ["encounter", "pharmacy", "incident"]),
        ("finished", ["incident"]),
        ("planned", []),
        ("entered-in-error", []),
    ]:
        found = made("Encounter", status=status, serviceProvider=provider, period=period)
        assert [tie.kind for tie in found.ties] == kinds
    assert made("Encounter", status="arrived", serviceProvider=provider).ties[0].organisation == (
        "Organization/o1"
    )


def test_an_encounter_that_has_ended_proves_a_tie_until_its_end():
    period = {"start": "2020-01-01T10:00:00Z", "end": "2020-01-02T10:00:00Z"}
    found = made("Encounter", status="finished", period=period)
    assert [(tie.kind, tie.until) for tie in found.ties][:2] == [
        ("encounter", datetime(2020, 1, 2, 10, 0, 1, tzinfo=UTC)),
        ("pharmacy", datetime(2020, 1, 2, 10, 0, 1, tzinfo=UTC)),
    ]


def test_a_care_team_proves_a_case_load_for_its_period():
    of = {"managingOrganization": [{"reference": "Organization/o1"}]}
    found = made("CareTeam", status="active", **of, period={"start": "2020-01-01"})
    assert [(tie.kind, tie.organisation, tie.until) for tie in found.ties] == [
        ("caseload", "Organization/o1", None),
        ("la-episode", "Organization/o1", None),
    ]
    assert made("CareTeam", status="inactive", **of).ties == ()
    ended = made("CareTeam", status="inactive", **of, period={"end": "2020-01-01"})
    assert {tie.until for tie in ended.ties} == {datetime(2020, 1, 2, tzinfo=UTC)}


def test_an_episode_names_its_kind_or_leaves_it_to_its_source():
    kind = {"system": f"{CANONICAL}/CodeSystem/episode-kind", "code": "enquiry"}
    named = made("EpisodeOfCare", status="active", type=[{"coding": [kind]}])
    assert [tie.kind for tie in named.ties] == ["enquiry"]
    unnamed = made("EpisodeOfCare", status="active", type=[{"text": "on the books"}])
    assert {tie.kind for tie in unnamed.ties} == {"caseload", "la-episode", "enquiry", "residence"}


@pytest.mark.parametrize("status", ["accepted", "in-progress"])
def test_a_referral_that_is_taken_on_proves_a_tie_of_who_took_it(status):
    task = {
        "focus": {"reference": "ServiceRequest/s1"},
        "owner": {"reference": "Organization/o1"},
        "executionPeriod": {"start": "2020-01-01"},
    }
    (tie,) = made("Task", status=status, **task).ties
    assert (tie.kind, tie.organisation, tie.until) == ("referral", "Organization/o1", None)
    for none in [
        {**task, "status": "requested"},
        {**task, "status": "completed"},
        {**task, "status": status, "focus": {"reference": "EpisodeOfCare/e1"}},
    ]:
        assert made("Task", **none).ties == ()


def test_what_it_draws_on_is_named_with_its_path():
    found = made(
        "Observation",
        basedOn=[{"reference": "ServiceRequest/s1"}],
        derivedFrom=[{"reference": "http://else.example/Observation/1"}],
        contained=[{"resourceType": "Specimen", "id": "a"}],
    )
    assert found.references == (
        ("basedOn", "ServiceRequest", "s1"),
        ("contained", "Specimen", "#a"),
    )


def test_the_digest_is_of_the_bytes():
    body = b'{"resourceType":"Basic","code":{"text":"1.0"}}'
    found = prepare(read_json(body), keys=KEYS, zone=ZONE, public_id="b")
    assert found.digest == hashlib.sha256(body).digest()[:16]


def test_an_empty_resource_of_any_type_is_prepared():
    for name in all_types():
        found = made(name)
        assert found.type == name
        if not any(p.place is Place.SUBJECT for p in parameters(name).values()):
            continue
        assert found.patients == ()


def test_values_of_the_wrong_shape_are_passed_over():
    for wrong in [1, "x", True, [1], [["x"]], {"coding": "x"}, {"coding": [1]}, None]:
        found = made("Observation", code=wrong, subject=wrong, valueQuantity=wrong, component=wrong)
        assert found.code is None
