"""The door with the sources, mappings and receiver of the region, as they run."""

import pytest

from careweave.db import Database
from careweave.doors.mllp import Listener, Where
from careweave.intake import Receiver
from careweave.sources import Sources, load_sources
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
    return load_sources(region, secret=b"toy")


@pytest.fixture
def pas(database: Database, known: Sources):
    # Ports of a demo may be taken: this one is far from them.
    listener = Listener(
        Receiver(database, lambda: known),
        lambda: known,
        where=Where("127.0.0.1", 31_000),
        clock=lambda: START,
    )
    listener.start()
    with Peer(listener.ports[PAS]) as peer:
        yield peer
    listener.stop()


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
