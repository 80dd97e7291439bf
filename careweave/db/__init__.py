"""The only room that opens a connection: sessions, named statements, migrations, queue, feed."""

from careweave.db._configuration import (
    Applying,
    Configuration,
    apply_configuration,
    configuration_at,
    configuration_files,
    configurations,
)
from careweave.db._database import Database
from careweave.db._embedded import Embedded
from careweave.db._feed import Feed
from careweave.db._gather import Gather
from careweave.db._link import Row
from careweave.db._migrate import migrate
from careweave.db._pieces import Piece, fill, join, numbered, parameter, piece, reworded, whole
from careweave.db._queries import Queries, Query
from careweave.db._queue import DeadJob, Job, Queue
from careweave.db._session import Copy, Session
from careweave.db._values import FOREVER, NEVER, Packed, packed
from careweave.db._working import Wake, keep_working, work_once

__all__ = [
    "FOREVER",
    "NEVER",
    "Applying",
    "Configuration",
    "Copy",
    "Database",
    "DeadJob",
    "Embedded",
    "Feed",
    "Gather",
    "Job",
    "Packed",
    "Piece",
    "Queries",
    "Query",
    "Queue",
    "Row",
    "Session",
    "Wake",
    "apply_configuration",
    "configuration_at",
    "configuration_files",
    "configurations",
    "fill",
    "join",
    "keep_working",
    "migrate",
    "numbered",
    "packed",
    "parameter",
    "piece",
    "reworded",
    "whole",
    "work_once",
]
