"""What comes in is kept as it came, once, before anybody is answered."""

import hashlib
import threading

import pytest

from careweave.db import Database
from careweave.intake import Duplicate, Kept, MessageState, Receiver, TurnedAway, receive
from careweave.terms import Finding, NotFound, Severity
from tests.lib.arrivals import START, arrival, message, patient, source, sources


@pytest.fixture
def receiver(database: Database) -> Receiver:
    known = sources(source(), source("nm-acute-lab", is_control_id_unique=False))
    return Receiver(database, lambda: known)


def rows(database: Database, text: str) -> list:
    import psycopg

    with psycopg.connect(database.url) as connection:
        return connection.execute(text).fetchall()


def test_the_bytes_are_kept_as_they_came(database, receiver):
    body = message(patient()) + b"\r\n \xff"[:2]
    kept = receiver.receive(arrival(body))
    assert kept == Kept(kept.message, MessageState.NEW)
    assert rows(database, "SELECT id, body FROM intake.body") == [(kept.message, body)]
    ((source_, kind, size, state),) = rows(
        database, "SELECT source, kind, size, state FROM intake.message"
    )
    assert (source_, kind, size, state) == ("nm-acute-pas", "ADT^A08", len(body), "new")
    assert len(rows(database, "SELECT 1 FROM intake.line")) == 1
    assert len(rows(database, "SELECT 1 FROM intake.message_key")) == 1


def test_the_same_message_again_is_a_duplicate(database, receiver):
    kept = receiver.receive(arrival(message(patient())))
    assert receiver.receive(arrival(message(patient()))) == Duplicate(kept.message)
    assert len(rows(database, "SELECT 1 FROM intake.message")) == 1


def test_a_control_id_with_other_bytes_is_kept_for_somebody_to_look_at(database, receiver):
    receiver.receive(arrival(message(patient())))
    again = receiver.receive(arrival(message(patient(gender="male"))))
    assert again.state is MessageState.QUARANTINED
    ((reason, n_lines),) = rows(
        database,
        "SELECT m.reason, (SELECT count(*) FROM intake.line WHERE message = m.id)"
        " FROM intake.message AS m WHERE m.state = 'quarantined'",
    )
    assert (reason, n_lines) == ("control-id-reused", 0)
    assert len(rows(database, "SELECT 1 FROM intake.parked")) == 1


def test_a_control_id_of_any_length_is_taken_and_known_again(database, receiver):
    long = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(100))
    one, other = message(patient(), control=long), message(patient(), control=long + "x")
    assert isinstance(receiver.receive(arrival(one)), Kept)
    assert isinstance(receiver.receive(arrival(one)), Duplicate)
    assert receiver.receive(arrival(other)).state is MessageState.NEW


def test_a_source_whose_control_ids_mean_nothing_may_reuse_them(receiver):
    receiver.receive(arrival(message(patient()), "nm-acute-lab"))
    again = receiver.receive(arrival(message(patient(gender="male")), "nm-acute-lab"))
    assert again.state is MessageState.NEW


def test_the_same_content_under_another_name_is_taken_with_a_finding(database, receiver):
    # Same bytes have the same control id, unless the id is that of a row in its file.
    first = receiver.receive(arrival(b"{", parent=1, line=1))
    assert receiver.receive(arrival(b"{", parent=1, line=1)) == Duplicate(first.message)
    second = receiver.receive(arrival(b"{", parent=2, line=1))
    assert isinstance(second, Kept)
    assert second.message != first.message


def test_what_is_refused_leaves_a_note_and_no_bytes(database, receiver):
    away = receiver.receive(arrival(message(patient(), refuse=True)))
    assert away == TurnedAway(Finding("processing-id", Severity.ERROR, "MSH-11"))
    assert rows(database, "SELECT state, reason FROM intake.message") == [
        ("refused", "processing-id")
    ]
    assert rows(database, "SELECT 1 FROM intake.body") == []


def test_a_truncated_message_is_kept_and_waits_for_somebody(database, receiver):
    kept = receiver.receive(arrival(message(patient())[:-20]))
    assert kept.state is MessageState.QUARANTINED
    assert rows(database, "SELECT reason, place FROM intake.message") == [("truncated", "byte 0")]


def test_what_the_door_found_wrong_waits_for_somebody(receiver):
    fault = Finding("mangled-identifier", Severity.ERROR, "line 4, Person")
    assert receiver.receive(arrival(b"{}", fault=fault, is_container=True)).state is (
        MessageState.QUARANTINED
    )


def test_a_container_is_kept_and_done(database, receiver):
    kept = receiver.receive(arrival(b"a,b\n1,2\n", channel="file", name="x.csv", is_container=True))
    assert kept.state is MessageState.DONE
    assert rows(database, "SELECT 1 FROM intake.line") == []


def test_a_source_that_nobody_described_is_refused_alone(receiver):
    with pytest.raises(NotFound):
        receiver.receive(arrival(b"{}", "nobody"))


def test_many_arrivals_take_as_many_statements_as_one(database):
    known = sources()
    counts = []
    for turn, n in enumerate((1, 1, 40)):
        bodies = [message(patient(), control=f"{turn}-{i}") for i in range(n)]
        with database.session() as session:
            before = session.n_sent
            receive(session, [arrival(body) for body in bodies], sources=known)
            counts.append(session.n_sent - before)
    assert counts[1] == counts[2]


def test_twice_the_same_in_one_batch_is_kept_once(database):
    body = message(patient())
    with database.session() as session:
        kept, again = receive(session, [arrival(body), arrival(body)], sources=sources())
    assert again == Duplicate(kept.message)


def test_reuse_in_one_batch_is_seen(database):
    with database.session() as session:
        first, second = receive(
            session,
            [arrival(message(patient())), arrival(message(patient(gender="male")))],
            sources=sources(),
        )
    assert (first.state, second.state) == (MessageState.NEW, MessageState.QUARANTINED)


def test_many_callers_at_once_keep_each_message_once(database, receiver):
    answers: list = []

    def send(number: int) -> None:
        for turn in range(10):
            body = message(patient(), control=str(turn if number % 2 else f"{number}-{turn}"))
            answers.append(receiver.receive(arrival(body)))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert len({answer.message for answer in answers}) == 50
    assert rows(database, "SELECT count(*) FROM intake.message") == [(50,)]


def test_a_month_without_a_partition_loses_nothing(database, receiver):
    kept = receiver.receive(arrival(message(patient()), received_at=START.replace(year=2031)))
    assert rows(database, "SELECT id FROM intake.message_rest") == [(kept.message,)]
