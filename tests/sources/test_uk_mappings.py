"""The ready HL7 v2 mappings, held to the golden UK messages and to laws of their own."""

import csv
import re
from pathlib import Path

import pytest

from careweave import sources as sources_room
from careweave.formats import check, read_json, write_json
from careweave.sources import ListMode, Write, peek, read
from careweave.terms import Severity
from tests.lib.golden import GOLDEN, body_of, messages, reading_of, sources, text_of, told

CODES = Path(sources_room.__file__).parent / "codes"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
UNCHANGED = {
    ("Encounter", "a08-telephone-taken-away"): "Encounter.status",
    ("Encounter", "a45-visit-moved"): "Encounter.status",
    ("DocumentReference", "letter-taken-back"): "DocumentReference.content",
}
"""What a message leaves as it is, although R4 wants it: what was said before stays."""
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z))?)?)?")


def named(path):
    return f"{path.parent.name}/{path.stem}"


def golden(name):
    return reading_of(GOLDEN / f"{name}.hl7")


def entry(reading, kind, *, nth=0):
    return [one for one in reading.resources if one.type == kind][nth]


def changed(name, **edits):
    """Returns the reading of a golden message with pieces of its text replaced."""
    path = GOLDEN / f"{name}.hl7"
    body = body_of(path).decode()
    for old, new in edits.values():
        assert old in body
        body = body.replace(old, new)
    source = sources().named(path.parent.name)
    return read(source, body.encode(), head=peek(source, body.encode()))


def test_there_are_sixty_golden_messages_of_old_and_new_versions():
    found = messages()
    versions = {body_of(path).split(b"\r")[0].split(b"|")[11] for path in found}
    assert len(found) >= 60
    assert {b"2.3", b"2.3.1", b"2.4", b"2.5.1"} <= versions


@pytest.mark.parametrize("path", messages(), ids=named)
def test_a_golden_message_is_read_as_it_was_reviewed(path):
    assert text_of(reading_of(path)) == path.with_suffix(".json").read_text(), (
        "python -m tests.lib.golden writes the results anew; read the difference line by line"
    )


@pytest.mark.parametrize("path", messages(), ids=named)
def test_what_is_mapped_is_valid_but_for_what_is_left_as_it_is(path):
    reading = reading_of(path)
    assert reading.failure is None
    for one in reading.resources:
        value = {"resourceType": one.type, "id": one.id, **one.value}
        errors = [
            issue
            for issue in check(read_json(write_json(value)))
            if issue.severity is not Severity.WARNING
            and issue.where != UNCHANGED.get((one.type, path.stem))
        ]
        assert not errors, (one.type, errors)


@pytest.mark.parametrize("path", messages(), ids=named)
def test_every_filled_field_is_mapped_dropped_with_a_reason_or_reported(path):
    reading = reading_of(path)
    told = {place for place, _ in reading.coverage.unmapped} | set(reading.coverage.mapped)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{2}(\[\d+\])?-\d+", place) for place in told)
    local = {place for place in told if place.startswith("Z")}
    segments = {line[:3] for line in body_of(path).decode().split("\r") if line.startswith("Z")}
    assert {place[:3] for place in local} == segments


MUTATIONS = {
    "line feeds": lambda body: body.replace(b"\r", b"\n"),
    "both line ends": lambda body: body.replace(b"\r", b"\r\n"),
    "no last line end": lambda body: body.rstrip(b"\r"),
    "blank lines": lambda body: body.replace(b"\r", b"\r\r"),
    "a frame": lambda body: b"\x0b" + body + b"\x1c\r",
    "a mark of UTF-8": lambda body: b"\xef\xbb\xbf" + body,
    "text in front": lambda body: b"some text\r" + body,
    "lower-case names": lambda body: re.sub(
        rb"(?<=\r)[A-Z][A-Z0-9]{2}(?=\|)", lambda found: found[0].lower(), body
    ),
}
"""What real systems do to messages. Source: reference/interop.md 2.3, cases 1 to 5, 10, 11, 14."""


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_real_systems_do_to_a_message_changes_no_entry(mutation):
    for path in messages():
        source = sources().named(path.parent.name)
        body = MUTATIONS[mutation](body_of(path))
        reading = read(source, body, head=peek(source, body))
        assert told(reading)["entries"] == told(reading_of(path))["entries"], named(path)


def test_an_nhs_number_is_found_wherever_the_uk_puts_it():
    for name in ("uk-adt/a01-emergency-admission", "uk-adt/a04-clinic-arrival-v23"):
        systems = [one.get("system") for one in entry(golden(name), "Patient").value["identifier"]]
        assert NHS in systems
    old = entry(golden("uk-adt/a01-waiting-list-admission-v23"), "Patient").value["identifier"]
    assert {"system": NHS, "value": "9990000026", "use": "official"} in old


def test_a_local_number_without_a_type_is_the_key_of_the_person():
    old = golden("uk-adt/a01-waiting-list-admission-v23")
    with_type = changed(
        "uk-adt/a01-waiting-list-admission-v23", a=("||B998877||", "||B998877^^^RZZ02^PI||")
    )
    assert entry(old, "Patient").id == entry(with_type, "Patient").id


def test_laboratory_and_administration_speak_of_the_same_person():
    admission = golden("uk-adt/a01-emergency-admission")
    result = golden("uk-oru/renal-profile-two-orders")
    assert entry(admission, "Patient").id == entry(result, "Patient").id
    assert entry(result, "Patient").write is Write.SEED


def test_an_arrival_in_the_emergency_department_is_no_plan():
    assert entry(golden("uk-adt/a04-emergency-arrival"), "Encounter").value["status"] == "arrived"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("a11-admission-cancelled", "cancelled"),
        ("a13-discharge-cancelled", "in-progress"),
        ("a23-visit-deleted", "entered-in-error"),
        ("a27-pending-admission-cancelled", "cancelled"),
    ],
)
def test_an_event_that_takes_something_back_forces_the_status(name, status):
    visit = entry(golden(f"uk-adt/{name}"), "Encounter")
    assert visit.value["status"] == status
    assert visit.forces_status


def test_an_update_without_dates_says_nothing_of_the_status():
    assert "status" not in entry(golden("uk-adt/a08-telephone-taken-away"), "Encounter").value


def test_a_discharge_that_is_cancelled_takes_the_end_away():
    assert "period.end" in entry(golden("uk-adt/a13-discharge-cancelled"), "Encounter").nulls


def test_two_quotation_marks_take_the_telephone_away():
    assert "telecom" in entry(golden("uk-adt/a08-telephone-taken-away"), "Patient").nulls


def test_places_of_a_stay_are_its_history():
    visit = entry(golden("uk-adt/a02-ward-transfer"), "Encounter")
    assert visit.lists["location"] is ListMode.HISTORY
    assert [place["status"] for place in visit.value["location"]] == ["active", "completed"]


@pytest.mark.parametrize("name", ["a40-merge", "a34-merge-v23", "a47-number-changed"])
def test_a_merge_links_both_numbers_and_retires_the_former(name):
    reading = golden(f"uk-adt/{name}")
    kept, former = (entry(reading, "Patient", nth=nth) for nth in (0, 1))
    assert kept.value["link"] == [
        {"other": {"reference": f"Patient/{former.id}"}, "type": "replaces"}
    ]
    assert former.value["link"] == [
        {"other": {"reference": f"Patient/{kept.id}"}, "type": "replaced-by"}
    ]
    assert former.value["active"] is False
    assert kept.lists["link"] is former.lists["link"] is ListMode.ADD


def test_an_unlink_takes_both_links_away():
    reading = golden("uk-adt/a37-two-numbers-unlinked")
    links = [one.lists["link"] for one in reading.resources if "link" in one.value]
    assert links == [ListMode.REMOVE, ListMode.REMOVE]


def test_a_corrected_result_is_the_same_entry():
    first = golden("uk-oru/renal-profile-two-orders")
    mended = golden("uk-oru/corrected-result")
    assert entry(first, "Observation").id == entry(mended, "Observation").id
    assert entry(first, "DiagnosticReport").id == entry(mended, "DiagnosticReport").id


def test_an_order_and_its_result_are_of_one_request():
    ordered = entry(golden("uk-orm/new-blood-test"), "ServiceRequest")
    answered = entry(golden("uk-oru/renal-profile-two-orders"), "ServiceRequest")
    assert ordered.id == answered.id
    assert answered.value["status"] == "completed"


def test_a_word_in_a_number_field_is_kept_as_text():
    odd = [one.value for one in golden("uk-oru/renal-profile-two-orders").resources]
    assert any(one.get("valueString") == "haemolysed" for one in odd)


def test_the_lines_of_a_text_report_stay_apart():
    lines = [
        one for one in golden("uk-oru/microbiology-text-v24").resources if one.type == "Observation"
    ]
    assert len({one.id for one in lines}) == len(lines) == 4


def security(reading, kind):
    return [
        (one["system"].rsplit("/", 1)[1], one["code"])
        for one in entry(reading, kind).value["meta"].get("security", [])
    ]


def test_a_restricted_letter_carries_its_label_on():
    reading = golden("uk-mdm/therapy-summary-restricted")
    assert security(reading, "DocumentReference") == [("v3-Confidentiality", "R")]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("HIV", ("v3-ActCode", "HIV")),
        ("V", ("v3-Confidentiality", "V")),
        ("XYZ", ("v3-ActCode", "XYZ")),
    ],
)
def test_an_order_s_confidentiality_stands_on_all_that_comes_of_it(sent, meant):
    mended = ("ORC|RE|ORD778|L26-1188", f"ORC|RE|ORD778|L26-1188{'|' * 25}{sent}")
    reading = changed("uk-oru/renal-profile-two-orders", a=mended)
    for kind in ("ServiceRequest", "DiagnosticReport", "Observation"):
        assert security(reading, kind) == [meant], kind


def test_a_confidential_diagnosis_is_restricted():
    reading = changed("uk-adt/a03-discharge", a=("|F|||||||||1", "|F|||||||||1|||Y"))
    assert security(reading, "Condition") == [("v3-Confidentiality", "R")]


def test_what_says_nothing_of_secrecy_has_its_profile_and_no_label():
    for kind in ("ServiceRequest", "DiagnosticReport", "Observation"):
        meta = entry(golden("uk-oru/renal-profile-two-orders"), kind).value["meta"]
        assert list(meta) == ["profile"]


@pytest.mark.parametrize(
    ("sent", "clinical", "verification"),
    [
        ("C", "active", "confirmed"),
        ("I", "inactive", "confirmed"),
        ("S", "active", "unconfirmed"),
        ("E", "inactive", "refuted"),
    ],
)
def test_what_is_known_of_an_allergy_is_two_facts(sent, clinical, verification):
    reading = changed("uk-adt/a60-allergies-updated", a=("^Dr|||C", f"^Dr|||{sent}"))
    value = entry(reading, "AllergyIntolerance").value
    assert value["clinicalStatus"]["coding"][0]["code"] == clinical
    assert value["verificationStatus"]["coding"][0]["code"] == verification


def test_an_allergy_that_was_an_error_has_no_clinical_status():
    mistaken = entry(golden("uk-adt/a60-allergies-updated"), "AllergyIntolerance", nth=1)
    assert mistaken.value["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert mistaken.nulls == ("clinicalStatus",)


def test_an_event_that_no_mapping_accepts_is_held_with_its_reason():
    reading = changed("uk-adt/a01-emergency-admission", a=("ADT^A01^ADT_A01", "ADT^A99^ADT_A99"))
    assert str(reading.failure.reason) == "type-not-mapped"
    assert not reading.resources


def test_an_american_ethnic_group_is_not_taken_for_a_british_one():
    reading = changed("uk-adt/a01-labour-ward", a=("M^Caribbean^ETH", "N^Not Hispanic^HL70189"))
    urls = [one["url"] for one in entry(reading, "Patient").value.get("extension", [])]
    assert not any("EthnicCategory" in url for url in urls)


def test_no_table_holds_licensed_codes_and_each_names_a_code_once():
    for path in sorted(CODES.glob("*.csv")):
        rows = list(csv.DictReader(path.read_text().splitlines()))
        sources_of = [row["from"] for row in rows]
        assert len(set(sources_of)) == len(sources_of), path.name
        assert not any("snomed" in row.get("to_system", "") for row in rows), path.name


def test_dates_keep_the_precision_that_was_sent():
    def texts(value):
        if isinstance(value, dict):
            for name, inside in value.items():
                is_date = name.endswith(("DateTime", "Date")) or name in {"start", "end", "issued"}
                yield from [inside] if is_date and isinstance(inside, str) else texts(inside)
        elif isinstance(value, list):
            for inside in value:
                yield from texts(inside)

    for path in messages():
        for one in reading_of(path).resources:
            assert all(DATE.fullmatch(text) for text in texts(one.value)), named(path)
    assert entry(golden("uk-adt/a03-discharge"), "Condition").value["onsetDateTime"] == "2026-03-14"
