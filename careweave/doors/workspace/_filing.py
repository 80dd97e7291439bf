"""Filing what somebody writes: one arrival from the workspace of their organisation, once.

It is kept before the page says so, and goes in like everything else: worked by the way in, with
provenance, and with the labels of the service that writes. Source: docs/decisions/0042.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Session
from careweave.doors._access import Posting, SignedIn
from careweave.doors.workspace._entries import Resource
from careweave.doors.workspace._once import name_result, spend
from careweave.formats import write_json
from careweave.intake import Arrival, Duplicate, Kept, Received, named_patient, receive
from careweave.sources import Source, Sources
from careweave.terms import Conflict, Forbidden, Json, PersonId, Unavailable

_QUERIES = Queries("careweave.doors.workspace")

SYSTEM = "workspace"
"""What the pages are called among the systems of an organisation."""

_CHANNEL = "workspace"


@dataclass(frozen=True, slots=True)
class Save:
    """One act of saving: whose it is, about whom, by which form, with the id that acts once."""

    signed_in: SignedIn
    person: PersonId
    form: str
    form_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of it: the number of the message; `is_again` for a form that was posted before."""

    message: int
    is_again: bool = False


def source_of(sources: Sources, posting: Posting) -> Source:
    """Returns the source that somebody writes to in this posting; Forbidden where there is none.

    A service that is an origin of its own has a source of its own: what it writes carries its
    labels and its number for the person, which no other part of the organisation sees.
    """
    known = [one for one in sources if one.organisation == posting.organisation]
    is_apart = bool(posting.team) and any(
        posting.team in (one.service, one.system) for one in known
    )
    wanted = f"{SYSTEM}-{posting.team}" if posting.team else SYSTEM
    for one in known:
        if one.system == wanted:
            return one
    plain = next((one for one in known if one.system == SYSTEM), None)
    if is_apart or plain is None:
        raise Forbidden("Nothing can be written here yet for your organisation or service.")
    return plain


def patient_of(session: Session, sources: Sources, save: Save) -> tuple[Source, str]:
    """Returns the source that a save goes to, and the id of its Patient for the person."""
    source = source_of(sources, save.signed_in.posting)
    return source, named_patient(session, source, save.person)


def file_entries(
    session: Session, sources: Sources, save: Save, source: Source, entries: Sequence[Resource]
) -> Filed:
    """Files entries of one person; durable when the session has committed, and only once.

    `entries` name their Patient already; the first is the one that the page tells of.
    """
    before = spend(session, save.form_id, save.at)
    if before is not None:
        if not before.isdigit():
            raise Conflict("This form was sent before. Nothing was saved twice.")
        return Filed(int(before), is_again=True)
    arrival = Arrival(source.name, _CHANNEL, _bundle(save, entries), save.at)
    (received,) = receive(session, (arrival,), sources=sources)
    message = _number(received)
    name_result(session, save.form_id, str(message))
    _note(session, save, message, entries[0])
    return Filed(message)


def _bundle(save: Save, entries: Sequence[Resource]) -> bytes:
    """Returns the message: the Patient without demographics, then what was written."""
    subject = entries[0].get("subject")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    patient: Json = {
        "resourceType": "Patient",
        "id": str(reference).removeprefix("Patient/"),
    }
    parts: list[Json] = [patient, *entries]
    return write_json(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "timestamp": save.at.isoformat(),
            "entry": [{"resource": one} for one in parts],
        }
    )


def _number(received: Received) -> int:
    match received:
        case Kept() | Duplicate():
            return received.message
        case _:
            # What the door itself has written is never malformed; nobody is told that it was kept.
            raise Unavailable("This could not be kept. Nothing was saved; try again.")


def _note(session: Session, save: Save, message: int, entry: Resource) -> None:
    posting = save.signed_in.posting
    session.run(
        _QUERIES["note_saved"],
        message=message,
        user=save.signed_in.user,
        organisation=posting.organisation,
        role=posting.words,
        person=save.person,
        form=save.form,
        type=str(entry["resourceType"]),
        entry=str(entry["id"]),
        at=save.at,
    )
