"""What the door remembers of files: what became of each, and which wait for somebody."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careweave import ledger
from careweave.db import Queries, Session
from careweave.ledger import Account, Outcome
from careweave.terms import NotFound, Purpose

QUERIES = Queries("careweave.doors.feeds")


class FileState(StrEnum):
    """What became of a file. Never stored are REPEATED, without effect, and PARTLY, not yet whole."""

    ACCEPTED = "accepted"
    PARKED = "parked"
    CLEARED = "cleared"
    REFUSED = "refused"
    REJECTED = "rejected"
    LATE = "late"
    REPEATED = "repeated"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a source stands: of when its last full extract is, its last running number."""

    snapshot_at: datetime | None
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What became of the same file before; `message` is the arrival that holds its bytes."""

    id: int
    state: FileState
    message: int | None


@dataclass(frozen=True, slots=True)
class ParkedFile:
    """A file that waits until somebody decides.

    `reason` is drop: too many rows of the last extract are missing; gap: a file before it is
    missing; reused: its running number was used.
    """

    id: int
    source: str
    name: str
    reason: str
    about: str
    taken_at: datetime
    size: int
    message: int | None


def lock_feed(session: Session, source: str) -> Feed:
    """Returns where a source stands, which nobody else can change until the transaction ends."""
    session.run(QUERIES["plan_anew"])
    row = session.row(QUERIES["lock_feed"], source=source)
    return Feed(*row) if row is not None else Feed(None, None)


def known_file(session: Session, source: str, name: str, sha256: bytes) -> Known | None:
    """Returns what became of the same bytes under the same name, None if they are new."""
    row = session.row(QUERIES["known_file"], source=source, name=name, sha256=sha256)
    return None if row is None else Known(row[0], FileState(row[1]), row[2])


def last_file(session: Session, source: str) -> tuple[str, bytes] | None:
    """Returns name and SHA-256 of the file of a source that was accepted last."""
    row = session.row(QUERIES["last_file"], source=source)
    return None if row is None else (row[0], row[1])


def parked_files(session: Session) -> tuple[ParkedFile, ...]:
    """Returns the files that wait for somebody, the oldest first."""
    return tuple(
        ParkedFile(row[0], row[1], row[2], row[4], row[5], row[6], row[7], row[8])
        for row in session.rows(QUERIES["parked"])
    )


def accept_file(session: Session, number: int, *, by: str, now: datetime, why: str = "") -> None:
    """Decides that a parked file is taken as it is: at the next look. Accounted for."""
    _decide(session, number, FileState.CLEARED, (by, now, why))


def refuse_file(session: Session, number: int, *, by: str, now: datetime, why: str = "") -> None:
    """Decides that a parked file is not taken. Accounted for."""
    _decide(session, number, FileState.REFUSED, (by, now, why))


def due_files(session: Session, source: str) -> tuple[tuple[str, bytes, FileState], ...]:
    """Returns name, SHA-256 and state of the parked files of a source that wait no more."""
    rows = session.rows(QUERIES["due"], source=source)
    return tuple((row[0], row[1], FileState(row[2])) for row in rows)


def put_away(session: Session, source: str, name: str, sha256: bytes) -> None:
    """Notes that a refused file lies no more among those that wait."""
    session.run(QUERIES["put_away"], source=source, name=name, sha256=sha256)


def _decide(
    session: Session, number: int, state: FileState, decision: tuple[str, datetime, str]
) -> None:
    by, now, why = decision
    row = session.row(QUERIES["decide"], id=number, state=state, by=by, now=now, why=why)
    if row is None:
        raise NotFound("No parked file has this number; the list shows those that wait.")
    _account(session, f"file-{state}", number, by, now)


def _account(session: Session, action: str, number: int, by: str, now: datetime) -> None:
    account = Account(
        id=ledger.new_id(now),
        at=now,
        actor=by,
        organisation="",
        source=None,
        action=action,
        door="feeds",
        request_id="",
        purpose=Purpose.OPERATIONS,
        subjects=(),
        what=f"file/{number}",
        n_items=1,
        outcome=Outcome.PERMIT,
    )
    ledger.append(session, [account])
