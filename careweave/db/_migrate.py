"""Brings the schema of every room to the version of this code."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from careweave.db._database import Database
from careweave.db._queries import Queries
from careweave.db._session import Session
from careweave.terms import Unavailable

_QUERIES = Queries("careweave.db")
_FILE = re.compile(r"[0-9]{4}_[a-z0-9_]+\.sql")

_ORDER = (
    *("db", "ledger", "terminology", "sources", "identity", "agreements", "record", "intake"),
    *("disclosure", "views", "pathways", "analytics", "assurance", "notices", "maturity", "doors"),
)


@dataclass(frozen=True, slots=True)
class _Migration:
    """One file: the name of its room and of itself, and its text."""

    name: str
    text: str

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.text.encode()).digest()


def migrate(database: Database) -> tuple[str, ...]:
    """Runs what has not run yet, in the order of the rooms, and returns the names of the files.

    Each file runs in one transaction. A file that changed after it ran is refused, and so is a
    database that is newer than this code.
    """
    known = list(_migrations())
    ran: list[str] = []
    with database.session(bulk=True) as session:
        session.row(_QUERIES["lock_migrations"])
        # Asked first, so that a role that may create nothing can start when nothing is to be done.
        if session.row(_QUERIES["has_migrations"]) != (True,):
            session.script(_LEDGER_OF_FILES)
    for migration in known:
        with database.session(bulk=True) as session:
            session.row(_QUERIES["lock_migrations"])
            if _run(session, migration):
                ran.append(migration.name)
    _refuse_newer(database, {migration.name for migration in known})
    return tuple(ran)


_LEDGER_OF_FILES = """
CREATE SCHEMA IF NOT EXISTS db;
CREATE TABLE IF NOT EXISTS db.migration (
  name text PRIMARY KEY, digest bytea NOT NULL, at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE db.migration IS 'The migrations that ran.';
COMMENT ON COLUMN db.migration.name IS 'The room and the file.';
COMMENT ON COLUMN db.migration.digest IS 'The SHA-256 of the file.';
COMMENT ON COLUMN db.migration.at IS 'When it ran.';
"""


def _run(session: Session, migration: _Migration) -> bool:
    row = session.row(_QUERIES["digest_of_migration"], name=migration.name)
    if row is not None:
        if row[0] != migration.digest:
            raise Unavailable(f"The migration {migration.name} was changed after it ran.")
        return False
    session.script("SET LOCAL lock_timeout = '5s'")
    session.script(migration.text)
    session.run(_QUERIES["add_migration"], name=migration.name, digest=migration.digest)
    return True


def _refuse_newer(database: Database, known: set[str]) -> None:
    with database.reading() as session:
        names = {str(row[0]) for row in session.rows(_QUERIES["migrations"])}
    if names - known:
        raise Unavailable("The database was migrated by a newer version of this program.")


def _migrations() -> Iterator[_Migration]:
    root = files("careweave")
    rooms = {entry.name: entry for entry in root.iterdir() if entry.is_dir()}
    for room in _ORDER:
        if room in rooms:
            yield from _of_folder(rooms[room], room)
    if "doors" in rooms:
        for door in sorted(rooms["doors"].iterdir(), key=lambda entry: entry.name):
            if door.is_dir():
                yield from _of_folder(door, f"doors/{door.name}")


def _of_folder(folder: Traversable, room: str) -> Iterator[_Migration]:
    inside = folder.joinpath("migrations")
    if not inside.is_dir():
        return
    for entry in sorted(inside.iterdir(), key=lambda found: found.name):
        if _FILE.fullmatch(entry.name):
            yield _Migration(f"{room}/{entry.name}", entry.read_text("utf-8"))
