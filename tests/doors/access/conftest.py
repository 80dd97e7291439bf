"""One database for all that is about coming in, emptied of it before each test."""

from collections.abc import Iterator

import psycopg
import pytest

from careweave.db import Database, Embedded
from tests.lib.door import fresh_database

_TABLES = """
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ')
FROM pg_catalog.pg_tables
WHERE schemaname = 'access'
"""


@pytest.fixture(scope="module")
def one_database(server: Embedded, template: str) -> Iterator[Database]:
    """The database of a module."""
    with fresh_database(server, template) as database:
        yield database


@pytest.fixture
def database(one_database: Database) -> Database:
    """The database of the module, in which nobody may come in yet."""
    with psycopg.connect(one_database.url) as connection:
        tables = connection.execute(_TABLES).fetchone()
        connection.execute(f"TRUNCATE {tables[0]} CASCADE")
    return one_database
