"""Looks at what was taken along: a device tells later when each person of a visit list was opened.

The download was the disclosure; a look at the copy is accounted for as one that follows from it.
Source: `reference/interface.md` 12.1, W18; `reference/security.md` 5.1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from careweave import ledger
from careweave.db import Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._episode_accounts import acted
from careweave.ledger import Account, Outcome, Period, new_id
from careweave.terms import PersonId

_KEPT = timedelta(hours=12)
"""How long a copy can be read. Source: `reference/stories.md` U6."""

_LATE = timedelta(days=31)
_MOST = 5000
_ACTION = "open-offline"


@dataclass(frozen=True, slots=True)
class OfflineLook:
    """A person was opened on a device at a moment; `key` is the device's own id of the look."""

    key: UUID
    person: PersonId
    at: datetime


def note_opened(way: Way, asking: Asking, looks: Sequence[OfflineLook]) -> tuple[UUID, ...]:
    """Makes accounts of looks at a copy durable, and returns the keys that the device may forget.

    Each follows a download of the same user within twelve hours before it, of the same person;
    one that follows none is written down as refused, for somebody to look into. What was noted
    before is not noted again.
    """
    actor = asking.actor
    if not looks or not actor.user:
        return ()
    since = max(min(one.at for one in looks) - _KEPT, asking.at - _LATE)
    with way.reading() as session:
        mine = _mine(session, asking, Period(since, asking.at + timedelta(microseconds=1)))
    known = {one.request_id for one in mine if one.action == _ACTION}
    fresh = {one.key: one for one in looks if str(one.key) not in known}
    made = tuple(account for one in fresh.values() for account in _accounts(asking, one, mine))
    if made:
        way.account(made)
    return tuple(one.key for one in looks)


def _mine(session: Session, asking: Asking, period: Period) -> tuple[Account, ...]:
    actor = asking.actor
    return ledger.done_by(
        session, period, organisation=actor.organisation, user=actor.user, most=_MOST
    )


def _accounts(asking: Asking, look: OfflineLook, mine: Iterable[Account]) -> Iterator[Account]:
    """Yields the accounts of a look: those of the download, at the moment of the look."""
    at = min(look.at, asking.at)
    downloads = [one for one in mine if _is_download(one, look.person, at)]
    newest = max((one.at for one in downloads), default=None)
    told = [one for one in downloads if one.at == newest]
    for one in told:
        yield replace(
            one,
            id=new_id(at),
            at=at,
            action=_ACTION,
            door=asking.door,
            request_id=str(look.key),
            answer_ms=None,
            bytes=None,
        )
    if not told:
        yield _unknown(asking, look, at)


def _is_download(one: Account, person: PersonId, at: datetime) -> bool:
    is_shown = one.outcome is Outcome.PERMIT and one.deed == "open" and one.action != _ACTION
    return is_shown and one.person == person and one.at <= at <= one.at + _KEPT


def _unknown(asking: Asking, look: OfflineLook, at: datetime) -> Account:
    told = acted(asking, _ACTION, look.person)
    return replace(
        told,
        at=at,
        id=new_id(at),
        request_id=str(look.key),
        outcome=Outcome.REFUSED,
        reason="no-download",
    )
