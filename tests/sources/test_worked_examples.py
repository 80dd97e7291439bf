"""The worked examples of the mapping language, byte for byte. Source: interop.md 6.4 to 6.6."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from careweave.formats import write_json
from careweave.sources import Mapped, Reading, SourceMapping, Write
from careweave.sources._examples import mapping_of

HERE = Path(__file__).parent / "worked"


def _mapping(name: str) -> SourceMapping:
    return mapping_of((HERE / f"{name}.yaml").read_text("utf-8"))


def _read(name: str) -> Reading:
    mapping = _mapping(name)
    body = (HERE / f"{name}.hl7").read_text("utf-8").replace("\n", "\r").encode()
    return mapping.read(body, mapping.peek(body))


def _wanted(name: str) -> list[bytes]:
    text = (HERE / f"{name}.json").read_text("utf-8")
    decoder = json.JSONDecoder(parse_float=Decimal)
    found: list[bytes] = []
    while text.strip():
        text = text.lstrip()
        value, end = decoder.raw_decode(text)
        found.append(write_json(value))
        text = text[end:]
    return found


def _written(resources: tuple[Mapped, ...]) -> list[bytes]:
    return [write_json({"resourceType": one.type, "id": one.id} | one.value) for one in resources]


@pytest.mark.parametrize("name", ["adt", "oru"])
def test_a_message_gives_the_entries_of_the_example_byte_for_byte(name: str) -> None:
    reading = _read(name)
    assert reading.failure is None
    assert _written(reading.resources) == _wanted(name)


def test_the_admission_reports_what_it_could_not_carry() -> None:
    reading = _read("adt")
    assert [(one.code, one.where, one.about) for one in reading.findings] == [
        ("unmapped-code", "NK1-3.1", "nok NBR")
    ]
    assert reading.coverage.unmapped == (
        ("PID-16", "M"),
        ("PV1-10", "300"),
        ("ZBD-1", "1"),
        ("ZBD-2", "FRAILTY"),
        ("ZBD-3", "6"),
    )
    assert reading.coverage.codes == (("nok", "NBR", "Neighbour"),)
    assert "PID-5" in reading.coverage.mapped
    assert reading.resources[0].write is Write.MERGE


def test_the_admission_gives_the_next_of_kin_as_a_whole_list() -> None:
    reading = _read("adt")
    patient, first, second, encounter = reading.resources
    key = f"NK1/{patient.id}"
    assert reading.snapshots == ((key, frozenset({first.id, second.id})),)
    assert [one.snapshot for one in reading.resources] == [None, key, key, None]
    assert encounter.lists == {}


def test_the_report_tells_what_it_could_not_carry() -> None:
    reading = _read("oru")
    assert [(one.code, one.about) for one in reading.findings] == [
        ("unmapped-code", "test U1"),
        ("unmapped-code", "test K"),
    ]
    assert reading.coverage.unmapped == (("OBR-24", "CH"), ("OBX-6", "mmol/L"), ("OBR-24", "CH"))
    assert [one.write for one in reading.resources][:2] == [Write.SEED, Write.REPLACE]


def test_rows_give_the_entries_of_the_example_byte_for_byte() -> None:
    mapping = _mapping("care")
    with (HERE / "care.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    readings = [_row(mapping, row) for row in rows]
    first, second = readings
    assert _written((*first.resources, *second.resources[1:])) == _wanted("care")
    assert first.resources[0] == second.resources[0]
    assert [[(one.code, one.about) for one in reading.findings] for reading in readings] == [
        [],
        [("unmapped-code", "service TELECARE")],
    ]
    assert [reading.coverage.unmapped for reading in readings] == [(("KeySafe", "Y"),)] * 2


def _row(mapping: SourceMapping, row: dict[str, str]) -> Reading:
    body = json.dumps({"row": row, "at": "2026-03-14T02:00:00+00:00"}).encode()
    return mapping.read(body, mapping.peek(body))


def test_the_head_names_the_lane_the_person_and_the_time() -> None:
    mapping = _mapping("adt")
    body = (HERE / "adt.hl7").read_text("utf-8").replace("\n", "\r").encode()
    head = mapping.peek(body)
    assert (head.control_id, head.kind, head.version) == ("STB0004711", "ADT^A01", "2.4")
    assert head.lanes == ("stbeda-pas:A0012345",)
    assert head.patients == (
        "urn:careweave:demo:stbeda:mrn|A0012345",
        "https://fhir.nhs.uk/Id/nhs-number|9990000018",
    )
    assert head.event_at is not None
    assert head.event_at.isoformat() == "2026-03-14T09:15:00+00:00"
    assert (head.refusal, head.quarantine) == (None, None)
