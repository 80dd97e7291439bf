"""Sections of plain headings: every entry with source and date, and phases that are never mixed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from careweave.disclosure import FeedState
from careweave.terms import Heading, Label, NotFound
from careweave.views import Group, fact_of, section, slug_of
from careweave.views._sections import cut
from tests.lib.shown import NOW, feed, line, making, row, shown

HERE = making()


def groups(heading: Heading, *bodies, **more) -> tuple[Group, ...]:
    rows = [row(heading, {"id": f"e{n}", **body}) for n, body in enumerate(bodies)]
    return section(slug_of(heading), shown(*rows, **more), HERE).groups


def only(heading: Heading, body):
    """The one voice of the one fact of an entry, with the fact."""
    ((fact,),) = (group.facts for group in groups(heading, body))
    (voice,) = fact.voices
    return fact, voice


def concept(text: str, code: str = "", system: str = "urn:x"):
    return {"coding": [{"system": system, "code": code or text}], "text": text}


SAMPLES = {
    Heading.ALR: {
        "resourceType": "Flag",
        "status": "active",
        "category": [{"coding": [{"code": "SS"}]}],
        "code": {"text": "Keeps a large dog"},
        "period": {"start": "2025-08-17"},
    },
    Heading.PRO: {
        "resourceType": "CareTeam",
        "status": "active",
        "name": "Locality team",
        "period": {"start": "2025-01-20"},
        "participant": [
            {"role": [concept("Social worker")], "member": {"display": "Pearl Anders"}}
        ],
        "telecom": [{"system": "phone", "value": "01632 960701"}],
    },
    Heading.FUT: {
        "resourceType": "Appointment",
        "status": "booked",
        "description": "Home-care visit",
        "start": "2026-04-06T08:00:00+01:00",
        "end": "2026-04-06T08:30:00+01:00",
        "participant": [{"actor": {"display": "Marlon Tighe"}}],
    },
    Heading.ADM: {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "reasonCode": [concept("Pneumonia")],
        "period": {"start": "2026-04-01T10:00:00+01:00"},
        "location": [{"status": "active", "location": {"display": "Ward 5"}}],
    },
    Heading.CTG: {
        "resourceType": "CarePlan",
        "status": "active",
        "title": "Crisis plan",
        "period": {"start": "2025-12-06"},
        "activity": [
            {"detail": {"description": "Ring the team before the police"}},
            {"detail": {"description": "A quiet room"}},
        ],
    },
    Heading.RSK: {
        "resourceType": "RiskAssessment",
        "status": "final",
        "code": concept("Risk to self"),
        "occurrencePeriod": {"start": "2025-12-06"},
        "mitigation": "Discussed with the team",
    },
    Heading.EQP: {"resourceType": "Device", "status": "active", "type": concept("Walking frame")},
    Heading.ASM: {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("Clinical frailty score"),
        "effectiveDateTime": "2026-02-04",
        "valueQuantity": {"value": 6},
    },
    Heading.SAF: {
        "resourceType": "ServiceRequest",
        "status": "active",
        "code": concept("Safeguarding concern"),
        "authoredOn": "2025-12-06",
        "reasonCode": [{"text": "Financial"}],
    },
    Heading.PLN: {
        "resourceType": "Task",
        "status": "requested",
        "code": concept("Cervical screening is due"),
        "authoredOn": "2026-02-24",
        "owner": {"display": "Riverside Surgery"},
    },
    Heading.FAM: {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "relationship": concept("Father"),
        "condition": [{"code": concept("Stroke")}],
        "date": "2025-01-01",
    },
    Heading.FRM: {
        "resourceType": "ClinicalImpression",
        "status": "completed",
        "code": concept("Formulation"),
        "date": "2025-02-09",
        "summary": "Early loss",
    },
    Heading.RES: {
        "resourceType": "Consent",
        "status": "active",
        "category": [concept("Research")],
        "dateTime": "2025-02-09",
        "provision": {"type": "deny"},
    },
    Heading.IRQ: {
        "resourceType": "ServiceRequest",
        "status": "active",
        "code": concept("Chest x-ray"),
        "authoredOn": "2026-04-04",
    },
    Heading.SOC: {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("Accommodation"),
        "effectiveDateTime": "2026-01-01",
        "valueCodeableConcept": {"text": "Owns the home"},
    },
}
SAID = {
    Heading.ALR: ("Keeps a large dog", "Scene safety"),
    Heading.PRO: ("Locality team", "Pearl Anders (Social worker); 01632 960701"),
    Heading.FUT: ("Home-care visit", "06-Apr-2026 08:00 to 08:30; Marlon Tighe"),
    Heading.ADM: ("Pneumonia", "Ward 5"),
    Heading.CTG: ("Crisis plan", "Ring the team before the police; A quiet room"),
    Heading.RSK: ("Risk to self", "Discussed with the team"),
    Heading.EQP: ("Walking frame", ""),
    Heading.ASM: ("Clinical frailty score", "6"),
    Heading.SAF: ("Safeguarding concern", ""),
    Heading.PLN: ("Cervical screening is due", "with Riverside Surgery"),
    Heading.FAM: ("Father", "Stroke"),
    Heading.FRM: ("Formulation", "Early loss"),
    Heading.RES: ("Research", "refused"),
    Heading.IRQ: ("Chest x-ray", ""),
    Heading.SOC: ("Accommodation", "Owns the home"),
}


@pytest.mark.parametrize("heading", SAMPLES)
def test_an_entry_says_what_it_is_in_a_line(heading: Heading) -> None:
    fact, voice = only(heading, SAMPLES[heading])
    assert (fact.title, voice.text) == SAID[heading]


@pytest.mark.parametrize("heading", SAMPLES)
def test_nothing_is_shown_without_source_date_and_handle(heading: Heading) -> None:
    _, voice = only(heading, SAMPLES[heading])
    assert voice.source == "Riverside Surgery"
    assert voice.when.text
    assert voice.entry == f"{SAMPLES[heading]['resourceType']}.e0"


@pytest.mark.parametrize("heading", SAMPLES)
def test_an_entry_that_says_next_to_nothing_is_shown_all_the_same(heading: Heading) -> None:
    bare = {"resourceType": SAMPLES[heading]["resourceType"], "status": "active"}
    fact, voice = only(heading, bare)
    assert fact.title or voice.text
    assert voice.when.text.startswith("received ")


def test_what_holds_is_planned_or_is_past_stands_apart() -> None:
    def task(status: str, n: int):
        return {"resourceType": "Task", "id": f"t{n}", "status": status, "code": concept("Do")}

    stated = [task(status, n) for n, status in enumerate(("requested", "draft", "completed"))]
    assert [(one.kind, len(one.facts)) for one in groups(Heading.PLN, *stated)] == [
        ("current", 1),
        ("planned", 1),
        ("ended", 1),
    ]


def test_what_its_own_period_ended_is_past_whatever_its_status_says() -> None:
    over = {**SAMPLES[Heading.ALR], "period": {"start": "2025-01-01", "end": "2025-02-01"}}
    assert [one.kind for one in groups(Heading.ALR, over)] == ["ended"]


def test_the_next_appointment_comes_first_and_the_last_past_one_after_it() -> None:
    def visit(n: int, day: str):
        start = f"{day}T08:00:00+01:00"
        return {"resourceType": "Appointment", "id": f"v{n}", "status": "booked",
                "description": f"Visit {n}", "start": start, "end": f"{day}T08:30:00+01:00"}  # fmt: skip

    days = ("2026-04-08", "2026-04-06", "2026-04-01", "2026-04-03")
    found = groups(Heading.FUT, *(visit(n, day) for n, day in enumerate(days)))
    assert [fact.title for group in found for fact in group.facts] == [
        "Visit 1",
        "Visit 0",
        "Visit 3",
        "Visit 2",
    ]


def test_a_document_is_told_of_and_never_opened_in_a_list() -> None:
    body = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": concept("Clinic letter"),
        "date": "2026-02-14T09:18:00Z",
        "content": [{"attachment": {"contentType": "application/pdf", "data": "U0VDUkVU"}}],
    }
    fact, voice = only(Heading.DOC, body)
    assert (fact.title, voice.text) == ("Clinic letter", "PDF")
    assert "SECRET" not in repr(fact)
    assert "U0VDUkVU" not in repr(fact)


def test_an_author_is_named_by_the_entry_or_by_its_source() -> None:
    body = {**SAMPLES[Heading.PLN], "requester": {"reference": "Practitioner/p1"}}
    one = shown(row(Heading.PLN, body), authors={"Practitioner/p1": "Amara Finch"})
    ((fact,),) = (group.facts for group in section("actions", one, HERE).groups)
    assert fact.voices[0].author == "Amara Finch"


def test_the_count_is_over_all_that_the_outline_has() -> None:
    first = row(Heading.ASM, SAMPLES[Heading.ASM])
    others = [row(Heading.ASM, {**SAMPLES[Heading.ASM], "id": f"x{n}"}) for n in range(40)]
    binary = row(Heading.ASM, {"resourceType": "Binary", "id": "b"})
    one = shown(first, lines=tuple(line(entry) for entry in (first, binary, *others)))
    assert section("assessments", one, HERE).n == 41


def test_what_came_since_the_last_look_is_marked() -> None:
    old = row(Heading.ASM, {**SAMPLES[Heading.ASM], "id": "old"}, updated=NOW - timedelta(days=9))
    new = row(Heading.ASM, {**SAMPLES[Heading.ASM], "id": "new"}, updated=NOW)
    one = shown(old, new, last_looked_at=NOW - timedelta(days=2))
    (group,) = section("assessments", one, HERE).groups
    assert {fact.voices[0].entry: fact.is_new for fact in group.facts} == {
        "Observation.old": False,
        "Observation.new": True,
    }


def test_a_block_shows_so_many_facts_and_says_how_many_more() -> None:
    bodies = [{**SAMPLES[Heading.ALR], "code": {"text": f"Alert {n}"}} for n in range(9)]
    rows = [row(Heading.ALR, {"id": f"a{n}", **body}) for n, body in enumerate(bodies)]
    whole = section("alerts", shown(*rows), HERE)
    (group,) = cut(whole, HERE, 4, past=False).groups
    assert (len(group.facts), group.n_more) == (4, 5)


def test_medicines_and_allergies_are_never_cut() -> None:
    body = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "effectiveDateTime": "2026-01-01",
    }
    rows = [
        row(Heading.MED, {**body, "id": f"m{n}", "medicationCodeableConcept": concept(f"Drug {n}")})
        for n in range(250)
    ]
    whole = section("medicines", shown(*rows), HERE)
    assert sum(len(one.facts) for one in cut(whole, HERE, 3, past=False).groups) == 250


def test_a_block_of_which_all_is_past_says_so() -> None:
    done = {**SAMPLES[Heading.PLN], "status": "completed"}
    whole = section("actions", shown(row(Heading.PLN, done)), HERE)
    kept = cut(whole, HERE, 4, past=False)
    assert (kept.groups, kept.text) == ((), "Nothing now; 1 past, in the full section")


def test_one_entry_alone_is_a_fact_too() -> None:
    one = row(Heading.ASM, SAMPLES[Heading.ASM])
    assert fact_of(one, shown(one), HERE).title == "Clinical frailty score"
    gone = replace(one, body=None)
    assert fact_of(gone, shown(gone), HERE).voices == ()


def test_a_word_that_names_no_section_is_not_found() -> None:
    with pytest.raises(NotFound):
        section("nonsense", shown(), HERE)


def test_hidden_voices_change_no_row_no_mark_and_no_count() -> None:
    """A view is made of what was disclosed and of nothing else: the same in, the same out."""
    seen = [
        row(heading, {"id": f"s{n}", **body}) for n, (heading, body) in enumerate(SAMPLES.items())
    ]
    for heading in SAMPLES:
        feeds = {heading: (feed(), feed("hospital", FeedState.OK))}
        one, other = (section(slug_of(heading), shown(*seen, feeds=feeds), HERE) for _ in "ab")
        assert one == other


def test_where_the_way_in_is_kept_back_it_says_so_and_whom_to_ask() -> None:
    body = {"resourceType": "Flag", "status": "active", "code": {"text": "Not shown"}}
    one = row(Heading.SOC, body, labels=frozenset({Label.ACCESS_SECRET}), meta=b'"SUBSETTED"')
    ((fact,),) = (group.facts for group in section("social", shown(one), HERE).groups)
    assert fact.title == "How to get in"
    assert fact.voices[0].text == "Kept back from your role. Ask Riverside Surgery, 01632 960001"


def test_the_number_beside_a_title_is_that_of_its_rows() -> None:
    vaccine = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": concept("Influenza vaccine"),
        "occurrenceDateTime": "2025-10-06",
    }
    rows = [
        row(Heading.VAC, {**vaccine, "id": f"v-{of}"}, of=of) for of in ("riverside", "hospital")
    ]
    one = section("vaccinations", shown(*rows), HERE)
    assert one.n == sum(len(group.facts) for group in one.groups) == 1


def test_a_report_that_only_carries_results_leaves_no_blank() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": concept("Ceiling of treatment"),
        "category": [concept("Other")],
        "effectiveDateTime": "2026-03-24",
    }
    one = section("results", shown(row(Heading.INV, report), feeds={Heading.INV: (feed(),)}), HERE)
    assert one.groups or one.text
