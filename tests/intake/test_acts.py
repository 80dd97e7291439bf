"""What an operator decides on messages: each is accounted, and nothing else moves."""

from datetime import datetime, timedelta

import psycopg
import pytest

from careweave.db import Query
from careweave.intake import (
    MessageState,
    Operator,
    Owner,
    Wanted,
    message_of,
    open_message,
    parked_numbers,
    quarantine_sizes,
    reason_text,
    reasons,
    receive,
    refuse_messages,
    release_messages,
    retry_messages,
    start_source,
    stop_source,
    waiting,
)
from careweave.ledger import Recorder
from careweave.sources import FeedState, Reason, feed_status, stopped_sources
from careweave.terms import Gone, Incorrect, NotFound
from tests.lib.arrivals import START, arrival, message, source, sources

SOURCES = sources(source("nm-acute-pas"), source("nm-acute-lab"))
BY = Operator("ada", "platform", "cli", "request-1", START)
MINUTE = timedelta(minutes=1)


def kept(session, n=3, of="nm-acute-pas", **more):
    """Keeps messages of one patient, one behind the other, and returns their numbers."""
    made = [arrival(message(control=str(i), event=i, **more), of) for i in range(n)]
    return [one.message for one in receive(session, made, sources=SOURCES)]


def hold(session, number, reason="no-key", since=START, until="NULL"):
    """Holds the lanes of a message as a worker does whose mapping failed on it."""
    session.script(f"""
    UPDATE intake.message SET state = 'held', reason = '{reason}', place = 'PID-3' WHERE id = {number};
    INSERT INTO intake.parked (message, received_at, source, kind, state, reason, since)
    SELECT id, received_at, source, kind, 'held', '{reason}', '{since}' FROM intake.message WHERE id = {number};
    INSERT INTO intake.lane_hold (lane, message, received_at, source, reason, since, until)
    SELECT lane, message, received_at, source, '{reason}', '{since}', {until} FROM intake.line WHERE message = {number};
    """)


def lines(session):
    query = "SELECT message FROM intake.line ORDER BY message"
    return [row[0] for row in session.rows(Query("lines", query, kept=False))]


def holds(session):
    query = "SELECT message FROM intake.lane_hold ORDER BY message"
    return [row[0] for row in session.rows(Query("holds", query, kept=False))]


def parked(session):
    query = "SELECT message, state, reason FROM intake.parked ORDER BY message"
    return [tuple(row) for row in session.rows(Query("parked", query, kept=False))]


def accounts(session):
    query = "SELECT actor, action, what, reason, purpose FROM ledger.account ORDER BY id"
    session.flush()
    return [tuple(row) for row in session.rows(Query("accounts", query, kept=False))]


def test_a_retried_message_has_its_place_in_the_line_again(session):
    first, second, third = kept(session)
    hold(session, first)
    assert retry_messages(session, [first], operator=BY, why="mended") == 1
    assert message_of(session, first).state is MessageState.NEW
    assert message_of(session, first).reason is None
    assert (lines(session), holds(session), parked(session)) == ([first, second, third], [], [])


def test_a_quarantined_message_goes_back_before_those_that_wait(session):
    first, second, _ = kept(session)
    hold(session, first)
    release_messages(session, [first], operator=BY, why="let them pass")
    assert lines(session) == [second, second + 1]
    retry_messages(session, [first], operator=BY, why="mended")
    assert lines(session) == [first, second, second + 1]


def test_a_released_message_lets_its_lane_go_on_and_stays_in_quarantine(session):
    first, second, third = kept(session)
    hold(session, first)
    assert release_messages(session, [first], operator=BY, why="cannot be mended today") == 1
    found = message_of(session, first)
    assert (found.state, found.reason, found.place) == (
        MessageState.QUARANTINED,
        "no-key",
        "PID-3",
    )
    assert (lines(session), holds(session)) == ([second, third], [])
    assert parked(session) == [(first, "quarantined", "no-key")]


def test_a_refused_message_never_comes_back(session):
    first, second, third = kept(session)
    hold(session, first)
    refuse_messages(session, [first], operator=BY, why="a test message")
    assert message_of(session, first).state is MessageState.REFUSED
    assert (lines(session), holds(session)) == ([second, third], [])
    assert parked(session) == [(first, "refused", "no-key")]
    for act in (retry_messages, release_messages, refuse_messages):
        with pytest.raises(NotFound):
            act(session, [first], operator=BY, why="x")


def test_what_is_tried_again_by_itself_can_be_let_go(session):
    first, second, _ = kept(session)
    hold(session, first, reason="transient", until=f"'{START + MINUTE}'")
    session.script(f"UPDATE intake.message SET state = 'new', reason = NULL WHERE id = {first}")
    session.script("DELETE FROM intake.parked")
    release_messages(session, [first], operator=BY, why="the source is gone")
    assert parked(session) == [(first, "quarantined", "transient")]
    assert lines(session)[0] == second


@pytest.mark.parametrize("act", [retry_messages, release_messages, refuse_messages])
def test_nobody_decides_on_what_does_not_wait(session, act):
    numbers = kept(session)
    with pytest.raises(NotFound):
        act(session, numbers, operator=BY, why="x")
    assert lines(session) == numbers
    assert accounts(session) == []


@pytest.mark.parametrize("act", [retry_messages, release_messages, refuse_messages])
@pytest.mark.parametrize("why", ["", "  \n", None, "x" * 501])
def test_nobody_decides_without_a_reason(session, act, why):
    first, *_ = kept(session)
    hold(session, first)
    with pytest.raises(Incorrect):
        act(session, [first], operator=BY, why=why)
    assert holds(session) == [first]


@pytest.mark.parametrize("act", [retry_messages, release_messages, refuse_messages])
def test_each_decision_is_accounted_in_its_transaction(session, act):
    first, *_ = kept(session)
    other, *_ = kept(session, of="nm-acute-lab", patient="P2", lanes=["nm-acute-lab:P2"])
    hold(session, first)
    hold(session, other)
    assert act(session, [first, other], operator=BY, why="because\nof this") == 2
    word = act.__name__.partition("_")[0]
    assert sorted(accounts(session)) == sorted(
        ("ada", f"{word}-message", f"Message/{number}", "because of this", "HOPERAT")
        for number in (first, other)
    )


def test_a_message_of_several_lanes_is_let_go_from_all(session):
    first, second = kept(session, 2, lanes=["nm-acute-pas:P1", "nm-acute-pas:P2"])
    hold(session, first)
    assert holds(session) == [first, first]
    release_messages(session, [first], operator=BY, why="x")
    assert holds(session) == []
    assert lines(session) == [second, second]
    retry_messages(session, [first], operator=BY, why="x")
    assert lines(session) == [first, first, second, second]


def test_a_container_is_never_put_into_a_line(session):
    file = arrival(b"a,b", channel="file", name="x.csv", is_container=True)
    (whole,) = receive(session, [file], sources=SOURCES)
    session.script(
        f"UPDATE intake.message SET state = 'quarantined', reason = 'file-parked' WHERE id = {whole.message}"
    )
    assert retry_messages(session, [whole.message], operator=BY, why="x") == 0
    assert message_of(session, whole.message).state is MessageState.QUARANTINED


def test_messages_are_meant_by_source_and_reason(session):
    first, *_ = kept(session)
    other, *_ = kept(session, of="nm-acute-lab", patient="P2", lanes=["nm-acute-lab:P2"])
    hold(session, first, "no-key")
    hold(session, other, "no-patient")
    assert parked_numbers(session, Wanted(source="nm-acute-lab")) == [other]
    assert parked_numbers(session, Wanted(reason="no-key")) == [first]
    assert parked_numbers(session, Wanted(source="nm-acute-lab", reason="no-key")) == []


def test_what_waits_is_told_with_what_waits_behind_it(session):
    first, *_ = kept(session, 4)
    hold(session, first)
    receive(session, [arrival(b"cut")], sources=SOURCES)
    held, cut = waiting(session, START + MINUTE)
    assert (held.reason, held.state, held.n) == ("no-key", MessageState.HELD, 1)
    assert (held.n_lanes, held.n_behind) == (1, 3)
    assert (cut.reason, cut.state, cut.n_lanes) == ("truncated", MessageState.QUARANTINED, 0)
    assert quarantine_sizes(session) == {"nm-acute-pas": 2}


@pytest.mark.parametrize(
    ("kind", "minutes", "alarm"),
    [
        ("ADT^A08", 15, False),
        ("ADT^A08", 16, True),
        ("ORU^R01", 239, False),
        ("ORU^R01", 241, True),
    ],
)
def test_a_lane_that_waits_too_long_is_an_alarm(session, kind, minutes, alarm):
    first, *_ = kept(session, kind=kind)
    hold(session, first)
    (held,) = waiting(session, START + minutes * MINUTE)
    assert held.is_alarming is alarm


def test_every_reason_is_explained_and_has_its_place_in_the_instructions():
    from pathlib import Path

    page = Path(__file__).resolve().parents[2] / "docs/how-to/quarantine-and-replay.md"
    headings = [
        line[4:]
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("### ")
    ]
    assert {text.reason for text in reasons()} == {str(one) for one in Reason}
    for text in reasons():
        assert text.reason in headings
        assert text.says.endswith(".")
        assert text.what_to_do.endswith(".")
    assert reason_text("transient").owner is Owner.PLATFORM


def test_a_stopped_source_is_stopped_for_all_processes_until_somebody_starts_it(session):
    pas = SOURCES.named("nm-acute-pas")
    stop_source(session, pas, operator=BY, why="wrong wards")
    assert stopped_sources(session) == {"nm-acute-pas"}
    (status,) = feed_status(session, START)
    assert (status.state, status.why) == (FeedState.STOPPED, "wrong wards")
    start_source(session, pas, operator=BY, why="mended")
    assert stopped_sources(session) == frozenset()
    assert sorted((action, what) for _, action, what, *_ in accounts(session)) == [
        ("start-source", "Source/nm-acute-pas"),
        ("stop-source", "Source/nm-acute-pas"),
    ]


def opened(database, number, why="look"):
    return open_message(database, Recorder(database), number, operator=BY, why=why)


def test_a_message_is_opened_byte_for_byte(database):
    body = message(control="é".encode().decode("latin-1"))
    with database.session() as session:
        (one,) = receive(session, [arrival(body)], sources=SOURCES)
    assert opened(database, one.message).body == body


@pytest.mark.attack(69)
def test_the_account_of_opening_is_durable_before_the_bytes_are_read(database):
    with database.session() as session:
        (one,) = receive(session, [arrival(message())], sources=SOURCES)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE intake.body RENAME TO bodies")
        with pytest.raises(Exception, match=r"."):
            opened(database, one.message, why="complaint 12")
        told = connection.execute(
            "SELECT actor, action, what, reason FROM ledger.account"
        ).fetchall()
        connection.execute("ALTER TABLE intake.bodies RENAME TO body")
    assert told == [("ada", "open-message", f"Message/{one.message}", "complaint 12")]


@pytest.mark.attack(69)
def test_no_account_no_bytes(database):
    with database.session() as session:
        (one,) = receive(session, [arrival(message())], sources=SOURCES)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger.account RENAME TO away")
        with pytest.raises(Exception, match="account"):
            opened(database, one.message)
        connection.execute("ALTER TABLE ledger.away RENAME TO account")


@pytest.mark.attack(69)
def test_opening_needs_a_reason(database):
    with database.session() as session:
        (one,) = receive(session, [arrival(message())], sources=SOURCES)
    with pytest.raises(Incorrect):
        opened(database, one.message, why=" ")


def test_bytes_that_are_not_kept_are_gone(database):
    with database.session() as session:
        (one,) = receive(session, [arrival(message())], sources=SOURCES)
        session.script("DELETE FROM intake.body")
    with pytest.raises(Gone):
        opened(database, one.message)
    with pytest.raises(NotFound):
        opened(database, 424242)
    assert isinstance(START, datetime)
