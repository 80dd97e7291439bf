"""Finding arrivals among millions without opening one.

Source: reference/interop.md 3.3, 11.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from careweave.db import FOREVER, NEVER, Queries, Row, Session
from careweave.intake._arrival import MessageState
from careweave.intake._receive_keys import patient_key
from careweave.terms import Finding, Incorrect, NotFound, Severity

_QUERIES = Queries("careweave.intake")
_WINDOW = 20_000
"""How many messages one search looks at where no index holds what is asked: some 50 ms."""
_MOST = 1000
_PARKED = frozenset({MessageState.HELD, MessageState.QUARANTINED, MessageState.REFUSED})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the time and number of its last message."""

    at: datetime
    message: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are asked for; what is None does not matter.

    `patient` is an identifier, "system|value". `kind` is a type with or without its event. `parent`
    is the number of a file. Received at or after `since` and before `until`. `after` is where the
    page before ended.
    """

    source: str | None = None
    patient: str | None = None
    control_id: str | None = None
    kind: str | None = None
    state: MessageState | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    parent: int | None = None
    after: Place | None = None
    most: int = 50


@dataclass(frozen=True, slots=True)
class Message:
    """What is known of an arrival without opening its body."""

    id: int
    received_at: datetime
    source: str
    channel: str
    name: str | None
    parent: int | None
    line: int | None
    control_id: str | None
    kind: str
    version: str
    event_at: datetime | None
    sent_at: datetime | None
    size: int
    state: MessageState
    reason: str | None
    place: str | None
    suggestion: str | None
    findings: tuple[Finding, ...]
    mapping: str | None
    n_attempts: int
    n_entries: int
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, newest first. `after` asks for the next page; None when there is none.

    A page may hold fewer than were asked for, even none, and have a next one: where many have to be
    looked at, each page looks at a part of them.
    """

    messages: tuple[Message, ...]
    after: Place | None


def search_messages(session: Session, wanted: Wanted) -> MessagePage:
    """Returns one page of the messages that fit, newest first; no body is read."""
    if not 0 < wanted.most <= _MOST:
        raise Incorrect(f"A page has 1 to {_MOST} messages.", where="most")
    values = _values(session, wanted)
    name = _driver(wanted)
    rows = _asked(session, name, values)
    after = Place(*rows[-1]) if len(rows) == wanted.most else None
    if after is None and name in _WINDOWED:
        ends = _asked(session, f"{name}_end", values)
        after = Place(*ends[0]) if ends else None
    return MessagePage(_messages(session, [(row[0], row[1]) for row in rows]), after)


def message_of(session: Session, number: int) -> Message:
    """Returns what is known of one message; NotFound where there is none."""
    found = messages_of(session, [number])
    if not found:
        raise NotFound("There is no message of that number.")
    return found[0]


def messages_of(session: Session, numbers: Collection[int]) -> tuple[Message, ...]:
    """Returns what is known of those of these messages that there are, in no order."""
    places = session.rows(_QUERIES["message_places"], id=sorted(numbers))
    return _messages(session, [(row[0], row[1]) for row in places])


_WINDOWED = frozenset({"search_recent", "search_of_source", "search_waiting"})


def _driver(wanted: Wanted) -> str:
    """Returns the search whose index leaves the fewest messages to look at."""
    if wanted.patient is not None:
        return "search_of_patient"
    if wanted.control_id is not None:
        return "search_by_control"
    if wanted.parent is not None:
        return "search_of_file"
    if wanted.reason is not None or wanted.state is not None:
        return _by_state(wanted)
    return "search_recent" if wanted.source is None else "search_of_source"


def _by_state(wanted: Wanted) -> str:
    if wanted.reason is not None or wanted.state in _PARKED:
        return "search_parked"
    if wanted.state is MessageState.NEW:
        return "search_waiting"
    return "search_recent" if wanted.source is None else "search_of_source"


def _values(session: Session, wanted: Wanted) -> dict[str, object]:
    key = None if wanted.patient is None else patient_key(session.secret, wanted.patient)
    after = wanted.after or Place(FOREVER, 2**63 - 1)
    return {
        "source": wanted.source,
        "key": key,
        "control_id": wanted.control_id,
        "kind": wanted.kind,
        "state": None if wanted.state is None else str(wanted.state),
        "reason": wanted.reason,
        "since": wanted.since or NEVER,
        "until": wanted.until or FOREVER,
        "parent": wanted.parent,
        "at": after.at,
        "id": after.message,
        "most": wanted.most,
        "reach": _WINDOW,
    }


def _asked(session: Session, name: str, values: Mapping[str, object]) -> list[Row]:
    query = _QUERIES[name]
    return session.rows_of(query, {given: values[given] for given in query.names})


def _messages(session: Session, places: list[tuple[datetime, int]]) -> tuple[Message, ...]:
    if not places:
        return ()
    rows = session.rows(
        _QUERIES["message_rows"], at=[at for at, _ in places], id=[number for _, number in places]
    )
    return tuple(_message(row) for row in rows)


def _message(row: Row) -> Message:
    # In the order of the columns of message_rows, which is that of the fields.
    values = list(row)
    values[13] = MessageState(values[13])
    values[17] = _findings(values[17])
    return Message(*values)


def _findings(text: str | None) -> tuple[Finding, ...]:
    listed: list[dict[str, object]] = json.loads(text or "[]")
    return tuple(
        Finding(
            code=str(one["code"]),
            severity=Severity(str(one["severity"])),
            where=str(one.get("where") or ""),
            about=str(one.get("about") or ""),
            offset=at if isinstance(at := one.get("offset"), int) else None,
        )
        for one in listed
    )
