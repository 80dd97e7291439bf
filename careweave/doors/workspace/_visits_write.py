"""What is written on a visit, filed: once each, as an arrival, and never over what came meanwhile.

There are two kinds: a note of the visit, which is always an entry of its own, and the standing note
on how to get in, which is one entry that all who visit keep up. Whoever changes it says which
version they had before them; if that is not the newest any more, both texts wait for them.
"""

import base64
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from careweave.db import Session
from careweave.disclosure import Alert, Notice, alert
from careweave.disclosure import entry as shown_entry
from careweave.doors._frame import check_signs
from careweave.doors.workspace._adding import author_of, check_may_write
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._entries import Resource
from careweave.doors.workspace._filing import Save, file_entries, patient_of, source_of
from careweave.doors.workspace._visits_store import (
    Conflict,
    Edit,
    is_being_filed,
    keep_edit,
    lock,
    settle,
    state_of,
)
from careweave.formats import read_json
from careweave.terms import Incorrect, Json, NotFound

NOTE, ACCESS = "note", "access"
MOST_TEXT = 4000
_FLAG = "Flag"
_CATEGORY: Resource = {
    "system": "http://terminology.hl7.org/CodeSystem/flag-category",
    "code": "contact",
    "display": "How to approach or contact the person",
}
_ID_PREFIX = "ws-"
_TEXT = "text/plain; charset=utf-8"


class Became(StrEnum):
    """What an edit became: `waiting` where another change of the entry is just being filed.

    `held` where it may not be filed: it is kept for its writer, and its officers are told.
    """

    FILED = "filed"
    CONFLICT = "conflict"
    WAITING = "waiting"
    LEFT = "left"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class AccessNote:
    """The standing note on how to get in: `entry` empty where there is none yet."""

    text: str = ""
    entry: str = ""
    version: int = 0
    by: str = ""


def access_note(body: Json) -> str | None:
    """Returns the text of a standing note; None for a flag of another kind."""
    if not isinstance(body, dict) or body.get("status") != "active":
        return None
    codes = {
        coding.get("code")
        for category in _list(body.get("category"))
        if isinstance(category, dict)
        for coding in _list(category.get("coding"))
        if isinstance(coding, dict)
    }
    code = body.get("code")
    text = code.get("text") if isinstance(code, dict) else None
    return text if _CATEGORY["code"] in codes and isinstance(text, str) else None


def author_in(body: Json) -> str:
    """Returns who wrote a note, as it says itself."""
    author = body.get("author") if isinstance(body, dict) else None
    display = author.get("display") if isinstance(author, dict) else None
    return display if isinstance(display, str) else ""


def is_own(id_: str) -> bool:
    """Says whether an entry was written on a page of the workspace."""
    return id_.startswith(_ID_PREFIX)


def new_entry_id(edit: UUID) -> str:
    """Returns the public id of the entry that an edit becomes: always the same."""
    return f"{_ID_PREFIX}{edit}"


def file_edit(call: Call, edit: Edit) -> Became:
    """Files an edit, or keeps it as a conflict; the same edit twice is told what it became."""
    _check_text(edit)
    with call.parts.database.session() as session:
        lock(session, edit.entry or str(edit.id))
        before = state_of(session, edit.id)
        if before:
            return Became(before)
        became, made = _decide(session, call, edit)
        if became is Became.FILED:
            _file(session, call, made)
        if became is not Became.WAITING:
            keep_edit(session, call.signed_in, made, became, call.at)
    return became


def hold_edit(call: Call, edit: Edit) -> Became:
    """Keeps what may not be filed, safely, for its writer, and tells the officers of it; once."""
    _check_text(edit)
    with call.parts.database.session() as session:
        lock(session, str(edit.id))
        before = state_of(session, edit.id)
        if before:
            return Became(before)
        keep_edit(session, call.signed_in, edit, Became.HELD, call.at)
        told = Alert(Notice.NOTE_HELD, call.asking.actor, call.at, edit.person)
        alert(session, [told])
    return Became.HELD


def settle_conflict(call: Call, one: Conflict, *, is_mine: bool, base: int) -> Became:
    """Settles a conflict as its writer chose with both texts before them, or tells of a newer one."""
    if is_mine:
        check_may_write(call, one.person)
    with call.parts.database.session() as session:
        lock(session, one.entry)
        if not is_mine:
            settle(session, call.signed_in, one, Became.LEFT, call.at)
            return Became.LEFT
        if is_being_filed(session, one.entry):
            return Became.WAITING
        now = current_note(call, one)
        if now.entry and now.version != base:
            return Became.CONFLICT
        if settle(session, call.signed_in, one, Became.FILED, call.at):
            edit = Edit(one.id, one.person, ACCESS, one.text, one.written_at, entry=now.entry)
            _file(session, call, edit)
    return Became.FILED


def current_note(call: Call, one: Conflict | Edit) -> AccessNote:
    """Returns the standing note as it is now; without an entry where it may not be seen any more.

    A flag of another kind, such as an alert, is no such note: nobody writes over it here.
    """
    asking = call.asking
    try:
        found = shown_entry(call.way, asking, one.person, _FLAG, one.entry)
    except NotFound:
        return AccessNote()
    own = source_of(call.parts.sources(), call.signed_in.posting)
    if (found.slug, found.system) != (own.organisation, own.system) or not found.row.body:
        return AccessNote()
    body = read_json(found.row.body).value
    text = access_note(body)
    if text is None:
        return AccessNote()
    return AccessNote(text, one.entry, found.row.version, author_in(body))


def _decide(session: Session, call: Call, edit: Edit) -> tuple[Became, Edit]:
    """Says what becomes of a new edit: what changes nothing that exists is filed as its own entry."""
    if edit.kind == NOTE or not edit.entry:
        return Became.FILED, replace(edit, entry="")
    if is_being_filed(session, edit.entry):
        return Became.WAITING, edit
    now = current_note(call, edit)
    if not now.entry:
        # Nothing to change any more that its writer may see: kept as a note of its own, not lost.
        return Became.FILED, replace(edit, entry="")
    is_newest = now.version == edit.base or now.text == edit.text
    return (Became.FILED if is_newest else Became.CONFLICT), edit


def _file(session: Session, call: Call, edit: Edit) -> None:
    form = base64.urlsafe_b64encode(edit.id.bytes).rstrip(b"=").decode()
    save = Save(call.signed_in, edit.person, f"visit-{edit.kind}", form, call.at)
    sources = call.parts.sources()
    source, patient = patient_of(session, sources, save)
    resource = _note(call, edit, patient) if edit.kind == NOTE else _flag(call, edit, patient)
    file_entries(session, sources, save, source, (resource,))


def _flag(call: Call, edit: Edit, patient: str) -> Resource:
    return {
        "resourceType": _FLAG,
        "id": edit.entry or new_entry_id(edit.id),
        "status": "active",
        "category": [{"coding": [_CATEGORY]}],
        "code": {"text": edit.text},
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": edit.at.isoformat(timespec="seconds")},
        "author": {"display": author_of(call)},
    }


def _note(call: Call, edit: Edit, patient: str) -> Resource:
    written = edit.at.isoformat(timespec="seconds")
    title = call.say("Note of a visit")
    return {
        "resourceType": "DocumentReference",
        "id": new_entry_id(edit.id),
        "status": "current",
        "docStatus": "final",
        "type": {"text": "Note"},
        "subject": {"reference": f"Patient/{patient}"},
        "date": written,
        "author": [{"display": author_of(call)}],
        "description": title,
        "content": [
            {
                "attachment": {
                    "contentType": _TEXT,
                    "data": base64.b64encode(edit.text.encode()).decode(),
                    "title": title,
                    "creation": written,
                }
            }
        ],
    }


def _check_text(edit: Edit) -> None:
    if not edit.text.strip() or len(edit.text) > MOST_TEXT:
        raise Incorrect("A note has between one and 4,000 characters.")
    check_signs(edit.text)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
