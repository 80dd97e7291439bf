"""What the server keeps of visit lists that were taken along, and of what came back from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from careweave.db import Queries, Session
from careweave.doors._access import SignedIn
from careweave.doors.workspace._visits_seal import open_text, seal_text
from careweave.intake import MessageState, messages_of
from careweave.terms import PersonId

_QUERIES = Queries("careweave.doors.workspace")
READABLE = timedelta(hours=12)
"""How long a copy can be read. Source: `reference/stories.md` U6."""
_KEPT = timedelta(days=30)
_MOST = 200
CONFLICT, HELD = WAITING = ("conflict", "held")
"""What waits for its writer: changed by somebody else meanwhile, or not to be filed."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy as its user brings it back: its sealed key, its times, who is on it by ticket."""

    id: UUID
    wrapped: bytes
    made_at: datetime
    expires_at: datetime
    people: Mapping[UUID, PersonId]


@dataclass(frozen=True, slots=True)
class Edit:
    """Something written on a visit: `copy` None for on line, `entry` and `base` what it changes."""

    id: UUID
    person: PersonId
    kind: str
    text: str
    at: datetime
    copy: UUID | None = None
    entry: str = ""
    base: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit that waits for its writer, because somebody else wrote meanwhile."""

    id: UUID
    person: PersonId
    entry: str
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy to be kept: its id, its sealed key, who is on it."""

    id: UUID
    wrapped: bytes
    people: Mapping[UUID, PersonId]


def keep_copy(session: Session, whose: SignedIn, taken: Taken, at: datetime) -> None:
    """Keeps that somebody took a list along; forgets what is too old to come back."""
    session.run(_QUERIES["forget_copies"], before=at - _KEPT)
    session.run(_QUERIES["forget_edits"], before=at - _KEPT)
    session.run(
        _QUERIES["keep_copy"],
        id=taken.id,
        wrapped=taken.wrapped,
        at=at,
        expires_at=at + READABLE,
        **_owner(whose),
    )
    tickets, persons = list(taken.people), list(taken.people.values())
    session.run(_QUERIES["keep_tickets"], copy=taken.id, tickets=tickets, persons=persons)


def copy_of(session: Session, whose: SignedIn, copy: UUID) -> Copy | None:
    """Returns a copy that this user took in this role; None for anybody else's."""
    row = session.row(_QUERIES["copy_of"], id=copy, **_owner(whose))
    if row is None:
        return None
    wrapped, made_at, expires_at = row
    people = {t: PersonId(p) for t, p in session.rows(_QUERIES["tickets_of"], copy=copy)}
    return Copy(copy, bytes(wrapped), made_at, expires_at, people)


def lock(session: Session, entry: str) -> None:
    """Waits until nobody else changes this entry; until the transaction ends."""
    session.row(_QUERIES["lock_entry"], entry=entry)


def state_of(session: Session, edit: UUID) -> str:
    """Returns what an edit became when it came in before; empty for a new one."""
    row = session.row(_QUERIES["edit_state"], id=edit)
    return "" if row is None else str(row[0])


def is_being_filed(session: Session, entry: str) -> bool:
    """Says whether a change of the entry was saved and is not yet part of the record."""
    row = session.row(_QUERIES["saved_as_entry"], entry=entry)
    if row is None:
        return False
    return any(one.state is MessageState.NEW for one in messages_of(session, [int(row[0])]))


def keep_edit(session: Session, whose: SignedIn, edit: Edit, state: str, at: datetime) -> None:
    """Keeps what an edit became; its text only while it waits."""
    sealed = seal_text(session.secret, edit.id, edit.text) if state in WAITING else None
    session.run(
        _QUERIES["keep_edit"],
        id=edit.id,
        copy=edit.copy,
        user=whose.user,
        organisation=whose.posting.organisation,
        person=edit.person,
        kind=edit.kind,
        entry=edit.entry,
        state=state,
        sealed=sealed,
        written_at=edit.at,
        at=at,
    )


def conflicts_of(session: Session, whose: SignedIn, state: str = CONFLICT) -> tuple[Conflict, ...]:
    """Returns what waits for this user, the oldest first: in conflict, or held."""
    rows = session.rows(
        _QUERIES["open_conflicts"],
        state=state,
        user=whose.user,
        organisation=whose.posting.organisation,
        most=_MOST,
    )
    return tuple(
        Conflict(id_, PersonId(person), entry, open_text(session.secret, id_, bytes(sealed)), at)
        for id_, person, entry, sealed, at in rows
    )


def settle(session: Session, whose: SignedIn, one: Conflict, state: str, at: datetime) -> bool:
    """Settles a conflict once; False where that was done before. A text that was left is kept."""
    sealed = seal_text(session.secret, one.id, one.text) if state == "left" else None
    row = session.row(
        _QUERIES["settle_edit"],
        id=one.id,
        state=state,
        sealed=sealed,
        at=at,
        user=whose.user,
        organisation=whose.posting.organisation,
    )
    return row is not None


def _owner(whose: SignedIn) -> dict[str, str]:
    posting = whose.posting
    return {
        "user": whose.user,
        "organisation": posting.organisation,
        "role": posting.words,
    }
