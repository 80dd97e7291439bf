"""Ties stand as long as the entry that proves them says so."""

import pytest

from careweave.db import FOREVER
from careweave.record import TieProof
from careweave.record._ties import number_of_kind
from careweave.terms import Fault
from tests.record.lib import minutes, rows_in, sql

SINCE, UNTIL = minutes(-60), minutes(60)


def ties(desk):
    """The ties of the subject, with the name of the organisation."""
    return sql(
        desk.session,
        "SELECT o.slug, t.kind, t.team, t.since, t.until FROM record.tie AS t "
        "INNER JOIN record.org AS o USING (org) ORDER BY o.slug, t.kind, t.team",
    )


def proof(kind="encounter", organisation=None, team="", since=SINCE, until=UNTIL):
    return TieProof(kind, organisation, team, since, until)


def test_a_proof_without_organisation_is_of_the_source(desk):
    desk.create("a1", ties=(proof(),))

    assert ties(desk) == [("acute", 2, "", SINCE, UNTIL)]


def test_a_proof_names_organisation_and_team(desk):
    desk.create("a1", ties=(proof("caseload", "Organization/x", "Organization/t"), proof()))

    assert ties(desk) == [
        ("Organization/x", 4, "Organization/t", SINCE, UNTIL),
        ("acute", 2, "", SINCE, UNTIL),
    ]


def test_an_open_proof_is_from_receipt_and_without_end(desk):
    desk.create("a1", ties=(proof(since=None, until=None),), received_at=minutes(-5))
    desk.create("a2", ties=(proof("incident", since=None),), at=minutes(1))

    assert ties(desk) == [
        ("acute", 2, "", minutes(-5), FOREVER),
        ("acute", 7, "", minutes(1), UNTIL),
    ]


def test_a_changed_or_deleted_proof_takes_its_ties_along(desk):
    desk.create("a1", ties=(proof(), proof("pharmacy")))
    desk.create("a2", ties=(proof(),))
    desk.update("a1", "cancelled", at=minutes(1), ties=(proof("residence"),))
    assert [row[1] for row in ties(desk)] == [2, 8]

    desk.update("a1", "entered in error", at=minutes(2))
    assert [row[1] for row in ties(desk)] == [2]

    desk.delete("a2", at=minutes(3))
    assert ties(desk) == []


def test_equal_proofs_of_one_entry_are_one_tie(desk):
    desk.create("a1", ties=(proof(), proof()))

    assert len(rows_in(desk, "tie", "kind")) == 1


def test_organisations_are_numbered_once(database):
    from tests.record.lib import Desk

    for id_ in ("a1", "a2"):
        with database.session() as session:
            Desk(session).create(id_, ties=(proof(organisation="Organization/x"),))
    with database.session() as session:
        assert sql(session, "SELECT slug FROM record.org") == [("Organization/x",)]


def test_an_unknown_kind_is_our_fault():
    with pytest.raises(Fault):
        number_of_kind("hearsay")
