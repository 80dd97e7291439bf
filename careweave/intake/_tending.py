"""Jobs that keep identity in order, run beside the doors.

Source: reference/identity.md 3 (nightly check), 8 (hot keys), 10 (sweep).
"""

from dataclasses import dataclass
from datetime import datetime

from careweave import identity, ledger
from careweave.db import Database, Session
from careweave.identity import Acted, Means
from careweave.intake._draft import new_person
from careweave.intake._hazards import hazards_at
from careweave.intake._identify import copy_links, what_of
from careweave.intake._maintenance import faults_of_identity
from careweave.intake._operators import Operator, account_of_act

_MACHINE = "machine"
_DOOR = "work"
_SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Tended:
    """What a turn did: how many records were looked at again, and how many acts came of it."""

    n_looked: int
    n_acts: int


def tend_identity(database: Database, *, now: datetime) -> Tended:
    """Counts what too many share, and looks again at records of which somebody was not looked at.

    Each batch is kept by itself, so that a turn may be cut off anywhere. What is found goes before
    people; persons become one only by a verified number. Safe to run twice.
    """
    with database.session(bulk=True) as session:
        means = _means(session, now)
        identity.count_hot_keys(session, at=now, limits=means.limits)
        identity.count_shared_values(session, means.rules, at=now)
    n_looked = n_acts = 0
    while True:
        with database.session(bulk=True) as session:
            swept = identity.sweep(session, at=now, means=_means(session, now))
            for acted in swept.acted:
                _follow(session, acted, now)
        n_looked += swept.n_looked
        n_acts += len(swept.acted)
        if not swept.n_looked:
            return Tended(n_looked, n_acts)


def check_identity(session: Session) -> int:
    """Returns how many memberships are not what the decisions, or the record, say: 0 is well.

    Wants a bulk session. Anything else is an alarm.
    """
    return sum(finding.n for finding in faults_of_identity(session))


def _means(session: Session, now: datetime) -> Means:
    return identity.means(session, new_person=new_person, hazards=hazards_at(now))


def _follow(session: Session, acted: Acted, at: datetime) -> None:
    """Copies the links that the machine has changed, and adds the account of it."""
    copy_links(session, acted.changes, at=at)
    event = acted.event
    operator = Operator(_MACHINE, "", _DOOR, _SWEEP, at)
    told = account_of_act(
        operator,
        "identify",
        what_of(event),
        n_items=len(event.subjects),
        subjects=event.subjects,
    )
    ledger.append(session, [told])
