"""What is erased by law is erased where messages wait and where they are kept, too."""

import pytest

from careweave.db import Database
from careweave.intake import Duplicate, Selection, Writing, erase, replay
from careweave.terms import Actor, Purpose, Sight, SourceId
from tests.intake.test_replay import OPERATOR
from tests.lib.arrivals import MRN, encounter, key, message, patient, source, sources
from tests.lib.inbox import NOW, Inbox


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


def lane(number):
    return {"lanes": [f"nm-acute-pas:{number}"], "patient": number}


def erased(inbox, number):
    subject = inbox.rows(
        "SELECT subject FROM record.subject WHERE local_id = %s", key("Patient", number)
    )[0][0]
    actor = Actor("dpo", "nm-acute", SourceId(1), "nm-acute", Purpose.OPERATIONS, frozenset())
    with inbox.database.session(bulk=True) as session:
        return erase(
            session, subject, ground="law", writing=Writing(actor, Sight((), 0), "cli", "1", NOW)
        )


def test_an_erasure_takes_what_was_said_and_the_bytes_that_said_it(inbox):
    inbox.take(
        message(patient("P1", gender="female"), encounter("V1", "P1"), control="1", **lane("P1"))
    )
    inbox.take(message(patient("P1"), control="2", fail="no-key", **lane("P1")))
    inbox.take(message(patient("P2", gender="male"), control="3", **lane("P2")))
    inbox.work()
    assert erased(inbox, "P1").n_entries == 3
    assert [e["gender"] for e in inbox.entries("Patient")] == ["male"]
    assert inbox.rows("SELECT message FROM intake.contribution") == inbox.rows(
        "SELECT id FROM intake.body"
    )
    assert len(inbox.rows("SELECT 1 FROM intake.body")) == 1
    assert len(inbox.rows("SELECT 1 FROM intake.message_key")) == 1
    for table in ("line", "lane_hold", "parked"):
        assert inbox.rows(f"SELECT 1 FROM intake.{table}") == []
    assert len(inbox.rows("SELECT 1 FROM intake.message")) == 3


def test_no_replay_and_no_repetition_brings_back_what_was_erased(inbox):
    body = message(patient("P1", gender="female"), control="1", **lane("P1"))
    inbox.take(body)
    inbox.work()
    erased(inbox, "P1")
    replay(inbox.database, Selection(source="nm-acute-pas"), operator=OPERATOR, why="mended")
    assert isinstance(inbox.take(body), Duplicate)
    inbox.work()
    assert inbox.entries("Patient") == []


def test_what_a_message_said_of_others_stays(inbox):
    inbox.take(
        message(
            patient("P1", gender="female"),
            patient("P2", gender="male"),
            lanes=["nm-acute-pas:P1", "nm-acute-pas:P2"],
        )
    )
    inbox.take(message(patient("P2", birthDate="1950-01-01"), control="2", event=1, **lane("P2")))
    inbox.work()
    erased(inbox, "P1")
    inbox.take(message(patient("P2", name=[{"text": "x"}]), control="3", event=0.5, **lane("P2")))
    inbox.work()
    (left,) = inbox.entries("Patient")
    assert (left["gender"], left["birthDate"]) == ("male", "1950-01-01")


def test_a_message_on_another_patient_that_told_of_the_erased_one_takes_nothing_else_of_theirs(
    inbox,
):
    inbox.take(message(patient("P1", gender="female"), control="1", **lane("P1")))
    inbox.take(message(patient("P2"), encounter("V9", "P1"), control="2", **lane("P2")))
    inbox.take(message(patient("P2", gender="male"), control="3", **lane("P2")))
    inbox.take(message(patient("P2"), control="4", fail="no-key", **lane("P2")))
    inbox.work()
    erased(inbox, "P1")
    assert [row[0] for row in inbox.rows("SELECT id FROM intake.body ORDER BY id")] == [3, 4]
    assert inbox.rows("SELECT message FROM intake.parked") == [(4,)]


def test_what_another_source_sent_of_the_erased_patient_alone_goes_too(database):
    inbox = Inbox(database, sources(source(), source("nm-acute-odd")))
    inbox.take(message(patient("P1", gender="female"), control="1", **lane("P1")))
    odd = {"lanes": ["nm-acute-odd:P1"], "patient": "P1"}
    inbox.take(message(control="2", fail="no-key", **odd), of="nm-acute-odd")
    inbox.take(message(control="3", **odd), of="nm-acute-odd")
    both = [f"{MRN}|P1", f"{MRN}|P2"]
    odd["lanes"] = ["nm-acute-odd:P2"]
    inbox.take(message(control="4", patients=both, **odd), of="nm-acute-odd")
    inbox.work()
    erased(inbox, "P1")
    assert inbox.rows("SELECT id FROM intake.body") == [(4,)]
    assert inbox.rows("SELECT 1 FROM intake.parked") == []


def test_who_waits_in_the_lane_of_nobody_in_particular_goes_on_waiting(inbox):
    nobody = {"lanes": ["nm-acute-pas:*unknown*"]}
    inbox.take(message(patient("P1", gender="female"), control="1", **lane("P1")))
    inbox.take(message(control="2", fail="no-key", patient="P1", **nobody))
    inbox.take(message(patient("P2", gender="male"), control="3", patient="P2", **nobody))
    inbox.work()
    erased(inbox, "P1")
    inbox.work()
    assert [row[0] for row in inbox.rows("SELECT id FROM intake.body")] == [3]
    assert [e["gender"] for e in inbox.entries("Patient")] == ["male"]
