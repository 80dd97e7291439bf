"""The sealer: chains committed accounts into the tree and signs its head."""

import threading
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.db import Database, Queries, Row, Session
from careweave.ledger._account import canonical, encode
from careweave.ledger._keys import SealKey
from careweave.ledger._tree import Frontier, leaf
from careweave.terms import CareweaveError, Clock

_QUERIES = Queries("careweave.ledger")
_MOST = 5000
_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Head:
    """A signed tree head; whoever keeps one can later tell whether anything before it changed."""

    size: int
    root: bytes
    at: datetime
    key_id: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        """Returns the bytes that the signature is over."""
        return encode({"size": self.size, "root": self.root.hex(), "at": self.at})


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one run of the sealer did: the new head, and how many accounts it added."""

    head: Head
    n_added: int


@dataclass(frozen=True, slots=True)
class Place:
    """Up to which account is sealed, in the order of sealing."""

    tx: int = 0
    id: UUID = _NO_ID


def seal(session: Session, *, now: datetime, key: SealKey) -> Sealed | None:
    """Seals what committed since the last run, at most 5,000 accounts, in the caller's transaction.

    None means that there was nothing, or that another process is sealing. Accounts of a
    transaction that may still be overtaken wait for the next run.
    Source: `reference/security.md` 5.3; RFC 6962.
    """
    is_sealer = session.row(_QUERIES["lock_sealer"])
    if is_sealer is None or not is_sealer[0]:
        return None
    last = session.row(_QUERIES["last_seal"])
    place, frontier = (Place(), Frontier()) if last is None else _state(last)
    rows = session.rows(_QUERIES["settled"], tx=place.tx, id=place.id, most=_MOST)
    if not rows:
        return None
    leaves = tuple(leaf(canonical(row)) for row in rows)
    grown = frontier.grown(leaves)
    head = _signed(grown, now, key)
    session.defer(
        _QUERIES["add_seal"],
        size=head.size,
        root=head.root,
        at=head.at,
        tx=rows[-1][0],
        id=rows[-1][1],
        leaves=b"".join(leaves),
        peaks=grown.packed,
        key_id=head.key_id,
        signature=head.signature,
    )
    return Sealed(head, len(rows))


def keep_sealing(
    database: Database, key: SealKey, *, clock: Clock, stop: threading.Event, every_s: float = 0.5
) -> None:
    """Seals until told to stop, so that an account waits for less than a second.

    Safe to run in every process: one at a time seals, the others find nothing to do.
    """
    while not stop.wait(every_s):
        try:
            while _seal_once(database, key, clock) == _MOST:
                pass
        except CareweaveError:
            # The database is away or busy; what committed stays and is sealed next time.
            continue


def newest_head(session: Session) -> Head | None:
    """Returns the newest head, to be handed to others who keep it; None before the first."""
    row = session.row(_QUERIES["last_seal"])
    return None if row is None else head_of(row)


def head_of(row: Row) -> Head:
    """Returns the head of a row as the queries of seals give it."""
    return Head(size=row[0], root=row[1], at=row[2], key_id=row[6], signature=row[7])


def unsealed_s(session: Session, *, now: datetime) -> float:
    """Returns how many seconds the oldest unsealed account waits; 0 when all are sealed."""
    last = session.row(_QUERIES["last_seal"])
    place = Place() if last is None else _state(last)[0]
    row = session.row(_QUERIES["backlog"], now=now, tx=place.tx, id=place.id)
    return 0.0 if row is None or row[0] is None else max(0.0, float(row[0]))


def _seal_once(database: Database, key: SealKey, clock: Clock) -> int:
    with database.session() as session:
        sealed = seal(session, now=clock(), key=key)
    return 0 if sealed is None else sealed.n_added


def _state(row: Row) -> tuple[Place, Frontier]:
    return Place(row[3], row[4]), Frontier.read(row[0], row[5])


def _signed(frontier: Frontier, now: datetime, key: SealKey) -> Head:
    plain = Head(frontier.size, frontier.root, now, key.id, b"")
    return Head(plain.size, plain.root, plain.at, plain.key_id, key.sign(plain.signed))
