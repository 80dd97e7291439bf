"""Work that is to be done later: one queue for all rooms, in the database of the record."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db._queries import Queries
from careweave.db._session import Session
from careweave.terms import Conflict, NotFound

_QUERIES = Queries("careweave.db")
CHANNEL = "careweave_jobs"
"""Where a committed job is announced."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this worker holds under a lease.

    `args` hold ids only. `n_attempts` counts this one. `fence` proves the lease.
    """

    id: int
    kind: str
    lane: str | None
    args: Mapping[str, object]
    n_attempts: int
    fence: int


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up, and why."""

    id: int
    kind: str
    lane: str | None
    n_attempts: int
    reason: str
    put_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """Puts jobs and leases them.

    Jobs of one lane are taken one after the other, in the order they were put, also while one of
    them waits for another attempt; a dead one lets its lane go on. A worker that dies loses its
    lease when it ends; after `most_attempts` a job is dead. `now` None is the database's clock.
    Source: `reference/events.md` 3.
    """

    lease_s: float = 60.0
    most_attempts: int = 8
    first_delay_s: float = 1.0
    most_delay_s: float = 3600.0

    def put(
        self,
        session: Session,
        kind: str,
        args: Mapping[str, object],
        *,
        lane: str | None = None,
        run_at: datetime | None = None,
    ) -> int:
        """Puts a job in the caller's transaction and returns its number; waits until `run_at`."""
        row = self._put(session, kind, args, lane=lane, run_at=run_at)
        return 0 if row is None else row

    def put_once(
        self,
        session: Session,
        kind: str,
        args: Mapping[str, object],
        *,
        unique_key: str,
        run_at: datetime | None = None,
    ) -> bool:
        """Puts a job unless one of its kind with that key is waiting; tells whether it did."""
        made = self._put(session, kind, args, unique_key=unique_key, run_at=run_at)
        return made is not None

    def claim(
        self,
        session: Session,
        kinds: Sequence[str],
        worker: str,
        *,
        most: int = 10,
        now: datetime | None = None,
    ) -> tuple[Job, ...]:
        """Leases jobs that are due, never two of one lane; commit before working on them."""
        given = {"kinds": list(kinds), "now": now}
        session.defer(_QUERIES["bury_jobs"], most_attempts=self.most_attempts, **given)
        lease = timedelta(seconds=self.lease_s)
        rows = session.rows(_QUERIES["claim_jobs"], most=most, worker=worker, lease=lease, **given)
        return tuple(Job(*row) for row in sorted(rows))

    def finish(self, session: Session, job: Job) -> None:
        """Ends a job in the transaction of its effects; Conflict if its lease was lost.

        Then the effects are to be undone: somebody else has the job.
        """
        if not session.run(_QUERIES["finish_job"], id=job.id, fence=job.fence):
            raise Conflict("The lease of this job was lost; somebody else does it.")

    def renew(self, session: Session, job: Job, *, now: datetime | None = None) -> None:
        """Makes the lease last from now on again; Conflict if it was lost."""
        lease = timedelta(seconds=self.lease_s)
        renewed = session.run(
            _QUERIES["renew_job"], id=job.id, fence=job.fence, lease=lease, now=now
        )
        if not renewed:
            raise Conflict("The lease of this job was lost; somebody else does it.")

    def fail(self, session: Session, job: Job, reason: str, *, now: datetime | None = None) -> None:
        """Puts a job back for a later attempt, or gives it up; `reason` is a code, nobody's data.

        Does nothing when the lease was lost.
        """
        session.run(
            _QUERIES["fail_job"],
            id=job.id,
            fence=job.fence,
            reason=reason,
            delay=self.delay(job),
            most_attempts=self.most_attempts,
            now=now,
        )

    def delay(self, job: Job) -> timedelta:
        """Returns how long a job waits after its last attempt: twice as long each time.

        A quarter is spread by job and attempt, so that jobs that failed together do not come
        back together.
        """
        doubled = self.first_delay_s * 2.0 ** min(job.n_attempts - 1, 40)
        digest = hashlib.sha256(f"{job.id} {job.n_attempts}".encode()).digest()
        spread = 1 + digest[0] / 1024
        return timedelta(seconds=min(doubled, self.most_delay_s) * spread)

    def dead(self, session: Session, *, most: int = 100) -> tuple[DeadJob, ...]:
        """Returns the jobs that were given up, the oldest first."""
        return tuple(DeadJob(*row) for row in session.rows(_QUERIES["dead_jobs"], most=most))

    def revive(self, session: Session, number: int, *, now: datetime | None = None) -> None:
        """Lets a dead job be tried anew, at its old place in its lane."""
        if not session.run(_QUERIES["revive_job"], id=number, now=now):
            raise NotFound("There is no dead job of that number.")

    def _put(
        self,
        session: Session,
        kind: str,
        args: Mapping[str, object],
        **more: object,
    ) -> int | None:
        values = {"lane": None, "run_at": None, "unique_key": None} | more
        row = session.row(_QUERIES["put_job"], kind=kind, args=json.dumps(args), **values)
        session.defer(_QUERIES["notify"], channel=CHANNEL)
        return None if row is None else int(row[0])
