"""The jobs of identity: what is common is counted, who was overlooked is looked at, errors alarm."""

import pytest

from careweave.db import Database
from careweave.intake import check_identity, find_faults, tend_identity
from careweave.intake._tending import Tended
from careweave.sources import Telling, TrustedNumbers
from tests.intake.test_identify import ann, brought, numbered, people
from tests.lib.arrivals import source, sources
from tests.lib.inbox import NOW, Inbox


@pytest.fixture
def inbox(database: Database) -> Inbox:
    trusted = Telling(TrustedNumbers.VERIFIED)
    gp = source("nm-ashgrove-gp", organisation="nm-ashgrove", telling=trusted)
    return Inbox(database, sources(source(telling=trusted), gp))


def wrong(inbox):
    with inbox.database.session(bulk=True) as session:
        return check_identity(session)


def test_a_turn_over_nothing_does_nothing(database):
    assert tend_identity(database, now=NOW) == Tended(0, 0)


def test_a_turn_changes_nothing_where_all_is_well(inbox):
    brought(inbox, numbered("P1"))
    brought(inbox, ann("P2", birthDate="1931-04-05"), control="2", number="P2")
    before = people(inbox)

    tend_identity(inbox.database, now=NOW)
    tend_identity(inbox.database, now=NOW)

    assert people(inbox) == before
    assert wrong(inbox) == 0


def test_who_was_overlooked_is_looked_at_again_and_what_follows_is_copied(inbox):
    brought(inbox, ann("P1"))
    inbox.do("UPDATE identity.local_identity SET is_incomplete = TRUE")

    assert tend_identity(inbox.database, now=NOW).n_looked == 1
    assert tend_identity(inbox.database, now=NOW).n_looked == 0
    assert wrong(inbox) == 0


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM record.subject_person",
        "UPDATE record.subject_person SET person = gen_random_uuid()",
        "INSERT INTO record.subject_person (subject, person, since, decision) "
        "VALUES (999, gen_random_uuid(), now(), 1)",
    ],
)
def test_a_copy_that_is_no_copy_is_an_alarm(inbox, damage):
    brought(inbox, numbered("P1"))
    assert wrong(inbox) == 0

    inbox.do(damage)

    assert wrong(inbox) >= 1
    with inbox.database.session(bulk=True) as session:
        laws = [finding.law for finding in find_faults(session)]
    assert any("same in the record as in identity" in law for law in laws)


def test_a_membership_that_no_decision_made_is_an_alarm(inbox):
    brought(inbox, numbered("P1"))

    inbox.do("SET session_replication_role = replica; DELETE FROM identity.membership")

    assert wrong(inbox) >= 1
