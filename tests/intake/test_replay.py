"""A replay with a mended mapping gives what would have been right at first, and nothing else."""

import pytest

from careweave.db import Database
from careweave.intake import (
    Operator,
    Selection,
    refuse_messages,
    replay,
    settled,
    try_replay,
)
from careweave.terms import Conflict, Incorrect
from tests.lib.arrivals import (
    encounter,
    key,
    message,
    patient,
    remapped,
    resource,
    source,
    sources,
)
from tests.lib.inbox import NOW, Inbox

OPERATOR = Operator("ida", "region", "cli", "request-1", NOW)


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


def again(inbox, **selection):
    return replay(inbox.database, Selection(**selection), operator=OPERATOR, why="mended")


def mended(said):
    """The mapping that is right: the sex as it was meant, and the stay that is over."""
    for each in said["resources"]:
        if each["value"].get("gender") == "f":
            each["value"]["gender"] = "female"
        if each["type"] == "Encounter":
            each["value"]["status"] = "finished"
    return said


def wrong(said):
    """The mapping as it was at first."""
    for each in said["resources"]:
        each["value"].pop("gender", None)
    return said


def corpus():
    return [
        message(patient("P1", gender="f", birthDate="1950-01-01"), control="1", event=1),
        message(patient("P1"), encounter(status="planned"), control="2", event=2),
        message(patient("P1", name=[{"text": "later"}]), control="3", event=3),
    ]


def test_after_a_replay_the_record_is_as_if_it_had_been_right_at_first(database, inbox):
    inbox.sources = sources(remapped(source(), wrong, version=1))
    for body in corpus():
        inbox.take(body)
        inbox.work()
    inbox.sources = sources(remapped(source(), mended, version=2))
    assert again(inbox, source="nm-acute-pas").n_messages == 3
    inbox.work()
    mine = inbox.bytes()
    inbox.do(
        "TRUNCATE record.resource, record.version, record.outbox, record.idx_token, intake.seen,"
        " record.idx_string, record.idx_date, record.idx_qty, record.tie, intake.contribution"
    )
    for body in corpus():
        inbox.take(body)
    inbox.work()
    assert inbox.bytes() == mine
    assert inbox.entry("Patient", key("Patient", "P1"))["gender"] == "female"
    assert inbox.entry("Encounter", key("Encounter", "V1"))["status"] == "finished"


def test_a_replay_that_changes_nothing_makes_no_version_and_tells_nobody(inbox):
    for body in corpus():
        inbox.take(body.replace(b'"f"', b'"female"'))
    inbox.work()
    versions, n_told = inbox.versions(), inbox.rows("SELECT count(*) FROM record.outbox")
    again(inbox, source="nm-acute-pas")
    inbox.work()
    assert inbox.versions() == versions
    assert inbox.rows("SELECT count(*) FROM record.outbox") == n_told
    assert inbox.rows("SELECT DISTINCT state, n_attempts FROM intake.message") == [("done", 2)]


def test_what_a_message_no_longer_says_is_gone_where_nobody_else_says_it(inbox):
    inbox.take(message(patient(), encounter(status="planned")))
    inbox.work()
    inbox.sources = sources(
        remapped(source(), lambda said: {**said, "resources": said["resources"][:1]})
    )
    again(inbox, source="nm-acute-pas")
    inbox.work()
    assert inbox.entry("Encounter", key("Encounter", "V1")) is None
    assert inbox.entry("Patient", key("Patient", "P1")) is not None
    inbox.sources = sources()
    again(inbox, source="nm-acute-pas")
    inbox.work()
    assert inbox.entry("Encounter", key("Encounter", "V1"))["status"] == "planned"


def test_a_list_that_a_message_no_longer_gives_leaves_nobody_out(inbox):
    def relative(number):
        value = {"patient": {"reference": f"Patient/{key('Patient', 'P1')}"}}
        return resource("RelatedPerson", number, value, snapshot="list")

    def gives(*numbers, **more):
        listed = [("list", [key("RelatedPerson", number) for number in numbers])]
        return message(patient(), *map(relative, numbers), snapshots=listed, **more)

    inbox.take(gives("R1", "R2", control="1", event=1))
    short = inbox.take(gives("R1", control="2", event=2))
    inbox.work()
    assert inbox.entry("RelatedPerson", key("RelatedPerson", "R2"))["active"] is False
    inbox.sources = sources(remapped(source(), lambda said: {**said, "snapshots": []}))
    again(inbox, ids=frozenset({short.message}))
    inbox.work()
    assert inbox.entry("RelatedPerson", key("RelatedPerson", "R2"))["active"] is True


def test_a_replay_may_find_that_it_was_another_patient(inbox):
    kept = inbox.take(message(patient("P1", gender="female")))
    inbox.work()

    def other(said):
        return {**said, "resources": [patient("P2", gender="female")]}

    inbox.sources = sources(remapped(source(), other))
    again(inbox, ids=frozenset({kept.message}))
    inbox.work()
    assert inbox.state(kept.message) == "done"
    assert inbox.entry("Patient", key("Patient", "P1")) is None
    (told,) = inbox.entries("Provenance")
    assert told["target"] == [{"reference": f"Patient/{key('Patient', 'P2')}"}]


def test_what_a_replay_removes_is_accounted_to_the_patient(inbox):
    kept = inbox.take(message(patient(), encounter(status="planned")))
    inbox.work()
    inbox.sources = sources(
        remapped(source(), lambda said: {**said, "resources": said["resources"][:1]})
    )
    again(inbox, source="nm-acute-pas")
    inbox.work()
    (subject,) = inbox.rows("SELECT DISTINCT subject FROM record.resource")[0]
    accounts = inbox.rows(
        "SELECT action, what, n_items, request_id FROM ledger.account"
        " WHERE %s = ANY(subjects) ORDER BY id",
        subject,
    )
    assert ("delete", "Encounter", 1, str(kept.message)) in accounts


def test_what_would_change_is_told_first_and_nothing_is_stored(inbox):
    inbox.sources = sources(remapped(source(), wrong, version=1))
    for body in corpus():
        inbox.take(body)
    inbox.work()
    before = inbox.bytes()
    now = sources(remapped(source(), mended, version=2))
    told = try_replay(inbox.database, Selection(mapping="toy@1"), sources=now)
    assert (told.n_messages, told.n_lanes) == (3, 1)
    assert told.changes == {"Patient.gender": 1, "Encounter.status": 1}
    assert inbox.bytes() == before
    failing = sources(remapped(source(), lambda said: {**said, "fail": "no-key"}))
    told = try_replay(inbox.database, Selection(source="nm-acute-pas"), sources=failing)
    assert told.failures == {"no-key": 3}


def test_a_selection_names_something(inbox):
    with pytest.raises(Incorrect):
        again(inbox)


def test_messages_are_selected_by_reason_and_replayed_in_their_lanes(inbox):
    bad = inbox.take(message(patient(), fail="no-key"))
    behind = inbox.take(message(patient(gender="male"), control="2", event=1))
    inbox.work()
    inbox.sources = sources(remapped(source(), lambda said: {**said, "fail": None}))
    assert again(inbox, reason="no-key").n_messages == 1
    inbox.work()
    with inbox.database.reading() as session:
        states = settled(session, [bad.message, behind.message])
    assert set(map(str, states.values())) == {"done"}


def test_a_replay_is_accounted_to_who_asked_for_it(inbox):
    inbox.take(message(patient()))
    inbox.work()
    again(inbox, source="nm-acute-pas")
    asked = inbox.rows(
        "SELECT actor, what, reason FROM ledger.account WHERE action = 'replay' ORDER BY id"
    )
    assert asked == [("ida", "Message?source=nm-acute-pas", "mended")]


def test_a_replay_that_fails_leaves_what_was_said_before(inbox):
    kept = inbox.take(message(patient(gender="female")))
    inbox.work()
    inbox.sources = sources(remapped(source(), lambda said: {**said, "fail": "no-key"}))
    again(inbox, ids=frozenset({kept.message}))
    inbox.work()
    assert inbox.state(kept.message) == "held"
    assert inbox.entry("Patient", key("Patient", "P1"))["gender"] == "female"


def test_nobody_refuses_a_message_whose_words_are_in_the_record(inbox):
    kept = inbox.take(message(patient(gender="female")))
    inbox.work()
    inbox.sources = sources(remapped(source(), lambda said: {**said, "fail": "no-key"}))
    again(inbox, ids=frozenset({kept.message}))
    inbox.work()
    with pytest.raises(Conflict), inbox.database.session() as session:
        refuse_messages(session, [kept.message], operator=OPERATOR, why="no patient")
    assert inbox.state(kept.message) == "held"


def test_a_replay_of_everything_leaves_out_what_was_refused(inbox):
    bad = inbox.take(message(patient(gender="female"), fail="no-key"))
    inbox.work()
    with inbox.database.session() as session:
        refuse_messages(session, [bad.message], operator=OPERATOR, why="not ours")
    inbox.sources = sources(remapped(source(), lambda said: {**said, "fail": None}))
    assert again(inbox, source="nm-acute-pas").n_messages == 0
    inbox.work()
    assert inbox.state(bad.message) == "refused"
    assert inbox.record() == {}


@pytest.mark.attack(67)
def test_a_label_is_not_lowered_by_a_message_or_a_replay_without_it(inbox):
    def labelled():
        return inbox.entry("Encounter", key("Encounter", "V1"))["meta"]["security"][0]["code"]

    inbox.take(message(encounter(status="planned", labels=["S1"]), control="1", event=1))
    inbox.work()
    inbox.take(message(encounter(status="arrived"), control="2", event=2))
    inbox.work()
    assert labelled() == "S1"

    def without(said):
        for each in said["resources"]:
            each.pop("labels", None)
        return said

    inbox.sources = sources(remapped(source(), without))
    again(inbox, source="nm-acute-pas")
    inbox.work()
    assert labelled() == "S1"
