"""One fact, several voices: what belongs in one row, what differs, and what only looks so.

Source: `reference/record.md` 3.1.
"""

from dataclasses import replace

import pytest

from careweave.terms import Heading
from careweave.views import reconciliation, section, trends
from careweave.views._clinical import Meant
from careweave.views._clinical_context import Turn
from careweave.views._sections import section_of
from tests.lib.shown import feed, making, row, shown, told

HERE = making()
TERMS = "urn:t"


def coded(text: str) -> dict:
    return {"coding": [{"system": TERMS, "code": text.casefold()}], "text": text}


def medicine(text: str, dose: str, *, of: str, id_: str, status: str = "active", **more):
    body = {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": status,
        "medicationCodeableConcept": coded(text),
        "authoredOn": "2026-03-01",
        "dosageInstruction": [{"text": dose}],
        **more,
    }
    return row(Heading.MED, body, of=of)


def supply(text: str, dose: str, day: str, *, of: str = "council", id_: str = "s"):
    body = {
        "resourceType": "MedicationDispense",
        "id": id_ + day,
        "status": "completed",
        "medicationCodeableConcept": coded(text),
        "whenHandedOver": f"{day}T09:00:00Z",
        "dosageInstruction": [{"text": dose}],
    }
    return row(Heading.MED, body, of=of)


def facts(heading: Heading, *rows, here=HERE, **more):
    return [
        fact
        for group in section_of(heading, shown(*rows, **more), here).groups
        for fact in group.facts
    ]


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("3 mg od", "4 mg od", "dose"),
        ("1 g od", "1000 mg od", ""),
        ("100 mcg od", "0.1 mg om", ""),
        ("40 mg od", "40 mg bd", "how often"),
        ("5 mg od", "as directed", ""),
        ("2.5 mg prn", "2.5 mg od", "how often"),
    ],
)
def test_doses_are_compared_as_amount_and_times_a_day(one, other, differs):
    (found,) = facts(
        Heading.MED,
        medicine("Warfarin", one, of="riverside", id_="a"),
        medicine("Warfarin", other, of="hospital", id_="b"),
    )
    assert len(found.voices) == 2
    assert found.disagreement == differs
    assert found.disagrees is bool(differs)


def test_what_one_source_stopped_and_another_goes_on_with_is_active_and_marked():
    rows = (
        medicine("Amlodipine", "5 mg od", of="riverside", id_="a"),
        medicine("Amlodipine", "5 mg od", of="hospital", id_="b", status="stopped"),
    )
    (found,) = facts(Heading.MED, *rows)
    assert found.disagreement == "status"
    (group,) = section("medicines", shown(*rows), HERE).groups
    assert group.kind == "current"


def test_one_source_does_not_disagree_with_itself():
    (found,) = facts(
        Heading.MED,
        medicine("Warfarin", "3 mg od", of="riverside", id_="a"),
        medicine("Warfarin", "1 mg od", of="riverside", id_="b"),
    )
    assert not found.disagrees
    assert len(found.voices) == 2


@pytest.mark.parametrize(("day", "disagrees"), [("2026-03-20", True), ("2026-02-20", False)])
def test_what_was_handed_out_before_a_stop_agrees_with_it(day, disagrees):
    stopped = medicine("Zopiclone", "5 mg on", of="riverside", id_="a", status="stopped")
    (found,) = facts(Heading.MED, stopped, supply("Zopiclone", "5 mg on", day))
    assert found.disagrees is disagrees


def test_many_supplies_of_one_dose_are_one_voice_that_counts_them():
    days = ("2026-01-05", "2026-02-02", "2026-03-02")
    (found,) = facts(Heading.MED, *(supply("Senna", "15 mg on", day) for day in days))
    (voice,) = found.voices
    assert voice.when.text == "02-Mar-2026"
    assert ("Handed out", "3 times since 05-Jan-2026") in {
        (one.label, one.text) for one in voice.details
    }


def test_an_older_supply_of_another_dose_is_shown_and_not_compared():
    (found,) = facts(
        Heading.MED,
        supply("Memantine", "10 mg od", "2026-01-05"),
        supply("Memantine", "20 mg od", "2026-03-02"),
        medicine("Memantine", "20 mg od", of="riverside", id_="a"),
    )
    assert len(found.voices) == 3
    assert not found.disagrees


def test_a_list_that_is_said_to_be_complete_and_lacks_a_medicine_disagrees():
    whole = {
        "resourceType": "List", "id": "l", "status": "current", "mode": "snapshot",
        "title": "Medicines", "date": "2026-03-05",
    }  # fmt: skip
    rows = medicine("Clozapine", "300 mg od", of="hospital", id_="a"), row(Heading.MED, whole)
    (found,) = facts(Heading.MED, *rows)
    assert found.disagrees
    assert found.voices[-1].text == "Not in its list, which it says is complete"


def test_a_practice_that_says_nothing_of_an_active_medicine_is_named_without_a_link():
    rows = (medicine("Amiodarone", "200 mg od", of="hospital", id_="a"),)
    (found,) = facts(Heading.MED, *rows, feeds={Heading.MED: (feed("riverside"), feed("council"))})
    silent = [one for one in found.voices if not one.entry]
    assert [one.source for one in silent] == ["Riverside Surgery"]
    assert silent[0].text == "Nothing shared with this view"
    assert found.disagreement == "nothing shared by Riverside Surgery"


def test_the_word_instead_brings_a_replacement_into_the_row():
    found = facts(
        Heading.MED,
        medicine("Clopidogrel", "75 mg od", of="riverside", id_="a"),
        medicine("Aspirin", "75 mg od", of="hospital", id_="b",
                 note=[{"text": "Instead of clopidogrel"}]),
    )  # fmt: skip
    row_of = {one.title: one for one in found}
    assert row_of["Clopidogrel"].disagrees
    assert row_of["Clopidogrel"].voices[-1].text.startswith("Aspirin")
    assert len(row_of["Aspirin"].voices) == 1


def test_high_risk_medicines_stand_first():
    found = facts(
        Heading.MED,
        medicine("Amlodipine", "5 mg od", of="riverside", id_="a"),
        medicine("Warfarin", "3 mg od", of="riverside", id_="b"),
    )
    assert [(one.title, one.is_high_risk) for one in found] == [
        ("Warfarin", True),
        ("Amlodipine", False),
    ]


def allergy(text: str, *, of: str, id_: str, clinical: str = "active", **more):
    body = {
        "resourceType": "AllergyIntolerance", "id": id_, "code": coded(text),
        "clinicalStatus": {"coding": [{"code": clinical}]}, "recordedDate": "2020-01-01", **more,
    }  # fmt: skip
    return row(Heading.ALG, body, of=of)


def test_the_voice_by_which_an_allergy_stands_comes_first():
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    (found,) = facts(
        Heading.ALG,
        allergy("Penicillin", of="hospital", id_="b", clinical="inactive",
                **{**refuted, "recordedDate": "2026-01-01"}),
        allergy("Penicillin", of="riverside", id_="a"),
    )  # fmt: skip
    assert [one.source for one in found.voices] == ["Riverside Surgery", "The Hospital"]
    assert found.disagreement == "status"


def test_none_known_by_one_source_stands_in_the_row_of_what_another_knows():
    none = {
        "resourceType": "List", "id": "l", "status": "current", "date": "2012-02-02",
        "emptyReason": {"coding": [{"code": "nilknown"}]},
    }  # fmt: skip
    rows = allergy("Nut", of="hospital", id_="a"), row(Heading.ALG, none)
    (found,) = facts(Heading.ALG, *rows)
    assert found.disagrees
    assert found.voices[-1].text == "No known allergies"


def condition(text: str, *, of: str, id_: str, status: str = ""):
    clinical = {"clinicalStatus": {"coding": [{"code": status}]}} if status else {}
    body = {"resourceType": "Condition", "id": id_, "code": coded(text), **clinical}
    return row(Heading.PRB, {**body, "onsetDateTime": "2020-01-01"}, of=of)


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("active", "resolved", True),
        ("active", "active", False),
        # A diagnosis of one visit does not say that it still is so.
        ("", "resolved", False),
    ],
)
def test_problems_disagree_when_one_goes_on_and_the_other_is_over(one, other, differs):
    (found,) = facts(
        Heading.PRB,
        condition("Epilepsy", of="riverside", id_="a", status=one),
        condition("Epilepsy", of="hospital", id_="b", status=other),
    )
    assert found.disagrees is differs


def decided(code: str, text: str, day: str, *, of: str, id_: str):
    body = {
        "resourceType": "Observation", "id": id_, "status": "final",
        "code": {"coding": [{"system": TERMS, "code": code}], "text": text},
        "effectiveDateTime": day,
    }  # fmt: skip
    return row(Heading.EOL, body, of=of)


LISTED = {
    (Heading.EOL, (TERMS, "cpr-yes")): Meant("cpr", "CPR decision", "Attempt CPR"),
    (Heading.EOL, (TERMS, "cpr-no")): Meant("cpr", "CPR decision", "Do not attempt CPR"),
}
KNOWING = replace(HERE, clinical=replace(HERE.clinical, meant=LISTED))


def test_two_decisions_stand_beside_each_other_with_whom_to_call():
    (found,) = facts(
        Heading.EOL,
        decided("cpr-yes", "CPR to be attempted", "2026-03-01", of="hospital", id_="a"),
        decided("cpr-no", "CPR not to be attempted", "2026-03-20", of="riverside", id_="b"),
        here=KNOWING,
    )
    assert [one.text for one in found.voices] == ["Do not attempt CPR", "Attempt CPR"]
    assert found.disagrees
    assert "Riverside Surgery 01632 960001" in found.act
    assert "The Hospital 01632 960002" in found.act


def test_a_decision_of_long_ago_says_that_nobody_has_looked_since():
    old = decided("cpr-no", "CPR not to be attempted", "2025-11-20", of="riverside", id_="b")
    (alone,) = facts(Heading.EOL, old, here=KNOWING)
    assert not alone.disagrees
    assert any(one.label == "Review" for one in alone.voices[0].details)
    same = decided("cpr-no", "CPR not to be attempted", "2026-03-20", of="hospital", id_="a")
    (both,) = facts(Heading.EOL, old, same, here=KNOWING)
    assert both.disagreement == "one is not reviewed"


def value(number, unit: str, *, of: str, id_: str, at: str = "2026-03-19T09:10:00Z", **more):
    body = {
        "resourceType": "Observation", "id": id_, "status": "final", "code": coded("Glucose"),
        "effectiveDateTime": at, "valueQuantity": {"value": number, "unit": unit}, **more,
    }  # fmt: skip
    return row(Heading.INV, body, of=of)


def test_one_value_of_one_specimen_from_two_sources_is_one_row():
    (found,) = facts(
        Heading.INV,
        value(86, "mmol/mol", of="riverside", id_="a"),
        value(86, "mmol/mol", of="hospital", id_="b", at="2026-03-19T09:10:00+00:00"),
    )
    assert not found.disagrees
    assert found.voices[0].routes == 2


def test_two_values_of_one_specimen_differ_and_two_units_warn():
    (found,) = facts(
        Heading.INV,
        value(86, "mmol/mol", of="riverside", id_="a"),
        value(10, "%", of="hospital", id_="b"),
    )
    assert found.disagrees
    assert found.act == "The units differ: do not compare the numbers"


def test_a_trend_is_of_one_unit_in_order_of_time_and_says_where_it_stands():
    span = {"referenceRange": [{"low": {"value": 20}, "high": {"value": 41}}]}
    rows = (
        value(50, "mmol/mol", of="riverside", id_="b", at="2026-03-19T09:10:00Z", **span),
        value(30, "mmol/mol", of="hospital", id_="a", at="2026-01-19T09:10:00Z", **span),
        value(7, "%", of="hospital", id_="c", at="2026-02-19T09:10:00Z"),
    )
    (found,) = trends(shown(*rows), HERE)
    assert [int(one.number) for one in found.points] == [30, 50]
    assert [one.is_outside for one in found.points] == [False, True]
    assert found.finding == "above its range"
    assert found.unit == "mmol/mol"


def test_a_report_that_only_lists_its_values_is_no_row_beside_them():
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": coded("Panel"),
        "effectiveDateTime": "2026-03-19T09:10:00Z", "result": [{"reference": "Observation/a"}],
    }  # fmt: skip
    rows = value(86, "mmol/mol", of="riverside", id_="a"), row(Heading.INV, report)
    assert [one.title for one in facts(Heading.INV, *rows)] == ["Glucose"]
    told = {**report, "conclusion": "Poor control"}
    assert len(facts(Heading.INV, rows[0], row(Heading.INV, told))) == 2


def paper(day: str, name: str, *, of: str, id_: str):
    body = {
        "resourceType": "DocumentReference", "id": id_, "status": "current",
        "type": coded("Discharge summary"), "date": f"{day}T10:00:00Z",
        "content": [{"attachment": {"contentType": "application/pdf", "title": name}}],
    }  # fmt: skip
    return row(Heading.DIS, body, of=of)


def test_a_paper_received_by_three_routes_is_one_row_and_another_paper_is_not():
    (found,) = facts(
        Heading.DIS,
        paper("2026-03-23", "letter.pdf", of="hospital", id_="a"),
        paper("2026-03-23", "letter.pdf", of="riverside", id_="b"),
        paper("2026-03-23", "letter.pdf", of="riverside", id_="c"),
    )
    assert found.voices[0].routes == 3
    assert {one.source for one in found.voices} == {"The Hospital", "Riverside Surgery"}
    assert len(facts(
        Heading.DIS,
        paper("2026-03-23", "letter.pdf", of="hospital", id_="a"),
        paper("2026-03-23", "other.pdf", of="hospital", id_="b"),
    )) == 2  # fmt: skip


def kin(name: str, phone: str, *, of: str, id_: str):
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "N"}]}
    body = {
        "resourceType": "RelatedPerson", "id": id_, "active": True, "relationship": [role],
        "name": [{"text": name}], "telecom": [{"system": "phone", "value": phone}],
    }  # fmt: skip
    return row(Heading.PER, body, of=of)


@pytest.mark.parametrize(
    ("name", "phone", "differs"),
    [
        ("Grace Okonkwo-Reid", "01632 960127", ""),
        ("Okonkwo Reid, Grace", "01632960127", ""),
        ("Grace Okonkwo-Reid", "01632 960128", "telephone"),
        ("Emeka Reid", "01632 960127", "name"),
    ],
)
def test_next_of_kin_differs_by_person_or_by_number(name, phone, differs):
    (found,) = facts(
        Heading.PER,
        kin("Grace Okonkwo-Reid", "01632 960127", of="riverside", id_="a"),
        kin(name, phone, of="hospital", id_="b"),
    )
    assert found.title == "Next of kin"
    assert found.disagreement == differs


def stay():
    body = {
        "resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"},
        "period": {"start": "2026-03-10T09:00:00Z", "end": "2026-03-20T09:00:00Z"},
    }  # fmt: skip
    return row(Heading.ADM, body, of="hospital")


def test_a_reconciliation_says_what_became_of_each_medicine_and_why():
    since = {"authoredOn": "2026-03-12"}
    rows = (
        stay(),
        medicine("Amlodipine", "5 mg od", of="riverside", id_="a"),
        medicine("Amlodipine", "5 mg od", of="hospital", id_="b", status="stopped",
                 statusReason={"text": "Ankle oedema"}, **since),
        medicine("Furosemide", "40 mg od", of="riverside", id_="c"),
        medicine("Furosemide", "80 mg od", of="hospital", id_="d", **since),
        medicine("Risperidone", "0.5 mg bd", of="hospital", id_="f", **since),
        medicine("Senna", "15 mg on", of="riverside", id_="g"),
        medicine("Ramipril", "5 mg od", of="riverside", id_="h"),
        medicine("Ramipril", "5 mg od", of="hospital", id_="i", **since),
    )  # fmt: skip
    found = reconciliation(shown(*rows), HERE)
    assert {one.title: one.turn for one in found.changes} == {
        "Amlodipine": Turn.STOPPED,
        "Risperidone": Turn.STARTED,
        "Furosemide": Turn.CHANGED,
        "Senna": Turn.UNSURE,
        "Ramipril": Turn.UNCHANGED,
    }
    assert [one.turn for one in found.changes] == [
        Turn.STOPPED, Turn.STARTED, Turn.CHANGED, Turn.UNSURE, Turn.UNCHANGED,
    ]  # fmt: skip
    assert found.changes[0].reason == "Ankle oedema"
    assert found.title == "Since the stay at The Hospital that ended 20-Mar-2026"
    assert not found.is_checked
    assert found.note == "Interactions were not checked for this view"


def test_two_strengths_handed_out_on_one_day_are_one_dose_and_agree_with_what_they_come_to():
    (found,) = facts(
        Heading.MED,
        supply("Warfarin", "3 mg od", "2026-03-02"),
        supply("Warfarin", "1 mg od", "2026-03-02", id_="other"),
        medicine("Warfarin", "4 mg od", of="hospital", id_="a"),
    )
    assert not found.disagrees
    assert len(found.voices) == 3
    together = [
        detail.text for one in found.voices for detail in one.details if "strengths" in detail.label
    ]
    assert together == ["4\u00a0mg", "4\u00a0mg"]


def test_two_strengths_that_come_to_another_dose_than_the_list_disagree():
    (found,) = facts(
        Heading.MED,
        supply("Warfarin", "3 mg od", "2026-03-02"),
        supply("Warfarin", "1 mg od", "2026-03-02", id_="other"),
        medicine("Warfarin", "3 mg od", of="hospital", id_="a"),
    )
    assert found.disagreement == "dose"


@pytest.mark.parametrize(
    "cut",
    [
        {"expected": {Heading.MED: replace(told(Heading.MED), months_back=6)}},
        {"meta": b'"tag":[{"code":"SUBSETTED"}]'},
    ],
    ids=["few months", "in brief"],
)
def test_of_a_view_that_is_cut_no_silence_is_told_and_nothing_marked(cut):
    one = medicine("Amiodarone", "200 mg od", of="hospital", id_="a")
    if "meta" in cut:
        one = replace(one, meta=cut.pop("meta"))
    (found,) = facts(Heading.MED, one, feeds={Heading.MED: (feed("riverside"),)}, **cut)
    assert [voice.source for voice in found.voices] == ["The Hospital"]
    assert not found.disagrees


def test_what_one_source_stopped_and_another_gives_stands_under_a_title_of_its_own():
    stopped = medicine("Lansoprazole", "30 mg od", of="hospital", id_="a", status="stopped")
    taken = medicine("Lansoprazole", "30 mg od", of="riverside", id_="b")
    other = medicine("Senna", "15 mg on", of="riverside", id_="c")
    groups = section_of(Heading.MED, shown(stopped, taken, other), HERE).groups
    assert [(one.title, one.kind, [fact.title for fact in one.facts]) for one in groups] == [
        ("Active", "current", ["Senna"]),
        ("Stopped by one source, active by another", "current", ["Lansoprazole"]),
    ]


def test_a_status_in_law_that_its_own_source_ended_is_not_told_as_holding_now():
    held = {
        "resourceType": "Consent",
        "status": "active",
        "category": [coded("Detained under a section")],
        "dateTime": "2025-02-01",
    }
    rows = (
        row(Heading.LEG, {**held, "id": "a", "status": "inactive"}, of="hospital"),
        row(Heading.LEG, {**held, "id": "b"}, of="council"),
    )
    (group,) = section_of(Heading.LEG, shown(*rows), HERE).groups
    assert group.title == "Over by one source, not by another"
    assert group.kind == "current"
    assert group.facts[0].disagreement == "status"


def test_what_has_no_date_of_its_own_stands_where_its_receipt_is():
    dated = medicine("Senna", "15 mg on", of="riverside", id_="a", authoredOn="2025-01-01")
    bare = medicine("Senna", "7.5 mg on", of="hospital", id_="b", authoredOn=None)
    (found,) = facts(Heading.MED, dated, bare)
    assert [voice.source for voice in found.voices] == ["The Hospital", "Riverside Surgery"]


def test_where_doses_differ_one_line_says_all_of_them_and_what_the_newest_adds():
    (found,) = facts(
        Heading.MED,
        medicine("Morphine", "15 mg bd", of="hospital", id_="a"),
        medicine("Morphine", "10 mg bd", of="riverside", id_="b"),
    )
    assert found.said.replace("\u00a0", " ") == "15 mg / 10 mg twice a day"
    absent = {
        "resourceType": "MedicationStatement",
        "id": "c",
        "status": "not-taken",
        "medicationCodeableConcept": coded("Midazolam"),
        "effectiveDateTime": "2026-03-20",
        "dosage": [{"text": "2.5 mg prn"}],
        "note": [{"text": "Not found in the home"}],
    }
    (found,) = facts(
        Heading.MED,
        row(Heading.MED, absent, of="hospital"),
        medicine("Midazolam", "2.5 mg prn", of="riverside", id_="d"),
    )
    assert found.said.replace("\u00a0", " ") == (
        "2.5 mg when needed (not taken, Not found in the home)"
    )
