"""The copy of the visit list: taken along, asked after, and what was written on it brought back."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from flask import Response

from careweave.disclosure import OfflineLook, note_opened
from careweave.doors._frame import Frame, Page, asset, render
from careweave.doors.workspace._adding import check_may_write
from careweave.doors.workspace._call import Call, Visit
from careweave.doors.workspace._route import Kind, OpenRoute, Route
from careweave.doors.workspace._visits_copy import persons_of, take, tickets_left
from careweave.doors.workspace._visits_seal import copy_key, open_sealed
from careweave.doors.workspace._visits_store import Copy, Edit, copy_of
from careweave.doors.workspace._visits_write import ACCESS, NOTE, file_edit, hold_edit
from careweave.terms import Forbidden, Incorrect, Json, NotFound, PersonId

_MOST = 100
_LOOK = "look"
_REFUSED = "refused"
_ABSURD = 2**45
_ENTRY = re.compile(r"[A-Za-z0-9.-]{1,64}")
_CLOCKS = timedelta(minutes=5)
"""How far the clock of a device may run from ours within a day."""


def copied(call: Call) -> Response:
    """Returns the list as the device takes it: the disclosure of everybody on it."""
    call.posted("visits/copy")
    return _json(take(call))


def contact(call: Call) -> Response:
    """Returns who on a copy is on the list still; nothing of one that has expired or is not theirs."""
    copy = _copy(call)
    if copy is None or call.at >= copy.expires_at:
        return _json({"tickets": [], "is_over": True})
    return _json({"tickets": tickets_left(copy.people, persons_of(call)), "is_over": False})


def sync(call: Call) -> Response:
    """Files what the device brings, each by its own id, and says what became of each.

    What was written outlives the copy and the session. What may not be filed any more, or was not
    written while the copy could be read, is held for its writer.
    """
    copy = _copy(call)
    if copy is None:
        raise NotFound
    with call.parts.database.reading() as session:
        key = copy_key(session.secret, copy.id, copy.wrapped)
    brought = _brought(call.visit.form.get("items", ""))
    becoming, became = _Filing(call, copy), dict[str, Json]()
    looks: dict[str, OfflineLook] = {}
    for name, sealed in brought:
        became[name] = _REFUSED
        opened = _opened(key, copy, sealed)
        if opened is None:
            continue
        if opened.get("kind") == _LOOK:
            look = _look(opened, copy, call.at)
            if look is not None:
                looks[name] = look
        else:
            became[name] = becoming.of(opened)
    noted = note_opened(call.way, call.asking, tuple(looks.values()))
    became |= {name: "filed" for name, look in looks.items() if look.key in noted}
    return _json({"became": became})


def shell(visit: Visit) -> str:
    """Returns the page that opens without a line: no person is on it; the script fills it."""
    frame = Frame(
        door="workspace",
        title=visit.say("Visit list"),
        language=visit.language,
        brand=visit.parts.brand,
    )
    return render("workspace/visits-offline.html", Page(frame, None))


def worker(_visit: Visit) -> Response:
    """Returns the script that keeps the empty page and the styles for when there is no line."""
    return Response(asset("visits-sw.js"), mimetype="text/javascript")


def _copy(call: Call) -> Copy | None:
    try:
        copy = UUID(call.visit.form.get("copy", ""))
    except ValueError:
        return None
    with call.parts.database.reading() as session:
        return copy_of(session, call.signed_in, copy)


def _brought(text: str) -> Iterator[tuple[str, Json]]:
    """Yields what the device brings, by the name that it has there."""
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or len(items) > _MOST:
        raise Incorrect("This is not what a copy of the visit list brings back.")
    return (
        (str(one["id"]), one.get("sealed"))
        for one in items
        if isinstance(one, dict) and "id" in one
    )


def _opened(key: EllipticCurvePrivateKey, copy: Copy, sealed: Json) -> Mapping[str, Json] | None:
    try:
        return open_sealed(key, copy.id, sealed)
    except Incorrect:
        return None


@dataclass(frozen=True, slots=True)
class _Filing:
    """Files what one copy brings; about whom may be written is asked once each."""

    call: Call
    copy: Copy
    may_write: dict[PersonId, bool] = field(default_factory=dict)

    def of(self, opened: Mapping[str, Json]) -> str:
        """Returns what becomes of an edit: filed, or held where it may not be, or refused."""
        edit = _edit(opened, self.copy, self.call.at)
        if edit is None:
            return _REFUSED
        is_timely = _is_within(_told_time(opened), self.copy, self.call.at)
        try:
            if is_timely and self._may_write(edit.person):
                return str(file_edit(self.call, edit))
            return str(hold_edit(self.call, edit))
        except Incorrect:
            return _REFUSED

    def _may_write(self, person: PersonId) -> bool:
        if person not in self.may_write:
            try:
                check_may_write(self.call, person)
                self.may_write[person] = True
            except Forbidden:
                self.may_write[person] = False
        return self.may_write[person]


def _edit(opened: Mapping[str, Json], copy: Copy, now: datetime) -> Edit | None:
    """Returns an edit of this copy; None for what no device of ours would have sealed."""
    id_, person, at = _uuid(opened, "id"), _uuid(opened, "ticket"), _time(opened, copy, now)
    kind, text, base = opened.get("kind"), opened.get("text"), opened.get("base")
    who = None if person is None else copy.people.get(person)
    if id_ is None or who is None or not isinstance(text, str):
        return None
    if kind not in (NOTE, ACCESS):
        return None
    entry = opened.get("entry")
    return Edit(
        id=id_,
        person=who,
        kind=str(kind),
        text=text,
        at=at,
        copy=copy.id,
        entry=entry if isinstance(entry, str) and _ENTRY.fullmatch(entry) else "",
        base=base if isinstance(base, int) else 0,
    )


def _look(opened: Mapping[str, Json], copy: Copy, now: datetime) -> OfflineLook | None:
    key, ticket = _uuid(opened, "id"), _uuid(opened, "ticket")
    who = None if ticket is None else copy.people.get(ticket)
    if key is None or who is None:
        return None
    return OfflineLook(key, who, _time(opened, copy, now))


def _uuid(opened: Mapping[str, Json], name: str) -> UUID | None:
    try:
        return UUID(str(opened.get(name)))
    except ValueError:
        return None


def _time(opened: Mapping[str, Json], copy: Copy, now: datetime) -> datetime:
    """Returns when something was done by the device, never before the copy or after now."""
    at = _told_time(opened)
    return now if at is None else min(max(at, copy.made_at), now)


def _told_time(opened: Mapping[str, Json]) -> datetime | None:
    """Returns when something was done, as the device says; None where it says no time."""
    told = opened.get("at")
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told < _ABSURD:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=told)


def _is_within(at: datetime | None, copy: Copy, now: datetime) -> bool:
    """Says whether something was done while the copy could be read, by a clock that is about right."""
    if at is None:
        return False
    return copy.made_at - _CLOCKS <= at <= min(copy.expires_at, now) + _CLOCKS


def _json(value: Json) -> Response:
    return Response(json.dumps(value), mimetype="application/json")


ROUTES = (
    Route("/visits/copy", "visits-copy", Kind.DISCLOSES, copied, "POST"),
    Route("/visits/contact", "visits-contact", Kind.DISCLOSES, contact, "POST", is_act=False),
    Route("/visits/sync", "visits-sync", Kind.RECEIVES, sync, "POST"),
)
OPEN_ROUTES = (
    OpenRoute("/visits/offline", "visits-offline", shell),
    OpenRoute("/visits-sw.js", "visits-worker", worker),
)
