"""Whatever is sent, the reader ends soon, needs little memory, and raises only our own errors."""

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import (
    HL7_LIMITS,
    Hl7Message,
    hl7_ack,
    hl7_header,
    read_hl7,
    split_hl7_batch,
)
from careweave.terms import CareweaveError, TooLong
from tests.formats.test_hl7 import MESSAGE
from tests.formats.test_hl7_ack import AT
from tests.lib.cases import cases

DATA = Path(__file__).resolve().parents[3] / "shared/data/hl7v2"
FILES = sorted([*DATA.rglob("*.hl7"), *DATA.rglob("messages/Message*.txt")])


def _use(message: Hl7Message) -> None:
    """Asks everything that can be asked of a message."""
    for segment in message.segments:
        message.span(segment)
        for field in range(len(segment.fields)):
            for repetition in range(1, len(segment.repetitions(field)) + 1):
                segment.get(field, repetition)
                segment.get(field, repetition, 2, 2)
    hl7_ack(message.header, code="AA", control_id="1", at=AT)


def _try(data: bytes) -> None:
    with suppress(CareweaveError):
        hl7_header(data)
        _use(read_hl7(data))
    split_hl7_batch(data)


@pytest.mark.skipif(not FILES, reason="../shared/data/hl7v2 is not beside this checkout")
def test_every_published_message_is_read() -> None:
    n_read = 0
    for path in FILES:
        messages, findings = split_hl7_batch(path.read_bytes())
        assert findings == (), path.name
        for data in messages:
            message = read_hl7(data)
            _use(message)
            assert message.is_sound, path.name
            assert message.header == hl7_header(data)
            n_read += 1
    assert n_read >= 106


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(MESSAGE)
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        width = draw(st.sampled_from([0, 1, 1, 1, 4, 40, 400]))
        piece = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [b"\r", b"\n", b"|", b"^", b"~", b"\\", b"&", b"\0", b"\x0b", b"\x1c\r", b'""']
                ),
                st.sampled_from(
                    [
                        b"MSH|",
                        b"FHS|",
                        b"BTS|9",
                        b"\\X0D\\",
                        b"\\.sp9\\",
                        b"\xff\xfe",
                        b"\xef\xbb\xbf",
                    ]
                ),
            )
        )
        data[at : at + width] = piece * draw(st.sampled_from([1, 1, 1, 3, 50]))
    return bytes(data)


@given(_mutated())
def test_a_mutated_message_raises_nothing_else(data: bytes) -> None:
    _try(data)


@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_else(data: bytes) -> None:
    _try(data)
    _try(b"MSH" + data)


def test_many_mutations_of_each_byte_raise_nothing_else() -> None:
    signs = b"\x00\r\n|^~\\&\x0b\x1c\xff\xc3A"
    step = max(1, 600 // cases(100))
    for at in range(0, len(MESSAGE), step):
        for sign in signs:
            _try(MESSAGE[:at] + bytes([sign]) + MESSAGE[at + 1 :])
            _try(MESSAGE[:at] + bytes([sign]) + MESSAGE[at:])


HEAD = MESSAGE[: MESSAGE.index(b"EVN|")]
HUGE = {
    "repetitions": HEAD + b"PID|" + b"a~" * 200_000,
    "components": HEAD + b"PID|" + b"a^" * 200_000,
    "sub-components": HEAD + b"PID|" + b"a&" * 500_000,
    "fields": HEAD + b"PID" + b"|" * 500_000,
    "segments": HEAD + b"NTE|1\r" * 200_000,
    "blank lines": HEAD + b"\r" * 1_000_000,
    "line feeds": HEAD + b"\r\n" * 1_000_000,
    "continued lines": HEAD + b"x\r" * 39_000,
    "long continued lines": HEAD + b"OBX|1\r" + (b"x" * 300 + b"\r") * 39_000,
    "escapes": HEAD + b"NTE|1||" + b"\\X0D\\" * 200_000 + b"\r",
    "escape characters": HEAD + b"NTE|1||" + b"\\" * 1_000_000 + b"\r",
    "open escapes": HEAD + b"NTE|1||" + b"\\X0D" * 200_000 + b"\r",
    "hex digits": HEAD + b"NTE|1||\\X" + b"0D" * 500_000 + b"\r",
    "no line end": HEAD[:-1] + b"x" * 2_000_000,
    "a header of separators": b"MSH" + b"|" * 1_000_000,
    "begins without header": b"M" * 4_000_000,
    "half headers": b"MSHA\r" * 500_000,
    "blanks before": b" " * 2_000_000 + MESSAGE,
    "control characters": HEAD + b"NTE|1||" + b"\x01" * 2_000_000 + b"\r",
    "zero bytes": b"\0" * 4_000_000,
    "bytes of no character set": HEAD + b"NTE|1||" + b"\xff\x81" * 1_000_000 + b"\r",
}


@pytest.mark.attack(48)
@pytest.mark.parametrize("name", HUGE)
def test_hostile_sizes_end_soon_and_need_little(name: str) -> None:
    data = HUGE[name]
    tracemalloc.start()
    try:
        started = time.process_time()
        with suppress(CareweaveError):
            message = read_hl7(data)
            for segment in message.segments[:3]:
                segment.get(3)
        spent = time.process_time() - started
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Tracing makes it several times slower; an answer that takes the square of the size does not
    # come in this time.
    assert spent < 3
    assert peak < 40 * len(data) + 10_000_000


@pytest.mark.attack(48)
def test_two_hundred_thousand_repetitions_are_refused() -> None:
    with pytest.raises(TooLong):
        read_hl7(HUGE["repetitions"])


def test_a_message_of_a_hundred_megabytes_is_not_looked_at() -> None:
    with pytest.raises(TooLong):
        read_hl7(bytes(HL7_LIMITS.size + 1))
