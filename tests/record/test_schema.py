"""The schema says what each table and column is, and agrees with the words of the code."""

from careweave.record._dictionaries import heading_of, labels_of, number_of
from careweave.terms import Heading, Label
from tests.record.lib import sql


def test_every_table_and_column_has_a_sentence(session):
    bare = sql(
        session,
        "SELECT c.relname, a.attname FROM pg_class AS c "
        "INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum >= 0 "
        "WHERE c.relnamespace = 'record'::regnamespace AND c.relkind = 'r' "
        "AND NOT a.attisdropped "
        "AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)",
    )

    assert bare == []


def test_headings_have_the_numbers_of_the_code(session):
    rows = sql(session, "SELECT heading, name FROM record.heading ORDER BY heading")

    assert rows[0] == (0, "none")
    assert rows[1:] == [(number_of(heading), str(heading)) for heading in Heading]
    assert [heading_of(number) for number, _ in rows] == [None, *Heading]


def test_label_sets_are_kept_by_name_too(desk):
    desk.create("a1", labels=frozenset({Label.S6, Label.VERY_RESTRICTED}))
    rows = sql(desk.session, "SELECT bits, labels FROM record.label_set")

    assert [(labels_of(bits), labels) for bits, labels in rows] == [
        (frozenset({Label.S6, Label.VERY_RESTRICTED}), ["S6", "V"])
    ]


def test_the_masks_of_labels_never_move():
    assert [labels_of(1 << place) for place in range(len(Label))] == [
        frozenset({label}) for label in Label
    ]
    assert [str(label) for label in Label][:3] == ["S1", "S2", "S3"]
