"""Laws of archives: only where they are declared, only files, only so many and so large."""

import io
import struct
import zipfile
from dataclasses import replace

import pytest

from careweave.doors.feeds import FileState, accept_file, parked_files
from careweave.doors.feeds._archive import MOST_MEMBERS, members
from careweave.terms import Incorrect
from tests.doors.feeds.conftest import DELTA, NOW, Region, source_of

TABLE = "Client,Word\nA,b\n"


def zipped(*parts: tuple[str, str], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, text in parts:
            archive.writestr(name, text)
    return out.getvalue()


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("link.csv")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(("a.csv", TABLE)))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def lying() -> bytes:
    """An entry that says it holds a hundredth of what it holds."""
    data = bytearray(zipped(("a.csv", "x" * 10_000)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + place
        data[at : at + 4] = struct.pack("<I", 100)
    return bytes(data)


BAD = {
    "up": zipped(("../a.csv", TABLE)),
    "root": zipped(("/etc/a.csv", TABLE)),
    "windows": zipped(("..\\a.csv", TABLE)),
    "folder": zipped(("in/a.csv", TABLE)),
    "empty": zipped(),
    "inner": zipped(("a.zip", "x")),
    "many": zipped(*((f"{n}.csv", "x") for n in range(MOST_MEMBERS + 1))),
    "bomb": zipped(("a.csv", "0" * 5_000_000)),
    "link": link(),
    "encrypted": encrypted(),
    "lying": lying(),
    "cut": zipped(("a.csv", TABLE))[:-10],
    "no archive": TABLE.encode(),
}


@pytest.mark.attack(43)
@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_an_archive_that_breaks_a_rule_is_refused(data):
    with pytest.raises(Incorrect) as caught:
        members(data)
    assert caught.value.issues[0].code == "archive"


@pytest.mark.attack(43)
def test_two_files_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(("a.csv", "1"), ("a.csv", "2"))
    with pytest.raises(Incorrect):
        members(data)


@pytest.fixture
def zips(database, tmp_path):
    rules = replace(DELTA, is_zip=True, required=("Client",))
    return Region(database, tmp_path, source_of("zips", rules))


def test_the_files_of_a_declared_archive_are_taken_by_name(zips):
    data = zipped(("e_000002.csv", TABLE), ("e_000001.csv", "Client,Word\nA,a\n"))
    zips.drop("zips", "day.zip", data)
    taken = zips.collector.once()
    assert [one.name for one in taken] == ["day.zip!e_000001.csv", "day.zip!e_000002.csv"]
    assert [row["row"]["Word"] for row in zips.rows()] == ["a", "b"]
    assert len(zips.lying("zips", "archive")) == 1


@pytest.mark.attack(43)
@pytest.mark.parametrize("name", ["up", "bomb", "many", "link"])
def test_a_hostile_archive_is_put_aside_and_nothing_is_written_elsewhere(zips, name, tmp_path):
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    zips.drop("zips", "day.zip", BAD[name])
    (taken,) = zips.collector.once()
    assert (taken.state, taken.reason) == (FileState.REJECTED, "archive")
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in after - before} == {"day.zip", "day.zip.reason.txt"}
    assert zips.rows() == []


@pytest.mark.attack(43)
def test_an_archive_where_none_is_declared_is_no_table(region):
    taken = region.take("keeping", "p.csv", zipped(("a.csv", TABLE)))
    assert taken.state is FileState.REJECTED


def test_an_archive_waits_with_the_file_in_it_that_waits(zips):
    zips.drop("zips", "1.zip", zipped(("e_000001.csv", TABLE)))
    zips.collector.once()
    zips.drop("zips", "3.zip", zipped(("e_000003.csv", "Client,Word\nA,c\n")))
    (parked,) = zips.collector.once()
    assert parked.state is FileState.PARKED
    with zips.database.session() as session:
        accept_file(session, parked_files(session)[0].id, by="operator", now=NOW)
    (taken,) = zips.collector.once()
    assert taken.state is FileState.ACCEPTED
    assert zips.lying("zips", "parked") == []
