"""Slow, broken, greedy and unknown peers: each gets its end, and no other notices."""

import json
import logging
import socket
import ssl
import threading
import time
from dataclasses import replace

import pytest

from careweave.db import Database, Embedded
from careweave.doors.mllp import MLLP_LIMITS, Count, Listener, MllpLimits, Where
from careweave.formats import Hl7Limits
from careweave.intake import Receiver
from careweave.sources import Channel, Tls
from careweave.terms import Incorrect, Unavailable
from tests.doors.mllp.test_acknowledging import PAS, stored
from tests.lib.arrivals import START
from tests.lib.certificates import Authority
from tests.lib.peers import Peer, adt, codes, source, sources

SMALL = MllpLimits(message=Hl7Limits(size=20_000), frame_s=0.3, idle_s=0.5)


def soon(is_so, seconds: float = 5.0) -> bool:
    """Returns whether something becomes so in time."""
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        threading.Event().wait(0.01)
    return bool(is_so())


def test_a_frame_in_small_pieces_is_one_message(listener, database):
    data = b"\x0b" + adt() + b"\x1c\r"
    with Peer(listener.ports[PAS]) as peer:
        for n in range(0, len(data), 17):
            peer.raw(data[n : n + 17])
        assert codes([peer.answer()]) == [("AA", "M1")]
    assert stored(database)[0][2] == adt()


@pytest.mark.attack(46)
def test_a_frame_that_is_not_completed_in_time_ends_the_connection(opened, database):
    listener = opened(limits=SMALL)
    with Peer(listener.ports[PAS]) as peer:
        peer.raw(b"\x0b" + adt()[:40])
        began = time.monotonic()
        while time.monotonic() - began < 0.2:
            peer.raw(b"x")
            threading.Event().wait(0.05)
        assert peer.is_closed()
    assert listener.counts()[PAS, Count.TOO_SLOW] == 1
    assert stored(database) == []


def test_an_idle_connection_is_ended(opened):
    listener = opened(limits=SMALL)
    with Peer(listener.ports[PAS]) as peer:
        assert peer.is_closed()
    assert soon(lambda: listener.n_connections == 0)


@pytest.mark.attack(46)
def test_interleaved_frames_cost_only_the_one_that_was_broken_off(listener, database):
    with Peer(listener.ports[PAS]) as peer:
        peer.raw(b"\x0b" + adt("M1")[:90] + b"\x0b" + adt("M2") + b"\x1c\r")
        assert codes([peer.answer()]) == [("AA", "M2")]
    assert [(control, state) for control, state, _ in stored(database)] == [
        ("M1", "quarantined"),
        ("M2", "new"),
    ]
    assert stored(database)[0][2] == adt("M1")[:90]
    assert listener.counts()[PAS, Count.FRAGMENT] == 1


def test_the_whole_of_a_message_that_was_broken_off_is_taken_after_it(listener, database):
    cut = adt()[: adt().index(b"PV1|") + 4]
    with Peer(listener.ports[PAS]) as peer:
        peer.raw(b"\x0b" + adt()[:90] + b"\x0b" + cut + b"\x1c\r")
        assert codes([peer.answer()]) == [("AE", "M1")]
        assert codes([peer.ask(adt()), peer.ask(cut)]) == [("AA", "M1"), ("AE", "M1")]
    assert [(body, state) for _, state, body in stored(database)] == [
        (adt()[:90], "quarantined"),
        (cut, "quarantined"),
        (adt(), "new"),
    ]


def test_who_breaks_off_frame_after_frame_is_ended(opened):
    listener = opened(limits=replace(SMALL, restarts=3))
    with Peer(listener.ports[PAS]) as peer:
        peer.raw(b"".join(b"\x0bMSH|^~\\&|%d" % n for n in range(10)))
        assert peer.is_closed()
    assert listener.counts()[PAS, Count.FRAGMENT] == 3


def test_bytes_between_frames_are_thrown_away_and_counted(listener):
    with Peer(listener.ports[PAS]) as peer:
        peer.raw(b"noise" + b"\x0b" + adt() + b"\x1c" + b"\x0b" + adt("M2") + b"\x1c\r")
        assert codes([peer.answer(), peer.answer()]) == [("AA", "M1"), ("AA", "M2")]
    assert soon(lambda: listener.counts().get((PAS, Count.BYTES_THROWN)) == 5)
    assert listener.counts()[PAS, Count.BARE_END] == 1


@pytest.mark.attack(46)
def test_a_hundred_megabytes_are_refused_without_reading_them(opened, database):
    listener = opened()
    piece, n_sent = b"x" * 1_000_000, 0
    with Peer(listener.ports[PAS]) as peer:
        peer.raw(b"\x0b" + adt() + b"OBX|1|ED|")
        try:
            while n_sent < 100:
                peer.raw(piece)
                n_sent += 1
        except (ConnectionError, TimeoutError):
            pass
    assert 16 <= n_sent < 50
    assert stored(database) == []
    assert listener.counts()[PAS, Count.REFUSED] == 1


@pytest.mark.attack(46)
def test_a_frame_that_is_too_long_is_refused_by_its_header(opened):
    listener = opened(limits=SMALL)
    with Peer(listener.ports[PAS]) as peer:
        peer.send(adt() + b"NTE|1||" + b"x" * 30_000 + b"\r")
        answer = peer.answer()
        assert codes([answer]) == [("AR", "M1")]
        assert str(answer.get("MSA-3")).startswith("207")
        assert peer.is_closed()


def test_only_so_many_connections_are_served(opened):
    listener = opened(limits=MllpLimits(connections=2))
    with Peer(listener.ports[PAS]) as one, Peer(listener.ports[PAS]) as two:
        assert codes([one.ask(adt("M1")), two.ask(adt("M2"))]) == [("AA", "M1"), ("AA", "M2")]
        with Peer(listener.ports[PAS]) as three:
            assert three.is_closed()
        assert codes([one.ask(adt("M3"))]) == [("AA", "M3")]
    assert listener.counts()[PAS, Count.TOO_MANY] == 1


def test_one_source_does_not_take_the_connections_of_others(opened):
    lab = source("nm-acute-lab")
    listener = opened(source(), lab, limits=MllpLimits(of_source=1))
    with Peer(listener.ports[PAS]) as one:
        assert codes([one.ask(adt("M1"))]) == [("AA", "M1")]
        with Peer(listener.ports[PAS]) as two:
            assert two.is_closed()
        with Peer(listener.ports["nm-acute-lab"]) as three:
            assert codes([three.ask(adt("M2"))]) == [("AA", "M2")]


def test_a_sender_that_reads_no_answers_is_held_back_and_loses_nothing(opened, database):
    listener = opened(limits=replace(SMALL, send_s=20, idle_s=20, frame_s=20))
    names = [f"M{n}" for n in range(400)]
    with Peer(listener.ports[PAS]) as peer:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sending = threading.Thread(target=peer.send, args=[adt(name) for name in names])
        sending.start()
        answers = codes([peer.answer() for _ in names])
        sending.join()
    assert answers == [("AA", name) for name in names]
    assert [control for control, _, _ in stored(database)] == names


def test_many_connections_at_once_lose_nothing(listener, database):
    def talk(who: int) -> None:
        with Peer(listener.ports[PAS], wait_s=30) as peer:
            for n in range(20):
                told.extend(codes([peer.ask(adt(f"{who}-{n}", patient=f"P{who}"))]))

    told: list[tuple[str, str]] = []
    threads = [threading.Thread(target=talk, args=[who]) for who in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(("AA", f"{who}-{n}") for who in range(16) for n in range(20))
    assert len(stored(database)) == 320


class Failing:
    """A receiver whose database is away, or that has a fault."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.n_asked = 0

    def receive(self, _arrival):
        self.n_asked += 1
        raise self.error


def _over(receiver, *known, limits=MLLP_LIMITS):
    described = sources(*known)
    listener = Listener(
        receiver,
        lambda: described,
        where=Where("127.0.0.1"),
        clock=lambda: START,
        limits=limits,
    )
    listener.start()
    return listener


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError("a person's name")])
def test_without_the_store_there_is_no_answer(error, caplog):
    listener = _over(Failing(error))
    try:
        with caplog.at_level(logging.INFO), Peer(listener.ports[PAS]) as peer:
            peer.send(adt())
            assert peer.is_closed()
    finally:
        listener.stop()
    assert "a person's name" not in caplog.text
    assert listener.counts()[PAS, Count.UNAVAILABLE] == 1


def test_a_source_may_want_an_error_instead(caplog):
    listener = _over(Failing(Unavailable()), source(on_unavailable="AE"))
    try:
        with Peer(listener.ports[PAS]) as peer:
            answers = [peer.ask(adt()), peer.ask(adt("M2", acks="AL|NE", version="2.5"))]
    finally:
        listener.stop()
    assert codes(answers) == [("AE", "M1"), ("CE", "M2")]
    assert answers[1].get("ERR-3") == "207"


@pytest.mark.slow
def test_a_database_that_goes_away_and_comes_back_loses_nothing_acknowledged(tmp_path):
    from careweave.db import migrate

    server = Embedded.start(tmp_path)
    described = sources()
    database = Database(server.url)
    migrate(database)
    listener = _over(Receiver(database, lambda: described))
    acknowledged = []
    try:
        for n in range(40):
            if n == 10:
                server.stop()
            if n == 20:
                server = Embedded.start(tmp_path)
            try:
                with Peer(listener.ports[PAS]) as peer:
                    acknowledged += codes([peer.ask(adt(f"M{n}"))])
            except (ConnectionError, TimeoutError):
                assert 10 <= n < 30
        kept = [control for control, _, _ in stored(database)]
    finally:
        listener.stop()
        database.close()
        server.stop()
    assert len(acknowledged) >= 20
    assert {control for _, control in acknowledged} <= set(kept)


def test_stopping_lets_what_is_being_stored_be_answered(database):
    class Slow:
        def __init__(self) -> None:
            self.begun, self.may_end = threading.Event(), threading.Event()
            self.real = Receiver(database, sources)

        def receive(self, arrival):
            received = self.real.receive(arrival)
            self.begun.set()
            assert self.may_end.wait(10)
            return received

    slow = Slow()
    listener = _over(slow)
    with Peer(listener.ports[PAS]) as peer, Peer(listener.ports[PAS]) as idle:
        peer.send(adt("M1"), adt("M2"))
        assert slow.begun.wait(5)
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        assert idle.is_closed()
        slow.may_end.set()
        assert codes([peer.answer()]) == [("AA", "M1")]
        assert peer.is_closed()
        stopping.join()
    assert [control for control, _, _ in stored(database)] == ["M1"]
    assert listener.n_connections == 0


def test_ports_follow_the_sources(database):
    known = [sources(source())]
    listener = Listener(
        Receiver(database, lambda: known[-1]),
        lambda: known[-1],
        where=Where("127.0.0.1"),
        clock=lambda: START,
    )
    listener.start()
    try:
        before = listener.ports[PAS]
        known.append(sources(source(), source("nm-acute-lab"), digest="2"))
        assert soon(lambda: len(listener.ports) == 2)
        assert listener.ports[PAS] == before
        known.append(sources(source("nm-acute-lab"), digest="3"))
        assert soon(lambda: len(listener.ports) == 1)
        with pytest.raises(ConnectionError):
            Peer(before)
        with Peer(listener.ports["nm-acute-lab"]) as peer:
            assert codes([peer.ask(adt())]) == [("AA", "M1")]
    finally:
        listener.stop()


def test_a_port_that_is_taken_is_told(opened):
    listener = opened()
    taken = source(port=listener.ports[PAS][1])
    with pytest.raises(Incorrect) as error:
        opened(taken)
    assert error.value.where == PAS


def test_sources_of_other_kinds_have_no_port(opened):
    assert set(opened(source(), source("nm-x-files", kind=Channel.FOLDER)).ports) == {PAS}


def test_plain_connections_are_for_this_machine_alone(database):
    for where, is_opened in ((Where("0.0.0.0"), False), (Where("0.0.0.0", 0, True), True)):
        listener = Listener(Receiver(database, sources), sources, where=where, clock=lambda: START)
        try:
            if is_opened:
                listener.start()
            else:
                with pytest.raises(Incorrect):
                    listener.start()
        finally:
            listener.stop()


@pytest.mark.attack(46)
@pytest.mark.parametrize(
    ("peers", "is_let_in"),
    [
        ((), True),
        (("127.0.0.1",), True),
        (("127.0.0.0/8",), True),
        (("10.0.0.1", "10.1.0.0/16"), False),
        (("::1",), False),
        (("pas.example",), False),
    ],
)
def test_only_declared_peers_are_let_in(opened, database, peers, is_let_in):
    listener = opened(source(peers=peers))
    with Peer(listener.ports[PAS]) as peer:
        peer.send(adt())
        if is_let_in:
            assert codes([peer.answer()]) == [("AA", "M1")]
        else:
            assert peer.is_closed()
    assert len(stored(database)) == is_let_in
    assert listener.counts().get((PAS, Count.PEER_REFUSED), 0) == (not is_let_in)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secured(opened, authority):
    certificate, key = authority.issue("door")
    tls = Tls(str(certificate), str(key), str(authority.path))
    return opened(source(tls=tls, peers=("pas.nm-acute.example",)))


def _client(authority: Authority, name: str | None, by: Authority | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.path))
    if name is not None:
        context.load_cert_chain(*map(str, (by or authority).issue(name)))
    return context


def test_the_declared_client_certificate_is_let_in(secured, authority, database):
    context = _client(authority, "pas.nm-acute.example")
    with Peer(secured.ports[PAS], context) as peer:
        peer.send(adt("M1"), adt("M2"))
        assert codes([peer.answer(), peer.answer()]) == [("AA", "M1"), ("AA", "M2")]
    assert len(stored(database)) == 2


@pytest.mark.attack(46)
@pytest.mark.parametrize("who", ["nobody", "another name", "another authority", "no TLS"])
def test_no_other_sender_is_let_in(secured, authority, database, tmp_path, who):
    context = {
        "nobody": _client(authority, None),
        "another name": _client(authority, "lab.nm-acute.example"),
        "another authority": _client(
            authority, "pas.nm-acute.example", Authority(tmp_path / "other")
        ),
        "no TLS": None,
    }[who]
    with pytest.raises((ConnectionError, ssl.SSLError)), Peer(secured.ports[PAS], context) as peer:
        # MSH-3 and MSH-4 name the right sender: that is no proof.
        peer.ask(adt())
    assert stored(database) == []


def test_stopping_a_secured_connection_lets_its_answer_out(authority, database):
    began, may_end = threading.Event(), threading.Event()
    real = Receiver(database, sources)

    class Slow:
        def receive(self, arrival):
            began.set()
            assert may_end.wait(10)
            return real.receive(arrival)

    certificate, key = authority.issue("door")
    listener = _over(Slow(), source(tls=Tls(str(certificate), str(key))))
    with Peer(listener.ports[PAS], _client(authority, None)) as peer:
        peer.send(adt())
        assert began.wait(5)
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        assert soon(lambda: listener.ports == {})
        may_end.set()
        assert codes([peer.answer()]) == [("AA", "M1")]
        stopping.join()


def test_a_missing_certificate_is_told_at_the_start(opened):
    with pytest.raises(Incorrect):
        opened(source(tls=Tls("/nowhere.pem", "/nowhere.key")))


def test_who_stays_silent_in_the_handshake_is_ended(opened, authority):
    certificate, key = authority.issue("door")
    listener = opened(
        source(tls=Tls(str(certificate), str(key))), limits=MllpLimits(handshake_s=0.2)
    )
    with Peer(listener.ports[PAS]) as peer:
        assert peer.is_closed()


def test_the_log_holds_nothing_of_what_was_sent(listener, caplog):
    canary = "9434765919"
    with caplog.at_level(logging.DEBUG), Peer(listener.ports[PAS]) as peer:
        peer.ask(adt(canary, patient=canary))
        peer.ask(adt(canary, patient=canary, processing=canary))
        peer.raw(b"\x0bMSH|^~\\&|" + canary.encode() + b"\x0b" + canary.encode() + b"\x1c\r")
        assert peer.is_closed()
        assert soon(lambda: listener.n_connections == 0)
    lines = [json.loads(record.message) for record in caplog.records]
    assert canary not in caplog.text
    assert {line["event"] for line in lines} >= {"connection", "refused", "fragment"}
    assert all(line["door"] == "mllp" for line in lines)
