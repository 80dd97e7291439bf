"""The door with the sources, mappings and receiver of the region, as they run."""

import threading
from dataclasses import replace

import pytest

from careweave.db import Database
from careweave.doors.mllp import Listener, Where, outcomes_of
from careweave.intake import Receiver, Worker, keep_arriving
from careweave.sources import Sources, activate, load_sources
from tests.doors.mllp.test_acknowledging import stored
from tests.lib.arrivals import START
from tests.lib.peers import Peer, adt, codes

PAS = "nm-acute-pas"
ORGANISATIONS = """
organisations:
  - {id: nm-acute, key: ACU, name: Northmere General, kind: acute, code: CWA01}
"""
SOURCE = """
careweave: source/1
name: nm-acute-pas
organisation: nm-acute
system: pas
feed: adt
transport: {kind: mllp, port: 2575, peers: [127.0.0.1], processing: [P]}
mapping: uk-adt
time_zone: Europe/London
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Sources:
    """One source with a mapping of the package."""
    region = tmp_path_factory.mktemp("region")
    (region / "sources").mkdir()
    (region / "organisations.yaml").write_text(ORGANISATIONS)
    (region / "sources" / f"{PAS}.yaml").write_text(SOURCE)
    source = load_sources(region, secret=b"toy").named(PAS)
    # Any port that is free: that of the file may be taken.
    return Sources({PAS: replace(source, transport=replace(source.transport, port=None))}, "free")


def _listener(database: Database, known: Sources) -> Listener:
    return Listener(
        Receiver(database, lambda: known),
        lambda: known,
        where=Where("127.0.0.1"),
        clock=lambda: START,
        outcomes=outcomes_of(database),
    )


@pytest.fixture
def pas(database: Database, known: Sources):
    listener = _listener(database, known)
    listener.start()
    with Peer(listener.ports[PAS]) as peer:
        yield peer
    listener.stop()


@pytest.fixture
def working(database: Database, known: Sources):
    """A worker that brings what is stored into the record."""
    with database.session() as session:
        activate(session, known, now=START)
    stop = threading.Event()
    worker = Worker(database, lambda: known, lambda: START)
    thread = threading.Thread(target=keep_arriving, args=(worker, stop))
    thread.start()
    yield
    stop.set()
    thread.join()


def _told(pas, message):
    answer = pas.ask(message)
    return (*codes([answer])[0], answer.get("MSA-3"))


def test_every_outcome_of_a_real_mapping_has_its_answer(pas, database):
    cut = adt("M4")[: adt("M4").index(b"PV1|") + 4]
    assert _told(pas, adt("M1")) == ("AA", "M1", None)
    assert _told(pas, adt("M1")) == ("AA", "M1", None)
    assert _told(pas, adt("M1", patient="P2")) == ("AA", "M1", None)
    assert _told(pas, adt("M2", processing="T")) == ("AR", "M2", "202 processing-id (MSH-11)")
    assert _told(pas, adt("M3", kind="ADT^Z77")) == ("AA", "M3", None)
    assert _told(pas, cut) == ("AE", "M4", "100 The message is not whole.")
    assert [(control, state) for control, state, _ in stored(database)] == [
        ("M1", "new"),
        ("M1", "quarantined"),
        ("M2", "refused"),
        ("M3", "quarantined"),
        ("M4", "quarantined"),
    ]


@pytest.mark.attack(48)
def test_what_is_over_a_limit_is_refused(pas, database):
    data = adt("M1").replace(b"P1^^^STB^PI", b"P1^^^STB^PI" + b"~x" * 200_000)
    assert _told(pas, data)[0] == "AR"
    assert [state for _, state, _ in stored(database)] == ["refused"]


def test_what_has_no_header_is_kept(pas, database):
    pas.send(b"PID|1||P1\r")
    assert pas.is_closed()
    assert [state for _, state, _ in stored(database)] == ["quarantined"]


def test_a_sender_that_asks_hears_what_the_mapping_made_of_it(pas, working, database):
    pas.send(adt("M1", acks="AL|AL", version="2.5"))
    assert codes([pas.answer(), pas.answer()]) == [("CA", "M1"), ("AA", "M1")]
    pas.send(adt("M2", acks="AL|ER", version="2.5", patient=""))
    first, second = pas.answer(), pas.answer()
    assert codes([first, second]) == [("CA", "M2"), ("AE", "M2")]
    assert second.get("ERR-8") in {"no-key", "no-patient"}
    assert stored(database)[0][1] == "done"


def test_one_answer_may_wait_for_the_mapping(database, known, working):
    source = known.named(PAS)
    applied = replace(source, transport=replace(source.transport, ack="applied"))
    listener = _listener(database, Sources({PAS: applied}, "applied"))
    listener.start()
    try:
        with Peer(listener.ports[PAS]) as peer:
            assert _told(peer, adt("M1")) == ("AA", "M1", None)
            code, control, why = _told(peer, adt("M2", patient=""))
        assert (code, control) == ("AE", "M2")
        assert str(why).startswith("207 no-")
    finally:
        listener.stop()
