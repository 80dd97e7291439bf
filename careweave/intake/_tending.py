"""Jobs that keep identity in order, run beside the doors.

Source: reference/identity.md 3 (nightly check), 8 (hot keys), 10 (sweep).
"""

from dataclasses import dataclass
from datetime import datetime

from careweave import identity, ledger
from careweave.db import Database, Session
from careweave.identity import Acted, Looking, Means
from careweave.intake._draft import new_person
from careweave.intake._hazards import hazards_at
from careweave.intake._identify import copy_links, what_of
from careweave.intake._maintenance import faults_of_identity
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.terms import SubjectId

_MACHINE = "machine"
_DOOR = "work"
_SWEEP = "sweep"
_MOST_PASSES = 5
"""Passes over everybody until nobody moves. Source: reference/identity.md section 10."""


@dataclass(frozen=True, slots=True)
class Tended:
    """What a turn did: how many records (or passes) were looked at, and how many acts came of it."""

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


def settle_identity(database: Database, *, operator: Operator, why: str) -> Tended:
    """Moves everybody to the person whom they would be linked to if they came now.

    For the time after a first load, which came in some order. Only what the machine linked moves.
    Passes follow each other until one moves nobody; each batch is kept by itself, so that it may
    be cut off anywhere and begun again.
    """
    reason = stated(why)
    n_acts = n_passes = 0
    while n_passes < _MOST_PASSES:
        n_moved = _settle_once(database, operator.at)
        n_passes, n_acts = n_passes + 1, n_acts + n_moved
        if not n_moved:
            break
    told = account_of_act(operator, "settle", "Identity/settle", n_items=n_acts, why=reason)
    with database.session() as session:
        ledger.append(session, [told])
    return Tended(n_passes, n_acts)


def _settle_once(database: Database, now: datetime) -> int:
    """Goes once over everybody and returns how many acts came of it."""
    n_acts, last = 0, SubjectId(0)
    while True:
        with database.session(bulk=True) as session:
            means = _means(session, now)
            looking = Looking(now, means.limits)
            done = identity.settle(session, looking, means=means, after=last)
            for acted in done.acted:
                _follow(session, acted, now)
        n_acts += len(done.acted)
        if done.last is None:
            return n_acts
        last = done.last


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
