"""Bytes of messages: opened by somebody only after that is accounted, or read back by a door.

Source: reference/interop.md 3.3, 11.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from careweave import record
from careweave.db import Database, Queries, Session
from careweave.intake._messages import Message, message_of
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.ledger import Recorder
from careweave.terms import Gone

_QUERIES = Queries("careweave.intake")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt on a message; `finished_at` None when its worker was lost."""

    n: int
    started_at: datetime
    finished_at: datetime | None
    worker: str
    mapping: str | None
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with its bytes, the attempts on it, and its entries, each a type and a public id."""

    message: Message
    body: bytes
    attempts: tuple[Attempt, ...]
    entries: tuple[tuple[str, str], ...]


def open_message(
    database: Database, recorder: Recorder, number: int, *, operator: Operator, why: str
) -> Opened:
    """Returns a message with its bytes, once the account of it is durable.

    NotFound where there is no such message, Gone where its bytes are no longer kept.
    """
    reason = stated(why)
    with database.session() as session:
        message = message_of(session, number)
        entries = tuple(
            (row[0], row[1]) for row in session.rows(_QUERIES["message_entries"], id=number)
        )
        patients = [key for type_name, key in entries if type_name == "Patient"]
        subjects = record.subjects_of(session, patients) if patients else ()
    what = f"Message/{number}"
    recorder.record(
        account_of_act(operator, "open-message", what, n_items=1, why=reason, subjects=subjects)
    )
    with database.session() as session:
        row = session.row(_QUERIES["message_bytes"], id=number, at=message.received_at)
        attempts = session.rows(_QUERIES["message_attempts"], id=number)
    if row is None:
        raise Gone("The bytes of this message are not kept; what is known of it is still found.")
    return Opened(message, bytes(row[0]), tuple(Attempt(*one) for one in attempts), entries)


def bodies_of(session: Session, source: str, numbers: Collection[int]) -> dict[int, bytes]:
    """Returns the bytes of those of these arrivals of a source that are still kept, by number.

    For the door that handed them in, which keeps nothing of them itself: nobody looks at them.
    """
    rows = session.rows(_QUERIES["bodies"], source=source, ids=sorted(numbers))
    return {row[0]: bytes(row[1]) for row in rows}
