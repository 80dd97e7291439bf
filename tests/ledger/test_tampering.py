"""Whatever is done to the ledger is found, and where it was done is told."""

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from careweave.ledger import (
    Account,
    Outcome,
    SealKey,
    Tampering,
    append,
    new_id,
    newest_head,
    seal,
    verify,
)
from careweave.terms import SubjectId

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BATCHES, EACH = 4, 5
COLUMNS = (
    "tx, at, actor, organisation, source, action, door, request_id, purpose, subjects, what, "
    "outcome, reason, clauses, config_version, answer_ms, bytes"
)

pytestmark = pytest.mark.attack(57)


@pytest.fixture
def key(tmp_path):
    return SealKey.load(tmp_path / "ledger.key")


@pytest.fixture
def kept(database, key):
    """The heads that somebody else keeps, of a ledger sealed in four goes of five accounts."""
    heads = []
    for batch in range(BATCHES):
        for n in range(EACH):
            with database.session() as session:
                append(session, [account(batch * EACH + n)])
        heads.append(sealed(database, key))
    return heads


def account(n):
    return Account(
        id=new_id(NOW),
        at=NOW,
        actor="ward",
        organisation="hospital",
        source=1,
        action="read",
        door="fhir",
        request_id="r",
        purpose="TREAT",
        subjects=(SubjectId(1),),
        what="Patient",
        n_items=n,
        outcome=Outcome.PERMIT,
        role="ED",
        visible_to_person="now",
    )


def sealed(database, key):
    with database.session() as session:
        return seal(session, now=NOW, key=key).head


def found(database, key, *heads):
    with database.session(snapshot=True) as session:
        return verify(session, *heads, public_keys=[key.public]).findings


def places(findings):
    return sorted((one.kind, one.number) for one in findings)


def tamper(database, *statements):
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount != 0


def seal_all_anew(database, key):
    tamper(database, "DELETE FROM ledger.seal")
    return sealed(database, key)


@pytest.mark.parametrize("n", [0, 14])
@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody'",
        "role = 'GP'",
        "role = NULL",
        "visible_to_person = 'withheld'",
        "episode = gen_random_uuid()",
        "at = at - interval '1 microsecond'",
        "id = gen_random_uuid()",
    ],
)
def test_an_edit_is_found_where_it_was_made(database, kept, key, n, change):
    tamper(database, f"UPDATE ledger.account SET {change} WHERE n_items = {n}")
    kinds = {kind for kind, _ in places(found(database, key))}
    numbers = {number for _, number in places(found(database, key))}
    if change.startswith("id ="):
        # A new id may stand elsewhere in the order: then one is missing here and one is there.
        assert kinds <= {Tampering.EDITED, Tampering.MISSING, Tampering.ADDED}
        assert n in numbers
    else:
        assert places(found(database, key)) == [(Tampering.EDITED, n)]


@pytest.mark.parametrize("gone", [{0}, {7}, {19}, {3, 4, 5, 6}, set(range(15, 20)), set(range(20))])
def test_what_was_deleted_is_missing_at_its_place(database, kept, key, gone):
    numbers = ", ".join(map(str, gone))
    tamper(database, f"DELETE FROM ledger.account WHERE n_items IN ({numbers})")
    assert places(found(database, key)) == [(Tampering.MISSING, n) for n in sorted(gone)]


@pytest.mark.parametrize("n", [0, 9, 18])
def test_what_was_put_in_is_found_by_its_place_and_id(database, kept, key, n):
    tamper(
        database,
        f"INSERT INTO ledger.account (id, n_items, {COLUMNS}) SELECT "
        f"'ffffffff-0000-7000-8000-000000000000', 99, {COLUMNS} FROM ledger.account "
        f"WHERE n_items = {n}",
    )
    (one,) = found(database, key)
    assert (one.kind, one.number) == (Tampering.ADDED, n + 1)
    assert str(one.id) == "ffffffff-0000-7000-8000-000000000000"


def test_one_taken_out_for_one_put_in_leaves_the_others_as_they_are(database, kept, key):
    tamper(
        database,
        "UPDATE ledger.account SET id = 'ffffffff-0000-7000-8000-000000000000', "
        "tx = (SELECT tx FROM ledger.account WHERE n_items = 8) WHERE n_items = 6",
    )
    assert places(found(database, key)) == [(Tampering.ADDED, 8), (Tampering.MISSING, 6)]


def test_two_that_changed_places_are_found(database, kept, key):
    tamper(
        database,
        "UPDATE ledger.account SET tx = (SELECT tx FROM ledger.account WHERE n_items = 12) "
        "WHERE n_items = 11",
        "UPDATE ledger.account SET id = 'ffffffff-0000-7000-8000-000000000000' WHERE n_items = 11",
    )
    assert {one.number for one in found(database, key)} <= {11, 12}
    assert found(database, key)


@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_a_ledger_cut_short_with_its_seals_is_shown_by_a_kept_head(database, kept, key, left):
    size = left * EACH
    tamper(
        database,
        f"DELETE FROM ledger.account WHERE n_items >= {size}",
        f"DELETE FROM ledger.seal WHERE size > {size}",
    )
    assert found(database, key, *kept[:left]) == (), "who kept no later head cannot see it"
    assert places(found(database, key, kept[-1])) == [(Tampering.SHORTENED, size)]


@pytest.mark.parametrize("n", [0, 6, 12, 19])
def test_a_chain_made_anew_with_the_very_key_is_located_between_two_kept_heads(
    database, kept, key, n
):
    tamper(database, f"UPDATE ledger.account SET actor = 'nobody' WHERE n_items = {n}")
    seal_all_anew(database, key)
    assert found(database, key) == (), "the new chain holds in itself"
    (one,) = found(database, key, *kept)
    assert one.kind is Tampering.REWRITTEN
    assert (one.first, one.number) == (n // EACH * EACH, n // EACH * EACH + EACH)
    (alone,) = found(database, key, kept[-1])
    assert (alone.first, alone.number) == (0, BATCHES * EACH)


def test_a_seal_by_another_key_is_found(database, kept, key, tmp_path):
    other = SealKey.load(tmp_path / "other.key")
    tamper(database, "UPDATE ledger.account SET actor = 'nobody' WHERE n_items = 2")
    seal_all_anew(database, other)
    assert {one.kind for one in found(database, key)} == {Tampering.UNSIGNED}


@pytest.mark.parametrize("size", [10, 20])
@pytest.mark.parametrize("column", ["root", "peaks", "leaves", "at", "signature"])
def test_no_seal_can_be_changed(database, kept, key, size, column):
    change = "at + interval '1 s'" if column == "at" else f"sha256({column})"
    tamper(database, f"UPDATE ledger.seal SET {column} = {change} WHERE size = {size}")
    assert found(database, key)


def test_nothing_is_found_in_a_ledger_as_it_was_sealed(database, kept, key):
    assert found(database, key, *kept) == ()
    with database.reading() as session:
        assert newest_head(session) == kept[-1]
    empty = replace(kept[0], size=0, root=b"")
    assert found(database, key, empty) == ()
