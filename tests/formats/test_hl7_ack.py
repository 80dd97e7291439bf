"""An answer repeats what the sender said, in its own separators, and nothing of anybody."""

from datetime import UTC, datetime

import pytest

from careweave.formats import Hl7Fault, hl7_ack, hl7_header, read_hl7
from tests.formats.test_hl7 import MESSAGE

AT = datetime(2026, 3, 1, 10, 16, tzinfo=UTC)
FAULT = Hl7Fault(102, "The date is no date.", "PID-7")


def _ack(data: bytes, *faults: Hl7Fault, code: str = "AA") -> bytes:
    return hl7_ack(hl7_header(data), code=code, control_id="CW1", at=AT, faults=faults)  # type: ignore[arg-type]


def test_the_answer_swaps_sender_and_receiver_and_names_the_message() -> None:
    assert _ack(MESSAGE) == (
        rb"MSH|^~\&|CW|REGION|PAS|STBEDA|20260301101600+0000||ACK^A01^ACK|CW1|P|2.4||||||UNICODE UTF-8"
        b"\rMSA|AA|M1\r"
    )


def test_before_version_2_5_the_fault_is_told_in_msa_3() -> None:
    answer = _ack(MESSAGE, FAULT, code="AE")
    assert answer.endswith(b"\rMSA|AE|M1|102 The date is no date. (PID-7)\r")


def test_since_version_2_5_each_fault_is_a_segment() -> None:
    data = MESSAGE.replace(b"|2.4|", b"|2.5.1|")
    answer = _ack(data, FAULT, Hl7Fault(207), code="CE")
    assert answer.split(b"\r")[1:] == [
        b"MSA|CE|M1",
        b"ERR||PID^1^7|102^Data type error^HL70357|E||||The date is no date.",
        b"ERR|||207^Application internal error^HL70357|E",
        b"",
    ]


@pytest.mark.parametrize(
    ("where", "location"),
    [
        ("PID", b"PID^1"),
        ("OBX[3]-5[2].1", b"OBX^3^5^2^1"),
        ("PID-3.4", b"PID^1^3^^4"),
        ("line 12", b""),
        ("", b""),
    ],
)
def test_places_are_written_as_the_standard_writes_them(where: str, location: bytes) -> None:
    data = MESSAGE.replace(b"|2.4|", b"|2.6|")
    (fault,) = (
        line for line in _ack(data, Hl7Fault(101, "", where)).split(b"\r") if b"ERR" in line
    )
    assert fault.split(b"|")[2] == location


def test_the_answer_is_in_the_separators_of_the_message() -> None:
    data = MESSAGE.replace(b"|", b"#").replace(b"^", b"@")
    answer = _ack(data, Hl7Fault(102, "a#b@c|d"), code="AE")
    assert answer.startswith(rb"MSH#@~\&#CW#REGION#PAS#")
    assert rb"#102 a\F\b\S\c|d" in answer
    assert read_hl7(answer).get("MSA-3") == "102 a#b@c|d"


def test_the_answer_is_in_the_character_set_of_the_message() -> None:
    data = MESSAGE.replace(b"UNICODE UTF-8", b"8859/1").replace(b"|M1|", "|é1|".encode("latin-1"))
    assert "MSA|AA|é1\r".encode("latin-1") in _ack(data)


@pytest.mark.parametrize("version", [b"", b"2.1", b"2.2", b"2.3", b"2.8", b"9.9"])
def test_the_answer_can_be_read_whatever_the_version(version: bytes) -> None:
    answer = read_hl7(_ack(MESSAGE.replace(b"|2.4|", b"|" + version + b"|"), FAULT))
    assert answer.get("MSA-2") == "M1"
    assert answer.get("MSH-12") == (version.decode() or None)
    assert answer.is_sound


def test_a_header_that_ends_early_is_answered_all_the_same() -> None:
    answer = read_hl7(_ack(b"MSH|^~\\&|A\r"))
    assert answer.get("MSH-9") == "ACK"
    assert answer.get("MSA-1") == "AA"


@pytest.mark.attack(47)
def test_a_control_id_brings_nothing_into_the_answer() -> None:
    data = MESSAGE.replace(b"|M1|", rb"|M\X0D\MSA\F\AA|")
    answer = _ack(data, code="AR")
    assert answer.count(b"\r") == 2
    assert rb"MSA|AR|M\X0D\MSA\F\AA" in answer
