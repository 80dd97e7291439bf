"""Faults that are planted are found; what is erased is gone from every table."""

import threading
from decimal import Decimal

import pytest

from careweave.record import (
    TieProof,
    append,
    entries_of,
    erase,
    faults,
    prepare,
    read,
    statistics,
    subjects,
)
from careweave.record._keyring import keys
from careweave.terms import Conflict
from tests.record.lib import START, Desk, minutes, other, resource, rows_in, sql

FULL = {
    "tok": (1, 2),
    "posted": (2,),
    "strings": ((3, "smith"),),
    "dates": ((4, START, START),),
    "quantities": ((5, 6, Decimal(1), Decimal(1)),),
    "ties": (TieProof("encounter", None, "", START, None),),
}


@pytest.fixture
def sound(desk):
    """Entries as the extractor prepares them, with an update and a delete."""

    def real(id_, text):
        made = resource("Observation", text, status="final", id=id_)
        ready = prepare(made, keys=keys(desk.session), zone=desk.session.zone, public_id=id_)
        return {"resource": made, "prepared": ready}

    for id_ in ("a1", "a2", "a3"):
        append(desk.session, [desk.change("C", id_, **real(id_, "a"))], at=START, actor="x")
    held = desk.held("a1")
    change = desk.change("U", "a1", held=held, **real("a1", "b"))
    append(desk.session, [change], at=minutes(1), actor="x")
    desk.delete("a3", at=minutes(2))
    return desk


def test_what_append_writes_has_no_fault(sound):
    assert faults(sound.session) == ()


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE record.resource SET cls = cls + 1",
        "UPDATE record.resource SET heading = heading + 1",
        "UPDATE record.resource SET body = body || ' '::bytea WHERE NOT gone",
        "UPDATE record.resource SET body = '' WHERE gone",
        "UPDATE record.version SET body = body || ' '::bytea",
        "DELETE FROM record.version WHERE ver = 1",
        "UPDATE record.version SET until = until + interval '1 s'",
        "INSERT INTO record.idx_token SELECT 9, subject, rid FROM record.resource",
        "INSERT INTO record.idx_string SELECT 9, 'x', subject, rid + 9 FROM record.resource",
        "INSERT INTO record.idx_date SELECT 9, upd, upd, subject, rid FROM record.resource",
        "INSERT INTO record.idx_qty SELECT 9, 9, 1, 1, subject, rid + 9 FROM record.resource",
        "INSERT INTO record.extra_subject SELECT 9, subject, rid + 9 FROM record.resource",
        "INSERT INTO record.tie SELECT 1, 1, 1, '', upd, upd, subject, rid + 9 FROM record.resource",
        "DELETE FROM record.subject",
        "UPDATE record.resource SET tok = tok || 9::bigint WHERE NOT gone",
        "UPDATE record.resource SET code = 9 WHERE NOT gone",
    ],
)
def test_a_planted_fault_is_found(sound, planted):
    sql(sound.session, f"WITH planted AS ({planted} RETURNING 1) SELECT count(*) FROM planted")

    assert faults(sound.session) != ()


def test_an_unposted_token_is_found(desk):
    made = resource("Observation", "a", status="final", code={"coding": [{"code": "c"}] * 2})
    made.value["identifier"] = [{"system": "s", "value": "v"}]
    from careweave.formats import read_json, write_json

    made = read_json(write_json(made.value))
    ready = prepare(made, keys=keys(desk.session), zone=desk.session.zone, public_id="a1")
    assert set(ready.posted) <= set(ready.tok)
    assert ready.posted
    change = desk.change("C", "a1", resource=made, prepared=ready)
    append(desk.session, [change], at=START, actor="x")
    assert faults(desk.session) == ()

    sql(desk.session, "DELETE FROM record.idx_token RETURNING 1")
    assert [finding.n for finding in faults(desk.session)] == [1]


TABLES = (
    "resource",
    "version",
    "idx_token",
    "idx_string",
    "idx_date",
    "idx_qty",
    "extra_subject",
    "tie",
    "subject",
)


def test_an_erased_subject_is_gone_from_every_table(desk):
    someone = other(desk, subjects(desk.session, "acute", ["p2"])["p2"])
    desk.create("a1", extras=(someone.subject,), **FULL)
    desk.update("a1", "b", at=minutes(1), extras=(someone.subject,), **FULL)
    desk.create("a2", **FULL)
    desk.delete("a2", at=minutes(1))
    someone.create("b1", extras=(desk.subject,), **FULL)
    before = {table: rows_in(someone, table, "subject") for table in TABLES}

    done = erase(
        desk.session, desk.subject, ground="Article 17(1)(d)", by_actor="dpo", at=minutes(9)
    )

    assert (done.n_entries, done.n_versions) == (2, 2)
    for table in TABLES:
        assert rows_in(desk, table, "subject") == []
        if table != "extra_subject":
            assert rows_in(someone, table, "subject") == before[table]
    assert rows_in(desk, "outbox", "op, rid") == [("L", None)]
    (row,) = rows_in(desk, "erasure", "cardinality(rids), ground, by_actor, at")
    assert row == (2, "Article 17(1)(d)", "dpo", minutes(9))
    assert entries_of(desk.session, [desk.subject], sight=desk.sight).rows == ()
    assert faults_but_extraction(desk.session) == []


def faults_but_extraction(session):
    return [finding for finding in faults(session) if "body gives" not in finding.law]


def test_erasing_what_is_not_there_is_harmless(desk):
    done = erase(desk.session, desk.subject + 99, ground="none", by_actor="dpo", at=START)

    assert (done.n_entries, done.n_versions) == (0, 0)


def test_a_process_that_remembers_an_erased_subject_is_stopped_once(database):
    from careweave.db import Database

    with database.session() as session:
        desk = Desk(session)
        desk.create("a1")
    slow = Database(database.url)
    with slow.session() as session:
        assert subjects(session, "acute", ["p1"])["p1"] == desk.subject
    with database.session() as session:
        erase(session, desk.subject, ground="law", by_actor="dpo", at=START)
    with pytest.raises(Conflict), slow.session() as session:
        Desk(session).create("a2")
    with slow.session() as session:
        again = Desk(session)
        again.create("a2")
        assert again.subject != desk.subject
    slow.close()


def test_five_thousand_entries_are_erased_at_once(settled):
    for start in range(0, 5000, 1000):
        changes = [
            settled.change("C", f"a{i}", tok=tuple(range(i, i + 12)), posted=(i, i + 1, i + 2))
            for i in range(start, start + 1000)
        ]
        append(settled.session, changes, at=START, actor="x")
    done = erase(settled.session, settled.subject, ground="law", by_actor="dpo", at=START)

    assert done.n_entries == 5000


def test_statistics_count_the_commonest_keys(desk):
    changes = [
        desk.change("C", f"a{i}", tok=(7, i + 1000), posted=(7, i + 1000), code=8)
        for i in range(60)
    ]
    append(desk.session, changes, at=START, actor="x")

    assert statistics(desk.session) == statistics(desk.session) == 2
    assert sql(desk.session, "SELECT key, n FROM record.key_count ORDER BY key") == [
        (7, 60),
        (8, 60),
    ]


def test_statistics_forget_keys_that_are_no_longer_common(database):
    with database.session() as session:
        sql(session, "INSERT INTO record.key_count VALUES (5, 99, TRUE) RETURNING 1")
        Desk(session)
    with database.session() as session:
        desk = Desk(session)
        append(session, [desk.change("C", f"a{i}", code=8) for i in range(60)], at=START, actor="x")
    for _ in range(2):
        with database.session(bulk=True) as session:
            assert statistics(session) == 1
    with database.reading() as session:
        assert sql(session, "SELECT key, n FROM record.key_count") == [(8, 60)]


def test_reading_what_was_erased_gives_nothing(desk):
    desk.create("a1")
    erase(desk.session, desk.subject, ground="law", by_actor="dpo", at=START)

    assert read(desk.session, "Observation", "a1", sight=desk.sight) is None


def test_a_create_that_meets_an_erasure_leaves_nothing_behind(database):
    with database.session() as session:
        desk = Desk(session)
    erased = threading.Event()

    def erase_it():
        with database.session() as session:
            erase(session, desk.subject, ground="g", by_actor="dpo", at=minutes(1))
        erased.set()

    with database.session() as session:
        Desk(session).create("a1")
        eraser = threading.Thread(target=erase_it)
        eraser.start()
        assert not erased.wait(0.5)
    eraser.join()

    with database.session() as session:
        desk.session = session
        assert rows_in(desk, "resource", "id") == []
        assert faults_but_extraction(session) == []


@pytest.mark.parametrize("who", ["subject", "extras"])
def test_a_create_that_an_erasure_overtakes_is_refused(database, who):
    with database.session() as session:
        Desk(session)
        gone = subjects(session, "acute", ["p2"])["p2"]
    with database.session() as session:
        erase(session, gone, ground="g", by_actor="dpo", at=minutes(1))
    more = {who: gone if who == "subject" else (gone,)}
    with pytest.raises(Conflict), database.session() as session:
        Desk(session).create("a1", **more)
