"""careweave db: the PostgreSQL that comes along."""

from argparse import Namespace
from typing import TYPE_CHECKING

from careweave.db import Embedded
from careweave.doors.cli._desk import Desk, say
from careweave.terms import Incorrect

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs start, stop and status."""
    server = verbs.add_parser("db", help="the PostgreSQL that comes along")
    words = server.add_subparsers(dest="word", required=True, metavar="WORD")
    words.add_parser("start", help="start it, and migrate").set_defaults(run=_start)
    words.add_parser("stop", help="stop it").set_defaults(run=_stop)
    words.add_parser("status", help="whether it runs, and its address").set_defaults(run=_status)


def _own(desk: Desk) -> None:
    if desk.settings.database_url:
        message = "The settings name a PostgreSQL of yours; start and stop it by its own means."
        raise Incorrect(message, where="database_url")


def _start(desk: Desk, _arguments: Namespace) -> int:
    _own(desk)
    with desk.database() as database:
        say(database.url)
    return 0


def _stop(desk: Desk, _arguments: Namespace) -> int:
    _own(desk)
    running = Embedded.find(desk.settings.home)
    if running is not None:
        running.stop()
    say("stopped")
    return 0


def _status(desk: Desk, _arguments: Namespace) -> int:
    _own(desk)
    running = Embedded.find(desk.settings.home)
    say("stopped" if running is None else f"running\t{running.pid}\t{running.url}")
    return 3 if running is None else 0
