"""Jobs over the record that run beside the doors."""

from datetime import datetime, timedelta

from careweave import ledger, record
from careweave.db import Session
from careweave.intake._accounts import account
from careweave.intake._contribution_erase import forget
from careweave.intake._requests import Writing
from careweave.record import Erased, Finding
from careweave.terms import SubjectId

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


def find_faults(session: Session, *, after: int = 0, sample: int = 1000) -> tuple[Finding, ...]:
    """Returns the laws of the store that some rows break; nothing when all is well.

    Wants a bulk session. `after` and `sample` say which subjects' search rows are proved anew.
    """
    return record.faults(session, after=after, sample=sample)


def erase(session: Session, subject: SubjectId, *, ground: str, writing: Writing) -> Erased:
    """Removes all that is held of a subject, by law, and returns how much that was.

    With the entries go what messages said of them, the bytes of those messages and of the files
    they came in, and what waits in the lanes of the subject alone. Kept are the numbers of the
    entries, the legal ground, the accounts, and of messages what was known without opening them.
    Safe to run twice. Source: `reference/store.md` section 3.
    """
    done = record.erase(session, subject, ground=ground, by_actor=writing.actor.name, at=writing.at)
    forget(session, done.refs, now=writing.at)
    n_items = done.n_entries + done.n_versions
    ledger.append(session, [account(writing, "erase", "entries and versions", n_items, [subject])])
    return done
