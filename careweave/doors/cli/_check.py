"""careweave check: reads a region directory and says everything that is wrong with it."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.agreements import Grade, Notice, World, checked, in_force, warnings
from careweave.demonstration import faults_of_people
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._region_files import files_of_forms, region_files
from careweave.doors.cli._views import faults_of_views
from careweave.intake import identity_rules, load_rules
from careweave.sources import load_sources, try_examples
from careweave.terms import CareweaveError, Incorrect

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_THROW_AWAY = b"careweave-check"


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    check = verbs.add_parser(
        "check", help="say what is wrong with a region directory; try the examples of its mappings"
    )
    check.add_argument("directory", nargs="?", type=Path, help="the region (CAREWEAVE_REGION)")
    check.add_argument(
        "--demonstration",
        action="store_true",
        help="take the open keys of a demonstration for signatures too",
    )
    check.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    folder: Path = arguments.directory or desk.region
    faults = [
        *_faults(folder, lambda: load_sources(folder, secret=_THROW_AWAY)),
        *_faults(folder, lambda: _rules(folder)),
        *_faults(folder, lambda: identity_rules(folder)),
    ]
    # Of what does not compile, no example can be tried.
    faults += try_examples(folder) if not faults else ()
    if (folder / "people").is_dir():
        faults += faults_of_people(folder)
    faults += faults_of_views(folder)
    faults += desk.around.doors.faults_of_forms(files_of_forms(folder))
    faults += _agreements(desk, folder, is_demonstration=arguments.demonstration)
    for fault in faults:
        say(fault)
    if faults:
        note("1 thing is wrong" if len(faults) == 1 else f"{len(faults)} things are wrong")
        return Incorrect.exit_code
    note(f"{folder} is in order")
    return 0


def _agreements(desk: Desk, folder: Path, *, is_demonstration: bool) -> Iterator[str]:
    """Yields why files of agreements are refused; what else is to be said of them is noted."""
    if not (folder / "organisations.yaml").is_file():
        return
    world, notices = checked(
        region_files(folder),
        version=0,
        zone=str(desk.settings.time_zone),
        takes_demonstration_keys=is_demonstration,
    )
    for notice in notices:
        if notice.grade is Grade.REJECT:
            yield notice.text
        else:
            note(f"warning: {notice.text}")
    if world is not None:
        for line in _standing(world, desk):
            note(line)


def _standing(world: World, desk: Desk) -> Iterator[str]:
    """Yields which agreements are not in force today, and what ends soon."""
    now = desk.around.clock()
    for agreement in world.agreements:
        against = in_force(world, agreement, now)
        if against:
            yield f"not in force: {_first(against)}"
        else:
            yield from (f"warning: {notice.text}" for notice in warnings(world, agreement, now))


def _first(notices: tuple[Notice, ...]) -> str:
    more = len(notices) - 1
    rest = "1 more reason" if more == 1 else f"{more} more reasons"
    return notices[0].text + (f" (and {rest})" if more else "")


def _rules(folder: Path) -> object:
    if not (folder / "value-sets").is_dir():
        message = "The folder of value sets is missing."
        raise Incorrect(message, where=str(folder / "value-sets"))
    return load_rules(folder / "value-sets")


def _faults(folder: Path, look: Callable[[], object]) -> Iterator[str]:
    """Yields a line for each thing that is wrong: where, and what."""
    try:
        look()
    except CareweaveError as fault:
        for issue in fault.issues:
            # What begins with its file and line says where it is itself.
            is_placed = issue.where is None and ":" in issue.message.partition(" ")[0]
            yield issue.message if is_placed else f"{issue.where or folder}: {issue.message}"
