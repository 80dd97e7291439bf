"""Laws of a mailbox, against the sandbox of its makers: stored before told, each message once."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import requests
from mesh_client import MeshClient

from careweave.doors.feeds import FileState, MeshAccess, reports
from careweave.doors.feeds._mesh import Postman
from careweave.sources import Channel, Input
from careweave.terms import Incorrect, Unavailable
from tests.doors.feeds.conftest import DELTA, NOW, Region, source_of

HERE, THERE = "X26ABC1", "X26ABC2"
KEY, PASSWORD = "Banana", "password"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    """The address of a sandbox of this module's own, with shared keys checked."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "uvicorn", "mesh_sandbox.api:app", "--port", str(port)]
    environ = os.environ | {"STORE_MODE": "memory", "AUTH_MODE": "full", "SHARED_KEY": KEY}
    with subprocess.Popen(
        [*words, "--log-level", "error"], env=environ,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url)
            yield url
        finally:
            running.terminate()


def _wait_for(url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            requests.get(f"{url}/health", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("The sandbox did not start.")


@pytest.fixture
def url(sandbox):
    requests.delete(f"{sandbox}/messageexchange/admin/reset", timeout=5).raise_for_status()
    return sandbox


@pytest.fixture
def sender(url):
    with MeshClient(url, THERE, PASSWORD, shared_key=KEY.encode(), max_chunk_size=1000) as client:
        yield client


@pytest.fixture
def region(database, tmp_path, url):
    mesh = {"kind": Channel.MESH, "mailbox": HERE}
    made = Region(
        database, tmp_path,
        source_of("hospice", reads=Input.JSON, workflow="HOSPICE", **mesh),
        source_of("council", DELTA, workflow="COUNCIL", **mesh),
        source_of("unknown", reads=Input.JSON, **mesh),
    )  # fmt: skip
    made.access = MeshAccess(url, HERE, PASSWORD, KEY, poll_s=0.0)
    made.collector = made.another(mesh=made.access)
    return made


def inbox(region) -> list[str]:
    access = region.access
    with MeshClient(access.url, HERE, PASSWORD, shared_key=KEY.encode()) as client:
        return client.list_messages()


def mail(region, *columns: str) -> list[tuple[object, ...]]:
    with psycopg.connect(region.database.url) as connection:
        text = f"SELECT {', '.join(columns)} FROM feeds.mail ORDER BY received_at"
        return connection.execute(text).fetchall()


def test_a_message_is_stored_as_it_came_and_then_acknowledged(region, sender):
    message_id = sender.send_message(HERE, b'{"a": 1}', workflow_id="HOSPICE", local_id="77")
    (taken,) = region.collector.once()
    assert (taken.source, taken.state) == ("hospice", FileState.ACCEPTED)
    assert region.files() == [("new", None, b'{"a": 1}')]
    assert inbox(region) == []
    assert sender.track_message(message_id)["status"] == "acknowledged"
    assert mail(region, "workflow", "sender", "local_id", "acknowledged_at IS NULL") == [
        ("HOSPICE", THERE, "77", False)
    ]


def test_a_message_in_many_chunks_is_put_together(region, sender):
    data = b'{"a": "' + os.urandom(4496).hex().encode() + b'"}'
    sender.send_message(HERE, data, workflow_id="HOSPICE")
    region.collector.once()
    assert region.files()[0][2] == data
    assert mail(region, "chunks", "size") == [("1:10", 9001)]


def test_an_extract_by_mail_is_cut_into_rows(region, sender):
    table = b"Client,Word\nA,a\n"
    sender.send_message(HERE, table, workflow_id="COUNCIL", filename="e_000001.csv")
    (taken,) = region.collector.once()
    assert (taken.source, taken.name, taken.n_rows) == ("council", "e_000001.csv", 1)
    assert region.rows()[0]["row"] == {"Client": "A", "Word": "a"}


def test_an_extract_of_no_use_is_kept_and_acknowledged(region, sender):
    sender.send_message(HERE, b"\0\0", workflow_id="COUNCIL", filename="e_000001.csv")
    (taken,) = region.collector.once()
    assert (taken.state, taken.reason) == (FileState.REJECTED, "nul")
    assert region.files() == [("quarantined", "file-parked", b"\0\0")]
    assert inbox(region) == []


def test_an_unknown_workflow_is_quarantined_and_still_acknowledged(region, sender):
    sender.send_message(HERE, b"who?", workflow_id="NEVER_HEARD")
    (taken,) = region.collector.once()
    assert (taken.source, taken.reason) == ("unknown", "type-not-mapped")
    assert region.files() == [("quarantined", "type-not-mapped", b"who?")]
    assert inbox(region) == []


def test_a_message_for_nobody_stays_where_it_is(region, sender):
    by_name = {name: region.sources.named(name) for name in ("hospice", "council")}
    region.sources = replace(region.sources, by_name=by_name)
    sender.send_message(HERE, b"who?", workflow_id="NEVER_HEARD")
    sender.send_message(HERE, b'{"a": 1}', workflow_id="HOSPICE")
    assert [taken.source for taken in region.collector.once()] == ["hospice"]
    assert len(inbox(region)) == 1
    assert [body for _, _, body in region.files()] == [b'{"a": 1}']


def test_a_message_that_was_stored_and_not_acknowledged_is_known_again(region, sender, monkeypatch):
    sender.send_message(HERE, b'{"a": 1}', workflow_id="HOSPICE")

    def lost(_client: MeshClient, _message_id: str) -> None:
        raise ConnectionError

    with monkeypatch.context() as cut:
        cut.setattr(MeshClient, "acknowledge_message", lost)
        region.collector.once()
    assert len(inbox(region)) == 1
    region.another(mesh=region.access).once()
    assert inbox(region) == []
    assert len(region.files()) == 1
    assert mail(region, "acknowledged_at IS NULL") == [(False,)]


def test_nothing_is_acknowledged_that_could_not_be_stored(region, sender, monkeypatch):
    sender.send_message(HERE, b'{"a": 1}', workflow_id="HOSPICE")

    def away(*_: object, **__: object) -> None:
        raise Unavailable

    with monkeypatch.context() as cut:
        cut.setattr("careweave.doors.feeds._desk.receive", away)
        with pytest.raises(Unavailable):
            region.collector.once()
    assert len(inbox(region)) == 1
    assert region.files() == []
    assert region.collector.once()[0].state is FileState.ACCEPTED


def test_the_same_event_by_two_subscriptions_comes_in_once_with_both_tags(region, sender):
    for tag in ("sub1|a", "sub2|b"):
        sender.send_message(HERE, b'{"event": 1}', workflow_id="HOSPICE", partner_id=tag)
    assert [one.state for one in region.collector.once()] == [
        FileState.ACCEPTED, FileState.REPEATED,
    ]  # fmt: skip
    assert len(region.files()) == 1
    assert sorted(mail(region, "partner_id")) == [("sub1|a",), ("sub2|b",)]


def test_a_report_is_counted_tied_to_what_it_is_about_and_no_arrival(region, url):
    said = {
        "mailbox_id": HERE, "code": "14", "description": "Message not collected",
        "workflow_id": "NOTICES", "local_id": "5", "linked_message_id": "20260316_ABC",
    }  # fmt: skip
    answer = requests.post(f"{url}/messageexchange/admin/report", json=said, timeout=5)
    answer.raise_for_status()
    assert region.collector.once() == ()
    with region.database.session() as session:
        (report,) = reports(session, since=NOW - timedelta(days=1))
    assert (report.linked_id, report.status, report.local_id) == ("20260316_ABC", "14", "5")
    assert region.files() == []
    assert inbox(region) == []


def test_the_access_is_validated_every_six_hours(region, monkeypatch):
    shaken: list[int] = []
    monkeypatch.setattr(MeshClient, "handshake", lambda _: shaken.append(1))
    for hours in (0, 5, 7, 8, 14):
        region.now = NOW + timedelta(hours=hours)
        region.collector.once()
    assert len(shaken) == 3


def test_a_mailbox_that_does_not_answer_holds_up_no_folder_and_is_seen(database, tmp_path):
    mesh = {"kind": Channel.MESH, "mailbox": HERE, "workflow": "W"}
    region = Region(
        database, tmp_path, source_of("files", DELTA), source_of("mail", reads=Input.JSON, **mesh)
    )
    region.collector = region.another(mesh=MeshAccess("http://127.0.0.1:9", HERE, "x", "y"))
    taken = region.take("files", "e_000001.csv", "Client,Word\nA,a\n")
    assert taken.state is FileState.ACCEPTED
    with psycopg.connect(database.url) as connection:
        (failed,) = connection.execute(
            "SELECT why FROM sources.feed_status WHERE source = 'mail'"
        ).fetchone()
    assert failed.startswith("The mailbox could not be emptied")


def test_a_wrong_password_is_seen_and_nothing_comes(region, sender):
    sender.send_message(HERE, b"{}", workflow_id="HOSPICE")
    access = replace(region.access, password="wrong")
    assert region.another(mesh=access).once() == ()
    assert region.files() == []


def test_the_way_there_is_encrypted_but_to_this_machine(region):
    access = replace(region.access, url="http://mesh.example.org")
    with pytest.raises(Incorrect):
        Postman(region.database, None, lambda: region.sources, access, region.clock)


def test_secrets_are_shown_to_nobody():
    assert "pass" not in repr(MeshAccess("https://x", HERE, "passw", "skey")).replace(
        "password", ""
    )
