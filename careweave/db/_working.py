"""Doing the jobs of the queue: the loop of a worker, and what wakes it."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

import psycopg

from careweave.db._database import Database
from careweave.db._queue import CHANNEL, Job, Queue
from careweave.db._session import Session
from careweave.terms import CareweaveError, Fault

Handler = Callable[[Session, Job], None]

_LOG = logging.getLogger(__name__)


class Wake:
    """Listens for what was announced; only saves time, for the caller looks by itself too."""

    def __init__(self, url: str, channel: str = CHANNEL) -> None:
        """Takes the address of the database; connects when first waited for."""
        self._url = url
        self._channel = channel
        self._connection: psycopg.Connection | None = None

    def wait(self, timeout_s: float) -> bool:
        """Returns when something was announced, True, or after the time, False.

        A lost connection is False at once; it is made again the next time.
        """
        try:
            for _ in self._connected().notifies(timeout=timeout_s, stop_after=1):
                return True
        except psycopg.Error:
            self.close()
        return False

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=2)
            self._connection.execute(
                psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(self._channel))
            )
        return self._connection


def keep_working(
    database: Database,
    queue: Queue,
    handlers: Mapping[str, Handler],
    *,
    worker: str,
    stop: threading.Event,
) -> None:
    """Does jobs until told to stop: each with its effects in one transaction.

    A handler that raises has its effects undone and its job put back. Look again after a second
    even if nothing was announced.
    """
    wake = Wake(database.url)
    try:
        while not stop.is_set():
            try:
                n_done = work_once(database, queue, handlers, worker=worker)
            except CareweaveError:
                # The database is away or busy: leases keep what was taken.
                stop.wait(1.0)
                continue
            if not n_done and not wake.wait(1.0):
                stop.wait(0.01)
    finally:
        wake.close()


def work_once(
    database: Database, queue: Queue, handlers: Mapping[str, Handler], *, worker: str
) -> int:
    """Takes what is due, does it, and returns how many jobs that were."""
    with database.session() as session:
        jobs = queue.claim(session, tuple(handlers), worker)
    for job in jobs:
        _do(database, queue, handlers[job.kind], job)
    return len(jobs)


def _do(database: Database, queue: Queue, handler: Handler, job: Job) -> None:
    try:
        with database.session() as session:
            handler(session, job)
            queue.finish(session, job)
    except Exception as error:  # noqa: BLE001  the loop of a worker: counted, put back, logged
        kind = error.code if isinstance(error, CareweaveError) else Fault.code
        _LOG.warning("job-failed", extra={"job": job.id, "kind": job.kind, "category": kind})
        with suppress(CareweaveError), database.session() as session:
            queue.fail(session, job, kind)
