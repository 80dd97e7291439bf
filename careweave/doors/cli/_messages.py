"""careweave messages: finding what came in, and opening one message."""

import sys
from argparse import Namespace
from datetime import datetime
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk, note
from careweave.doors.cli._opened import as_json, say_opened
from careweave.doors.cli._operator import operator
from careweave.doors.cli._show import say_json, say_table
from careweave.doors.cli._trying import Trial, trial
from careweave.doors.cli._when import MEANING, moment, whole
from careweave.intake import (
    Message,
    MessageState,
    Opened,
    Place,
    Wanted,
    open_message,
    search_messages,
)
from careweave.ledger import Recorder
from careweave.sources import Part, load_sources
from careweave.terms import Incorrect, NhsNumber

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from careweave.db import Session

_NHS = "https://fhir.nhs.uk/Id/nhs-number"
_MOST_PAGES = 40
"""Of twenty thousand messages each: some two seconds."""


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs search and show."""
    messages = verbs.add_parser("messages", help="what came in, as it came in")
    words = messages.add_subparsers(dest="word", required=True, metavar="WORD")
    search = words.add_parser("search", help="find messages, newest first; no body is opened")
    add_selection(search)
    search.add_argument("--after", help="go on after this place, as the command before printed it")
    search.add_argument("--most", type=whole, default=50, help="how many (50)")
    search.add_argument("--json", action="store_true", help="as JSON, for programs")
    search.set_defaults(run=_search)
    show = words.add_parser("show", help="open one message; that you did is accounted first")
    show.add_argument("number", type=whole, metavar="NUMBER", help="the number of the message")
    show.add_argument("--reason", required=True, help="why; kept in the ledger with your name")
    show.add_argument("--mapped", action="store_true", help="also what the mapping makes of it now")
    show.add_argument("--raw", action="store_true", help="only its bytes, exactly as they came")
    show.add_argument("--json", action="store_true", help="as JSON, for programs")
    show.set_defaults(run=_show)


def add_selection(verb: "ArgumentParser") -> None:
    """Adds the options that say which messages are meant."""
    states = [str(one) for one in MessageState]
    verb.add_argument("--source", help="of this source")
    verb.add_argument(
        "--patient", help="that name this patient: an NHS number, or system|value as in the record"
    )
    verb.add_argument("--control-id", help="with this id of the sender (MSH-10)")
    verb.add_argument("--kind", help="of this type: ADT, ADT^A01, csv-row, Bundle")
    verb.add_argument("--state", choices=states, help=f"in this state: {', '.join(states)}")
    verb.add_argument("--because", metavar="REASON", help="that wait for this reason: no-key, ...")
    verb.add_argument("--since", help=f"received at or after: {MEANING}")
    verb.add_argument("--until", help=f"received before: {MEANING}")
    verb.add_argument(
        "--file", type=whole, metavar="NUMBER", help="rows of the file of this number"
    )


def selection(desk: Desk, arguments: Namespace) -> Wanted:
    """Returns which messages the options mean."""
    now, zone = desk.around.clock(), desk.settings.time_zone
    return Wanted(
        source=arguments.source,
        patient=_patient(arguments.patient),
        control_id=arguments.control_id,
        kind=arguments.kind,
        state=MessageState(arguments.state) if arguments.state else None,
        reason=arguments.because,
        since=moment(arguments.since, now=now, zone=zone, where="--since"),
        until=moment(arguments.until, now=now, zone=zone, where="--until"),
        parent=arguments.file,
    )


def _patient(text: str | None) -> str | None:
    if text is None or "|" in text:
        return text
    try:
        return f"{_NHS}|{NhsNumber.read(text).digits}"
    except Incorrect as fault:
        message = "A patient is a valid NHS number, or the system and the value: system|value."
        raise Incorrect(message, where="--patient") from fault


def _search(desk: Desk, arguments: Namespace) -> int:
    wanted = selection(desk, arguments)
    with desk.database() as database, database.session() as session:
        found, after = _walk(session, wanted, _place(arguments.after), arguments.most)
    if arguments.json:
        say_json({"messages": found, "after": _told(after)})
        return 0
    head = ("number", "received", "source", "kind", "control id", "state", "reason", "entries")
    say_table(head, [_row(one) for one in found])
    if after is not None:
        note(f"There may be more: --after {_told(after)}")
    return 0


def _walk(
    session: "Session", wanted: Wanted, after: Place | None, most: int
) -> tuple[list[Message], Place | None]:
    """Returns so many messages, from several pages where one looks at many to find few."""
    found: list[Message] = []
    for _ in range(_MOST_PAGES):
        page = search_messages(session, _next(wanted, after, min(1000, most - len(found))))
        found += page.messages
        after = page.after
        if after is None or len(found) >= most:
            break
    return found, after


def _next(wanted: Wanted, after: Place | None, most: int) -> Wanted:
    values = {name: getattr(wanted, name) for name in wanted.__slots__}
    return Wanted(**{**values, "after": after, "most": most})


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    at, _, number = text.rpartition("/")
    try:
        return Place(datetime.fromisoformat(at), int(number))
    except ValueError as fault:
        message = "A place is a moment and a number, as the command printed it."
        raise Incorrect(message, where="--after") from fault


def _told(after: Place | None) -> str | None:
    return None if after is None else f"{after.at.isoformat()}/{after.message}"


def _row(one: Message) -> tuple[object, ...]:
    row = (one.id, one.received_at, one.source, one.kind, one.control_id, one.state)
    return (*row, one.reason, one.n_entries)


def _show(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        opened = open_message(
            database,
            Recorder(database),
            arguments.number,
            operator=operator(desk),
            why=arguments.reason,
        )
        with database.reading() as session:
            secret = session.secret
    if arguments.raw:
        sys.stdout.buffer.write(opened.body)
        sys.stdout.flush()
        return 0
    tried = _tried(desk, opened, secret) if arguments.mapped else None
    if arguments.json:
        say_json(as_json(opened, tried))
    else:
        say_opened(opened, tried)
    return 0


def _tried(desk: Desk, opened: Opened, secret: bytes) -> Trial:
    source = load_sources(desk.region, secret=secret).named(opened.message.source)
    return trial(source, Part(opened.body, opened.message.line))
