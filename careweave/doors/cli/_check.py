"""careweave check: reads a region directory and says everything that is wrong with it."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.demonstration import faults_of_people
from careweave.doors.cli._desk import Desk, note, say
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
    for fault in faults:
        say(fault)
    if faults:
        note(f"{len(faults)} things are wrong")
        return Incorrect.exit_code
    note(f"{folder} is in order")
    return 0


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
