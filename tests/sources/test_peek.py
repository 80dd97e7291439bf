"""What is known of a message before it is mapped: whose it is, when, and whether it may come in."""

from dataclasses import replace
from typing import Any

import pytest

from careweave.sources import Channel, Head, Source, SourceMapping, Transport, peek, read
from careweave.sources._examples import mapping_of
from careweave.sources._reading import Reason

MAPPING = """careweave: mapping/1
id: pas
version: 1
input: hl7v2
accept: [ADT^*]
systems: {nhs: "https://fhir.nhs.uk/Id/nhs-number", mrn: "urn:x:mrn"}
resources:
  - type: Patient
    key: [{$first: ["=PID-3[5=PI|MR].1", "=PID-3[5!=NH][4!=NHS].1"]}]
    body:
      identifier:
        - {$id: {system: mrn, value: {$first: ["=PID-3[5=PI|MR].1", "=PID-3[5!=NH][4!=NHS].1"]}}}
        - {$id: {system: nhs, value: {$first: ["=PID-3[5=NH].1", "=PID-3[4=NHS].1", "=PID-19", "=PID-4"]}}}
"""
NHS = "https://fhir.nhs.uk/Id/nhs-number|9990000018"


@pytest.fixture(scope="module")
def mapping() -> SourceMapping:
    return mapping_of(MAPPING)


def _body(
    *lines: str, msh: str = "MSH|^~\\&|PAS|RZZ01|||20260314093012||ADT^A08|C1|P|2.4"
) -> bytes:
    return "\r".join((msh, *lines)).encode() + b"\r"


def _head(mapping: SourceMapping, *lines: str) -> Head:
    return mapping.peek(_body(*lines))


@pytest.mark.parametrize(
    ("pid", "lane"),
    [
        ("PID|1||A1^^^ACU^PI~9990000018^^^NHS^NH", "A1"),
        ("PID|1||9990000018^^^NHS~A1^^^ACU^MR", "A1"),
        ("PID|1||A1^^^ACU~999 000 0018^^^NHS^NH", "A1"),
        ("PID|1||A1||||||||||||||||999 000 0018", "A1"),
        ("PID|1||A1|9990000018", "A1"),
        ("PID|1||9990000018^^^NHS^NH", "nhs/9990000018"),
    ],
)
def test_the_lane_is_the_number_of_the_source_whatever_the_habit(
    mapping: SourceMapping, pid: str, lane: str
) -> None:
    head = _head(mapping, pid)
    assert head.lanes == (f"pas:{lane}",)
    assert NHS in head.patients
    assert head.quarantine is None


def test_a_message_of_nobody_waits_in_a_lane_of_its_own(mapping: SourceMapping) -> None:
    head = _head(mapping, "PID|1||||Fenn")
    assert head.lanes == ("pas:*unknown*",)
    assert head.quarantine is not None
    assert head.quarantine.code == "no-patient"


def test_a_merge_waits_in_all_lanes_that_it_names(mapping: SourceMapping) -> None:
    head = _head(mapping, "PID|1||A1^^^ACU^PI", "MRG|9990000018^^^NHS^NH~B2^^^ACU^PI")
    assert head.lanes == ("pas:A1", "pas:B2")
    assert head.patients == ("urn:x:mrn|A1", "urn:x:mrn|B2")
    link = _head(mapping, "PID|1||A1^^^ACU^PI", "PID|2||C3^^^ACU^PI")
    assert link.lanes == ("pas:A1", "pas:C3")


@pytest.mark.parametrize(
    ("evn", "at"),
    [
        ("EVN|A08|20260314090000||||20260314080000", "2026-03-14T08:00:00+00:00"),
        ("EVN|A08|20260314090000", "2026-03-14T09:00:00+00:00"),
        ("EVN|A08", "2026-03-14T09:30:12+00:00"),
        ("EVN|A08|||||20260714080000", "2026-07-14T07:00:00+00:00"),
    ],
)
def test_the_time_is_that_of_the_event_in_the_zone_of_the_source(
    mapping: SourceMapping, evn: str, at: str
) -> None:
    head = _head(mapping, evn, "PID|1||A1")
    assert head.event_at is not None
    assert head.event_at.isoformat() == at


@pytest.mark.parametrize(
    ("msh", "code"),
    [
        ("MSH|^~\\&|PAS|RZZ01|||20260314093012||ORU^R01|C1|P|2.4", "type-not-mapped"),
        ("MSH|^~\\&|LIMS|RZZ01|||20260314093012||ADT^A08|C1|P|2.4", "sender-mismatch"),
        ("", "empty"),
        ("PID|1||A1", "empty"),
        ("MSH|^~\\&|PAS|RZZ01|||20260314093012||ADT^A08|C1|P|2.4\rPI", "truncated"),
    ],
)
def test_what_somebody_must_look_at_is_kept(mapping: SourceMapping, msh: str, code: str) -> None:
    reader: Any = mapping.peek.__self__  # type: ignore[attr-defined]
    place = replace(reader._plan.place, sender=("PAS", ""))
    body = msh.encode() if code in {"empty", "truncated"} else _body("PID|1||A1", msh=msh)
    head = type(reader)(replace(reader._plan, place=place)).peek(body)
    assert head.refusal is None
    assert head.quarantine is not None
    assert head.quarantine.code == code


def test_a_message_of_a_test_is_refused_on_a_live_connection(mapping: SourceMapping) -> None:
    reader: Any = mapping.peek.__self__  # type: ignore[attr-defined]
    place = replace(reader._plan.place, processing=frozenset({"P"}))
    live = type(reader)(replace(reader._plan, place=place))
    assert live.peek(_body("PID|1||A1")).refusal is None
    head = live.peek(_body("PID|1||A1", msh="MSH|^~\\&|PAS|R|||2026||ADT^A08|C1|T|2.4"))
    assert head.refusal is not None
    assert head.refusal.code == "processing-id"


def test_a_large_message_is_looked_at_as_well(mapping: SourceMapping) -> None:
    head = _head(mapping, "PID|1||A1^^^ACU^PI", "OBX|1|ED|||" + "A" * 300_000)
    assert head.lanes == ("pas:A1",)


def test_a_row_is_in_the_lane_of_its_person() -> None:
    text = MAPPING.replace("hl7v2", "csv").replace("accept: [ADT^*]\n", 'event_at: "=row.At"\n')
    text = text[: text.index("resources")] + (
        'resources:\n  - type: Patient\n    key: ["=row.Ref"]\n'
        '    body: {identifier: [{$id: {system: mrn, value: "=row.Ref"}}]}\n'
    )
    rows = mapping_of(text)
    head = rows.peek(
        b'{"at": "2026-03-14T02:00:00+00:00", "row": {"Ref": "S1", "At": "2026-03-01"}}'
    )
    assert (head.kind, head.lanes, head.patients) == ("csv-row", ("pas:S1",), ("urn:x:mrn|S1",))
    assert head.event_at is not None
    assert head.event_at.isoformat() == "2026-03-01T00:00:00+00:00"
    plain = rows.peek(b'{"at": "2026-03-14T02:00:00+00:00", "row": {"Ref": "S1"}}')
    assert plain.event_at == plain.sent_at


def test_a_source_without_a_mapping_keeps_what_it_is_sent() -> None:
    source = Source("mesh", "x", "mesh", Transport(Channel.MESH))
    head = peek(source, b"anything")
    assert head.quarantine is not None
    assert head.lanes == ("mesh:*unknown*",)
    failure = read(source, b"anything").failure
    assert failure is not None
    assert failure.reason is Reason.TYPE_NOT_MAPPED
