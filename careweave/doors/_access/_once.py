"""What may be used once, and how often may be tried: kept in the database, for all processes."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from careweave.db import Database, Queries, Session
from careweave.terms import Busy

_QUERIES = Queries("careweave.doors._access")

MOST_TRIES = 5
LOCKED = timedelta(minutes=15)
"""After so many failures in a row nothing is tried for so long. Source: `security.md` 1.4."""


def spend(session: Session, raw: bytes, until: datetime, now: datetime) -> bool:
    """Says whether this is its first use; it is worthless from `until` on and forgotten then."""
    session.run(_QUERIES["forget_spent"], now=now)
    return session.run(_QUERIES["spend"], digest=sha256(raw).digest(), until=until) == 1


def must_try(database: Database, name: str, address: str, now: datetime) -> None:
    """Counts a try at what belongs to a name, before it is looked at; Busy while it is locked.

    What is tried from one address locks nobody at another. A name that nobody has is counted and
    locked alike.
    """
    since = now - LOCKED
    with database.session() as session:
        session.run(_QUERIES["forget_old_tries"], before=since)
        digest = _digest(session, name, address)
        row = session.row(_QUERIES["count_try"], digest=digest, now=now, since=since)
    if row is None or row[0] > MOST_TRIES:
        message = "Too many tries. Wait a quarter of an hour, or ask your administrator for help."
        raise Busy(message)


def forget_tries(session: Session, name: str, address: str) -> None:
    """Forgets the failures, at an address, of a name that has proved itself there."""
    session.run(_QUERIES["forget_tries"], digest=_digest(session, name, address))


def _digest(session: Session, name: str, address: str) -> bytes:
    words = f"tries\x1f{name}\x1f{address}"
    return hmac.digest(session.secret, words.encode("utf-8", "replace"), sha256)
