"""careweave check: reads a region directory and says everything that is wrong with it."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._northmere import organisations
from careweave.intake import load_rules
from careweave.terms import CareweaveError, Incorrect

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction
    from collections.abc import Callable


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    check = verbs.add_parser("check", help="say what is wrong with a region directory")
    check.add_argument("directory", nargs="?", type=Path, help="the region (CAREWEAVE_REGION)")
    check.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    folder: Path = arguments.directory or desk.region
    faults = [*_faults(lambda: organisations(folder)), *_faults(lambda: _rules(folder))]
    for fault in faults:
        say(f"{fault.where or folder}: {fault.message}")
    if faults:
        return Incorrect.exit_code
    note(f"{folder} is in order")
    return 0


def _rules(folder: Path) -> object:
    if not (folder / "value-sets").is_dir():
        message = "The folder of value sets is missing."
        raise Incorrect(message, where=str(folder / "value-sets"))
    return load_rules(folder / "value-sets")


def _faults(read: "Callable[[], object]") -> list[CareweaveError]:
    try:
        read()
    except CareweaveError as fault:
        return [fault]
    return []
