"""Jobs over the record that run beside the doors."""

from datetime import datetime, timedelta

from careweave import record
from careweave.db import Session

_RECEIPTS_LIVE = timedelta(hours=24)


def keep_statistics(session: Session) -> int:
    """Renews the counts by which searches choose their plan and returns how many keys are kept.

    Wants a bulk session; safe to run twice. Source: `reference/store.md` 4.4.
    """
    return record.statistics(session)


def expire_receipts(session: Session, *, now: datetime) -> int:
    """Forgets the answers kept for repeated requests after a day and returns how many.

    Safe to run twice. Source: `reference/store.md` 6.4.
    """
    return record.expire_receipts(session, now - _RECEIPTS_LIVE)
