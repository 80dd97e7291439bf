"""Only what is stored is acknowledged, and each sender gets the answer that it asked for."""

import threading

import psycopg
import pytest

from careweave.db import Database
from careweave.doors.mllp import Count, Judged, Listener, Outcomes, Verdict
from careweave.formats import Hl7Fault
from tests.lib.peers import Peer, adt, codes, source

PAS = "nm-acute-pas"


def stored(database: Database) -> list[tuple[str, str, bytes | None]]:
    """Returns control id, state and body of all that is stored, in order."""
    with psycopg.connect(database.url) as connection:
        return connection.execute(
            "SELECT m.control_id, m.state, b.body FROM intake.message AS m"
            " LEFT JOIN intake.body AS b ON b.id = m.id AND b.received_at = m.received_at"
            " ORDER BY m.id"
        ).fetchall()


def ask(listener: Listener, *messages: bytes) -> list[tuple[str, str]]:
    with Peer(listener.ports[PAS]) as peer:
        return codes([peer.ask(message) for message in messages])


def test_a_message_is_stored_as_it_came_and_acknowledged(listener, database):
    with Peer(listener.ports[PAS]) as peer:
        answer = peer.ask(adt())
    assert stored(database) == [("M1", "new", adt())]
    assert codes([answer]) == [("AA", "M1")]
    assert answer.header.kind == "ACK^A01"
    assert answer.get("MSH-3") == "CW"
    assert answer.get("MSH-5") == "PAS"
    assert answer.get("MSH-12") == "2.4"
    assert listener.counts()[PAS, Count.ACCEPTED] == 1


def test_the_same_message_again_gets_the_same_answer_and_is_stored_once(listener, database):
    with Peer(listener.ports[PAS]) as peer:
        first, second = peer.ask(adt()), peer.ask(adt())
    assert first.text == second.text
    assert len(stored(database)) == 1
    assert listener.counts()[PAS, Count.DUPLICATE] == 1


def test_other_bytes_under_the_same_id_are_stored_and_acknowledged(listener, database):
    assert ask(listener, adt(), adt(patient="P2")) == [("AA", "M1"), ("AA", "M1")]
    assert [state for _, state, _ in stored(database)] == ["new", "quarantined"]


def test_messages_sent_ahead_are_answered_in_their_order(listener, database):
    names = [f"M{n}" for n in range(50)]
    with Peer(listener.ports[PAS]) as peer:
        peer.send(*[adt(name) for name in names])
        answers = codes([peer.answer() for _ in names])
    assert answers == [("AA", name) for name in names]
    assert [control for control, _, _ in stored(database)] == names


@pytest.mark.parametrize(
    ("acks", "code"),
    [
        ("AL|NE", "CA"),
        ("AL|AL", "CA"),
        ("SU|NE", "CA"),
        ("ER|NE", None),
        ("NE|NE", None),
        ("NE|AL", None),
    ],
)
def test_enhanced_mode_tells_of_storing_when_it_is_asked(listener, database, acks, code):
    with Peer(listener.ports[PAS]) as peer:
        peer.send(adt("M1", acks=acks), adt("M2"))
        expected = [("AA", "M2")] if code is None else [(code, "M1"), ("AA", "M2")]
        assert codes([peer.answer() for _ in expected]) == expected
    assert len(stored(database)) == 2


@pytest.mark.parametrize(
    ("acks", "version", "code", "told"),
    [
        ("|", "2.4", "AR", "202 processing-id (MSH-11)"),
        ("AL|NE", "2.4", "CR", "202 processing-id (MSH-11)"),
        ("NE|AL", "2.4", "AR", "202 processing-id (MSH-11)"),
        ("ER|NE", "2.5", "CR", "202"),
        ("|", "2.5.1", "AR", "202"),
    ],
)
def test_another_processing_id_is_refused_and_not_kept(
    listener, database, acks, version, code, told
):
    with Peer(listener.ports[PAS]) as peer:
        answer = peer.ask(adt(processing="T", acks=acks, version=version))
    assert codes([answer]) == [(code, "M1")]
    assert (answer.get("MSA-3") or answer.get("ERR-3")) == told
    assert [(state, body) for _, state, body in stored(database)] == [("refused", None)]
    assert listener.counts()[PAS, Count.REFUSED] == 1


@pytest.mark.parametrize("acks", ["NE|NE", "SU|SU", "SU|NE"])
def test_a_refusal_is_silent_where_no_answer_is_wanted(listener, acks):
    with Peer(listener.ports[PAS]) as peer:
        peer.send(adt(processing="T", acks=acks), adt("M2"))
        assert codes([peer.answer()]) == [("AA", "M2")]


@pytest.mark.parametrize(("acks", "code"), [("|", "AE"), ("AL|NE", "CE")])
def test_a_truncated_message_is_kept_and_answered_as_an_error(listener, database, acks, code):
    data = adt(acks=acks)
    cut = data[: data.index(b"PV1|") + 4]
    with Peer(listener.ports[PAS]) as peer:
        answers = [peer.ask(cut), peer.ask(cut)]
    assert codes(answers) == [(code, "M1")] * 2
    assert answers[0].get("MSA-3") == "100 The message is not whole."
    assert stored(database) == [("M1", "quarantined", cut)]


@pytest.mark.attack(48)
def test_two_hundred_thousand_repetitions_are_refused(listener, database):
    data = adt().replace(b"P1^^^STB^PI", b"P1^^^STB^PI" + b"~x" * 200_000)
    with Peer(listener.ports[PAS]) as peer:
        answer = peer.ask(data)
        assert codes([answer, peer.ask(adt("M2"))]) == [("AR", "M1"), ("AA", "M2")]
    assert str(answer.get("MSA-3")).startswith("207")
    assert [body for _, _, body in stored(database)] == [None, adt("M2")]


@pytest.mark.attack(47)
def test_an_escaped_carriage_return_comes_into_no_answer(listener, database):
    data = adt(r"M\X0D\MSA\F\AE\F\M9")
    with Peer(listener.ports[PAS]) as peer:
        answer = peer.ask(data)
    assert [segment.name for segment in answer.segments] == ["MSH", "MSA"]
    assert answer.segments[1].piece(2) == r"M\X0D\MSA\F\AE\F\M9"
    assert len(stored(database)) == 1


def test_an_answer_of_the_peer_is_no_message(listener, database):
    ack = rb"MSH|^~\&|A|B|C|D|20260301||ACK^A01|9|P|2.4" + b"\rMSA|CA|1\r"
    with Peer(listener.ports[PAS]) as peer:
        peer.send(ack, adt("M2"))
        assert codes([peer.answer()]) == [("AA", "M2")]
    assert len(stored(database)) == 1
    assert listener.counts()[PAS, Count.ACKNOWLEDGEMENT] == 1


def test_an_empty_frame_is_a_sign_of_life(listener, database):
    with Peer(listener.ports[PAS]) as peer:
        peer.send(b"", b" \r", adt())
        assert codes([peer.answer()]) == [("AA", "M1")]
    assert listener.counts()[PAS, Count.EMPTY] == 2


def test_what_has_no_header_is_kept_and_the_connection_closed(listener, database):
    with Peer(listener.ports[PAS]) as peer:
        peer.send(b"PID|1||P1\r", adt())
        assert peer.is_closed()
    assert [(state, body) for _, state, body in stored(database)] == [
        ("quarantined", b"PID|1||P1\r")
    ]


class Mapped:
    """What a mapping will have made of messages."""

    def __init__(self, judged: Judged | None) -> None:
        self.judged = judged
        self.asked = threading.Event()

    def __call__(self, messages):
        self.asked.set()
        return {} if self.judged is None else dict.fromkeys(messages, self.judged)


DATE = Judged(Verdict.ERROR, (Hl7Fault(102, "bad-date", "PID-7"),))


@pytest.mark.parametrize(
    ("acks", "judged", "expected"),
    [
        ("|", Judged(Verdict.ACCEPT), ("AA", None)),
        ("|", DATE, ("AE", "102 bad-date (PID-7)")),
        ("AL|NE", DATE, ("CE", "102 bad-date (PID-7)")),
        ("AL|AL", DATE, ("AE", "102 bad-date (PID-7)")),
        ("|", Judged(Verdict.REJECT), ("AR", None)),
        ("|", None, ("AA", None)),
    ],
)
def test_an_answer_may_wait_for_the_mapping(opened, acks, judged, expected):
    from careweave.doors.mllp import MllpLimits

    listener = opened(
        source(ack="applied"), outcomes=Outcomes(Mapped(judged)), limits=MllpLimits(apply_s=0.3)
    )
    with Peer(listener.ports[PAS]) as peer:
        answer = peer.ask(adt(acks=acks))
    assert (answer.get("MSA-1"), answer.get("MSA-3")) == expected


@pytest.mark.parametrize(
    ("acks", "judged", "expected"),
    [
        ("AL|AL", Judged(Verdict.ACCEPT), ["CA", "AA"]),
        ("AL|AL", DATE, ["CA", "AE"]),
        ("NE|AL", DATE, ["AE"]),
        ("AL|SU", Judged(Verdict.ACCEPT), ["CA", "AA"]),
        ("AL|ER", DATE, ["CA", "AE"]),
    ],
)
def test_what_the_mapping_made_of_it_is_told_apart(opened, acks, judged, expected):
    listener = opened(outcomes=Outcomes(Mapped(judged)))
    with Peer(listener.ports[PAS]) as peer:
        peer.send(adt(acks=acks))
        answers = [peer.answer() for _ in expected]
    assert codes(answers) == [(code, "M1") for code in expected]
    assert len({answer.header.control_id for answer in answers}) == len(expected)


@pytest.mark.parametrize(("acks", "judged"), [("AL|ER", Judged(Verdict.ACCEPT)), ("AL|SU", DATE)])
def test_what_the_sender_does_not_ask_of_the_mapping_is_not_told(opened, acks, judged):
    listener = opened(outcomes=Outcomes(Mapped(judged)))
    with Peer(listener.ports[PAS]) as peer:
        assert codes([peer.ask(adt(acks=acks))]) == [("CA", "M1")]
        peer.socket.shutdown(1)
        assert peer.is_closed()


def test_a_sender_that_ends_early_still_hears_what_is_due(opened):
    mapped = Mapped(None)
    listener = opened(outcomes=Outcomes(mapped))
    with Peer(listener.ports[PAS]) as peer:
        assert codes([peer.ask(adt(acks="AL|AL"))]) == [("CA", "M1")]
        peer.socket.shutdown(1)
        assert mapped.asked.wait(5)
        mapped.judged = Judged(Verdict.ACCEPT)
        assert codes([peer.answer()]) == [("AA", "M1")]
        assert peer.is_closed()
