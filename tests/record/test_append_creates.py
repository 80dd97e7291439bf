"""What creating entries writes, and what it costs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from careweave.record import append, read, subjects, taken
from careweave.terms import Conflict, Fault, Heading, Label
from tests.record.lib import START, minutes, rows_in


def test_what_was_written_is_read_byte_for_byte(desk):
    done = desk.create("a1", "one", tags=b'"tag":[]')

    row = read(desk.session, "Observation", "a1", sight=desk.sight)

    assert (done.version, done.updated, done.changed) == (1, START, True)
    assert row.body == b'{"resourceType": "Observation", "text": "one"}'
    assert (row.version, row.op, row.gone, row.updated) == (1, "C", False, START)
    assert (row.heading, row.meta, row.subject) == (Heading.INV, b'"tag":[]', desk.subject)


def test_every_kind_of_search_row_is_written(desk):
    extra = subjects(desk.session, "acute", ["p2"])["p2"]
    desk.create(
        "a1",
        tok=(1, 2, 3),
        posted=(2, 3),
        strings=((5, 'o"brien \\ {x}'), (5, "")),
        dates=((6, minutes(0), minutes(1)),),
        quantities=((7, 8, Decimal("1.50"), Decimal("1.50")), (7, 9, Decimal(-3), Decimal(4))),
        extras=(extra, desk.subject),
    )

    assert rows_in(desk, "idx_token", "key") == [(2,), (3,)]
    assert rows_in(desk, "idx_string", "key, v") == [(5, ""), (5, 'o"brien \\ {x}')]
    assert rows_in(desk, "idx_date", "key, lo, hi") == [(6, minutes(0), minutes(1))]
    assert rows_in(desk, "idx_qty", "key, unit, lo, hi") == [
        (7, 8, Decimal("1.50"), Decimal("1.50")),
        (7, 9, Decimal(-3), Decimal(4)),
    ]
    assert rows_in(desk, "extra_subject", "extra") == [(extra,)]
    assert rows_in(desk, "outbox", "ver, op") == [(1, "C")]
    assert rows_in(desk, "resource", "tok, cut") == [([1, 2, 3], [])]


def test_the_number_of_statements_does_not_depend_on_the_number_of_entries(settled):
    def cost(prefix, n):
        changes = [
            settled.change(
                "C", f"{prefix}{i}", tok=(i,), posted=(i,), strings=((1, f"{prefix}{i}"),)
            )
            for i in range(n)
        ]
        before = settled.session.n_sent
        append(settled.session, changes, at=START, actor="x")
        return settled.session.n_sent - before

    cost("warm", 1)
    assert cost("one", 1) == cost("many", 300) == 2


def test_a_create_without_text_rows_is_one_statement(settled):
    settled.create("warm")
    before = settled.session.n_sent
    settled.create("a1", tok=(1, 2), posted=(1,))

    assert settled.session.n_sent - before == 1


def test_an_empty_list_writes_nothing(desk):
    before = desk.session.n_sent

    assert append(desk.session, [], at=START, actor="x") == []
    assert desk.session.n_sent == before


def test_times_have_milliseconds(desk):
    done = desk.create("a1", at=START + timedelta(microseconds=1999))

    assert done.updated == START + timedelta(milliseconds=1)


def test_an_id_in_use_by_anybody_is_a_conflict(database):
    from tests.record.lib import Desk

    with database.session() as session:
        Desk(session, "acute").create("a1")
    with pytest.raises(Conflict), database.session() as session:
        Desk(session, "council").create("a1")
    with database.session() as session:
        refs = [("Observation", "a1"), ("Observation", "a2"), ("Patient", "a1")]
        assert taken(session, refs) == {("Observation", "a1")}


def test_one_entry_twice_in_one_batch_is_a_conflict(desk):
    desk.create("a1")
    held = desk.held("a1")
    changes = [desk.change("U", "a1", text, held=held) for text in ("b", "c")]

    with pytest.raises(Conflict):
        append(desk.session, changes, at=minutes(1), actor="x")


def test_a_version_that_somebody_else_replaced_is_a_conflict(desk):
    desk.create("a1")
    stale = desk.held("a1")
    desk.update("a1", "b", at=minutes(1))

    with pytest.raises(Conflict):
        append(desk.session, [desk.change("U", "a1", "c", held=stale)], at=minutes(2), actor="x")


def test_an_update_of_what_was_not_locked_is_our_fault(desk):
    with pytest.raises(Fault):
        append(desk.session, [desk.change("U", "a1")], at=START, actor="x")


def test_a_create_without_a_resource_is_our_fault(desk):
    bare = replace(desk.change("C", "a1"), resource=None, prepared=None)

    with pytest.raises(Fault):
        append(desk.session, [bare], at=START, actor="x")


def test_one_batch_may_create_update_and_delete(desk):
    desk.create("a1")
    desk.create("a2")
    changes = [
        desk.change("C", "a3"),
        desk.change("U", "a1", "b", held=desk.held("a1")),
        desk.change("D", "a2", held=desk.held("a2")),
        desk.change("U", "a1", "a", held=desk.held("a1")),
    ]

    done = append(desk.session, changes[:3], at=minutes(1), actor="x")

    assert [(one.id, one.version, one.changed) for one in done] == [
        ("a3", 1, True),
        ("a1", 2, True),
        ("a2", 2, True),
    ]
    assert append(desk.session, changes[3:], at=minutes(2), actor="x")[0].changed is False


def test_labels_make_a_class_of_their_own(desk):
    desk.create("a1")
    desk.create("a2", labels=frozenset({Label.S1, Label.S6}))
    desk.create("a3", labels=frozenset({Label.S6, Label.S1}))
    desk.create("a4", heading=None)

    classes = [row[0] for row in rows_in(desk, "resource", "cls")]
    assert len(set(classes)) == 3
    assert desk.held("a2").labels == {Label.S1, Label.S6}
    assert desk.held("a4").heading is None
