"""What waits becomes part of the record, in order, and one message never stops another."""

import pytest

from careweave.db import Database
from tests.lib.arrivals import (
    encounter,
    key,
    message,
    patient,
    resource,
)
from tests.lib.inbox import Inbox


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


def test_a_message_becomes_entries_with_their_provenance(inbox):
    kept = inbox.take(message(patient(gender="female"), encounter(status="in-progress")))
    assert inbox.work() == 1
    assert inbox.state(kept.message) == "done"
    found = inbox.entry("Patient", key("Patient", "P1"))
    assert found["gender"] == "female"
    assert found["meta"]["source"] == "urn:careweave:source:nm-acute-pas"
    (origin,) = inbox.entries("Provenance")
    assert origin["target"] == [
        {"reference": f"Encounter/{key('Encounter', 'V1')}"},
        {"reference": f"Patient/{key('Patient', 'P1')}"},
    ]
    assert origin["entity"][0]["what"]["identifier"]["value"] == "1"
    assert inbox.rows("SELECT 1 FROM intake.line") == []


def test_each_message_is_accounted_once(inbox):
    inbox.take(message(patient()))
    inbox.take(message(patient(), encounter(status="planned"), control="2", event=1))
    inbox.work()
    accounts = inbox.rows("SELECT actor, action, organisation FROM ledger.account")
    assert set(accounts) == {("nm-acute-pas", "arrival", "nm-acute")}
    assert len(accounts) == 2


def test_what_takes_back_what_never_came_is_done_and_counts_when_it_comes_late(inbox):
    gone = resource("Observation", "O1", {"status": "entered-in-error"}, write="merge", force=True)
    kept = inbox.take(message(gone, control="2", event=2))
    inbox.work()
    assert inbox.state(kept.message) == "done"
    assert inbox.entry("Observation", key("Observation", "O1")) is None
    text = "SELECT findings -> 0 ->> 'code' FROM intake.message"
    assert inbox.rows(text) == [("nothing-to-delete",)]
    value = {
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{key('Patient', 'P1')}"},
    }
    inbox.take(message(resource("Observation", "O1", value, write="merge"), control="1", event=1))
    inbox.work()
    found = inbox.entry("Observation", key("Observation", "O1"))
    assert found["status"] == "entered-in-error"
