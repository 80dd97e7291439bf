"""Jobs over the record: what they find, what they remove, what they leave."""

from datetime import timedelta

from careweave.intake import erase, expire_receipts, find_faults, keep_statistics
from tests.intake.test_writer import observation


def test_a_store_that_was_written_by_the_way_in_breaks_no_law(desk):
    made = desk.create(observation())
    desk.update(observation(id=made.id, status="amended"))
    with desk.database.session(bulk=True) as session:
        assert find_faults(session) == ()


def test_an_erasure_removes_the_entries_and_keeps_its_account(desk):
    made = desk.create(observation())
    for n_entries in (1, 0):
        with desk.database.session(bulk=True) as session:
            done = erase(session, made.subject, ground="request", writing=desk.writing())
        assert done.n_entries == n_entries
    assert desk.read("Observation", made.id) is None
    rows = desk.rows("SELECT action, subjects FROM ledger.account ORDER BY at DESC LIMIT 1")
    assert rows == [("erase", [made.subject])]
    assert desk.create(observation()).status == 201


def test_an_answer_is_forgotten_after_a_day(desk):
    first = desk.create(observation(), idempotency_key="k")
    later = desk.writing().at + timedelta(hours=25)
    with desk.database.session() as session:
        assert expire_receipts(session, now=later) == 1
    assert desk.create(observation(), idempotency_key="k").id != first.id


def test_statistics_may_be_kept_at_any_time(desk):
    desk.create(observation())
    with desk.database.session(bulk=True) as session:
        assert keep_statistics(session) >= 0
