"""Jobs over the record that run beside the doors."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from careweave import identity, ledger, record
from careweave.db import Session
from careweave.identity import Leaving
from careweave.intake._accounts import account
from careweave.intake._contribution_erase import forget
from careweave.intake._draft import new_person
from careweave.intake._identify import account_of_event
from careweave.intake._requests import Writing
from careweave.record import Erased, Finding
from careweave.terms import SubjectId

_RECEIPTS_LIVE = timedelta(hours=24)
_PROJECTION = "Who belongs to whom is what the decisions of identity make of it."
_COPY = "To whom a subject belongs is the same in the record as in identity."


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
    """Returns the laws of the store and of identity that rows break; nothing when all is well.

    Wants a bulk session. `after` and `sample` say which subjects' search rows are proved anew.
    """
    return (*record.faults(session, after=after, sample=sample), *faults_of_identity(session))


def faults_of_identity(session: Session) -> Iterator[Finding]:
    """Yields the laws of identity that rows break: by its own decisions, and by the record's copy."""
    n_wrong = identity.check_projection(session)
    if n_wrong:
        yield Finding(_PROJECTION, n_wrong)
    here, there = record.links_sum(session), identity.members_sum(session)
    if here != there:
        yield Finding(_COPY, max(1, abs(here[0] - there[0])))


def erase(session: Session, subject: SubjectId, *, ground: str, writing: Writing) -> Erased:
    """Removes all that is held of a subject, by law, and returns how much that was.

    With the entries go what messages said of them, the bytes of those messages and of the files
    they came in, what waits in the lanes of the subject alone, and the demographics that identity
    compared. Kept are the numbers of the entries, the legal ground, the accounts, of messages what
    was known without opening them, and whom the subject was linked to.
    Safe to run twice. Source: `reference/store.md` section 3.
    """
    done = record.erase(session, subject, ground=ground, by_actor=writing.actor.name, at=writing.at)
    forget(session, done.refs, now=writing.at)
    cause = f"{writing.door}/{writing.request_id}"
    leaving = Leaving(subject, writing.actor.name, cause, writing.at)
    acted = identity.forget(session, leaving, new_group=new_person)
    n_items = done.n_entries + done.n_versions
    told = [account_of_event(writing, one.event) for one in acted]
    own = account(writing, "erase", "entries and versions", n_items, [subject])
    ledger.append(session, [own, *told])
    return done
