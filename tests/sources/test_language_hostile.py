"""Nothing that comes in, and no file, ends anything but its own message or itself."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.sources import Reading, Reason, SourceMapping
from careweave.sources._examples import mapping_of
from careweave.terms import CareweaveError, Incorrect

HERE = Path(__file__).parent / "worked"
ADT = (HERE / "adt.yaml").read_text("utf-8")
MESSAGE = (HERE / "adt.hl7").read_text("utf-8").replace("\n", "\r").encode()

WORDS = st.sampled_from(
    [
        "$first",
        "$when",
        "$each",
        "$with",
        "$join",
        "$split",
        "$use",
        "$null",
        "$map",
        "$code",
        "$id",
        "$date",
        "$num",
        "$text",
        "$ref",
        "$refs",
        "$attach",
        "$jsonata",
        "in",
        "table",
        "of",
        "by",
        "take",
        "if",
        "then",
        "else",
        "do",
        "type",
        "key",
        "system",
        "value",
        "present",
        "eq",
        "not",
        "all",
        "any",
        "matches",
        "group",
        "each",
        "body",
        "resources",
        "=PID-3.1",
        "=PID-3[5=PI].1",
        "=@.1",
        "=@it",
        "=NK1",
        "=PID-3[*]",
        "=source.name",
        "=system.mrn",
        "Patient",
        "Observation",
        "name",
        "family",
        "status",
        "true",
        "3",
        "0.5",
        "mrn",
        "gender",
        "nok",
        "loop",
    ]
)
TREES: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
HEAD = {"careweave": "mapping/1", "id": "fuzz", "version": 1, "input": "hl7v2"}
KEYS = st.sampled_from(
    [
        "resources",
        "groups",
        "maps",
        "codes",
        "nodes",
        "systems",
        "drop",
        "lists",
        "accept",
        "file",
        "event_at",
        "include",
        "examples",
    ]
)
RULES = st.fixed_dictionaries({"type": st.just("Patient"), "key": TREES, "body": TREES})


def _compiled(text: str) -> SourceMapping | None:
    try:
        return mapping_of(text)
    except Incorrect as refused:
        told = refused.issues
    assert all(":" in issue.message for issue in told)
    return None


@given(st.dictionaries(KEYS, TREES, max_size=4), st.lists(RULES, max_size=2))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_file_is_compiled_or_refused_with_its_lines(parts: dict[str, Any], rules: Any) -> None:
    nodes = {"loop": {"$use": "loop"}, "gender": {"$first": ["=PID-8", "x"]}}
    mapping = _compiled(json.dumps({"nodes": nodes, "resources": rules, **parts, **HEAD}))
    if mapping is not None:
        assert isinstance(_read(mapping, MESSAGE), Reading)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_mapping_or_refused(text: str) -> None:
    assert _compiled(text) is None


@given(st.sampled_from(["[", "{a: ", "- ", "? ", "a:\n "]), st.integers(1, 5000))
def test_a_deep_file_is_refused(sign: str, times: int) -> None:
    assert _compiled(sign * times) is None


@pytest.fixture(scope="module")
def adt() -> SourceMapping:
    return mapping_of(ADT)


def _read(mapping: SourceMapping, body: bytes) -> Reading:
    return mapping.read(body, mapping.peek(body))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(MESSAGE)
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.integers(0, 4)):
            case 0:
                del data[at : at + draw(st.integers(1, 60))]
            case 1:
                data[at:at] = draw(
                    st.sampled_from([b"|", b"^", b"~", b"&", b"\\", b'""', b"\r", b"\n"])
                )
            case 2:
                data[at:at] = draw(st.binary(max_size=8))
            case 3:
                data[at:at] = bytes(data[at : at + 80]) * draw(st.integers(1, 20))
            case _:
                data[at:at] = draw(
                    st.sampled_from([b"\\X0D\\", b"\\E\\", b"\\.br\\", b"\x00", b"\xff"])
                )
    return bytes(data)


@given(body=mutated() | st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_message_is_read_or_fails_by_itself(adt: SourceMapping, body: bytes) -> None:
    reading = _read(adt, body)
    assert reading.failure is None or isinstance(reading.failure.reason, Reason)
    assert reading.failure is None or not reading.resources
    assert adt.peek(body).lanes


@given(body=mutated())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_of_a_message_is_told_in_a_finding(adt: SourceMapping, body: bytes) -> None:
    marked = body.replace(b"Marigold", b"Zqxwv7")
    reading = _read(adt, marked)
    assert "Zqxwv7" not in str(reading.failure)


ROWS = """
careweave: mapping/1
id: rows
version: 1
input: json
resources:
  - type: Patient
    key: ["=doc.id"]
    body:
      name: {$each: {in: "=doc.names", do: {family: "=@.family", given: {$each: {in: "=@.given", do: "=@it"}}}}}
      birthDate: {$date: {in: "=doc.born", as: date}}
      multipleBirthInteger: {$num: "=doc.order"}
"""
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "names", "born", "order", "family", "given", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def rows() -> SourceMapping:
    return mapping_of(ROWS)


@given(value=JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_document_of_any_shape_is_read_or_fails_by_itself(
    rows: SourceMapping, value: Any
) -> None:
    reading = _read(rows, json.dumps(value).encode())
    assert reading.failure is None or reading.failure.reason in set(Reason)


def test_a_document_that_repeats_too_often_waits(rows: SourceMapping) -> None:
    body = json.dumps({"id": "1", "names": [{"family": "x"}] * 30_000}).encode()
    reading = _read(rows, body)
    assert reading.failure is not None
    assert reading.failure.reason is Reason.MAPPING_ERROR
    assert reading.resources == ()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"id": 1e999999}', b"", b"{", b"\xff"])
def test_a_hostile_document_waits(rows: SourceMapping, body: bytes) -> None:
    assert rows.peek(body).quarantine is not None
    assert _read(rows, body).failure is not None


def test_a_message_of_sixteen_kilobytes_takes_no_longer_than_fifty_milliseconds(
    adt: SourceMapping,
) -> None:
    body = MESSAGE.replace(b"O'Nyland^Marigold", b"~".join([b"O'Nyland^Marigold^Jo"] * 700))
    started = time.process_time()
    assert _read(adt, body).failure is None
    assert time.process_time() - started < 0.2


@pytest.mark.attack(21)
def test_an_escape_never_makes_a_segment(adt: SourceMapping) -> None:
    body = MESSAGE.replace(b"Marigold^Jo", b"Mar\\X0D\\ZZZ|1^Jo")
    reading = _read(adt, body)
    name: Any = reading.resources[0].value["name"]
    assert name[0]["given"][0].startswith("Mar ")


EXPRESSION = """
careweave: mapping/1
id: way-out
version: 1
input: csv
resources:
  - type: Basic
    key: ["=row.Id"]
    body: {contained: [{it: {$jsonata: %s}}]}
"""


@pytest.mark.parametrize(
    "text",
    ["'1/0'", "'($f := function($n) { $f($n + 1) }; $f(0))'", "'[1..9000000]'", "'$error(\"x\")'"],
)
def test_an_expression_that_goes_wrong_gives_nothing_and_a_finding(text: str) -> None:
    mapping = mapping_of(EXPRESSION % text)
    reading = _read(mapping, json.dumps({"row": {"Id": "1"}}).encode())
    assert reading.failure is None
    assert "contained" not in reading.resources[0].value
    assert [finding.code for finding in reading.findings] == ["expression-failed"]
    assert mapping.risks


@pytest.mark.parametrize("text", ["'$now()'", "'$pad(\"x\", 9)'", "'$eval(row.A)'", "'('"])
def test_an_expression_that_may_not_be_run_is_refused(text: str) -> None:
    with pytest.raises(CareweaveError, match=r"expression|JSONata"):
        mapping_of(EXPRESSION % text)
