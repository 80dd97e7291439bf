"""Laws of drop folders: only whole files, each once, put away after the commit, never led astray."""

import os
from pathlib import Path
from threading import Event, Timer

import psycopg
import pytest

from careweave.doors.feeds import FileState
from careweave.doors.feeds._folder import Folder, Settling
from tests.doors.feeds.conftest import SNAPSHOT, Region, source_of

TABLE = "Client,Line,Hours\r\nA,1,10\r\nB,1,20\r\n"


def test_a_file_is_stored_as_it_came_and_its_rows_are_handed_in(region):
    taken = region.take("keeping", "p_20260317.csv", TABLE)
    assert (taken.state, taken.n_rows, taken.n_new) == (FileState.ACCEPTED, 2, 2)
    assert region.files() == [("done", None, TABLE.encode())]
    assert region.rows() == [
        {"at": "2026-03-17T00:00:00+00:00", "row": {"Client": "A", "Line": "1", "Hours": "10"}},
        {"at": "2026-03-17T00:00:00+00:00", "row": {"Client": "B", "Line": "1", "Hours": "20"}},
    ]
    assert region.lying("keeping", "in") == []
    assert len(region.lying("keeping", "archive")) == 1


@pytest.mark.parametrize(
    "name", ["p.csv.part", "p.csv.tmp", ".p.csv", "p.csv~", "P.CSV.PART", "p.csv.filepart"]
)
def test_an_unfinished_file_is_not_seen(region, name):
    region.drop("keeping", name, TABLE)
    assert region.collector.once() == ()
    assert region.lying("keeping", "in") == [name]


def test_a_file_that_grows_is_taken_when_it_has_settled(region):
    path = region.drop("keeping", "p.csv", TABLE[:20])
    ticks = iter([0.0, 1.0, 2.0, 2.01, 3.0])
    settling, folder = Settling(0.05, lambda: next(ticks)), Folder(region.root / "keeping")
    assert settling.settled(folder.found("*")) == []
    path.write_text(TABLE)
    assert settling.settled(folder.found("*")) == []
    os.utime(path, ns=(1, 1))
    assert settling.settled(folder.found("*")) == []
    assert settling.settled(folder.found("*")) == []
    assert [found.name for found in settling.settled(folder.found("*"))] == ["p.csv"]


def test_the_pattern_chooses(database, tmp_path):
    region = Region(database, tmp_path, source_of("one", SNAPSHOT, pattern="p_*.csv"))
    region.drop("one", "q_1.csv", TABLE)
    region.drop("one", "p_1.csv", TABLE)
    assert [taken.name for taken in region.collector.once()] == ["p_1.csv"]
    assert region.lying("one", "in") == ["q_1.csv"]


def test_the_same_file_twice_has_no_effect(region):
    region.take("keeping", "p.csv", TABLE)
    again = region.take("keeping", "p.csv", TABLE)
    assert again.state is FileState.REPEATED
    assert len(region.rows()) == 2
    assert len(region.lying("keeping", "archive")) == 2


@pytest.mark.attack(43)
def test_links_pipes_and_folders_are_not_followed(region, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text(TABLE)
    inside = region.drop("keeping", "p.csv", TABLE).parent
    (inside / "link.csv").symlink_to(secret)
    (inside / "folder.csv").mkdir()
    os.mkfifo(inside / "pipe.csv")
    assert [taken.name for taken in region.collector.once()] == ["p.csv"]
    assert secret.exists()


@pytest.mark.parametrize("name", ["a\nb.csv", "ä.csv", "$(x).csv", "a" * 230 + ".csv"])
def test_a_name_that_is_no_plain_word_is_put_aside_and_kept_nowhere(region, name):
    taken = region.take("keeping", name, TABLE)
    assert (taken.state, taken.name) == (FileState.REJECTED, "unnamed")
    assert len(region.lying("keeping", "rejected")) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"Client,Line\nA,\x001\n", "nul"),
        (b"Client\nA\n", "header"),
        (b"Client,Line\nA,1,x\nB,1,x\nC\n", "too-many-faults"),
        (b"PK\x03\x04\x00\x00", "nul"),
    ],
)
def test_rubbish_is_put_aside_with_a_reason_and_kept_for_who_looks(region, data, reason):
    taken = region.take("keeping", "p.csv", data)
    assert (taken.state, taken.reason) == (FileState.REJECTED, reason)
    assert region.lying("keeping", "rejected") == ["p.csv", "p.csv.reason.txt"]
    note = Path(region.root / "keeping" / "rejected" / "p.csv.reason.txt").read_text()
    assert note.strip() == taken.about
    assert region.rows() == []
    assert region.files() == ([("quarantined", "file-parked", data)] if data else [])


def test_a_rejected_file_is_taken_when_it_comes_again_after_a_mending(database, tmp_path):
    region = Region(database, tmp_path, source_of("one", SNAPSHOT))
    region.take("one", "p.csv", "Client,Zeile\nA,1\n")
    region.sources = Region(database, tmp_path, source_of("one")).sources
    assert region.take("one", "p.csv", "Client,Zeile\nA,1\n").state is FileState.ACCEPTED


def test_a_document_is_one_message(region):
    taken = region.take("documents", "h_1.json", b'{"document": {"id": "1"}}')
    assert (taken.state, taken.n_rows) == (FileState.ACCEPTED, 1)
    assert region.files() == [("new", None, b'{"document": {"id": "1"}}')]


@pytest.mark.attack(40)
def test_a_file_belongs_to_the_source_of_its_folder_whatever_it_says(region):
    region.take("keeping", "ending_20260317.csv", TABLE.replace("Hours", "source"))
    with psycopg.connect(region.database.url) as connection:
        names = connection.execute("SELECT DISTINCT source FROM intake.message").fetchall()
    assert names == [("keeping",)]


def test_a_formula_reaches_the_record_as_the_text_it_is(region):
    region.take("keeping", "p.csv", 'Client,Line,Name\nA,1,"=1+1 Robert"\n')
    assert region.rows()[0]["row"]["Name"] == "=1+1 Robert"


def test_what_is_logged_of_a_file_holds_no_name_of_it(region, caplog):
    stop = Event()
    region.drop("keeping", "Edna_9990001014.csv", TABLE)
    caplog.set_level("INFO", logger="careweave")
    Timer(0.3, stop.set).start()
    region.collector.run(stop, poll_s=0.05)
    assert "accepted" in caplog.text
    assert "Edna" not in caplog.text
