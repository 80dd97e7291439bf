"""A writer with a client, and an organisation of its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from careweave import record
from careweave.db import Database
from careweave.formats import read_json, write_json
from careweave.intake import (
    Interaction,
    Writer,
    WriteRequest,
    Writing,
    Written,
    load_rules,
    open_source,
)
from careweave.terms import Actor, Branch, Heading, Purpose, Sight
from tests.intake.test_classify import VALUE_SETS

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
EVERY = frozenset((*Heading, None))


class Desk:
    """What a test does as one client."""

    def __init__(self, database: Database, writer: Writer, organisation: str = "stbeda"):
        self.database, self.writer = database, writer
        with database.session() as session:
            source = open_source(session, organisation, "pas", "fhir")
        with database.session() as session:
            version = record.dictionaries(session).version
        self.actor = Actor(
            name=f"{organisation}-client",
            organisation=organisation,
            source=source,
            authority=organisation,
            purpose=Purpose.DIRECT_CARE,
            scopes=frozenset({"system/*.cruds"}),
            id_prefix=f"{organisation}-",
        )
        self.sight = Sight((Branch(frozenset({source}), EVERY),), version)
        self._ticks = count()

    def writing(self) -> Writing:
        at = NOW + timedelta(seconds=next(self._ticks))
        return Writing(self.actor, self.sight, "fhir", "request-1", at)

    def write(self, interaction: Interaction, type_name: str, **more) -> Written:
        return self.writer.write(WriteRequest(interaction, type_name, **more), self.writing())

    def create(self, value: dict, **more) -> Written:
        made = resource(value)
        return self.write(Interaction.CREATE, made.type, resource=made, **more)

    def update(self, value: dict, **more) -> Written:
        made = resource(value)
        more.setdefault("id", made.id)
        return self.write(Interaction.UPDATE, made.type, resource=made, **more)

    def read(self, type_name: str, key: str, version: int | None = None):
        with self.database.reading() as session:
            return record.read(session, type_name, key, sight=self.sight, version=version)

    def rows(self, sql: str, *values):
        import psycopg

        with psycopg.connect(self.database.url) as connection:
            return connection.execute(sql, values).fetchall()


def resource(value: dict):
    return read_json(write_json(value))


@pytest.fixture
def writer(database: Database) -> Writer:
    return Writer(database, rules=load_rules(VALUE_SETS))


@pytest.fixture
def desk(database: Database, writer: Writer) -> Desk:
    return Desk(database, writer)


@pytest.fixture
def desk_of(database: Database, writer: Writer) -> Callable[[str], Desk]:
    return lambda organisation: Desk(database, writer, organisation)
