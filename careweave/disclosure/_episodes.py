"""Breaking the glass: a typed reason opens one gate, an emergency one person, for an hour.

Source: `reference/security.md` section 4; `reference/agreements.md` section 6, step 6.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from careweave import identity
from careweave.agreements import Rules
from careweave.db import Database, Queries, Row, Session
from careweave.disclosure._alerts import Alert, Notice, alert, due_after
from careweave.disclosure._asking import Asking
from careweave.disclosure._entitled import Said, is_entitled, is_said_well
from careweave.disclosure._episode_accounts import account_of_end, account_of_try
from careweave.disclosure._noticing import noticed
from careweave.disclosure._standing import bound_to
from careweave.disclosure._worlds import world
from careweave.identity import Standing
from careweave.ledger import Outcome, append, new_id
from careweave.terms import CareweaveError, Forbidden, Incorrect, NotFound, PersonId

_QUERIES = Queries("careweave.disclosure")

LASTS = timedelta(minutes=60)
"""How long a reason or an emergency opens anything; a clause may shorten it."""

TOTAL = timedelta(hours=4)
"""How long an emergency lasts in all, stated again and again; a clause may shorten it."""

_SHIFT = timedelta(hours=12)
_NONE = (None,) * 7

_OWN, _USED_UP = "own-record", "day-used-up"
_ALARMING = {_OWN: Notice.OWN_RECORD, _USED_UP: Notice.DAY_USED_UP}
_SAY_WHY = "Say why in ten characters or more."


@dataclass(frozen=True, slots=True)
class Opened:
    """An episode that is open: `expires_at` is when it ends, `latest_at` when at the latest.

    `n_left` is how many more emergencies the user may open today.
    """

    id: UUID
    is_emergency: bool
    began_at: datetime
    expires_at: datetime
    latest_at: datetime
    n_left: int


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of trying: an episode, or why not; either way it is accounted for."""

    opened: Opened | None = None
    refusal: CareweaveError | None = None


def open_episode(
    database: Database, asking: Asking, person: PersonId, said: Said, *, rules: Rules
) -> Opened:
    """Opens a reason or an emergency for a person, or states an open one again.

    It counts for this client, user, organisation and role alone. The account of it, and all that an
    officer is to look into, is durable when this returns, and where it raises too. Whoever has
    found the person may ask: no tie is needed, and nothing is told of what is held.

    Raises NotFound where there is no such person; Forbidden for a role that is not entitled, for
    one's own record, and when the emergencies of the day are used up, until an officer releases
    more; Incorrect where the words are too short or those of the last time.
    """
    actor = asking.actor
    with database.session() as session:
        # One user opens one thing at a time, so that nobody can open more than a day has.
        session.defer(_QUERIES["lock_user"], organisation=actor.organisation, user=actor.user)
        tried = _try(session, asking, person, said, rules)
    if tried.opened is None:
        raise tried.refusal or NotFound()
    return tried.opened


def may_state(database: Database, asking: Asking, said: Said) -> bool:
    """Says whether the asker's role may open this at all; whether anything is there is never asked.

    It shows nothing of anybody, and is not accounted for.
    """
    with database.reading() as session:
        rules = world(session, asking.at).rules
    return is_entitled(rules, asking.actor, asking.purpose, said)


def end_episodes(database: Database, asking: Asking, person: PersonId) -> int:
    """Ends at once all that the user has open for a person, and returns how many that were."""
    with database.session() as session:
        current = _current(session, person)
        rows = session.rows(
            _QUERIES["end_episodes"],
            at=asking.at,
            person=current[0].person if current else person,
            **bound_to(asking.actor),
        )
        ids = [row[0] for row in rows]
        append(session, [account_of_end(asking, person, one) for one in ids])
    return len(rows)


def end_all_episodes(database: Database, asking: Asking) -> int:
    """Ends at once all that the user has open in this session, for whomever; returns how many.

    For the end of a session and a change of role. Source: `reference/security.md` section 4.
    """
    with database.session() as session:
        bound = bound_to(asking.actor)
        rows = session.rows(_QUERIES["end_all_episodes"], at=asking.at, **bound)
        append(session, [account_of_end(asking, PersonId(row[1]), row[0]) for row in rows])
    return len(rows)


def _try(session: Session, asking: Asking, asked: PersonId, said: Said, rules: Rules) -> _Tried:
    together = _current(session, asked)
    person = together[0].person if together else asked
    refusal = _refusal(session, asking, together, said, rules)
    if refusal is not None:
        return _refuse(session, asking, person, said, refusal)
    row = _open(session, asking, person, said, rules)
    if row[0] is None:
        return _refuse(session, asking, person, said, _why_not(row, said, rules))
    opened = _opened(row, said, rules)
    tried = account_of_try(asking, person, said, rules)
    append(session, [replace(tried, outcome=Outcome.PERMIT, episode=opened.id)])
    if said.is_emergency and opened.began_at == asking.at:
        kinds = noticed(session, asking, together, n_in_shift=row[5])
        alert(session, [Alert(one, asking.actor, asking.at, person, opened.id) for one in kinds])
    return _Tried(opened)


_Refusal = tuple[str, CareweaveError]


def _refuse(
    session: Session, asking: Asking, person: PersonId, said: Said, refusal: _Refusal
) -> _Tried:
    reason, error = refusal
    tried = account_of_try(asking, person, said, None)
    outcome = Outcome.ABSENT if isinstance(error, NotFound) else Outcome.REFUSED
    append(session, [replace(tried, outcome=outcome, reason=reason)])
    if reason in _ALARMING:
        alert(session, [Alert(_ALARMING[reason], asking.actor, asking.at, person)])
    return _Tried(refusal=error)


def _current(session: Session, person: PersonId) -> tuple[Standing, ...]:
    """Returns the records of the person that answers for an id; of a sealed one none."""
    found = identity.together(session, (person,)).get(person, ())
    return tuple(one for one in found if one.is_found)


def _refusal(
    session: Session, asking: Asking, together: tuple[Standing, ...], said: Said, rules: Rules
) -> _Refusal | None:
    """Returns why this may not be opened, whatever was opened before; None where nothing forbids."""
    if not is_entitled(rules, asking.actor, asking.purpose, said):
        return "not-entitled", Forbidden("Your role may not open this, for this purpose.")
    if not together:
        return "not-found", NotFound()
    if _is_oneself(session, asking, together[0].person):
        return _OWN, Forbidden("Nobody opens their own record in this way.")
    if said.words and not is_said_well(said):
        return "words", Incorrect(_SAY_WHY, where="text")
    return None


def _is_oneself(session: Session, asking: Asking, person: PersonId) -> bool:
    own = asking.actor.person
    if own is None:
        return False
    return own == person or any(one.person == person for one in _current(session, own))


def _open(session: Session, asking: Asking, person: PersonId, said: Said, rules: Rules) -> Row:
    at = asking.at
    total = TOTAL if said.is_emergency else LASTS
    row = session.row(
        _QUERIES["open_episode"],
        id=new_id(at),
        at=at,
        day=_midnight(session, at),
        shift_since=at - _SHIFT,
        person=person,
        purpose=str(asking.purpose),
        emergency=said.is_emergency,
        heading=str(said.heading or ""),
        label=str(said.label or ""),
        because=str(said.because),
        words=said.plain_words,
        until=at + LASTS,
        total_s=int(total.total_seconds()),
        due=due_after(at, session.zone),
        most=rules.episodes_per_day,
        **bound_to(asking.actor),
    )
    return row or _NONE


def _midnight(session: Session, at: datetime) -> datetime:
    """Returns when the day of the region began."""
    today = at.astimezone(session.zone).date()
    return datetime.combine(today, time(), session.zone)


def _why_not(row: Row, said: Said, rules: Rules) -> _Refusal:
    """Returns why the statement has opened nothing."""
    if not said.words:
        return "words", Incorrect(_SAY_WHY, where="text")
    if said.is_emergency and row[4] >= rules.episodes_per_day:
        text = "The emergencies of today are used up; the privacy officer can release more."
        return _USED_UP, Forbidden(text)
    return "repeated", Incorrect("Say why in words of this occasion, not the last.", where="text")


def _opened(row: Row, said: Said, rules: Rules) -> Opened:
    id_, began_at, opened_at, expires_at, n_today = row[:5]
    n_now = n_today + (began_at == opened_at and said.is_emergency)
    total = TOTAL if said.is_emergency else LASTS
    return Opened(
        id=id_,
        is_emergency=said.is_emergency,
        began_at=began_at,
        expires_at=expires_at,
        latest_at=began_at + total,
        n_left=max(0, rules.episodes_per_day - n_now),
    )
