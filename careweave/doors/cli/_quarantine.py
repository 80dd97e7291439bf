"""careweave quarantine: what waits for somebody, and what is decided on it."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._operator import operator
from careweave.doors.cli._show import plain, say_json, say_table, span
from careweave.doors.cli._when import whole
from careweave.intake import (
    MessageState,
    Operator,
    Waiting,
    Wanted,
    clear_files,
    message_of,
    parked_numbers,
    reason_text,
    refuse_messages,
    release_messages,
    retry_messages,
    waiting,
)
from careweave.sources import Reason
from careweave.terms import Incorrect

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction
    from datetime import datetime

    from careweave.db import Session

_ALARM = 65
Act = Callable[..., int]


class ParkedFile(Protocol):
    """What is known of a whole file that waits: its own number, and that of its message."""

    @property
    def id(self) -> int:
        """Returns its number among files."""

    @property
    def message(self) -> int | None:
        """Returns the number of the message that holds its bytes."""


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs list, retry, release and refuse."""
    quarantine = verbs.add_parser("quarantine", help="messages that wait for somebody")
    words = quarantine.add_subparsers(dest="word", required=True, metavar="WORD")
    listed = words.add_parser("list", help="what waits, why, whose business it is, what to do")
    listed.add_argument("--source", help="one source; all if absent")
    listed.add_argument("--json", action="store_true", help="as JSON, for programs")
    listed.set_defaults(run=_list)
    _add_act(words, "retry", "try again, with the mapping in force", retry_messages)
    _add_act(
        words, "release", "let the patient's other messages go on without it", release_messages
    )
    _add_act(words, "refuse", "never bring it in; its bytes stay", refuse_messages)


def _add_act(words: "_SubParsersAction[ArgumentParser]", word: str, meaning: str, act: Act) -> None:
    verb = words.add_parser(word, help=meaning)
    verb.add_argument("numbers", nargs="*", type=whole, metavar="NUMBER", help="of messages")
    verb.add_argument("--source", help="all of this source that wait")
    verb.add_argument("--because", metavar="REASON", help="all that wait for this reason")
    verb.add_argument("--reason", required=True, help="why; kept in the ledger with your name")
    verb.set_defaults(run=_doing(word, act))


def _list(desk: Desk, arguments: Namespace) -> int:
    now = desk.around.clock()
    with desk.database() as database, database.session() as session:
        found = [one for one in waiting(session, now) if arguments.source in {None, one.source}]
    if arguments.json:
        say_json([_told(one) for one in found])
    else:
        _say(found, now)
    return _ALARM if any(one.is_alarming for one in found) else 0


def _told(one: Waiting) -> dict[str, object]:
    text = reason_text(one.reason)
    told = plain(one)
    named = dict(told) if isinstance(told, dict) else {}
    return {**named, "says": text.says, "owner": str(text.owner), "what_to_do": text.what_to_do}


def _say(found: Sequence[Waiting], now: "datetime") -> None:
    head = ("source", "state", "reason", "messages", "oldest", "lanes held", "behind", "newest")
    rows = [
        (
            *(one.source, one.state, one.reason, one.n, span(now - one.since)),
            *(one.n_lanes, one.n_behind, one.newest),
        )
        for one in found
    ]
    say_table(head, rows)
    for reason in sorted({one.reason for one in found}):
        text = reason_text(reason)
        say(f"\n{reason}: {text.says} ({text.owner})\n  {text.what_to_do}\n  {text.runbook}")
    late = [one for one in found if one.is_alarming]
    if late:
        note(f"ALARM: patients' messages have waited too long behind {len(late)} of these")


def _doing(word: str, act: Act) -> Callable[[Desk, Namespace], int]:
    def run(desk: Desk, arguments: Namespace) -> int:
        who = operator(desk)
        with desk.database() as database, database.session() as session:
            numbers = _numbers(session, arguments)
            files = _files(desk, session, numbers) if word != "release" else {}
            for number, file in files.items():
                _decide(desk, session, word, file, who, arguments.reason)
                settle = clear_files if word == "retry" else refuse_messages
                settle(session, [number], operator=who, why=arguments.reason)
            others = [number for number in numbers if number not in files]
            n = act(session, others, operator=who, why=arguments.reason) if others else 0
        say(f"{word}: {n + len(files)} messages")
        if files:
            note("Whole files are taken or set aside at the next look into their folder.")
        return 0

    return run


def _numbers(session: "Session", arguments: Namespace) -> list[int]:
    if arguments.numbers and (arguments.source or arguments.because):
        raise Incorrect("Name the messages, or say which are meant; not both.")
    if arguments.numbers:
        return list(dict.fromkeys(arguments.numbers))
    if not (arguments.source or arguments.because):
        raise Incorrect("Name messages by number, or by --source or --because.")
    return parked_numbers(session, Wanted(source=arguments.source, reason=arguments.because))


def _files(desk: Desk, session: "Session", numbers: Iterable[int]) -> dict[int, ParkedFile]:
    """Returns which of the messages are whole files that wait, by the number of the message."""
    parked = cast(Sequence[ParkedFile], desk.around.doors.parked(session))
    by_message = {file.message: file for file in parked if file.message is not None}
    named = {number: by_message[number] for number in numbers if number in by_message}
    return {number: file for number, file in named.items() if _is_parked(session, number)}


def _is_parked(session: "Session", number: int) -> bool:
    message = message_of(session, number)
    return message.state is MessageState.QUARANTINED and message.reason == Reason.FILE_PARKED


def _decide(
    desk: Desk, session: "Session", word: str, file: ParkedFile, who: Operator, why: str
) -> None:
    decide = desk.around.doors.accept if word == "retry" else desk.around.doors.refuse
    decide(session, file.id, by=who.name, now=who.at, why=why)
