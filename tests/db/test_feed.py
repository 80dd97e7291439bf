"""Laws of the feed: every committed row once, in order, none skipped."""

import pytest

from careweave.db import Database, Feed, piece, whole

READ = whole(
    piece(
        "SELECT o.tx, o.seq, o.what FROM public.outbox AS o"
        " WHERE (o.tx, o.seq) > (%(tx)s::xid8, %(seq)s::bigint) AND o.tx < %(horizon)s::xid8"
        " ORDER BY o.tx, o.seq LIMIT %(most)s"
    )
)
ADD = whole(piece("INSERT INTO public.outbox (what) VALUES (%(what)s)"))
FEED = Feed("test", READ)


@pytest.fixture
def outbox(database: Database):
    with database.session() as session:
        session.script(
            "CREATE TABLE public.outbox (seq bigint GENERATED ALWAYS AS IDENTITY,"
            " tx xid8 NOT NULL DEFAULT pg_current_xact_id(), what text)"
        )
    return database


def add(database, *whats):
    with database.session() as session:
        for what in whats:
            session.run(ADD, what=what)


def take(database, feed=FEED, **more):
    with database.session() as session:
        return [row[2] for row in feed.take(session, **more)]


def test_each_row_comes_once_in_order(outbox):
    add(outbox, "a", "b")
    add(outbox, "c")
    assert take(outbox) == ["a", "b", "c"]
    assert take(outbox) == []
    add(outbox, "d")
    assert take(outbox) == ["d"]


def test_a_transaction_that_commits_late_is_never_skipped(outbox):
    with outbox.session() as slow:
        slow.run(ADD, what="early, slow")
        add(outbox, "late, quick")
        assert take(outbox) == []
        slow.run(ADD, what="early, slow too")
    assert take(outbox) == ["early, slow", "early, slow too", "late, quick"]


def test_a_transaction_that_is_undone_holds_nobody_up(outbox):
    with pytest.raises(ZeroDivisionError), outbox.session() as slow:
        slow.run(ADD, what="never")
        add(outbox, "a")
        raise ZeroDivisionError
    assert take(outbox) == ["a"]


def test_what_was_not_committed_is_read_again(outbox):
    add(outbox, "a")
    with pytest.raises(ZeroDivisionError), outbox.session() as session:
        assert len(FEED.take(session)) == 1
        raise ZeroDivisionError
    assert take(outbox) == ["a"]


def test_one_process_at_a_time_reads_for_a_consumer(outbox):
    add(outbox, "a")
    with outbox.session() as session:
        assert len(FEED.take(session)) == 1
        add(outbox, "b")
        assert take(outbox) == []
    assert take(outbox) == ["b"]


def test_consumers_do_not_know_of_each_other(outbox):
    add(outbox, "a")
    assert take(outbox) == ["a"]
    assert take(outbox, Feed("other", READ)) == ["a"]


def test_a_batch_ends_anywhere_even_inside_a_transaction(outbox):
    add(outbox, *"abcde")
    assert [take(outbox, most=2) for _ in range(4)] == [["a", "b"], ["c", "d"], ["e"], []]
