"""careweave identity recall: who was shown what because of links that were taken back."""

from argparse import Namespace
from typing import TYPE_CHECKING
from uuid import UUID

from careweave import disclosure
from careweave.disclosure import Outlet, Recall
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._identity_show import asking_of
from careweave.doors.cli._identity_words import group
from careweave.doors.cli._operator import operator
from careweave.doors.cli._show import say_json, say_table
from careweave.ledger import Recorder

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from careweave.db import Database


def add_to(words: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb recall."""
    verb = words.add_parser("recall", help="who was shown what by links that were taken back")
    verb.add_argument("group", type=group, metavar="GROUP", help="that took them back")
    verb.add_argument("--json", action="store_true", help="as JSON, for programs")
    verb.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        found = recalled(desk, database, arguments.group)
    if arguments.json:
        say_json(found)
    else:
        say_recall(found)
    return 0


def recalled(desk: Desk, database: "Database", which: UUID) -> Recall:
    """Returns who was shown what because of the links that a group has ended."""
    way = Outlet(database, Recorder(database))
    return disclosure.recall(way, asking_of(operator(desk)), which)


def say_recall(found: Recall) -> None:
    """Prints who was shown what; nobody where nobody was."""
    if not found.intervals:
        note("No record was taken out of anybody: nobody was shown what they should not have been.")
        return
    say(f"shown because of these links: {len(found.disclosures)}")
    head = ("at", "who", "organisation", "purpose", "action", "what", "entries", "request")
    rows = [
        (one.at, one.actor, one.organisation, one.purpose, one.action, one.what, one.n_items)
        for one in found.disclosures
    ]
    ids = [one.request_id for one in found.disclosures]
    say_table(head, [(*row, id_) for row, id_ in zip(rows, ids, strict=True)])
