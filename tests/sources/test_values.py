"""What operators make of single values: dates, numbers, texts, codes, documents that are attached."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.sources import Reading
from careweave.sources._dates import FormatFault, format_reader
from careweave.sources._examples import mapping_of
from careweave.sources._rtf import rtf_text
from careweave.terms import Incorrect

HEAD = "careweave: mapping/1\nid: m\nversion: 1\n"
BASIC = "resources:\n  - type: Basic\n    key: [b]\n    body: {{contained: [{{it: {node}}}]}}\n"


def _row(node: str, *, tables: str = "", at: str = "2026-03-14T02:00:00Z", **cells: str) -> Reading:
    mapping = mapping_of(f"{HEAD}input: csv\n{tables}{BASIC.format(node=node)}")
    body = json.dumps({"at": at, "row": cells}).encode()
    return mapping.read(body, mapping.peek(body))


def _it(reading: Reading) -> Any:
    contained: Any = reading.resources[0].value.get("contained", [{}])
    return contained[0].get("it")


def _codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


@pytest.mark.parametrize(
    ("formats", "text", "told"),
    [
        ("%d/%m/%Y", "1/4/2025", "2025-04-01"),
        ("%d-%b-%y", "11-Mar-42", "1942-03-11"),
        ("%d-%b-%y", "14-Mar-26", "2026-03-14"),
        ("%d-%b-%y", "15-Mar-26", "1926-03-15"),
        ("%d %B %Y", "1 august 2025", "2025-08-01"),
        ("%m/%Y", "08/2025", "2025-08"),
        ("%Y", "2025", "2025"),
        ("%d/%m/%Y %H:%M", "01/07/2025 09:05", "2025-07-01T09:05:00+01:00"),
        ("%d/%m/%Y %I:%M %p", "01/12/2025 12:30 am", "2025-12-01T00:30:00+00:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "2025-07-01T09:05:00Z", "2025-07-01T09:05:00+00:00"),
        ("%d/%m/%Y", "31/02/2025", None),
        ("%d/%m/%Y", "2025-01-01", None),
        ("%d-%b-%Y", "01-Foo-2025", None),
    ],
)
def test_a_date_is_read_as_it_is_written(formats: str, text: str, told: str | None) -> None:
    reading = _row(f'{{$date: {{in: "=row.A", formats: ["{formats}"]}}}}', A=text)
    assert _it(reading) == told
    assert _codes(reading) == ([] if told else ["bad-date"])


@pytest.mark.parametrize(
    ("text", "told", "codes"),
    [
        ("2026-03-14", "2026-03-14", []),
        ("2026-03", "2026-03", []),
        ("20260314", "2026-03-14", []),
        ("2026-07-14T09:15", "2026-07-14T09:15:00+01:00", []),
        ("2026-07-14T09:15:00Z", "2026-07-14T09:15:00+00:00", []),
        ("2026-10-25T01:30:00", "2026-10-25T01:30:00+01:00", ["time-ambiguous"]),
        ("2026-03-29T01:30:00", "2026-03-29T02:30:00+01:00", ["time-nonexistent"]),
        ("1900-01-01", None, ["placeholder-date"]),
        ("soon", None, ["bad-date"]),
    ],
)
def test_a_date_without_a_format_is_iso_in_the_zone_of_the_source(
    text: str, told: str | None, codes: list[str]
) -> None:
    reading = _row('{$date: {in: "=row.A"}}', A=text)
    assert (_it(reading), _codes(reading)) == (told, codes)


def test_an_end_is_a_start_and_its_minutes() -> None:
    node = '{$date: {in: "=row.A", plus_minutes: "=row.B"}}'
    assert _it(_row(node, A="2026-03-29T00:50:00", B="20")) == "2026-03-29T02:10:00+01:00"
    assert _it(_row(node, A="2026-03-29T00:50:00", B="x")) is None


def test_an_instant_has_a_time() -> None:
    reading = _row('{$date: {in: "=row.A", as: instant}}', A="2026-03-14")
    assert (_it(reading), _codes(reading)) == (None, ["bad-date"])


@pytest.mark.parametrize("text", ["%d/%m", "%q", "%d/%d/%Y", "%", "%Y%"])
def test_a_format_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(FormatFault):
        format_reader(text)


@given(st.text(max_size=20), st.sampled_from(["%d/%m/%Y", "%d-%b-%y", "%Y%m%d%H%M", "%d %B %Y"]))
def test_no_text_breaks_a_format(text: str, formats: str) -> None:
    found = format_reader(formats)(text, None)
    assert found is None or found[:4].isdecimal()


@pytest.mark.parametrize(
    ("text", "told"),
    [("0.10", "0.10"), ("-5", "-5"), ("+3.5", "3.5"), (".5", "0.5"), ("<5", "5"), ("x", None)],
)
def test_a_number_keeps_its_digits(text: str, told: str | None) -> None:
    reading = _row('{$num: "=row.A"}', A=text)
    assert (str(_it(reading)) if told else _it(reading)) == told
    assert _codes(reading) == ([] if told else ["bad-number"])


@pytest.mark.parametrize(
    ("rtf", "told"),
    [
        (r"{\rtf1\ansi Hello {\b world}\par next}", "Hello world\nnext"),
        (r"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator x}Caf\'e9 \u8364?5}", "Café €5"),
        (r"{\rtf1{\pict\pngblip 89504e47}A{\object\objdata 0102}B}", "AB"),
        (r'{\rtf1{\field{\*\fldinst HYPERLINK "http:\\x"}{\fldrslt link}}}', "link"),
        (r"{\rtf1 a\{b\}\\c\~d\_e}", "a{b}\\c d-e"),
        ("{\\rtf1 " + "{" * 300 + "x" + "}" * 300 + "}", None),
        ("plain", None),
    ],
)
def test_of_rich_text_the_text_alone_is_kept(rtf: str, told: str | None) -> None:
    assert rtf_text(rtf) == told


@given(st.text("{}\\'*u0123 abpar\n;", max_size=80))
def test_no_rich_text_breaks_its_reader(text: str) -> None:
    found = rtf_text("{\\rtf1 " + text)
    assert found is None or "\\par" not in found or "\\" in text


def _documents(node: str, key: str, **cells: str) -> Reading:
    mapping = mapping_of(
        f'{HEAD}input: csv\nresources:\n  - type: Patient\n    key: ["=row.Id"]\n    body: {{}}\n'
        f'  - type: DocumentReference\n    key: ["={key}"]\n    body:\n      status: current\n'
        '      subject: {$ref: {type: Patient, key: ["=row.Id"]}}\n'
        f"      content: [{{attachment: {node}}}]\n"
    )
    body = json.dumps({"row": cells}).encode()
    return mapping.read(body, mapping.peek(body))


def test_a_document_is_an_entry_of_its_own_and_of_the_same_person() -> None:
    data = base64.b64encode(b"%PDF-1.4").decode()
    node = '{$attach: {in: "=row.A", type: application/pdf}}'
    first = _documents(node, "row.Id", Id="1", A=data).resources
    patient, document, binary = first
    assert binary.type == "Binary"
    assert binary.value["data"] == data
    assert binary.value["securityContext"] == {"reference": f"Patient/{patient.id}"}
    content: Any = document.value["content"]
    assert content[0]["attachment"]["url"] == f"Binary/{binary.id}"
    assert content[0]["attachment"]["size"] == 8
    other = _documents(node, "row.Id", Id="2", A=data).resources[2]
    assert other.id != binary.id


def test_text_is_attached_as_it_is_and_what_is_no_base64_is_told() -> None:
    text = _documents('{$attach: {in: "=row.A", type: text/plain}}', "row.Id", Id="1", A="Dear Jo")
    assert text.resources[2].value["data"] == base64.b64encode(b"Dear Jo").decode()
    bad = _documents('{$attach: {in: "=row.A", type: application/pdf}}', "row.Id", Id="1", A="#")
    assert _codes(bad) == ["bad-attachment"]
    assert len(bad.resources) == 2


CODES = """codes:
  t: {from: "urn:x:a", to: "urn:x:b", unmapped: %s, values: {A: {code: a, display: An a}}}
"""


@pytest.mark.parametrize(
    ("unmapped", "told"),
    [
        ("keep", {"coding": [{"system": "urn:x:a", "code": "Z"}]}),
        ("text", {"text": "Z"}),
        ("drop", None),
        ("quarantine", None),
    ],
)
def test_a_code_without_a_target_is_what_its_table_says(unmapped: str, told: object) -> None:
    reading = _row('{$code: {in: "=row.A", table: t}}', tables=CODES % unmapped, A="Z")
    assert _codes(reading) == ["unmapped-code"]
    assert reading.coverage.codes == (("t", "Z", ""),)
    if unmapped == "quarantine":
        assert reading.failure is not None
        assert reading.failure.reason == "code-quarantine"
    else:
        assert _it(reading) == told


def test_a_wrong_check_digit_is_told_and_the_number_kept() -> None:
    systems = 'systems: {nhs: "https://fhir.nhs.uk/Id/nhs-number"}\n'
    reading = _row('{$id: {system: nhs, value: "=row.A"}}', tables=systems, A="999-000 0019")
    assert _it(reading)["value"] == "9990000019"
    assert _codes(reading) == ["nhs-number-wrong"]


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ('"=row.Nmae"', "the column Nmae is not declared in file.header; did you mean Name?"),
        ('{$split: {in: "=row.Name", by: ""}}', "by is a text and take a number"),
        ("{$null: 3}", "$null takes no arguments"),
        ("{$jsonata: 'now('}", "this is not JSONata"),
        ("{$when: {if: {is: 3}, then: 1}}", "there is no condition is"),
        ('{$when: {if: {matches: ["=row.Name", "a{999}"]}, then: 1}}', "not of the subset"),
        ('{$date: {in: "=row.Name", formats: ["%q"]}}', "the format %q is not known"),
        ('{$text: {in: "=row.Name", of: pdf}}', "of: pdf is not known"),
        ("{$map: {in: x, table: none}}", "there is no map none"),
        ("{$code: {in: x, table: none}}", "there is no code map none"),
        ("{$use: none}", "there is no node none"),
        ('"=system.none"', "there is no system none"),
        ('"=message.none"', "message.none is not known"),
        ("{$refs: {type: Patient, key: [x]}}", "$refs needs a group or each"),
        ("{$ref: {type: Person2, key: [x]}}", "no resource type of FHIR R4"),
        ("{$first: [x], $map: y}", "stands beside other names"),
    ],
)
def test_a_wrong_node_is_refused_with_what_to_write(node: str, told: str) -> None:
    text = f"{HEAD}input: csv\nfile: {{header: {{required: [Name]}}}}\n{BASIC.format(node=node)}"
    with pytest.raises(Incorrect) as refused:
        mapping_of(text)
    assert told in refused.value.message
