"""careweave audit looked, read and export: what the ledger tells, for a case."""

import sys
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from careweave import disclosure
from careweave.disclosure import Look, Outlet
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._identity_words import person
from careweave.doors.cli._officer import (
    add_case,
    add_organisation,
    add_period,
    officer,
    period_of,
)
from careweave.doors.cli._show import say_json, say_table
from careweave.ledger import Account, Recorder

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_DESK = "platform"


def add_to(words: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs looked, read and export."""
    looked = words.add_parser("looked", help="who looked at a person, as the person may be told")
    looked.add_argument("person", type=person, metavar="PERSON", help="the id of the person")
    add_case(looked)
    add_period(looked, "24 months ago")
    looked.add_argument("--json", action="store_true", help="as JSON, for programs")
    looked.set_defaults(run=_looked)
    read = words.add_parser("read", help="what an organisation did with a person: for its officer")
    read.add_argument("person", type=person, metavar="PERSON", help="the id of the person")
    add_organisation(read)
    add_case(read)
    add_period(read, "24 months ago")
    read.add_argument("--json", action="store_true", help="as JSON, for programs")
    read.set_defaults(run=_read)
    export = words.add_parser("export", help="what was done in a period, as FHIR AuditEvents")
    export.add_argument("--organisation", help="by this organisation; by all if absent")
    add_case(export)
    add_period(export, "24 months ago")
    export.add_argument("--to", type=Path, metavar="FILE", help="instead of standard output")
    export.set_defaults(run=_export)


def _looked(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        found = disclosure.looked(
            Outlet(database, Recorder(database)),
            officer(desk, _DESK),
            arguments.person,
            period_of(desk, arguments),
            case=arguments.case,
        )
    if arguments.json:
        say_json(found)
        return 0
    _say_looks([one for one in found if not one.is_automatic])
    automatic = [one for one in found if one.is_automatic]
    if automatic:
        say("\nby technical systems, without anybody at work:")
        _say_looks(automatic)
    return 0


def _say_looks(found: list[Look]) -> None:
    head = ("from", "until", "looks", "told")
    say_table(head, [(one.first_at, one.last_at, one.n_looks, one.says) for one in found])


def _read(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        found = disclosure.audited(
            Outlet(database, Recorder(database)),
            officer(desk, arguments.organisation),
            arguments.person,
            period_of(desk, arguments),
            case=arguments.case,
        )
    if arguments.json:
        say_json(found)
        return 0
    head = ("at", "user", "role", "action", "purpose", "outcome", "items", "reason", "what")
    say_table(head, [_row(one) for one in found])
    return 0


def _row(one: Account) -> tuple[object, ...]:
    by = (one.at, one.user_name or one.actor, one.role, one.action, one.purpose)
    return (*by, one.outcome, one.n_items, one.reason, one.what)


def _export(desk: Desk, arguments: Namespace) -> int:
    place = sys.stdout.fileno() if arguments.to is None else arguments.to
    with open(place, "wb", closefd=arguments.to is not None) as file:
        n = _exported(desk, arguments, file)
    note(f"{n} events")
    return 0


def _exported(desk: Desk, arguments: Namespace, file: BinaryIO) -> int:
    with desk.database() as database:
        return disclosure.export_audit(
            database,
            officer(desk, _DESK),
            period_of(desk, arguments),
            write=partial(_write, file),
            organisation=arguments.organisation,
            case=arguments.case,
        )


def _write(file: BinaryIO, line: bytes) -> None:
    file.write(line)
