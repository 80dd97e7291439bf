"""Files of several messages are cut byte for byte, and held where their counts do not agree."""

import pytest

from careweave.formats import read_hl7, split_hl7_batch
from tests.formats.test_hl7 import MESSAGE

FHS, BHS = rb"FHS|^~\&|A|B" + b"\r", rb"BHS|^~\&|A|B" + b"\r"
OTHER = MESSAGE.replace(b"|M1|", b"|M2|")


def _codes(data: bytes) -> list[str]:
    return [finding.code for finding in split_hl7_batch(data)[1]]


def test_a_file_is_cut_into_its_messages_byte_for_byte() -> None:
    data = FHS + BHS + MESSAGE + OTHER + MESSAGE + b"BTS|3\rFTS|1\r"
    assert split_hl7_batch(data) == ((MESSAGE, OTHER, MESSAGE), ())


def test_a_count_that_differs_holds_the_file() -> None:
    data = FHS + BHS + MESSAGE * 3 + b"BTS|4\rFTS|1\r"
    messages, findings = split_hl7_batch(data)
    assert len(messages) == 3
    assert [(f.code, f.where, f.offset) for f in findings] == [
        ("batch-count", "BTS-1", data.index(b"BTS"))
    ]
    assert "4" not in findings[0].about


@pytest.mark.parametrize(
    ("data", "n_messages"),
    [
        (MESSAGE, 1),
        (MESSAGE + OTHER, 2),
        (b"\xef\xbb\xbf" + MESSAGE.replace(b"\r", b"\r\n") + b"\r\n" + OTHER, 2),
        (b"\x0b" + MESSAGE + b"\x1c\r\x0b" + OTHER + b"\x1c\r", 2),
        (BHS + MESSAGE + b"BTS|1\r", 1),
        (BHS + MESSAGE + b"BTS|\r" + BHS + OTHER + b"BTS\r", 2),
        (FHS + BHS + b"BTS|0\r" + BHS + OTHER + b"BTS|1|end\rFTS|2\r", 1),
    ],
)
def test_files_without_fault(data: bytes, n_messages: int) -> None:
    messages, findings = split_hl7_batch(data)
    assert findings == ()
    assert len(messages) == n_messages
    assert all(read_hl7(message).is_sound for message in messages)


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"", ["batch-empty"]),
        (FHS + BHS + b"BTS|0\rFTS|1\r", ["batch-empty"]),
        (FHS + BHS + MESSAGE + b"BTS|1\rFTS|2\r", ["batch-count"]),
        (FHS + BHS + MESSAGE, ["batch-order", "batch-order"]),
        (MESSAGE + b"BTS|1\r", ["batch-order"]),
        (BHS + MESSAGE + BHS + MESSAGE + b"BTS|1\r", ["batch-order"]),
        (FHS + FHS + BHS + MESSAGE + b"BTS|1\rFTS|1\r", ["batch-order"]),
    ],
)
def test_files_with_a_fault_are_held(data: bytes, codes: list[str]) -> None:
    assert _codes(data) == codes


def test_many_faults_are_told_in_few_findings() -> None:
    assert len(_codes(b"BTS|1\r" * 5_000)) == 100
