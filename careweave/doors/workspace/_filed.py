"""What became of what somebody saved: being filed, filed, or not and why. Told to them alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db import Queries, Session
from careweave.doors._access import SignedIn
from careweave.doors._frame import Said
from careweave.doors.workspace._call import Call
from careweave.intake import Message, MessageState, messages_of, reason_text
from careweave.terms import PersonId

_QUERIES = Queries("careweave.doors.workspace")
_TOLD = timedelta(hours=12)
_KEPT = timedelta(days=30)
_MOST = 20
_FILED_TOLD = timedelta(minutes=10)
"""How long a page says that something was filed: then it stands there as an entry like others."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One thing that somebody saved about a person, and where it is now.

    `state` is that of its message; None where nothing is known of it any more.
    """

    message: int
    form: str
    type: str
    entry: str
    saved_at: datetime
    state: MessageState | None
    reason: str = ""

    @property
    def is_waiting(self) -> bool:
        """Says that it was kept and is not yet part of the record."""
        return self.state is MessageState.NEW

    @property
    def is_filed(self) -> bool:
        """Says that it is part of the record."""
        return self.state in (MessageState.DONE, MessageState.SUPERSEDED)


def saved_by(
    session: Session, signed_in: SignedIn, person: PersonId, at: datetime
) -> tuple[Saved, ...]:
    """Returns what somebody saved about a person in the last hours, the newest first."""
    session.run(_QUERIES["forget_saved"], before=at - _KEPT)
    rows = session.rows(
        _QUERIES["saved_by"],
        user=signed_in.user,
        organisation=signed_in.posting.organisation,
        person=person,
        since=at - _TOLD,
        most=_MOST,
    )
    known = {one.id: one for one in messages_of(session, [row[0] for row in rows])}
    return tuple(_saved(row, known.get(row[0])) for row in rows)


def said(call: Call, person: PersonId) -> tuple[Said, ...]:
    """Returns what a page about a person tells its reader of what they have saved there."""
    with call.parts.database.session() as session:
        found = saved_by(session, call.signed_in, person, call.at)
    return tuple(_said(call, person, one) for one in _to_tell(found, call.at))


def _to_tell(found: Sequence[Saved], at: datetime) -> Sequence[Saved]:
    return [one for one in found if not one.is_filed or at - one.saved_at <= _FILED_TOLD]


def _said(call: Call, person: PersonId, one: Saved) -> Said:
    say = call.say
    time = f"{one.saved_at.astimezone(call.parts.zone):%H:%M}"
    if one.is_waiting:
        return Said(say("Saved {time}, being filed.", time=time), "waiting")
    if one.is_filed:
        handle = call.making(person).handle(one.type, one.entry)
        href = f"{call.address_of(person)}/e/{handle}"
        return Said(say("Saved {time} and filed.", time=time), "done", href, say("Show it"))
    text = say(
        "Saved {time}, but not filed: {reason} It is kept, and somebody looks at it.",
        time=time,
        reason=say(_why(one)),
    )
    return Said(text, "trouble")


def _why(one: Saved) -> str:
    found = reason_text(one.reason) if one.reason else None
    return "it could not be read." if found is None else found.says


def _saved(row: tuple[object, ...], message: Message | None) -> Saved:
    number, form, type_, entry, saved_at = row
    return Saved(
        message=int(str(number)),
        form=str(form),
        type=str(type_),
        entry=str(entry),
        saved_at=saved_at,  # type: ignore[arg-type]  # a timestamptz column
        state=None if message is None else message.state,
        reason="" if message is None else message.reason or "",
    )
