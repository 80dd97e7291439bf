"""Who is erased by law is erased from what the door for files remembers, and from all else."""

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from careweave.doors.feeds import FileState
from careweave.intake import Worker, Writing, erase
from careweave.sources import (
    Coverage,
    Failure,
    Head,
    Mapped,
    Reading,
    Reason,
    Source,
    Write,
)
from careweave.terms import Actor, Finding, Purpose, Severity, Sight, SourceId, keyed_id
from tests.doors.feeds.conftest import ENDING, NOW, Region, peek_row, source_of
from tests.lib.canary import holding

MRN = "urn:careweave:test:mrn"
CANARY = "Zzcanary"
HEADER = "Client,Line,Name,Odd\n"
OTHERS = [f"K{n:02},1,Other {n},\n" for n in range(20)]
HERS = f"{CANARY}7,1,{CANARY} Smith,{CANARY} odd\n"


def peek(body: bytes) -> Head:
    client = json.loads(body).get("row", {}).get("Client", "")
    return replace(peek_row(body), patients=(f"{MRN}|{client}",))


def read(body: bytes, _head: Head) -> Reading:
    """A patient, who is no more active when the row went; the last column is used by nothing."""
    said = json.loads(body)
    row = said["row"]
    if row["Line"] == "wrong":
        return Reading(failure=Failure(Reason.NO_KEY, "Line", "Ask the sender."))
    if row["Line"] == "empty":
        return Reading()
    value = {
        "resourceType": "Patient",
        "active": not said.get("absent", False),
        "identifier": [{"system": MRN, "value": row["Client"]}],
        "name": [{"text": row.get("Name", "")}],
    }
    return Reading(
        (Mapped("Patient", patient_id(row["Client"]), value, Write.MERGE),),
        findings=(Finding("odd", Severity.INFORMATION, "Odd"),),
        coverage=Coverage(frozenset({"Client", "Name"})),
    )


def patient_id(client: str) -> str:
    return keyed_id(b"toy", "org", "Patient", client)


def made(name: str) -> Source:
    source = source_of(name, replace(ENDING, row_key=("Client",), max_drop_percent=50))
    return replace(source, mapping=replace(source.mapping, read=read, peek=peek))


@pytest.fixture
def region(database, tmp_path) -> Region:
    return Region(database, tmp_path, made("people"))


def work(region: Region) -> None:
    worker = Worker(region.database, lambda: region.sources, region.clock)
    while worker.work_once():
        pass


def day(region: Region, number: int, *lines: str):
    """What becomes of the extract of a day, and of its rows."""
    text = HEADER + "".join([*OTHERS, *lines])
    taken = region.take("people", f"p_202603{number}.csv", text)
    work(region)
    return taken


def erased(region: Region, client: str) -> int:
    with psycopg.connect(region.database.url) as connection:
        found = connection.execute(
            "SELECT subject FROM record.subject WHERE local_id = %s", [patient_id(client)]
        ).fetchone()
    actor = Actor("dpo", "org", SourceId(1), "org", Purpose.OPERATIONS, frozenset())
    writing = Writing(actor, Sight((), 0), "cli", "1", NOW + timedelta(days=1))
    with region.database.session(bulk=True) as session:
        return erase(session, found[0], ground="law", writing=writing).n_entries


def active(region: Region) -> int:
    with psycopg.connect(region.database.url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM record.resource WHERE NOT gone"
            " AND position('\"active\":true'::bytea IN body) > 0"
        ).fetchone()
    return found[0]


def test_the_door_keeps_nothing_that_a_row_says(region):
    day(region, 16, HERS)
    assert [table for table in holding(region.database, CANARY) if table.startswith("feeds")] == []


def test_nothing_of_an_erased_person_is_left_in_any_table(region):
    day(region, 16, HERS)
    day(region, 17, HERS)
    day(region, 18, HERS, "X,1,Another,\n")
    day(region, 19, HERS.replace("odd", "new"))
    region.take("people", "p_20260320.csv", HEADER + HERS)
    assert "intake.contribution" in holding(region.database, CANARY)
    assert erased(region, f"{CANARY}7") > 0
    assert holding(region.database, CANARY) == []
    assert active(region) == 20


@pytest.mark.parametrize("line", ["wrong", "empty"])
def test_what_failed_or_gave_nothing_goes_with_the_person(region, line):
    day(region, 16, HERS)
    day(region, 17, HERS.replace(",1,", f",{line},"))
    erased(region, f"{CANARY}7")
    assert holding(region.database, CANARY) == []


def test_a_row_that_goes_after_an_erasure_ends_nothing_and_fails_nothing(region):
    day(region, 16, HERS)
    erased(region, f"{CANARY}7")
    same = day(region, 17, HERS)
    assert (same.n_new, same.n_changed) == (0, 0), "what was erased is not taken again"
    gone = day(region, 18)
    assert (gone.state, gone.n_ended) == (FileState.ACCEPTED, 0)
    assert gone.about.startswith("Of 1 rows")
    assert day(region, 19).about == ""
    assert active(region) == 20


def test_the_absence_of_others_is_told_with_what_they_said_last(region):
    day(region, 16, HERS, "X,1,Another,\n", "Y,1,Third,\n")
    day(region, 17, HERS, "X,1,Renamed,\n", "Y,1,Third,\n")
    erased(region, f"{CANARY}7")
    taken = day(region, 18)
    assert taken.n_ended == 2
    absent = [one["row"] for one in region.rows() if one.get("absent")]
    assert sorted(row["Name"] for row in absent) == ["Renamed", "Third"]
    assert active(region) == 20
