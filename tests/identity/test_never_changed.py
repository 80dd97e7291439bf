"""What was decided stays: the database itself refuses to change it, whoever asks."""

import psycopg
import pytest

from careweave.identity import join, not_same
from tests.identity.acting import Region, someone

FIXED = ("decision", "event", "person")
ENDED_ONCE = ("membership", "person_forward", "barrier")


@pytest.fixture
def region(session):
    """Rows in every table: two joined, a third one ruled apart from them."""
    made = Region(session)
    for subject in (1, 2, 3):
        made.arrive(subject, someone(subject))
    persons = made.persons()
    join(session, persons[1], persons[2], by=made.by(second="colleague"), means=made.means)
    not_same(session, 1, 3, by=made.by(), means=made.means)
    return made


def refused(region, text):
    """Whether the database refuses a statement; what it did is taken back in any case."""
    region.session.flush()
    connection = region.session._link.connection
    try:
        with connection.transaction(force_rollback=True):
            assert connection.execute(text).rowcount
    except psycopg.errors.RaiseException:
        return True
    return False


@pytest.mark.parametrize("table", [*FIXED, *ENDED_ONCE, "source_record"])
def test_nothing_that_was_decided_is_removed(region, table):
    assert refused(region, f"DELETE FROM identity.{table}")


@pytest.mark.parametrize(
    "change",
    [
        "decision SET reason = 'another'",
        "decision SET person = (SELECT person FROM identity.person LIMIT 1)",
        "event SET payload = '{}'",
        "person SET created_at = now()",
        "membership SET person = (SELECT person FROM identity.person LIMIT 1)",
        "membership SET from_seq = 0",
        "membership SET until_seq = 9 WHERE until_seq IS NOT NULL",
        "membership SET until_seq = NULL WHERE until_seq IS NOT NULL",
        "person_forward SET to_person = person",
        "barrier SET kind = 'sealed'",
        "source_record SET source = 'another'",
    ],
)
def test_nothing_that_was_decided_is_changed(region, change):
    assert refused(region, f"UPDATE identity.{change}")


def test_what_stands_is_ended_and_a_version_is_erased(region):
    assert not refused(region, "UPDATE identity.barrier SET until_seq = 99")
    assert not refused(region, "UPDATE identity.source_record SET raw = NULL")
