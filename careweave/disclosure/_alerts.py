"""What the privacy officer of an organisation is to look into, noticed while it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from careweave.db import Queries, Session
from careweave.ledger import new_id
from careweave.terms import Actor, PersonId

_QUERIES = Queries("careweave.disclosure")

REVIEW_DAYS = 5
"""Working days in which each episode and alert is reviewed. Source: `reference/security.md` 4."""

_SATURDAY = 5


class Notice(StrEnum):
    """What was noticed. Source: `reference/security.md` section 4, automatic alerts."""

    OWN_RECORD = "own-record"
    SAME_SURNAME = "same-surname"
    SAME_ADDRESS = "same-address"
    WATCHED = "watched-person"
    MANY_IN_SHIFT = "many-in-shift"
    DAY_USED_UP = "day-used-up"
    BUDGET = "budget"
    NO_ACTIVITY = "no-activity"
    PASSKEY_COPIED = "passkey-copied"
    NOTE_HELD = "visit-note-held"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing noticed: what, by whom it was done and when; about whom, where it is about one."""

    kind: Notice
    actor: Actor
    at: datetime
    person: PersonId | None = None
    episode: UUID | None = None
    clause: str = ""


def alert(session: Session, alerts: Sequence[Alert], *, is_repeated: bool = True) -> None:
    """Adds what was noticed to the queue of the officers, in a statement that travels on.

    Without `is_repeated`, the same of the same user and person is not told twice within a day.
    """
    if not alerts:
        return
    session.defer(
        _QUERIES["add_alerts" if is_repeated else "add_alerts_once"],
        id=[new_id(one.at) for one in alerts],
        at=[one.at for one in alerts],
        kind=[str(one.kind) for one in alerts],
        client=[one.actor.name for one in alerts],
        user_name=[one.actor.user for one in alerts],
        organisation=[one.actor.organisation for one in alerts],
        role=[str(one.actor.role) for one in alerts],
        person=[one.person for one in alerts],
        episode=[one.episode for one in alerts],
        clause=[one.clause for one in alerts],
        due_at=[due_after(one.at, session.zone) for one in alerts],
    )


def due_after(at: datetime, zone: ZoneInfo) -> datetime:
    """Returns the same time of day five working days later, Monday to Friday.

    Holidays are not known here: over one, the review is due earlier than the rule asks.
    """
    local = at.astimezone(zone)
    left = REVIEW_DAYS
    while left:
        local += timedelta(days=1)
        left -= local.weekday() < _SATURDAY
    return local.astimezone(at.tzinfo)
