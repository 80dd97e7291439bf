"""What waits becomes part of the record, in order, and one message never stops another."""

import pytest

from careweave.db import Database
from careweave.formats import check, read_json
from tests.lib.arrivals import (
    encounter,
    key,
    message,
    patient,
    resource,
    source,
    sources,
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


def test_what_tells_of_the_origin_follows_r4(inbox):
    inbox.take(message(patient()))
    inbox.work()
    (body,) = (body for ref, body in inbox.bytes().items() if ref.startswith("Provenance/"))
    assert check(read_json(body)) == ()


def test_each_message_is_accounted_once(inbox):
    inbox.take(message(patient()))
    inbox.take(message(patient(), encounter(status="planned"), control="2", event=1))
    inbox.work()
    accounts = inbox.rows(
        "SELECT actor, action, organisation FROM ledger.account WHERE action <> 'identify'"
    )
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


@pytest.mark.attack(81)
def test_no_late_message_opens_a_closed_tie(inbox):
    inbox.sources = sources(source(ties=frozenset({"encounter"})))
    period = {"start": "2026-03-01T08:00:00Z"}
    inbox.take(message(encounter(status="in-progress", period=period), control="1", event=0))
    inbox.work()
    assert inbox.rows("SELECT until = 'infinity' FROM record.tie") == [(True,)]
    over = {"end": "2026-03-01T09:00:00Z"}
    inbox.take(message(encounter(status="finished", period=over), control="3", event=60))
    inbox.work()
    closed = inbox.rows("SELECT since, until FROM record.tie")
    late = message(encounter(status="in-progress", period=period), control="2", event=30)
    inbox.take(late)
    inbox.take(late)
    inbox.work()
    assert inbox.rows("SELECT since, until FROM record.tie") == closed


@pytest.mark.attack(67)
def test_a_label_taken_away_is_accounted_and_nothing_else_takes_it(inbox):
    inbox.take(message(encounter(status="planned", labels=["S1", "S9"]), control="1", event=1))
    inbox.work()
    inbox.take(message(encounter(status="planned", clears=["S9"]), control="2", event=2))
    inbox.work()
    stay = inbox.entry("Encounter", key("Encounter", "V1"))
    assert [one["code"] for one in stay["meta"]["security"]] == ["S1"]
    accounts = inbox.rows("SELECT what FROM ledger.account WHERE action = 'clear-label'")
    assert accounts == [("S9",)]
