"""Jobs over the record that run beside the doors."""

from careweave import record
from careweave.db import Session


def keep_statistics(session: Session) -> int:
    """Renews the counts by which searches choose their plan and returns how many keys are kept.

    Wants a bulk session; safe to run twice. Source: `reference/store.md` 4.4.
    """
    return record.statistics(session)
