"""careweave replay: messages read again, after a mapping was mended."""

from argparse import Namespace
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._operator import operator
from careweave.doors.cli._show import say_json, say_table
from careweave.doors.cli._when import MEANING, moment, whole
from careweave.intake import MessageState, Replayed, Selection, replay, try_replay
from careweave.sources import load_sources
from careweave.terms import Incorrect

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from careweave.db import Database


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    again = verbs.add_parser(
        "replay", help="read messages again, in order, with the mapping in force"
    )
    again.add_argument("numbers", nargs="*", type=whole, metavar="NUMBER", help="of messages")
    states = [str(one) for one in MessageState]
    again.add_argument("--source", help="of this source")
    again.add_argument("--kind", help="of this type: ADT^A01, csv-row, Bundle")
    again.add_argument("--state", choices=states, help=f"in this state: {', '.join(states)}")
    again.add_argument("--because", metavar="REASON", help="that wait for this reason")
    again.add_argument("--mapping", help="that this mapping read last: uk-adt@3")
    again.add_argument("--since", help=f"received at or after: {MEANING}")
    again.add_argument("--until", help=f"received before: {MEANING}")
    again.add_argument("--dry-run", action="store_true", help="only say what would change")
    again.add_argument("--reason", help="why; kept in the ledger with your name; not for a dry run")
    again.add_argument("--json", action="store_true", help="as JSON, for programs")
    again.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    chosen = _selection(desk, arguments)
    if not chosen.words:
        message = "Say what is replayed: numbers, --source, --because, --since or another."
        raise Incorrect(message)
    with desk.database() as database:
        if arguments.dry_run:
            done = _try(desk, database, chosen)
        else:
            done = replay(database, chosen, operator=operator(desk), why=_why(arguments.reason))
    if arguments.json:
        say_json(done)
    else:
        _say(done, is_dry=arguments.dry_run)
    return 0


def _why(reason: str | None) -> str:
    if not (reason or "").strip():
        message = "Say why: the reason is kept with your name."
        raise Incorrect(message, where="--reason")
    return " ".join(str(reason).split())


def _selection(desk: Desk, arguments: Namespace) -> Selection:
    now, zone = desk.around.clock(), desk.settings.time_zone
    return Selection(
        ids=frozenset(arguments.numbers) if arguments.numbers else None,
        source=arguments.source,
        kind=arguments.kind,
        state=MessageState(arguments.state) if arguments.state else None,
        reason=arguments.because,
        mapping=arguments.mapping,
        since=moment(arguments.since, now=now, zone=zone, where="--since"),
        until=moment(arguments.until, now=now, zone=zone, where="--until"),
    )


def _try(desk: Desk, database: "Database", chosen: Selection) -> Replayed:
    with database.reading() as session:
        secret = session.secret
    # With the secret of the installation: else every entry would seem to be another one.
    return try_replay(database, chosen, sources=load_sources(desk.region, secret=secret))


def _say(done: Replayed, *, is_dry: bool) -> None:
    word = "would be read again" if is_dry else "go again"
    say(f"{done.n_messages} messages of {done.n_lanes} lines {word}")
    if done.changes:
        rows = sorted(done.changes.items(), key=lambda item: (-item[1], item[0]))
        say_table(("what would change", "entries"), rows)
    if done.failures:
        say_table(("would wait for", "messages"), sorted(done.failures.items()))
    if is_dry and not done.changes and not done.failures:
        note("Nothing would change.")
