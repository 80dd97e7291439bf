"""The mark of a database that `careweave demo` made, and how far its clock is from the true one."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from careweave.db import Queries, Session
from careweave.terms import Clock, Incorrect

_QUERIES = Queries("careweave.doors._access")
_CLOCK = "clock.json"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What a demonstration says of itself: its clock is `ahead` of the true one, mostly behind."""

    ahead: timedelta
    made_at: datetime


def demonstration(session: Session) -> Demonstration | None:
    """Returns the mark of this database; None for one that no demonstration made."""
    row = session.row(_QUERIES["demonstration"])
    return None if row is None else Demonstration(row[0], row[1])


def mark_demonstration(session: Session, mark: Demonstration) -> Demonstration:
    """Marks a database as a demonstration's; one that is marked keeps its mark, which is returned."""
    session.run(_QUERIES["mark_demonstration"], ahead=mark.ahead, made_at=mark.made_at)
    return demonstration(session) or mark


def keep_ahead(home: Path, ahead: timedelta) -> None:
    """Writes into a home how far its clock is from the true one, for all its processes."""
    text = json.dumps({"ahead_s": ahead.total_seconds()})
    (home / _CLOCK).write_text(text, encoding="utf-8")


def ahead_of(home: Path) -> timedelta | None:
    """Returns how far the clock of a home is from the true one; None where it is the true one."""
    try:
        text = (home / _CLOCK).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return timedelta(seconds=json.loads(text)["ahead_s"])
    except (ValueError, KeyError, TypeError) as fault:
        message = "This is not what careweave demo wrote; remove the home and start it again."
        raise Incorrect(message, where=_CLOCK) from fault


def clock_of(home: Path, clock: Clock) -> Clock:
    """Returns the clock of a home: the true one, but in the home of a demonstration."""
    ahead = ahead_of(home)
    return clock if ahead is None else lambda: clock() + ahead


def is_loopback(host: str) -> bool:
    """Says whether who listens on this address is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
