"""Every published message is received and acknowledged, mutated as real systems mutate it too."""

import re
from pathlib import Path

import pytest

from careweave.doors.mllp import Count
from careweave.formats import hl7_header, split_hl7_batch
from tests.doors.mllp.test_acknowledging import PAS, stored
from tests.lib.peers import Peer, source

DATA = Path(__file__).resolve().parents[4] / "shared/data/hl7v2"
FILES = sorted([*DATA.rglob("*.hl7"), *DATA.rglob("messages/Message*.txt")])
MUTATIONS = {
    "as published": lambda data: data,
    "CR": lambda data: re.sub(rb"\r\n|\n", b"\r", data),
    "CRLF": lambda data: re.sub(rb"\r\n|\r|\n", b"\r\n", data),
    "no last line end": lambda data: data.rstrip(b"\r\n"),
    "blank lines": lambda data: data.replace(b"\n", b"\n\n"),
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "small letters": lambda data: data.replace(b"PID|", b"pid|"),
    "text before": lambda data: b"noise\r" + data,
    "escaped carriage return": lambda data: data.replace(b"PID|1|", rb"PID|\X0D\1|"),
}
ANY = frozenset({"P", "T", "D", ""})


@pytest.mark.skipif(not FILES, reason="../shared/data/hl7v2 is not beside this checkout")
@pytest.mark.parametrize(
    "name",
    ["as published", *(pytest.param(n, marks=pytest.mark.slow) for n in list(MUTATIONS)[1:])],
)
def test_every_published_message_is_received_and_acknowledged(opened, database, name):
    messages = [
        MUTATIONS[name](message)
        for path in FILES
        for message in split_hl7_batch(path.read_bytes())[0]
    ]
    listener = opened(source(processing=ANY))
    with Peer(listener.ports[PAS]) as peer:
        for message in messages:
            header = hl7_header(message)
            if header.accept_ack == "NE":
                peer.send(message)
                continue
            answer = peer.ask(message)
            is_enhanced = bool(header.accept_ack or header.application_ack)
            if is_enhanced and not header.accept_ack:
                continue
            assert answer.get("MSA-1") == ("CA" if is_enhanced else "AA")
            assert answer.segments[1].piece(2) == (header.control_id or None)
        peer.socket.shutdown(1)
        assert peer.is_closed()
    counts = listener.counts()
    assert counts.get((PAS, Count.REFUSED), 0) == 0
    n_kept = counts[PAS, Count.ACCEPTED] + counts.get((PAS, Count.QUARANTINED), 0)
    assert n_kept + counts.get((PAS, Count.DUPLICATE), 0) == len(messages)
    assert {body for _, _, body in stored(database)} == set(messages)
    # Some were published with one control id for several messages.
    assert all(state in {"new", "quarantined"} for _, state, _ in stored(database))
