"""careweave agreement: an agreement in plain English, and in the formats of others."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.agreements import (
    Agreement,
    Imported,
    emit,
    from_mais,
    from_odrl,
    from_permission,
    read_world,
    to_bundle,
    to_mais,
    to_odrl,
    to_permission,
    told,
)
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._region_files import region_files
from careweave.formats import read_json, write_json
from careweave.terms import Incorrect, Json

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_OUT: Mapping[str, Callable[[Mapping[str, Json]], dict[str, Json]]] = {
    "mais": to_mais,
    "odrl": to_odrl,
    "permission": to_permission,
    "r4-bundle": to_bundle,
}
_IN: Mapping[str, Callable[[Json], Imported]] = {
    "mais": from_mais,
    "odrl": from_odrl,
    "permission": from_permission,
    "r4-bundle": from_permission,
}


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs show, export and import."""
    agreement = verbs.add_parser(
        "agreement", help="an agreement in plain English, or in the formats of others"
    )
    words = agreement.add_subparsers(dest="word", required=True, metavar="WORD")
    show = words.add_parser("show", help="tell an agreement in plain English")
    _which(show)
    show.set_defaults(run=_show)
    export = words.add_parser("export", help="write an agreement for others")
    _which(export)
    export.add_argument(
        "--as", dest="form", choices=sorted(_OUT), required=True, help="the format of others"
    )
    export.set_defaults(run=_export)
    take = words.add_parser("import", help="make a draft of a file that others wrote")
    take.add_argument("file", type=Path, help="the file, as JSON")
    take.add_argument(
        "--as", dest="form", choices=sorted(_IN), required=True, help="the format it is in"
    )
    take.set_defaults(run=_import)


def _which(parser: "ArgumentParser") -> None:
    parser.add_argument("id", help="its id, such as agr-care-homes")
    parser.add_argument("directory", nargs="?", type=Path, help="the region (CAREWEAVE_REGION)")


def _found(desk: Desk, arguments: Namespace) -> Agreement:
    """Returns the newest version of the agreement that is asked for."""
    folder: Path = arguments.directory or desk.region
    files = region_files(folder)
    world = read_world(files, version=0, zone=str(desk.settings.time_zone))
    found = [one for one in world.agreements if arguments.id in {one.id, one.name}]
    if not found:
        for name in sorted({one.id for one in world.agreements}):
            note(name)
        message = "No agreement of the region has this id. Those that there are stand above."
        raise Incorrect(message, where=str(folder))
    return max(found, key=lambda one: one.version)


def _show(desk: Desk, arguments: Namespace) -> int:
    say(told(_found(desk, arguments)).rstrip("\n"))
    return 0


def _export(desk: Desk, arguments: Namespace) -> int:
    made = _OUT[arguments.form](_found(desk, arguments).document)
    say(write_json(made).decode())
    return 0


def _import(_desk: Desk, arguments: Namespace) -> int:
    value = read_json(arguments.file.read_bytes(), expect_resource=False).value
    taken = _IN[arguments.form](value)
    say(emit(dict(taken.document)).decode().rstrip("\n"))
    for place in taken.missing:
        note(f"to be filled in: {place}")
    for name, values in sorted(taken.unmapped.items()):
        note(f"not taken over: {name}, {len(values)} of its values")
    return 0
