"""The only room that opens a connection: sessions, named statements, migrations, queue, feed."""

from careweave.db._database import Database
from careweave.db._embedded import Embedded
from careweave.db._gather import Gather
from careweave.db._link import Row
from careweave.db._migrate import migrate
from careweave.db._pieces import Piece, fill, join, numbered, parameter, piece, whole
from careweave.db._queries import Queries, Query
from careweave.db._session import Copy, Session
from careweave.db._values import FOREVER, NEVER

__all__ = [
    "FOREVER",
    "NEVER",
    "Copy",
    "Database",
    "Embedded",
    "Gather",
    "Piece",
    "Queries",
    "Query",
    "Row",
    "Session",
    "fill",
    "join",
    "migrate",
    "numbered",
    "parameter",
    "piece",
    "whole",
]
