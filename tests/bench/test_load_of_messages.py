"""The load of messages is what it says: sound HL7 v2 of people who are nobody."""

import asyncio

from bench.listening import PORT, SOURCE
from bench.messages import adt
from bench.mllp import Order, send
from bench.sources import _growth
from careweave.formats import read_hl7
from careweave.terms import NhsNumber

_ACK = b"\x0bMSH|^~\\&|X|Y|PAS|CWA01|20260301||ACK|1|P|2.4\rMSA|AA|%s\r\x1c\r"


def test_the_messages_are_sound_and_of_numbers_that_belong_to_nobody() -> None:
    for number in (0, 1, 999, 20_000, 160_001, 1_000_000):
        message = read_hl7(adt(number))
        assert message.findings == []
        assert message.header.kind.startswith("ADT^A")
        digits = str(message.get("PID-3[2].1"))
        assert NhsNumber(digits).digits.startswith("999")


def test_the_same_number_is_the_same_message_and_no_other() -> None:
    assert adt(77) == adt(77)
    assert len({adt(number) for number in range(0, 200_000, 1000)}) == 200


def test_a_person_s_messages_go_on_in_time() -> None:
    times = [str(read_hl7(adt(5 + turn * 20_000)).get("MSH-7")) for turn in range(9)]
    assert times == sorted(set(times))


def test_growth_is_counted_from_a_quarter_on() -> None:
    assert _growth([5.0, 80.0, *[100.0] * 98]) == 0
    assert _growth([100.0] * 50 + [150.0] * 50) == 50


def test_the_load_counts_what_is_acknowledged() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                said = await reader.readuntil(b"\x1c\r")
                control = said.split(b"|")[9]
                code = b"AE" if control.endswith(b"7") else b"AA"
                writer.write((_ACK % control).replace(b"AA", code))
        except asyncio.IncompleteReadError:
            writer.close()

    async def both() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            done = await send(Order(port, 40, connections=3))
        assert len(done.acknowledged) == 36
        assert done.n_refused == 4
        assert len(done.waits_ms) == 40

    asyncio.run(both())


def test_the_source_of_the_load_is_one_of_the_region() -> None:
    from pathlib import Path

    region = Path(__file__).resolve().parents[2] / "region" / "sources"
    assert f"port: {PORT}" in (region / f"{SOURCE}.yaml").read_text()
