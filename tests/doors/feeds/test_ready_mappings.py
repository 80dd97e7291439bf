"""Laws of the ready mappings of files: every cell carried, left out for a reason, or told as left over."""

import json
from collections import Counter
from pathlib import Path

import pytest

from careweave.demonstration import sent
from careweave.formats import check, read_json, write_json
from careweave.sources import Channel, Mapped, Source, Sources, Write, load_sources, parts_of, read
from careweave.terms import Heading, Label

REGION = Path(__file__).resolve().parents[3] / "region"
SECRET = b"a secret of tests, 32 bytes long"

# Accounting lines make no entry, and the practice renames a column in its second week.
PLANNED = {"nm-council-packages", "nm-tarnside-patients", "nm-larchwood-allergies"}


@pytest.fixture(scope="module")
def sources() -> Sources:
    return load_sources(REGION, secret=SECRET)


@pytest.fixture(scope="module")
def said(sources) -> list[tuple[Source, bytes]]:
    """What files of Northmere hold until the morning of day 8, each thing once."""
    told: dict[tuple[str, bytes], tuple[Source, bytes]] = {}
    for one in sent(REGION, until=8):
        source = sources.named(one.source) if one.source in sources.names else None
        if source is None or source.transport.kind is not Channel.FOLDER:
            continue
        for part in parts_of(one.body, source, secret=SECRET, at=one.at):
            assert part.fault is None
            told[source.name, part.body.partition(b'"row"')[2] or part.body] = source, part.body
    return list(told.values())


def row(sources: Sources, name: str, *, absent: bool = False, **cells: str) -> list[Mapped]:
    body = {"absent": absent, "at": "2026-03-17T01:00:00+00:00", "row": cells}
    reading = read(sources.named(name), json.dumps(body).encode())
    assert reading.failure is None
    return list(reading.resources)


def only(found: list[Mapped], kind: str) -> Mapped:
    (one,) = [mapped for mapped in found if mapped.type == kind]
    return one


def test_everything_that_the_files_of_northmere_say_is_mapped_to_valid_entries(said):
    sources_seen = Counter(source.name for source, _ in said)
    assert len(sources_seen) > 25
    for source, body in said:
        reading = read(source, body)
        assert reading.failure is None, source.name
        for mapped in reading.resources:
            if mapped.write is not Write.MERGE:
                check(read_json(write_json(mapped.value)))


def test_nothing_is_left_over_but_what_is_planned(said):
    left = Counter(
        (source.name, path)
        for source, body in said
        if source.mapping is not None and source.mapping.input != "fhir-stu3"
        for path, _ in read(source, body).coverage.unmapped
    )
    assert {name for name, _ in left} <= PLANNED
    assert ("nm-tarnside-patients", "REGISTERED_GP") in left


def test_a_marker_of_domestic_abuse_is_a_flag_with_its_label(sources):
    cells = {"ClientRef": "SC1", "Surname": "A", "Forename": "B", "DOB": "", "Gender": ""}
    flag = only(row(sources, "nm-council-person", DV_MARKER="Y", **cells), "Flag")
    assert (flag.heading, flag.labels) == (Heading.ALR, {Label.S7})
    assert flag.value["status"] == "active"
    taken = only(row(sources, "nm-council-person", DV_MARKER="N", **cells), "Flag")
    assert (taken.id, taken.value["status"]) == (flag.id, "inactive")
    assert all(one.type != "Flag" for one in row(sources, "nm-council-person", **cells))


def test_a_key_safe_is_a_secret_of_who_must_get_in(sources):
    for name, key in (("nm-council-person", "ClientRef"), ("nm-bluebell-clients", "ClientNo")):
        found = row(sources, name, KeySafeCode="4711", PackageNo="1", **{key: "X1"})
        flag = only(found, "Flag")
        assert (flag.heading, flag.labels) == (Heading.SOC, {Label.ACCESS_SECRET})
        assert [one.type for one in found if "4711" in str(one.value)] == ["Flag"]


@pytest.mark.parametrize(
    ("category", "labels"),
    [("Neglect", {Label.S6}), ("Domestic", {Label.S6, Label.S7}), ("Sexual", {Label.S6, Label.S7})],
)
def test_safeguarding_is_labelled_in_all_of_its_entries(sources, category, labels):
    found = row(
        sources, "nm-council-safeguarding", ConcernRef="S1", ClientRef="SC1", Type="SECTION42",
        Category=category, RaisedOn="01/03/2026", Status="Open",
    )  # fmt: skip
    entries = [one for one in found if one.type != "Patient"]
    assert [one.type for one in entries] == ["Flag", "ServiceRequest", "EpisodeOfCare"]
    assert all(one.heading is Heading.SAF and one.labels == labels for one in entries)


@pytest.mark.parametrize("kind", ["CP", "LAC", "UNBORN"])
def test_a_plan_that_protects_a_child_is_an_indicator_a_plan_and_a_team(sources, kind):
    cells = {"PlanRef": "P1", "ChildRef": "CH1", "StartDate": "2026-01-01"}
    found = row(sources, "nm-council-children-plans", PlanType=kind, **cells)
    entries = [one for one in found if one.type != "Patient"]
    assert {one.type for one in entries} == {"Flag", "CarePlan", "CareTeam"}
    assert all(one.heading is Heading.SAF and one.labels == {Label.S6} for one in entries)
    other = row(sources, "nm-council-children-plans", PlanType="EARLY-HELP", **cells)
    assert only(other, "CarePlan").heading is Heading.CSP


def test_what_an_adoption_seals_carries_its_label_everywhere(sources):
    cells = {"ChildRef": "CH1", "AllocatedWorker": "W", "School": "A school"}
    sealed = row(sources, "nm-council-children", Restricted="ADOPTION", **cells)
    assert len(sealed) == 3
    assert all(Label.S8 in one.labels for one in sealed)
    assert not any(one.labels for one in row(sources, "nm-council-children", **cells))


PACKAGE = {
    "ClientRef": "SC1", "PackageRef": "2114", "LineNo": "1", "LineType": "CARE",
    "ServiceComponent": "HOMECARE", "StartDate": "01/02/2026", "HoursPerWeek": "14",
    "VisitsPerDay": "4", "WeeklyCost": "312.50",
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("Planned", "planned"), ("Active", "active"), ("Suspended - hospital", "onhold"),
        ("Suspended", "onhold"), ("Ended", "finished"),
    ],
)  # fmt: skip
def test_the_status_of_a_package_is_kept(sources, status, becomes):
    found = row(sources, "nm-council-packages", Status=status, **PACKAGE)
    assert only(found, "EpisodeOfCare").value["status"] == becomes
    money = only(found, "Observation")
    assert money.labels == {Label.FINANCE}
    assert str(money.value["valueQuantity"]["value"]) == "312.50"
    assert [one.type for one in found if "312.50" in str(one.value)] == ["Observation"]


def test_lines_kept_for_the_accounts_make_no_entry(sources):
    found = row(sources, "nm-council-packages", **(PACKAGE | {"LineType": "ACCOUNTING"}))
    assert [one.type for one in found] == ["Patient"]


def test_an_event_of_the_day_speaks_of_the_package_of_the_night(sources):
    night = only(row(sources, "nm-council-packages", Status="Active", **PACKAGE), "EpisodeOfCare")
    found = row(
        sources, "nm-council-events", EventRef="E1", EventAt="17/03/2026 17:10", ClientRef="SC1",
        EventType="PACKAGE", PackageRef="2114", LineNo="1", EffectiveOn="17/03/2026",
        PackageStatus="Suspended - hospital", StatusReason="Admission",
    )  # fmt: skip
    day = only(found, "EpisodeOfCare")
    assert (day.id, day.write, day.value["status"]) == (night.id, Write.MERGE, "onhold")


def test_the_provider_names_the_package_of_the_council(sources):
    council = only(row(sources, "nm-council-packages", Status="Active", **PACKAGE), "EpisodeOfCare")
    provider = only(
        row(
            sources, "nm-bluebell-clients", ClientNo="BB1", PackageNo="P9", CouncilPackage="2114",
            PackageStatus="suspended",
        ),
        "EpisodeOfCare",
    )  # fmt: skip
    assert provider.value["status"] == "onhold"
    shared = [one for one in provider.value["identifier"] if one in council.value["identifier"]]
    assert [one["value"] for one in shared] == ["2114"]


@pytest.mark.parametrize(
    ("name", "cells", "kind", "element", "value"),
    [
        ("nm-tarnside-medications", {"MEDICATION_ID": "M1", "PATIENT_ID": "TH1", "STATUS": "active"},
         "MedicationRequest", "status", "stopped"),
        ("nm-larchwood-mar", {"ChartId": "C1", "ResidentId": "R1", "Status": "charted"},
         "MedicationStatement", "status", "stopped"),
        ("nm-council-packages", PACKAGE | {"Status": "Active"}, "EpisodeOfCare", "status", "finished"),
        ("nm-council-workers", {"AllocationRef": "A1", "ClientRef": "SC1"},
         "CareTeam", "status", "inactive"),
        ("nm-council-relations", {"RelationRef": "R1", "ClientRef": "SC1"},
         "RelatedPerson", "active", False),
        ("nm-tarnside-patients", {"PATIENT_ID": "TH1"}, "Patient", "active", False),
    ],
)  # fmt: skip
def test_a_row_that_went_ends_what_it_was(sources, name, cells, kind, element, value):
    here = only(row(sources, name, **cells), kind)
    gone = only(row(sources, name, absent=True, **cells), kind)
    assert gone.id == here.id
    assert here.value[element] != value
    assert gone.value[element] == value


def test_an_allergy_does_not_end_because_its_row_went(sources):
    cells = {"ALLERGY_ID": "A1", "PATIENT_ID": "TH1", "STATUS": "active"}
    assert sources.named("nm-tarnside-allergies").file.end_after is None
    assert row(sources, "nm-tarnside-allergies", absent=True, **cells) == []


def test_none_known_is_said_of_the_list_and_no_more_once_something_is_recorded(sources):
    none = only_list(
        row(sources, "nm-tarnside-patients", PATIENT_ID="T", ALLERGY_STATUS="nil-known")
    )
    some = only_list(
        row(sources, "nm-tarnside-patients", PATIENT_ID="T", ALLERGY_STATUS="recorded")
    )
    assert none.value["status"] == "current"
    assert none.value["emptyReason"]["coding"][0]["code"] == "nilknown"
    assert (some.id, some.value["status"]) == (none.id, "retired")
    assert "emptyReason" not in some.value


def only_list(found: list[Mapped]) -> Mapped:
    (one,) = [mapped for mapped in found if mapped.heading is Heading.ALG]
    return one


def test_without_consent_a_charity_tells_nothing(sources):
    cells = {"Ref": "F-1", "NHS No": "", "Name": "A B", "Activity": "Walks", "Goal": "A dog"}
    assert row(sources, "nm-fellside-people", Consent="N", **cells) == []
    assert row(sources, "nm-fellside-people", **cells) == []
    assert len(row(sources, "nm-fellside-people", Consent="Y", **cells)) == 3


@pytest.mark.attack(25)
@pytest.mark.parametrize(
    "text",
    ["=1+1 Robert 'Bobby' O'Neill-Tàbles <b>&", "=cmd|' /C calc'!A0", "\u202eabc", "x" * 255],
)
def test_hostile_text_is_kept_as_the_text_it_is(sources, text):
    found = row(sources, "nm-fellside-people", Ref="F-1", Name=text, Notes=text, Activity="a",
                Consent="Y")  # fmt: skip
    assert only(found, "Patient").value["name"] == [{"text": text}]
    assert only(found, "ServiceRequest").value["note"] == [{"text": text}]


def test_an_incident_without_a_number_is_of_the_patient_that_the_service_knows(sources):
    document = {
        "document": {"id": "AD1", "sentAt": "2026-03-17T02:10:00+00:00"},
        "incident": {"id": "INC1", "status": "closed", "callAt": "2026-03-17T01:10:00+00:00"},
        "patient": {"ref": "AMBP1"},
        "alerts": [{"id": "AL1", "kind": "safeguarding", "text": "Seen"}],
    }
    reading = read(sources.named("nm-ambulance-incident"), json.dumps(document).encode())
    found = list(reading.resources)
    assert [one["value"] for one in only(found, "Patient").value["identifier"]] == ["AMBP1"]
    flag = only(found, "Flag")
    assert (flag.heading, flag.labels) == (Heading.SAF, {Label.S6})
