"""Receipts: what was answered to a message, so that none is applied twice."""

from datetime import datetime
from typing import NamedTuple

from careweave.db import Queries, Session
from careweave.terms import SourceId

_QUERIES = Queries("careweave.record")


class Receipt(NamedTuple):
    """What came (`digest`) and what was answered."""

    digest: bytes
    answer: bytes | None


def receipt(session: Session, source: SourceId, message: str) -> Receipt | None:
    """Returns the receipt of a message of one source; None when it is new."""
    row = session.row(_QUERIES["receipt"], source=source, message=message)
    return None if row is None else Receipt(*row)


def keep_receipt(
    session: Session, source: SourceId, message: str, given: Receipt, *, at: datetime
) -> None:
    """Keeps the receipt of a message; raises Conflict when another has just been kept."""
    session.run(
        _QUERIES["receipt_keep"],
        source=source,
        message=message,
        digest=given.digest,
        answer=given.answer,
        at=at,
    )


def expire_receipts(session: Session, before: datetime) -> int:
    """Removes the receipts from before a time, and returns how many there were."""
    return session.run(_QUERIES["receipts_expire"], before=before)
