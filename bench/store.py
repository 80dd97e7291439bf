"""A PostgreSQL of a bench's own, with the memory of a server, and databases in it."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from careweave.db import Database, Embedded, migrate


@contextmanager
def sized_server(*settings: str) -> Generator[Embedded]:
    """Gives a server that runs with these settings, such as "shared_buffers = '1GB'"."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as home:
        running = Embedded.start(Path(home))
        with psycopg.connect(running.url, autocommit=True) as connection:
            for setting in settings:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        running.stop()
        running = Embedded.start(Path(home))
        try:
            yield running
        finally:
            running.stop()


@contextmanager
def store(server: Embedded, name: str) -> Generator[Database]:
    """Gives a migrated database of that name, and takes it away again."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    database = Database(server.address(name))
    try:
        migrate(database)
        yield database
    finally:
        database.close()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
