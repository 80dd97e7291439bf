"""Laws of the ledger: durable before shown, sealed in order, and no change goes unseen."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from careweave.db import Database
from careweave.ledger import (
    Account,
    Outcome,
    Part,
    Period,
    Recorder,
    SealKey,
    Spread,
    Tampering,
    about,
    append,
    between,
    keep_sealing,
    new_id,
    newest_head,
    seal,
    shown,
    unsealed_s,
    verify,
)
from careweave.ledger._account import _QUERIES, canonical
from careweave.ledger._tree import Frontier, leaf
from careweave.terms import PersonId, SubjectId, Unavailable

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def account(**changes):
    made = Account(
        id=new_id(NOW),
        at=NOW,
        actor="ward-system",
        organisation="northmere-hospital",
        source=3,
        action="read",
        door="fhir",
        request_id="r1",
        purpose="TREAT",
        subjects=(SubjectId(5), SubjectId(2**40)),
        what="Observation/_id",
        n_items=1,
        outcome=Outcome.PERMIT,
    )
    return replace(made, **changes)


@pytest.fixture
def key(tmp_path):
    return SealKey.load(tmp_path / "keys" / "ledger.key")


def write(database, *accounts):
    with database.session() as session:
        append(session, accounts)


def sealed(database, key):
    with database.session() as session:
        return seal(session, now=NOW, key=key)


def checked(database, *heads, **more):
    with database.session(snapshot=True) as session:
        return verify(session, *heads, **more)


def tamper(database, statement):
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        return connection.execute(statement)


def fetch(database):
    with database.reading() as session:
        return session.rows(_QUERIES["settled"], tx=0, id=_zero(), most=9)


def _zero():
    return "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("n", [1, 2])
def test_an_account_is_kept_as_it_was_given(database: Database, n):
    made = [account(n_items=i, answer_ms=None, bytes=7, reason="ü") for i in range(n)]
    write(database, *made)
    rows = sorted(fetch(database), key=lambda row: row[12])
    assert [row[1] for row in rows] == [a.id for a in made]
    for row, given_ in zip(rows, made, strict=True):
        assert row[2:12] == (
            *(given_.at, given_.actor, given_.organisation, 3, "read", "fhir", "r1", "TREAT"),
            *(list(given_.subjects), given_.what),
        )
        assert row[12:21] == (given_.n_items, "permit", "ü", "", 0, None, 7, None, None)
        assert not any(row[21:])


@pytest.mark.parametrize("n", [1, 2])
def test_as_what_somebody_asked_is_kept_and_sealed(database: Database, key, n):
    told = {
        "deed": "open",
        "role": "ED",
        "setting": "emergency-department",
        "team": "majors",
        "user_name": "a.doctor",
        "second_purpose": "BTG",
        "episode": UUID(int=5),
        "mandate": UUID(int=6),
        "visible_to_person": "now",
        "shown_hash": "ab",
    }
    write(database, *(account(**told) for _ in range(n)))
    for row in fetch(database):
        assert row[21:] == tuple(told.values())
    sealed(database, key)
    tamper(database, "UPDATE ledger.account SET role = 'GP'")
    assert {one.kind for one in checked(database).findings} == {Tampering.EDITED}


def test_what_has_no_role_is_hashed_as_before_there_were_roles(database):
    write(database, account())
    text = canonical(fetch(database)[0])
    for name in (b"role", b"deed", b"episode", b"visible_to_person", b"shown_hash"):
        assert name not in text


def test_accounts_travel_with_the_commit_of_their_transaction(database):
    with pytest.raises(ZeroDivisionError), database.session() as session:
        append(session, [account()])
        raise ZeroDivisionError
    assert fetch(database) == []


def test_ids_grow_with_time_and_are_of_version_7():
    ids = [new_id(NOW + timedelta(milliseconds=i)) for i in range(50)]
    assert ids == sorted(ids)
    assert all(i.version == 7 and i.variant == "specified in RFC 4122" for i in ids)
    assert len({new_id(NOW) for _ in range(1000)}) == 1000


def test_what_the_recorder_returned_for_is_there(database):
    recorder = Recorder(database)
    made = [account() for _ in range(200)]

    def some(part):
        for a in part:
            recorder.record(a)

    threads = [threading.Thread(target=some, args=(made[i::8],)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with database.reading() as session:
        rows = session.rows(_QUERIES["settled"], tx=0, id=_zero(), most=1000)
    assert {row[1] for row in rows} == {a.id for a in made}


def test_no_account_no_answer(server, template):
    database = Database(server.address("absent_database"))
    with pytest.raises(Unavailable, match="not given"):
        Recorder(database).record(account())


def test_the_ledger_is_only_ever_added_to(database):
    write(database, account())
    with psycopg.connect(database.url, autocommit=True) as connection:
        for statement in (
            "UPDATE ledger.account SET actor = 'x'",
            "DELETE FROM ledger.account",
            "TRUNCATE ledger.account",
            "TRUNCATE ledger.seal",
        ):
            with pytest.raises(psycopg.errors.RaiseException):
                connection.execute(statement)


def test_sealing_covers_each_account_once_and_verifies(database, key):
    assert sealed(database, key) is None
    write(database, account(), account())
    write(database, account())
    first = sealed(database, key)
    assert (first.n_added, first.head.size) == (3, 3)
    assert sealed(database, key) is None
    write(database, *[account(n_items=i) for i in range(10)])
    assert sealed(database, key).head.size == 13
    verified = checked(database, public_keys=[key.public])
    assert verified.is_sound
    assert verified.size == 13
    assert checked(database, first.head).is_sound


def test_an_account_of_a_slow_transaction_is_sealed_when_it_commits(database, key):
    other = Database(database.url)
    with other.session() as slow:
        append(slow, [account()])
        slow.flush()
        write(database, account())
        assert sealed(database, key) is None
    assert sealed(database, key).n_added == 2
    assert checked(database).is_sound
    other.close()


def test_only_one_process_seals(database, key):
    write(database, account())
    with database.session() as session:
        assert seal(session, now=NOW, key=key) is not None
        assert sealed(database, key) is None
    assert checked(database).size == 1


@given(st.lists(st.binary(max_size=40), max_size=70), st.integers(0, 70))
def test_the_tree_is_that_of_rfc_6962(leaves, cut):
    theirs = InmemoryTree(algorithm="sha256")
    for data in leaves:
        theirs.append_entry(data)
    hashed = tuple(leaf(data) for data in leaves)
    ours = Frontier().grown(hashed[:cut]).grown(hashed[cut:])
    assert ours == Frontier.read(len(leaves), ours.packed)
    assert ours.root == theirs.get_root()


CHANGES = {
    "UPDATE ledger.account SET actor = 'somebody' WHERE n_items = 4": Tampering.EDITED,
    "UPDATE ledger.account SET subjects = '{9}' WHERE n_items = 0": Tampering.EDITED,
    "UPDATE ledger.account SET bytes = 1 WHERE n_items = 9": Tampering.EDITED,
    "DELETE FROM ledger.account WHERE n_items = 5": Tampering.MISSING,
    "DELETE FROM ledger.account WHERE n_items > 7": Tampering.MISSING,
    "TRUNCATE ledger.account": Tampering.MISSING,
    "UPDATE ledger.seal SET root = sha256('x') WHERE size = 5": Tampering.REWRITTEN,
    "UPDATE ledger.seal SET at = at + interval '1 hour'": Tampering.UNSIGNED,
    "DELETE FROM ledger.seal WHERE size = 5": Tampering.REWRITTEN,
    "UPDATE ledger.seal SET peaks = sha256('x') WHERE size = 5": Tampering.REWRITTEN,
    """INSERT INTO ledger.account SELECT tx, gen_random_uuid(), at, actor, organisation, source,
       action, door, request_id, purpose, subjects, what, 99, outcome, reason, clauses,
       config_version, answer_ms, bytes FROM ledger.account WHERE n_items = 3""": Tampering.ADDED,
}


@pytest.fixture
def filled(database, key):
    for start in (0, 5):
        for i in range(start, start + 5):
            write(database, account(n_items=i))
        sealed(database, key)
    return database


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_goes_unseen(filled, key, change):
    assert tamper(filled, change).rowcount != 0
    verified = checked(filled, public_keys=[key.public])
    assert CHANGES[change] in {finding.kind for finding in verified.findings}


def test_an_edit_is_found_at_its_place_and_nowhere_else(filled, key):
    tamper(filled, "UPDATE ledger.account SET outcome = 'refused' WHERE n_items = 6")
    (finding,) = checked(filled, public_keys=[key.public]).findings
    assert (finding.kind, finding.number) == (Tampering.EDITED, 6)
    with filled.reading() as session:
        row = session.rows(_QUERIES["settled"], tx=0, id=_zero(), most=10)[6]
    assert row[1] == finding.id


def test_a_head_kept_elsewhere_shows_a_shortened_ledger(filled, key):
    with filled.reading() as session:
        head = newest_head(session)
    tamper(filled, "DELETE FROM ledger.account WHERE n_items >= 5")
    tamper(filled, "DELETE FROM ledger.seal WHERE size = 10")
    assert checked(filled, public_keys=[key.public]).is_sound
    kinds = [finding.kind for finding in checked(filled, head).findings]
    assert kinds == [Tampering.SHORTENED]


def test_a_head_kept_elsewhere_shows_a_ledger_sealed_anew(filled, key):
    with filled.reading() as session:
        head = newest_head(session)
    tamper(filled, "UPDATE ledger.account SET actor = 'nobody' WHERE n_items = 2")
    tamper(filled, "TRUNCATE ledger.seal")
    sealed(filled, key)
    assert checked(filled, public_keys=[key.public]).is_sound
    assert [f.kind for f in checked(filled, head).findings] == [Tampering.REWRITTEN]


def test_a_head_of_an_unknown_key_is_found(filled, tmp_path):
    other = SealKey.load(tmp_path / "other.key")
    verified = checked(filled, public_keys=[other.public])
    assert {f.kind for f in verified.findings} == {Tampering.UNSIGNED}


def test_the_sealer_keeps_up_until_told_to_stop(database, key):
    stop = threading.Event()
    sealer = threading.Thread(
        target=keep_sealing,
        args=(database, key),
        kwargs={"clock": lambda: NOW, "stop": stop, "every_s": 0.01},
    )
    sealer.start()
    write(database, account(at=NOW - timedelta(seconds=3)))
    done = threading.Event()
    for _ in range(500):
        with database.reading() as session:
            if unsealed_s(session, now=NOW) == 0:
                break
        done.wait(0.01)
    stop.set()
    sealer.join()
    assert checked(database).size == 1


def test_the_backlog_is_the_age_of_the_oldest_unsealed_account(database, key):
    write(database, account(at=NOW - timedelta(seconds=3)))
    with database.reading() as session:
        assert unsealed_s(session, now=NOW) == 3.0
    sealed(database, key)
    with database.reading() as session:
        assert unsealed_s(session, now=NOW) == 0.0


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "k"
    first = SealKey.load(path)
    assert SealKey.load(path).public == first.public
    path.chmod(0o644)
    with pytest.raises(Unavailable, match="mode"):
        SealKey.load(path)


def test_the_canonical_bytes_never_change(database):
    write(database, account(id="01020304-0506-7000-8000-000000000000", reason="é", bytes=3))
    assert (
        canonical(fetch(database)[0])
        == (
            '{"action":"read","actor":"ward-system","at":"2026-03-01T09:30:00.000000Z","bytes":3,'
            '"clauses":"","config_version":0,"door":"fhir",'
            '"id":"01020304-0506-7000-8000-000000000000","n_items":1,'
            '"organisation":"northmere-hospital","outcome":"permit","purpose":"TREAT","reason":"é",'
            '"request_id":"r1","source":3,"subjects":[5,1099511627776],"what":"Observation/_id"}'
        ).encode()
    )


def test_the_role_of_the_application_can_add_and_never_alter(database):
    """The grants that docs/how-to/database-roles.md gives."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE cw_application_test")
        connection.execute("GRANT USAGE ON SCHEMA ledger TO cw_application_test")
        connection.execute("GRANT SELECT, INSERT ON ledger.account TO cw_application_test")
    write(database, account())
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("SET ROLE cw_application_test")
        connection.execute(
            "INSERT INTO ledger.account SELECT pg_current_xact_id(), gen_random_uuid(), at, actor,"
            " organisation, source, action, door, request_id, purpose, subjects, what, n_items,"
            " outcome, reason, clauses, config_version, answer_ms, bytes FROM ledger.account"
        )
        for statement in (
            "UPDATE ledger.account SET actor = 'x'",
            "DELETE FROM ledger.account",
            "TRUNCATE ledger.account",
            "DELETE FROM ledger.seal",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        connection.execute("RESET ROLE")
        connection.execute("DROP OWNED BY cw_application_test")
        connection.execute("DROP ROLE cw_application_test")


def test_a_spread_is_an_account_for_each_person(database, key):
    ids = tuple(sorted(new_id(NOW) for _ in range(3)))
    parts = tuple(Part(SubjectId(7 + i), i + 1) for i in range(3))
    spread = Spread(account(), ids, parts)
    write(database, spread, account(id=new_id(NOW + timedelta(seconds=1))))
    rows = fetch(database)
    assert [(row[1], row[10], row[12]) for row in rows[:3]] == [
        (ids[0], [7], 1),
        (ids[1], [8], 2),
        (ids[2], [9], 3),
    ]
    assert len({row[2:10] + row[11:12] + row[13:] for row in rows}) == 1
    sealed(database, key)
    assert checked(database).size == 4


def test_two_starts_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "k"
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(SealKey.load(path).public)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


PERSON, OTHER = PersonId(UUID(int=1)), PersonId(UUID(int=2))


@pytest.mark.parametrize("n", [1, 2])
def test_what_was_shown_of_a_person_is_found_by_its_link(database, n):
    made = [account(person=PERSON, links=(4, 7 + i), request_id=f"r{i}") for i in range(n)]
    beside = [
        account(person=PERSON, links=(5,)),
        account(person=OTHER, links=(7,)),
        account(person=PERSON, links=(7,), outcome=Outcome.ABSENT),
        account(),
    ]
    write(database, *made)
    write(database, *beside)

    with database.reading() as session:
        assert set(shown(session, [PERSON], [7])) == {made[0]}
        assert sorted(one.request_id for one in shown(session, [PERSON], [4])) == [
            one.request_id for one in made
        ]
        assert shown(session, [], [7]) == shown(session, [PERSON], []) == ()


def test_the_person_and_the_links_are_sealed(database, key):
    write(database, account(person=PERSON, links=(4,)), account())
    sealed(database, key)
    assert checked(database).is_sound

    tamper(database, "UPDATE ledger.account SET links = '{5}' WHERE person IS NOT NULL")

    assert [one.kind for one in checked(database).findings] == [Tampering.EDITED]


def test_an_account_of_no_person_is_hashed_as_before_there_were_persons(database):
    write(database, account())
    text = canonical(fetch(database)[0])
    assert b"person" not in text
    assert b"links" not in text


def test_what_was_done_with_a_person_is_found_by_person_and_by_any_subject(database):
    hour = timedelta(hours=1)
    by_person = account(person=PERSON, subjects=(), at=NOW)
    by_first = account(subjects=(SubjectId(70),), at=NOW + hour)
    by_second = account(subjects=(SubjectId(1), SubjectId(70)), person=OTHER, at=NOW + 2 * hour)
    both = account(subjects=(SubjectId(70),), person=PERSON, at=NOW + 3 * hour)
    write(
        database,
        *(both, by_second, by_first, by_person),
        account(subjects=(SubjectId(71),), person=OTHER),
        account(subjects=(SubjectId(70),), at=NOW - hour),
        account(subjects=(SubjectId(70),), at=NOW + 4 * hour),
    )
    period = Period(NOW, NOW + 4 * hour)
    with database.reading() as session:
        found = about(session, [PERSON], [SubjectId(70)], period, most=9)
        assert [one.id for one in found] == [
            one.id for one in (both, by_second, by_first, by_person)
        ]
        assert [one.id for one in about(session, [PERSON], [], period, most=1)] == [both.id]
        assert about(session, [], [], period, most=9) == ()


def test_what_was_done_in_a_period_comes_in_the_order_of_the_ledger(database):
    for n in range(5):
        write(database, account(n_items=n, at=NOW + timedelta(hours=n), organisation="ab"[n % 2]))
    period = Period(NOW + timedelta(hours=1), NOW + timedelta(hours=4))
    with database.session(snapshot=True) as session:
        assert [one.n_items for one in between(session, period)] == [1, 2, 3]
        assert [one.n_items for one in between(session, period, organisation="b")] == [1, 3]


def test_a_long_period_is_read_to_its_end(database):
    write(database, *[account(n_items=n) for n in range(2001)])
    period = Period(NOW, NOW + timedelta(seconds=1))
    with database.session(snapshot=True) as session:
        found = [one.n_items for one in between(session, period)]
    assert sorted(found) == list(range(2001))
