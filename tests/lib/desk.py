"""A client with an organisation of its own, and what it does."""

from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg

from careweave import record
from careweave.db import Database
from careweave.formats import read_json, write_json
from careweave.intake import (
    Interaction,
    Writer,
    WriteRequest,
    Writing,
    Written,
    open_source,
)
from careweave.terms import EVERY_LABEL, Actor, Branch, Heading, Purpose, Sight

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
        self.sight = Sight((Branch(frozenset({source}), EVERY, EVERY_LABEL, is_own=True),), version)
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
        with psycopg.connect(self.database.url) as connection:
            return connection.execute(sql, values).fetchall()


def resource(value: dict):
    return read_json(write_json(value))
