"""Who was shown what because of a link that was taken back.

Source: reference/identity.md 11 (recall): a list in less than a second, of every disclosure of the
wrong person that held an item of these records.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave import identity, ledger
from careweave.disclosure._accounts import account_of
from careweave.disclosure._asking import Asking, Way
from careweave.identity import Interval
from careweave.ledger import Account
from careweave.terms import PersonId, SubjectId

_ACTION = "recall"


@dataclass(frozen=True, slots=True)
class ShownTo:
    """One disclosure that a wrong link has caused: when, to whom, why, and of which records.

    `what` is the question that was asked, without values; `n_items` how many entries of these
    records the answer held.
    """

    at: datetime
    actor: str
    organisation: str
    door: str
    request_id: str
    purpose: str
    action: str
    what: str
    n_items: int
    person: PersonId
    subjects: tuple[SubjectId, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """All that was shown because of the links that a group has ended, the oldest first."""

    group: UUID
    intervals: tuple[Interval, ...]
    disclosures: tuple[ShownTo, ...]


def recall(way: Way, asking: Asking, group: UUID) -> Recall:
    """Returns who was shown what because of the links that this group of decisions has ended.

    Found by the links themselves, which each account of a person's entries carries: exactly what was
    read through them, whatever was going on at the same time. Nothing where the group ended none.
    Accounted for like any other answer.
    """
    with way.reading_pages() as session:
        intervals = identity.misattributed(session, group)
        persons = {one.person for one in intervals}
        accounts = ledger.shown(session, persons, {one.decision for one in intervals})
    found = tuple(_shown(one, intervals) for one in accounts)
    subjects = tuple(sorted({one.subject for one in intervals}))
    way.account((account_of(asking, _ACTION, f"Identity/{group}", subjects, len(found)),))
    return Recall(group, tuple(intervals), found)


def _shown(account: Account, intervals: Sequence[Interval]) -> ShownTo:
    return ShownTo(
        at=account.at,
        actor=account.actor,
        organisation=account.organisation,
        door=account.door,
        request_id=account.request_id,
        purpose=account.purpose,
        action=account.action,
        what=account.what,
        n_items=account.n_items,
        person=_person(account, intervals),
        subjects=account.subjects,
    )


def _person(account: Account, intervals: Iterable[Interval]) -> PersonId:
    """Returns the person as whose the entries were shown: that of the link."""
    return next(one.person for one in intervals if one.decision in account.links)
