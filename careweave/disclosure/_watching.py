"""Who looks at whom, gone through every half minute for what an officer should know.

Source: `reference/security.md` 4, automatic alerts; `reference/agreements.md` 1.5, S11.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from careweave import identity, ledger, record
from careweave.agreements import CARE_ROLES
from careweave.db import Database, Queries, Row, Session
from careweave.disclosure._alerts import Alert, Notice, alert
from careweave.disclosure._looks import is_look
from careweave.ledger import Account, Place, Stretch
from careweave.record import Fact
from careweave.terms import Actor, PersonId, Purpose, Role, SourceId, SubjectId

_QUERIES = Queries("careweave.disclosure")
_AT_ONCE = 5000
_MOST_EPISODES = 500

_IDLE = timedelta(hours=24)
"""Within which something is done for somebody whose record was opened in an emergency."""

_LATE = timedelta(hours=24)
"""Looks and emergencies that were gone through later than this are not alerted about any more."""


def watch(database: Database, *, now: datetime) -> int:
    """Goes through what was looked at since the last time; returns how many alerts that is worth.

    Alerts of each look at a person who is watched over, and of emergencies after which the
    organisation wrote nothing of the person for a day. One process at a time does it.
    """
    n_alerts, is_more = 0, True
    while is_more:
        with database.session() as session:
            found, is_more = _looked_at(session, now)
            alert(session, found, is_repeated=False)
        n_alerts += len(found)
    with database.session() as session:
        idle = tuple(_idle(session, now))
        alert(session, idle, is_repeated=False)
    return n_alerts + len(idle)


def _looked_at(session: Session, now: datetime) -> tuple[Sequence[Alert], bool]:
    """Returns what of the next accounts is worth an alert, and whether there may be more."""
    locked = session.row(_QUERIES["lock_watching"])
    if locked is None or not locked[0]:
        return (), False
    row = session.row(_QUERIES["watched_place"])
    place: Place = ledger.FIRST if row is None else (row[0], row[1])
    accounts, reached = ledger.after(session, place, most=_AT_ONCE)
    if reached != place:
        session.defer(_QUERIES["keep_watched_place"], tx=reached[0], id=reached[1])
    looks = [one for one in accounts if _counts(one, now)]
    watched = _watched(session, looks, now)
    return tuple(
        Alert(Notice.WATCHED, _actor(one), one.at, one.person, one.episode)
        for one in looks
        if not watched.isdisjoint(one.subjects)
    ), len(accounts) == _AT_ONCE


def _counts(account: Account, now: datetime) -> bool:
    is_staff = account.role is not None and Role(account.role) in CARE_ROLES
    return is_staff and is_look(account) and account.at > now - _LATE


def _watched(session: Session, looks: Collection[Account], now: datetime) -> frozenset[SubjectId]:
    subjects = {subject for one in looks for subject in one.subjects}
    if not subjects:
        return frozenset()
    return record.with_fact(session, Fact.WATCHED, subjects, at=now)


def _idle(session: Session, now: datetime) -> Iterator[Alert]:
    """Yields an alert of each emergency after which nothing was written for a day."""
    rows = session.rows(
        _QUERIES["emergencies_begun"],
        since=now - _IDLE - _LATE,
        until=now - _IDLE,
        kind=str(Notice.NO_ACTIVITY),
        most=_MOST_EPISODES,
    )
    if not rows:
        return
    busy = ledger.written(session, tuple(_stretches(session, rows)))
    for n, row in enumerate(rows):
        if n not in busy:
            id_, person, client, user, organisation, role, purpose, _ = row
            actor = _at_work(client, organisation, purpose, Role(role), user)
            yield Alert(Notice.NO_ACTIVITY, actor, now, PersonId(person), id_)


def _stretches(session: Session, rows: Sequence[Row]) -> Iterator[Stretch]:
    together = identity.together(session, {PersonId(row[1]) for row in rows})
    for n, row in enumerate(rows):
        organisation, began_at = row[4], row[7]
        for one in together.get(PersonId(row[1]), ()):
            yield Stretch(n, one.subject, organisation, began_at, began_at + _IDLE)


def _actor(account: Account) -> Actor:
    role = Role(account.role) if account.role else Role.SYSTEM
    by = (account.actor, account.organisation, account.purpose)
    return _at_work(*by, role, account.user_name or account.actor)


def _at_work(client: str, organisation: str, purpose: str, role: Role, user: str) -> Actor:
    """Returns somebody at work as accounts know them; alerts need no more."""
    return Actor(
        name=client,
        organisation=organisation,
        source=SourceId(0),
        authority=organisation,
        purpose=Purpose(purpose),
        scopes=frozenset(),
        role=role,
        user=user,
    )
