"""What a rule makes of a message: its id, what is to go, whole lists, labels, twins, groups."""

import json
from typing import Any

import pytest

from careweave.sources import ListMode, Mapped, Reading, Reason, Write
from careweave.sources._examples import mapping_of
from careweave.terms import Heading, Incorrect, Label, keyed_id

KEY = b"careweave-demo-key"
HEAD = "careweave: mapping/1\nid: m\nversion: 1\ninput: hl7v2\ndrop: [{path: MSH, why: envelope}]\n"
MSH = "MSH|^~\\&|PAS|RZZ01|||20260314093012||ADT^A08|1|P|2.4"
PATIENT = """
  - type: Patient
    write: merge
    key: ["=PID-3.1"]
    body:
      name: {$each: {in: "=PID-5[*]", do: {family: "=@.1", period: {end: {$date: {in: "=@.2"}}}}}}
      gender: "=PID-8"
      telecom: [{system: phone, value: "=PID-13"}, {system: phone, value: "=PID-14"}]
      maritalStatus: {text: "=PID-16"}
"""


def _read(text: str, *lines: str, event: str = "A08") -> Reading:
    mapping = mapping_of(HEAD + text)
    body = "\r".join((MSH.replace("A08", event), *lines)).encode() + b"\r"
    return mapping.read(body, mapping.peek(body))


def _one(reading: Reading) -> Mapped:
    assert reading.failure is None
    assert len(reading.resources) == 1
    return reading.resources[0]


def _row(text: str, **members: Any) -> Reading:
    mapping = mapping_of(HEAD.replace("hl7v2", "csv").replace("MSH", "Other") + text)
    body = json.dumps(members).encode()
    return mapping.read(body, mapping.peek(body))


def test_the_id_is_the_vector_of_the_sheet() -> None:
    text = (
        'resources: [{type: Patient, key: ["=PID-3.1"], authority: stbeda, body: {active: true}}]'
    )
    assert _one(_read(text, "PID|1||A0012345")).id == "gwonipkugkqothoz5ci37ue7ay"


def test_two_quotation_marks_take_away_and_blanks_say_nothing() -> None:
    found = _one(_read(f"resources:{PATIENT}", 'PID|1||A1||""|||""|||||""|""||""'))
    assert found.nulls == ("name", "gender", "telecom", "maritalStatus.text")
    assert found.value == {"resourceType": "Patient"}
    assert _one(_read(f"resources:{PATIENT}", "PID|1||A1")).nulls == ()


def test_a_list_is_replaced_as_a_whole_so_that_a_part_takes_nothing_away() -> None:
    found = _one(_read(f"resources:{PATIENT}", 'PID|1||A1||Fenn^""||||||||""|01632960111'))
    assert found.nulls == ()
    assert found.value["name"] == [{"family": "Fenn"}]
    assert found.value["telecom"] == [{"system": "phone", "value": "01632960111"}]


def test_nothing_is_taken_away_by_a_rule_that_replaces() -> None:
    text = f"resources:{PATIENT}".replace("write: merge", "write: replace")
    assert _one(_read(text, 'PID|1||A1|||||""')).nulls == ()


def test_without_a_key_there_is_no_entry_but_a_finding() -> None:
    text = f"""resources:{PATIENT}
  - {{type: Encounter, key: ["=PID-3.1", "=PV1-19"], body: {{status: planned}}}}
"""
    reading = _read(text, "PID|1||A1", "PV1|1|I")
    assert [one.type for one in reading.resources] == ["Patient"]
    assert [(one.code, one.where) for one in reading.findings] == [("no-key", "Encounter")]


def test_a_message_of_nobody_is_not_stored() -> None:
    reading = _read(f"resources:{PATIENT}", "PID|1||||Fenn")
    assert reading.failure is not None
    assert (reading.failure.reason, reading.resources) == (Reason.NO_PATIENT, ())


def test_a_message_that_knows_nothing_by_its_number_is_not_stored() -> None:
    text = 'resources: [{type: Location, key: ["=PV1-3"], body: {status: active}}]'
    reading = _read(text, "PID|1||A1")
    assert reading.failure is not None
    assert reading.failure.reason is Reason.NO_KEY


SNAPSHOT = f"""
lists: {{NK1: snapshot}}
resources:{PATIENT}
  - type: RelatedPerson
    each: NK1
    key: ["=PID-3.1", "=NK1-2"]
    body: {{patient: {{$ref: {{type: Patient, key: ["=PID-3.1"]}}}}}}
"""


def test_a_list_is_whole_only_where_the_message_has_one() -> None:
    patient = keyed_id(KEY, "m", "Patient", "A1")
    reading = _read(SNAPSHOT, "PID|1||A1", "NK1|1|Fenn", "NK1|2|Quill")
    first, second = (one.id for one in reading.resources[1:])
    assert reading.snapshots == ((f"NK1/{patient}", frozenset({first, second})),)
    assert _read(SNAPSHOT, "PID|1||A1").snapshots == ()


def test_a_list_that_is_emptied_is_whole_and_empty() -> None:
    patient = keyed_id(KEY, "m", "Patient", "A1")
    assert _read(SNAPSHOT, "PID|1||A1", 'NK1|1|""').snapshots == ((f"NK1/{patient}", frozenset()),)


TWINS = """
groups: {result: {lead: [OBX], own: [NTE]}}
resources:
  - type: DiagnosticReport
    key: [r]
    body:
      status: final
      code: {text: report}
      result: {$refs: {group: result, type: Observation, key: ["=OBX-3"]}}
  - group: result
    resources:
      - {type: Observation, key: ["=OBX-3"], twins: number, if: {present: "=OBX-5"}, body: {valueString: "=OBX-5"}}
"""
RESULTS = ("OBX|1|ST|X||one", "OBX|2|ST|X||two", "OBX|3|ST|Y||")


def test_twins_are_told_apart_by_their_number_and_referred_to_alike() -> None:
    report, *results = _read(TWINS, *RESULTS).resources
    assert [one.value["valueString"] for one in results] == ["one", "two"]
    wanted = [keyed_id(KEY, "m", "Observation", "X"), keyed_id(KEY, "m", "Observation", "X", "2")]
    assert [one.id for one in results] == wanted
    assert report.value["result"] == [{"reference": f"Observation/{one}"} for one in wanted]


def test_the_same_key_twice_is_told_where_twins_are_not_expected() -> None:
    reading = _read(TWINS.replace("twins: number, ", ""), *RESULTS)
    assert [one.code for one in reading.findings] == ["same-key"]


def test_the_rest_of_a_rule_is_carried_to_the_entry() -> None:
    text = """resources:
  - type: Encounter
    key: [e]
    write: append
    lists: {location: history}
    force: {eq: ["=MSH-9.2", A08]}
    heading: ADM
    label: [S1, {add: [S2], if: {present: "=PV1-2"}}, {clear: [S9, S1]}]
    body: {status: planned}
"""
    found = _one(_read(text, "PV1|1|I"))
    assert (found.write, found.heading) == (Write.APPEND, Heading.ADM)
    assert found.lists == {"location": ListMode.HISTORY}
    assert found.forces_status
    assert (found.labels, found.clears) == ({Label.S1, Label.S2}, {Label.S9})
    assert _one(_read(text, "PV1|1")).labels == {Label.S1}


def test_a_heading_may_follow_the_message() -> None:
    text = 'resources: [{type: Observation, key: [o], heading: "=OBX-3", body: {status: final}}]'
    assert _one(_read(text, "OBX|1||PRG")).heading is Heading.PRG
    reading = _read(text, "OBX|1||XYZ")
    assert (_one(reading).heading, [one.code for one in reading.findings]) == (
        None,
        ["bad-heading"],
    )


def test_a_label_that_a_message_may_take_off_stands_among_the_risks() -> None:
    text = "resources: [{type: Basic, key: [b], label: {clear: [S9]}, body: {}}]"
    assert mapping_of(HEAD + text).risks == ("A message may take the label S9 off a Basic.",)


CARE = """resources:
  - {type: Patient, key: ["=row.Id"], body: {active: true}}
  - {type: EpisodeOfCare, key: ["=row.Id"], absent: {status: finished}, body: {status: active, type: [{text: "=row.Kind"}]}}
"""


def test_a_row_that_went_says_only_what_its_rules_say() -> None:
    row = {"Id": "1", "Kind": "home"}
    assert [one.value["resourceType"] for one in _row(CARE, row=row).resources] == [
        "Patient",
        "EpisodeOfCare",
    ]
    gone = _one(_row(CARE, row=row, absent=True))
    assert gone.value == {
        "resourceType": "EpisodeOfCare",
        "status": "finished",
        "type": [{"text": "home"}],
    }


GROUPS = """
groups:
  order:
    lead: [ORC, OBR]
    own: [NTE]
    parts: {result: {lead: [OBX], own: [NTE]}}
resources:
  - group: order
    resources:
      - {type: ServiceRequest, key: ["=OBR-2"], body: {note: [{text: "=NTE-3"}], patientInstruction: "=PID-3", reasonCode: [{text: "=ZBD-1"}]}}
      - group: result
        resources:
          - {type: Observation, key: ["=OBR-2", "=OBX-1"], body: {note: [{text: "=NTE-3"}], valueString: "=OBX-5"}}
"""


def test_a_note_belongs_to_what_stands_before_it_and_to_nothing_else() -> None:
    reading = _read(
        GROUPS,
        *("PID|1||A1", "NTE|1||of nobody", "ORC|NW", "OBR|1|o1", "NTE|1||of the order"),
        *("OBX|1|ST|||a", "OBX|2|ST|||b", "NTE|1||of b", "ZBD|local", "OBX|3|ST|||c"),
        *("OBR|2|o2", "OBX|1|ST|||d"),
    )
    told = [
        (one.value.get("valueString", "order"), one.value.get("note", [{}])[0].get("text"))  # type: ignore[index, union-attr]
        for one in reading.resources
    ]
    assert told == [
        ("order", "of the order"),
        ("a", None),
        ("b", "of b"),
        ("c", None),
        ("order", None),
        ("d", None),
    ]
    assert reading.resources[0].value["patientInstruction"] == "A1"
    assert reading.resources[0].value["reasonCode"] == [{"text": "local"}]
    assert [one.code for one in reading.findings] == []


def test_a_result_without_an_order_is_told_and_stays_in_the_report() -> None:
    reading = _read(GROUPS, "PID|1||A1", "ORC|NW", "OBR|1|o1", "PV1|1", "OBX|1|ST|||a")
    assert [one.type for one in reading.resources] == ["ServiceRequest", "Observation"]
    alone = _read(GROUPS, "PID|1||A1", "OBX|1|ST|||a")
    assert ("OBX-5", "a") in alone.coverage.unmapped


@pytest.mark.parametrize("event", ["A40", "A34", "A24", "A37", "A45", "A47"])
def test_merges_and_moves_need_a_right_of_their_own(event: str) -> None:
    from dataclasses import replace

    mapping = mapping_of(f"{HEAD}resources:{PATIENT}")
    reader: Any = mapping.read.__self__  # type: ignore[attr-defined]
    body = "\r".join((MSH.replace("A08", event), "PID|1||A1", "MRG|B2")).encode()
    head = mapping.peek(body)
    assert mapping.read(body, head).failure is None
    reader._plan = replace(reader._plan, place=replace(reader._plan.place, entitled=frozenset()))
    failure = mapping.read(body, head).failure
    assert failure is not None
    assert failure.reason is Reason.MERGE_NOT_ENTITLED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("resources: [{type: Pateint, key: [x], body: {}}]", "no resource type of FHIR R4"),
        ("resources: [{type: Patient, key: [], body: {}}]", "a key has at least one part"),
        ("resources: [{type: Patient, body: {}}]", "key is missing here"),
        (
            "resources: [{type: Patient, key: [x], body: {name: {famly: a}}}]",
            "did you mean family?",
        ),
        (
            "resources: [{type: Patient, key: [x], body: {gender: [a]}}]",
            "a single value, not a list",
        ),
        ("resources: [{type: Patient, key: [x], write: mrge, body: {}}]", "did you mean merge?"),
        ("resources: [{type: Patient, key: [x], lists: {gender: add}, body: {}}]", "is no list of"),
        (
            "resources: [{type: Patient, key: [x], body: {gender: {$mapp: x}}}]",
            "did you mean $map?",
        ),
        ("resources: [{group: order, resources: []}]", "there is no group order here"),
        ("resources: [{type: Basic, key: [x], heading: NONE, body: {}}]", "NONE is not known here"),
        ("resources: [{type: Basic, key: [x], label: [S99], body: {}}]", "there is no label S99"),
        ("nodes: {a: {$use: a}}\nresources: [{type: Basic, key: [{$use: a}], body: {}}]", "itself"),
        ('resources: [{type: Basic, key: ["=row.x"], body: {}}]', "is not a path"),
        ("drop: [{path: PID-3.1, why: x}]", "neither a segment nor a field"),
        ("groups: {a: {lead: [pid]}}", "no name of a segment"),
        ("maps: {a: {values: {x: [1]}}}", "a map gives single values"),
        ("codes: {a: {from: nowhere}}", "there is no system nowhere"),
        ("include: [none]", "the fragment none cannot be included"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_to_write(text: str, told: str) -> None:
    head = HEAD.replace("drop: [{path: MSH, why: envelope}]\n", "")
    with pytest.raises(Incorrect) as refused:
        mapping_of(head + text)
    assert told in refused.value.message
    assert "mapping.yaml:" in refused.value.message
