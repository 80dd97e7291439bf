"""Whoever changes the kept agreements, or hurries past another, changes nothing unseen.

Source: `reference/attacks.md` 75.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from careweave import disclosure
from careweave.db import (
    Applying,
    Database,
    Embedded,
    apply_configuration,
    configuration_files,
    configurations,
)
from careweave.disclosure import Through
from careweave.terms import Conflict, Incorrect
from tests.lib.agreement_files import agreement, files, signed
from tests.lib.door import fresh_database

NOW = datetime.now(UTC)
APPLYING = Applying("A. One", "B. Two", "What was agreed in spring.", NOW, NOW)
THROUGH = Through("platform", "cli", "r1")


@pytest.fixture
def database(server: Embedded, template: str) -> Iterator[Database]:
    with fresh_database(server, template) as made:
        yield made


def region() -> dict[str, bytes]:
    return files() | {"agreements/a.yaml": signed(agreement())}


def in_force(database: Database) -> int:
    with database.reading() as session:
        disclosure.begin(session, takes_demonstration_keys=False)
        return disclosure.world(session, NOW + timedelta(seconds=1)).version


@pytest.mark.attack(75)
@pytest.mark.parametrize("is_archive", [True, False])
def test_a_kept_version_that_was_changed_is_not_followed(
    database: Database, *, is_archive: bool
) -> None:
    with database.session() as session:
        apply_configuration(session, region(), APPLYING)
        apply_configuration(session, files(), APPLYING)
    assert in_force(database) == 2
    with psycopg.connect(database.url) as direct:
        direct.execute(
            "UPDATE db.configuration SET files = CASE WHEN %s"
            " THEN (SELECT o.files FROM db.configuration AS o WHERE o.version = 1)"
            " ELSE '\\x00'::bytea END WHERE version = 2",
            [is_archive],
        )
    with database.reading() as session, pytest.raises(Incorrect):
        configuration_files(session, 2)
    with database.reading() as session:
        disclosure.look_again(session)
        made = disclosure.world(session, NOW + timedelta(seconds=1))
    assert (made.version, made.agreements) == (2, ())


@pytest.mark.attack(75)
def test_of_two_who_apply_at_once_the_second_looks_again(database: Database) -> None:
    with database.session() as session:
        one = disclosure.plan(session, region(), takes_demonstration_keys=False)
        other = disclosure.plan(session, files(), takes_demonstration_keys=False)
    with database.session() as session:
        assert disclosure.apply(session, one, APPLYING, THROUGH) == 1
    with pytest.raises(Conflict), database.session() as session:
        disclosure.apply(session, other, replace(APPLYING, by="C. Three"), THROUGH)
    with database.session() as session:
        assert [kept.version for kept in configurations(session)] == [1]


@pytest.mark.attack(75)
def test_the_ledger_holds_what_was_applied(database: Database) -> None:
    with database.session() as session:
        planned = disclosure.plan(session, region(), takes_demonstration_keys=False)
        disclosure.apply(session, planned, APPLYING, THROUGH)
        (kept,) = configurations(session)
    with psycopg.connect(database.url) as direct:
        (what,) = direct.execute(
            "SELECT what FROM ledger.account WHERE action = 'apply'"
        ).fetchone() or ("",)
    assert kept.digest.hex() in what
