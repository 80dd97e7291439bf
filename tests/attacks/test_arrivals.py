"""What hostile, broken and careless senders send, taken in with the sources of the region.

Source: reference/attacks.md, the rows on MLLP, HL7 v2, CSV, XML and archives.
"""

import functools
import json
import logging
from dataclasses import replace

import pytest

from careweave.intake import (
    Arrival,
    Kept,
    MessageState,
    Operator,
    Wanted,
    open_message,
    search_messages,
    waiting,
)
from careweave.ledger import Recorder
from careweave.sources import Channel, feed_status, load_sources
from careweave.terms import Incorrect
from tests.lib.northmere import NOW, Northmere

CANARY = "Canaryzyx"
MAY_HOLD = {
    # Bytes as they came, the record itself, and what both are made again from.
    "intake.body",
    "intake.contribution",
    "intake.message",  # control ids and names of files: shown by nothing that is logged
    "feeds.row",
    "feeds.staged",
    # Codes that no table knows, with their displays: for who mends the code maps.
    "sources.unmapped_code",
}


@functools.cache
def loaded(region, *, secret):
    """The sources of the region, read once for all tests: nothing changes them."""
    return load_sources(region, secret=secret)


@pytest.fixture
def north(database, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.lib.northmere.load_sources", loaded)
    return Northmere(database, tmp_path)


def adt(
    control: str,
    *,
    kind: str = "ADT^A28^ADT_A05",
    app: str = "PAS",
    facility: str = "CWA01",
    pid: str = "ATT1",
    name: str = "Roe^Jane",
    more: str = "",
) -> bytes:
    text = (
        rf"MSH|^~\&|{app}|{facility}|CAREWEAVE|REGION|20260601120000||{kind}|{control}|P|2.4" + "\r"
        f"EVN|A28|20260601120000\rPID|1||{pid}^^^ACU^PI||{name}||19700101|F\r{more}"
    )
    return text.encode()


def oru(control: str, results: str) -> bytes:
    head = adt(control, kind="ORU^R01^ORU_R01", app="LIMS").decode()
    order = "ORC|RE|O1|F1||CM\rOBR|1|O1|F1|FBC^Full^L|||20260601110000|||||||||||||||||F\r"
    return (head.replace("EVN|A28|20260601120000\r", "") + order + results).encode()


def sent(north: Northmere, body: bytes, source: str = "nm-acute-pas") -> int:
    """Returns the number of a message that was taken in and worked on."""
    kept = north.receiver.receive(Arrival(source, Channel.MLLP, body, NOW))
    assert isinstance(kept, Kept)
    work(north)
    return kept.message


def work(north: Northmere) -> None:
    while north.worker.work_once():
        pass


def became(north: Northmere, number: int) -> tuple:
    return north.rows("SELECT state, reason FROM intake.message WHERE id = %(id)s", id=number)[0]


def bodies(north: Northmere, type_name: str) -> list[dict]:
    return [dict(one.body) for one in north.entries() if one.type == type_name]


def drop(north: Northmere, source: str, name: str, data: bytes) -> list:
    folder = north.folder / source / "in"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    taken = [*north.collector.once(), *north.collector.once()]
    work(north)
    return taken


@pytest.mark.attack(46)
def test_who_sends_is_the_connection_and_another_name_is_set_aside(north):
    number = sent(north, adt("S1", app="LIMS"))
    assert became(north, number) == ("quarantined", "sender-mismatch")
    assert bodies(north, "Patient") == []
    assert became(north, sent(north, adt("S2", facility="EVIL"))) == (
        "quarantined",
        "sender-mismatch",
    )
    assert became(north, sent(north, adt("S3"))) == ("done", None)


@pytest.mark.attack(46)
def test_every_connection_of_the_region_says_who_may_send_on_it(north):
    lines = [one for one in north.sources if one.transport.kind is Channel.MLLP]
    assert lines
    assert all(all(one.sender) for one in lines)
    assert all(one.transport.peers or one.transport.tls for one in lines)


@pytest.mark.attack(49)
@pytest.mark.parametrize("kind", ["ADT^A40^ADT_A39", "ADT^A34^ADT_A30"])
def test_a_laboratory_merges_nobody(north, kind):
    sent(north, adt("1"))
    sent(north, adt("2", pid="ATT2"))
    before = bodies(north, "Patient")
    merge = adt("3", kind=kind, app="LIMS", more="MRG|ATT2^^^ACU^PI\r")
    state, reason = became(north, sent(north, merge, "nm-acute-lims"))
    assert (state, reason) in {
        ("quarantined", "merge-not-entitled"),
        ("quarantined", "type-not-mapped"),
    }
    assert bodies(north, "Patient") == before


@pytest.mark.attack(47)
def test_an_escape_makes_no_segment_in_the_record(north):
    name = "Roe\\X0D\\PID|2||ATT9^^^ACU^PI||Evil^Ann"
    assert became(north, sent(north, adt("1", name=name)))[0] == "done"
    (patient,) = bodies(north, "Patient")
    assert "\r" not in json.dumps(patient, ensure_ascii=False)
    assert [one["value"] for one in patient["identifier"]] == ["ATT1"]


@pytest.mark.attack(46)
@pytest.mark.parametrize("how", ["zero bytes", "two messages"])
def test_bytes_that_nobody_can_trust_are_asked_for_again_and_then_taken(north, how):
    good = adt("1")
    bad = good.replace(b"Jane", b"Ja\0ne") if how == "zero bytes" else good + good
    assert became(north, sent(north, bad)) == ("quarantined", "truncated")
    assert bodies(north, "Patient") == []
    assert became(north, sent(north, good)) == ("done", None)


@pytest.mark.attack(45)
def test_digits_arrive_as_they_were_written(north):
    values = ["0.10", "100.00", "1.5000", "0.000001", "12345678901234.5678"]
    lines = "".join(
        f"OBX|{n}|NM|T{n}^Test^L||{value}|g/L|||||F\r" for n, value in enumerate(values, 1)
    )
    body = oru("1", lines)
    number = sent(north, body, "nm-acute-lims")
    assert became(north, number) == ("done", None)
    raw = north.rows("SELECT body FROM record.resource WHERE NOT gone")
    text = b" ".join(bytes(row[0]) for row in raw).replace(b" ", b"")
    for value in values:
        assert f'"value":{value}'.encode() in text
    kept = north.rows("SELECT body FROM intake.body WHERE id = %(id)s", id=number)
    assert bytes(kept[0][0]) == body


@pytest.mark.attack(53)
def test_markup_in_a_message_is_text_and_never_narrative(north):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    lines = f"OBX|1|TX|T1^{evil}^L||{evil}||||||F\rNTE|1||{evil}\rOBX|2|FT|T2^A^L||{evil}||||||F\r"
    assert became(north, sent(north, oru("1", lines), "nm-acute-lims"))[0] == "done"
    assert became(north, sent(north, adt("2", name=f"{evil}^Jane")))[0] == "done"
    entries = [one.body for one in north.entries()]
    assert evil in json.dumps(entries)
    for entry in entries:
        assert "<script" not in str(entry.get("text", {}))
        assert "onerror" not in str(entry.get("text", {}))


@pytest.mark.attack(53)
@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", "<p onclick='x()'>a</p>", "<iframe src='x'/>"]
)
def test_a_document_with_a_narrative_that_acts_is_set_aside(north, evil):
    div = f"<div xmlns='http://www.w3.org/1999/xhtml'>{evil}</div>"
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "text": {"status": "generated", "div": div},
        "name": [{"text": CANARY}],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    drop(north, "nm-ashgrove-documents", "care_1.json", json.dumps(bundle).encode())
    for one in north.entries():
        said = str(one.body.get("text", ""))
        assert "<script" not in said
        assert "onclick" not in said
        assert "<iframe" not in said


@pytest.mark.attack(42)
@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>",
        b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY e '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>",
    ],
)
def test_a_document_with_a_doctype_is_kept_and_never_read(north, doctype):
    data = doctype + (
        b"<Bundle xmlns='http://hl7.org/fhir'><type value='collection'/><entry><resource>"
        b"<Patient><id value='1'/><name><text value='&e;'/></name></Patient>"
        b"</resource></entry></Bundle>"
    )
    drop(north, "nm-ashgrove-documents", "care_1.json", data)
    (row,) = north.rows("SELECT state, reason FROM intake.message")
    assert row == ("quarantined", "invalid-resource")
    assert north.entries() == []


def _hostile(north: Northmere) -> None:
    """Sends the canary in every way that goes wrong, and in some that go well."""
    good = adt("OK1", name=f"{CANARY}^{CANARY}", pid=f"{CANARY}1")
    many = f"{CANARY}^^^ACU^PI~" * 2100
    lines = [
        good,
        good[:-30],
        good.replace(b"Jane", b"\0"),
        adt("OK1", name=f"{CANARY}^Other"),
        adt("M2", kind=f"ADT^{CANARY}", name=CANARY),
        adt("M3", pid="", name=CANARY),
        adt("M4", pid=many),
        adt("M5", kind="ADT^A40^ADT_A39", pid=CANARY, more=f"MRG|{CANARY}2^^^ACU^PI\r"),
        adt("M6", name=CANARY, more=f"PV1|1|{CANARY}|{CANARY}\rZZZ|{CANARY}\r"),
        adt("M7", name=CANARY).replace(b"19700101", CANARY.encode()),
        f"PID|1||{CANARY}".encode(),
        good + good,
        good.replace(b"|2.4", f"|{CANARY}||||||{CANARY}".encode()),
        good.replace(b"20260601120000", CANARY.encode()).replace(b"OK1", b"OK9"),
    ]
    for body in lines:
        north.receiver.receive(Arrival("nm-acute-pas", Channel.MLLP, body, NOW))
    lab = [
        oru("L1", f"OBX|1|NM|{CANARY}^{CANARY}^L||{CANARY}|{CANARY}|||||{CANARY}\r"),
        oru("L2", f"OBX|1|ED|A^B^L||{CANARY}^^^Base64^{CANARY}||||||F\r"),
        adt("L3", kind="ADT^A40^ADT_A39", pid=CANARY, more=f"MRG|{CANARY}^^^ACU^PI\r"),
    ]
    for body in lab:
        north.receiver.receive(Arrival("nm-acute-lims", Channel.MLLP, body, NOW))
    header = "Ref,NHS No,Name,Date of birth,Postcode,Phone,Consent,Referred for,Started,Left"
    rows = f'{CANARY},{CANARY},{CANARY},{CANARY},,,,,,\n{CANARY},"{CANARY}\n'
    drop(north, "nm-fellside-people", "fellside_20260601.csv", f"{header}\n{rows}".encode())
    drop(north, "nm-fellside-people", f"fellside_{CANARY}\n.csv", f"{header}\n".encode())
    drop(north, "nm-hospice-record", "hospice_1.json", f'{{"{CANARY}": "{CANARY}"'.encode())
    drop(north, "nm-hospice-record", "hospice_2.json", f'{{"document": "{CANARY}"}}'.encode())
    bundle = {"resourceType": "Bundle", "type": CANARY, "entry": [{"resource": {"id": CANARY}}]}
    drop(north, "nm-ashgrove-documents", "care_1.json", json.dumps(bundle).encode())


def _tables(north: Northmere) -> list[str]:
    return [
        row[0]
        for row in north.rows(
            "SELECT n.nspname || '.' || c.relname FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND n.nspname IN ('intake', 'sources', 'feeds', 'ledger') ORDER BY 1"
        )
    ]


@pytest.mark.attack(70)
def test_what_a_person_is_called_is_in_no_log_and_no_table_of_the_way_in(north, caplog):
    with caplog.at_level(logging.DEBUG):
        _hostile(north)
    logged = "\n".join(f"{one.getMessage()}{one.__dict__}" for one in caplog.records)
    assert CANARY not in logged
    holding = {
        table
        for table in _tables(north)
        if north.rows(
            f"SELECT 1 FROM {table} AS t WHERE strpos(t::text, %(canary)s) > 0 LIMIT 1",
            canary=CANARY,
        )
    }
    assert holding <= MAY_HOLD
    told = north.rows("SELECT reason, place, suggestion, findings::text FROM intake.message")
    assert CANARY not in str(told)


@pytest.mark.attack(69)
def test_a_body_is_opened_one_at_a_time_with_a_reason_that_is_accounted_first(north):
    number = sent(north, adt("1", kind="ADT^Z99", name=CANARY))
    with north.database.reading() as session:
        page = search_messages(session, Wanted(state=MessageState.QUARANTINED))
        queue = waiting(session, now=NOW)
        status = feed_status(session, NOW)
    assert number in {one.id for one in page.messages}
    assert CANARY not in f"{page}{queue}{status}"
    operator = Operator("tired", "", "cli", "1", NOW)
    recorder = Recorder(north.database)
    with pytest.raises(Incorrect):
        open_message(north.database, recorder, number, operator=operator, why=" ")
    opened = open_message(north.database, recorder, number, operator=operator, why="case 12")
    assert CANARY.encode() in opened.body
    rows = north.rows("SELECT action, what, reason FROM ledger.account WHERE reason <> ''")
    assert rows == [("open-message", f"Message/{number}", "case 12")]
    assert CANARY not in repr(replace(opened, body=b""))
