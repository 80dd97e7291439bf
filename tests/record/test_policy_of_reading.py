"""Nothing that a sight does not allow is ever given, by any function of the room."""

import pytest

from careweave.record import (
    as_of,
    dictionaries,
    entries_of,
    held,
    history,
    located,
    parents,
    read,
    subjects,
    subjects_of,
    timeline,
)
from careweave.record._dictionaries import allows, bits_of, labels_of
from careweave.terms import EVERY_LABEL, Branch, Heading, Label, Sight, SourceId
from tests.record.lib import ALL, Desk, minutes, sight_of, sql

NOBODY = Sight((), 1)


def everything(session, desk, sight, ids=("a1", "a2", "a3", "a4")):
    """All that any reading function gives of the subject of the desk."""
    refs = [("Observation", id_) for id_ in ids]
    yield from (row for id_ in ids if (row := read(session, "Observation", id_, sight=sight)))
    for id_ in ids:
        for version in (1, 2):
            row = read(session, "Observation", id_, sight=sight, version=version)
            yield from [row] if row else []
        yield from history(session, "Observation", id_, sight=sight).rows
    yield from history(session, "Observation", None, sight=sight).rows
    for moment in (minutes(0.5), minutes(9)):
        yield from history(session, "Observation", None, sight=sight, at=moment).rows
        yield from as_of(session, [desk.subject], moment, sight=sight)
    yield from located(session, refs, sight=sight)
    yield from entries_of(session, [desk.subject], sight=sight).rows
    yield from timeline(session, [desk.subject], sight=sight).rows


@pytest.fixture
def two(session):
    """Two organisations; the second wrote about a patient of its own and of the first."""
    mine = Desk(session, "acute")
    theirs = Desk(session, "council")
    mine.create("a1")
    mine.update("a1", "b", at=minutes(1))
    theirs.create("a3", extras=(mine.subject,))
    theirs.subject = mine.subject
    theirs.create("a2")
    theirs.update("a2", "b", at=minutes(1))
    theirs.create("a4")
    theirs.delete("a4", at=minutes(2))
    return mine, theirs


def test_rows_of_another_source_are_never_returned(session, two):
    mine, theirs = two

    rows = list(everything(session, mine, mine.sight))

    assert rows
    assert {row.source for row in rows} == {mine.source}
    assert {row.source for row in everything(session, mine, theirs.sight)} == {theirs.source}


def test_an_empty_sight_sees_nothing(session, two):
    for nothing in (NOBODY, sight_of(), sight_of(two[0].source, headings=frozenset())):
        assert list(everything(session, two[0], nothing)) == []


def test_a_sight_of_both_sees_what_each_sees(session, two):
    mine, theirs = two
    both = sight_of(mine.source, theirs.source)

    def seen(sight):
        return {(row.id, row.version) for row in everything(session, mine, sight)}

    assert seen(both) == seen(mine.sight) | seen(theirs.sight)


def test_headings_and_barred_labels_narrow_the_sight(desk):
    desk.create("a1", heading=Heading.INV)
    desk.create("a2", heading=Heading.MED)
    desk.create("a3", heading=Heading.INV, labels=frozenset({Label.S1}))

    def seen(**narrow):
        sight = sight_of(desk.source, **narrow)
        return {row.id for row in everything(desk.session, desk, sight)}

    assert seen(headings=frozenset({Heading.INV})) == {"a1", "a3"}
    assert seen(barred=frozenset({Label.S1})) == {"a1", "a2"}
    assert seen(headings=frozenset({Heading.MED}), barred=frozenset({Label.S1})) == {"a2"}
    assert seen(headings=frozenset({None})) == set()


def test_an_old_version_is_judged_by_the_class_of_today(desk):
    desk.create("a1", "open")
    desk.update("a1", "closed", at=minutes(1), labels=frozenset({Label.S6}))
    without = sight_of(desk.source, barred=frozenset({Label.S6}))

    assert list(everything(desk.session, desk, without, ("a1",))) == []
    assert len(history(desk.session, "Observation", "a1", sight=desk.sight).rows) == 2


def test_a_tombstone_keeps_its_class(desk):
    desk.create("a1", labels=frozenset({Label.S6}))
    desk.delete("a1", at=minutes(1))
    without = sight_of(desk.source, barred=frozenset({Label.S6}))

    assert read(desk.session, "Observation", "a1", sight=without) is None
    assert read(desk.session, "Observation", "a1", sight=desk.sight).gone


def test_a_class_that_this_process_does_not_know_is_looked_up(server, database):
    from careweave.db import Database

    other = Database(database.url)
    with database.session() as session:
        desk = Desk(session)
        desk.create("a1")
    with other.reading() as session:
        assert read(session, "Observation", "a1", sight=desk.sight)
        before = dictionaries(session).version
    with database.session() as session:
        desk.session = session
        desk.create("a2", heading=Heading.MED)
        desk.create("a3", heading=Heading.MED, labels=frozenset({Label.S1}))
    with other.reading() as session:
        assert {row.id for row in everything(session, desk, desk.sight)} == {"a1", "a2", "a3"}
        assert dictionaries(session).version > before
    other.close()


def test_a_class_far_beyond_the_known_ones_is_never_visible(database):
    with database.session() as session:
        desk = Desk(session)
        desk.create("a1")
    with database.session() as session:
        known = dictionaries(session)
        sql(session, "UPDATE record.resource SET cls = 500 RETURNING 1")
        assert list(everything(session, desk, desk.sight, ("a1",))) == []
        assert len(known.profiles(desk.sight).bits) >= 128


def test_a_process_that_is_a_thousand_classes_behind_catches_up(database):
    from careweave.db import Database

    behind = Database(database.url)
    with database.session() as session:
        desk = Desk(session)
        desk.create("a1")
    with behind.reading() as session:
        dictionaries(session)
    with database.session() as session:
        sql(
            session,
            "WITH made AS (INSERT INTO record.access_class (source, heading, label_set) "
            "SELECT 9, 1, n FROM generate_series(100, 3000) AS n RETURNING 1) "
            "SELECT count(*) FROM made",
        )
        desk.session = session
        desk.create("a2", heading=Heading.MED)
    with behind.reading() as session:
        assert read(session, "Observation", "a2", sight=desk.sight).id == "a2"
    behind.close()


def test_what_a_transaction_adds_is_not_remembered_when_it_is_undone(database):
    from tests.record.lib import undone

    with undone(database) as session:
        lost = Desk(session, "acute")
        lost.create("a1")
        assert read(session, "Observation", "a1", sight=lost.sight)
        dictionaries(session)
    with database.session() as session:
        assert dictionaries(session).sources == {}
        assert dictionaries(session).classes == {}
        kept = Desk(session, "acute")
        kept.create("a1")
    with database.session() as session:
        assert read(session, "Observation", "a1", sight=kept.sight)
        assert subjects(session, "acute", ["p1"]) == {"p1": kept.subject}


def test_bits_say_what_the_sight_says(desk):
    for heading in (Heading.INV, Heading.MED, None):
        for labels in (frozenset(), frozenset({Label.S1}), frozenset({Label.S1, Label.S9})):
            desk.create(f"{heading}-{bits_of(labels)}", heading=heading, labels=labels)
    known = _fresh(desk.session)
    for sight in (
        desk.sight,
        sight_of(desk.source, barred=frozenset({Label.S9})),
        sight_of(SourceId(desk.source + 1)),
        Sight(
            (
                Branch(frozenset({desk.source}), frozenset({None}), EVERY_LABEL),
                Branch(frozenset({desk.source}), ALL, EVERY_LABEL - {Label.S1}),
            ),
            1,
        ),
    ):
        bits = known.profiles(sight).bits
        for (source, heading, labels), made in known.classes.items():
            expected = allows(sight, source, _heading(heading), labels_of(labels))
            assert bool(bits[made.cls >> 3] >> (made.cls & 7) & 1) == expected


def _fresh(session):
    from careweave.record._dictionaries import fresh

    return fresh(session)


def _heading(number):
    from careweave.record._dictionaries import heading_of

    return heading_of(number)


def test_the_way_in_is_given_its_own_sources_only(session, two):
    mine, theirs = two
    refs = [("Observation", "a1"), ("Observation", "a2")]
    for lock in (True, False):
        own = held(session, refs, sources=frozenset({mine.source}), lock=lock)
        assert list(own) == [("Observation", "a1")]
    assert list(parents(session, refs, sources=frozenset({theirs.source}))) == [
        ("Observation", "a2")
    ]
    assert held(session, refs, sources=frozenset(), lock=True) == {}
    assert held(session, [], sources=frozenset({mine.source}), lock=True) == {}
    assert parents(session, refs, sources=frozenset()) == {}


def test_the_shelf_is_nobodys_patient(session):
    shelf = subjects(session, "acute", [""])[""]

    assert subjects_of(session, ["", "p9"]) == ()
    assert subjects(session, "acute", ["", "p9"])[""] == shelf


def test_one_patient_id_may_be_a_subject_of_several_authorities(session):
    one, two = Desk(session, "acute"), Desk(session, "council")

    assert set(subjects_of(session, ["p1"])) == {one.subject, two.subject}
