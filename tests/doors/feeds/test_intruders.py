"""What one sender puts into its folder harms no other, and nothing is put away unread."""

import os
from pathlib import Path

import psycopg
import pytest

from careweave.doors.feeds import FileState
from careweave.doors.feeds._taking import Taker
from careweave.sources import feed_status

TABLE = "Client,Line,Name\nA,1,Robert\nB,1,Ann\n"
LONGEST = "a" * 251 + ".csv"


def why(region, source):
    """State and reason of the feed of a source."""
    with region.database.reading() as session:
        (status,) = [one for one in feed_status(session, region.now) if one.source == source]
    return status.state, status.why


def names(region):
    with psycopg.connect(region.database.url) as connection:
        rows = connection.execute("SELECT DISTINCT source FROM intake.message").fetchall()
    return {row[0] for row in rows}


@pytest.mark.attack(43)
def test_the_longest_name_that_a_disk_takes_is_put_aside(region):
    taken = region.take("keeping", LONGEST, TABLE)
    assert (taken.state, taken.name) == (FileState.REJECTED, "unnamed")
    assert len(region.lying("keeping", "rejected")) == 2
    assert region.lying("keeping", "in") == []


@pytest.mark.attack(43)
def test_a_folder_that_cannot_be_looked_into_stops_no_other_and_is_told(region, caplog):
    region.drop("ending", "p.csv", TABLE)
    folder = region.root / "delta"
    folder.mkdir(exist_ok=True)
    (folder / "in").write_text("no folder at all")
    region.drop("keeping", "p.csv", TABLE)
    taken = region.collector.once()
    assert {one.source for one in taken} == {"ending", "keeping"}
    assert why(region, "delta")[0] == "failing"
    assert "fault" in caplog.text


def test_a_file_that_may_not_be_read_is_left_and_told(region, monkeypatch):
    opened = os.open

    def forbid(path, *arguments, **more):
        if Path(path).name == "p.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **more)

    region.drop("keeping", "p.csv", TABLE)
    region.drop("ending", "q.csv", TABLE)
    monkeypatch.setattr(os, "open", forbid)
    assert [one.source for one in region.collector.once()] == ["ending"]
    assert region.lying("keeping", "in") == ["p.csv"]
    assert why(region, "keeping")[0] == "failing"
    assert "p.csv" not in why(region, "keeping")[1]
    monkeypatch.undo()
    assert region.look().state is FileState.ACCEPTED
    assert why(region, "keeping")[0] == "ok"


@pytest.mark.parametrize("how", ["replaced", "written on"])
def test_what_its_sender_puts_there_while_a_file_is_taken_is_not_put_away_unread(
    region, monkeypatch, how
):
    path = region.drop("keeping", "p.csv", TABLE)
    take = Taker.take

    def meanwhile(self, coming):
        taken = take(self, coming)
        if how == "replaced":
            new = path.with_name(".new")
            new.write_text(TABLE + "C,1,Olu\n")
            new.rename(path)
        else:
            path.write_text(TABLE + "C,1,Olu\n")
        return taken

    monkeypatch.setattr(Taker, "take", meanwhile)
    assert region.look().n_rows == 2
    monkeypatch.undo()
    assert region.look().n_rows == 3
    assert [row["row"]["Client"] for row in region.rows()] == ["A", "B", "C"]
    assert region.lying("keeping", "in") == []


def test_a_fault_of_ours_is_told_where_feeds_are_shown(region, monkeypatch):
    def broken(_self, _coming):
        raise ZeroDivisionError

    region.drop("keeping", "p.csv", TABLE)
    region.drop("ending", "q.csv", TABLE)
    monkeypatch.setattr(Taker, "take", broken)
    for _ in range(3):
        region.collector.once()
    assert region.lying("keeping", "rejected") == ["p.csv", "p.csv.reason.txt"]
    assert why(region, "keeping")[0] == "failing"


def test_a_note_that_a_sender_wrote_is_a_file_like_any_other(region):
    region.drop("keeping", "p.csv", TABLE)
    region.drop("keeping", "p.csv.reason.txt", TABLE.replace("A,1", "C,1"))
    assert len(region.collector.once()) == 2
    assert names(region) == {"keeping"}
