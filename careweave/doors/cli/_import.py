"""careweave import: files at scale, by the way in."""

import os
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from careweave import disclosure
from careweave.db import Database
from careweave.doors import _access
from careweave.doors.cli._desk import Desk, note, say
from careweave.intake import Imported, ImportOrder, Progress, Writing, run_import
from careweave.terms import Action, Actor, Incorrect, NotFound

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_DOOR = "import"
_REFUSED = 65
_BAR = 24


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    order = verbs.add_parser("import", help="load NDJSON files and bundles")
    order.add_argument(
        "paths", nargs="+", type=Path, metavar="DIRECTORY|FILE", help="NDJSON, bundles, .gz of them"
    )
    order.add_argument("--client", required=True, help="the client whose source they belong to")
    order.add_argument("--report", type=Path, help="where refused lines go; beside the input")
    order.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="how many; all cores"
    )
    order.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    paths = tuple(_there(path) for path in arguments.paths)
    report = arguments.report or _beside(paths[0])
    with desk.database() as database:
        order = ImportOrder(
            url=database.url,
            paths=paths,
            writing=_writing(desk, database, arguments.client),
            value_sets=desk.region / "value-sets",
            report=report,
            processes=max(1, arguments.processes),
        )
    bar = _Bar(is_terminal=sys.stderr.isatty())
    done = run_import(order, watch=bar.show)
    bar.end()
    return _told(done, report, bar.elapsed_s())


def _there(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.exists():
        message = "There is no such file or directory."
        raise Incorrect(message, where=str(path))
    return path


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.refused")


def _writing(desk: Desk, database: Database, name: str) -> Writing:
    with database.session() as session:
        living = [one for one in _access.list_clients(session) if one.revoked_at is None]
        found = next((one for one in living if one.name == name), None)
        if found is None:
            message = "There is no living client of that name; careweave client list shows them."
            raise NotFound(message)
        actor = Actor(
            name=found.name,
            organisation=found.organisation,
            source=found.source,
            authority=found.organisation,
            purpose=found.purpose,
            scopes=found.scopes,
            id_prefix=found.id_prefix,
        )
        now = desk.around.clock()
        sight = disclosure.sight(session, actor, actor.purpose, Action.WRITE, at=now)
    return Writing(actor, sight, _DOOR, str(uuid4()), now)


def _told(done: Imported, report: Path, seconds: float) -> int:
    rate = done.n_stored / max(seconds, 0.001)
    say(f"files    {done.n_files}")
    say(f"stored   {done.n_stored} ({rate:,.0f} a second, {seconds:.1f} s)")
    say(f"same     {done.n_same}")
    say(f"refused  {done.n_refused}")
    if done.n_skipped:
        note(f"Pieces that an earlier run had loaded: {done.n_skipped}.")
    if done.n_refused:
        note(f"Refused lines, with their reasons: {report}")
        return _REFUSED
    if report.exists() and not report.stat().st_size:
        report.unlink()
    return 0


class _Bar:
    """Shows how far an import is, how fast it goes, and how long it will take."""

    def __init__(self, *, is_terminal: bool) -> None:
        self._is_terminal = is_terminal
        self._began = time.monotonic()
        self._shown_at = 0.0

    def elapsed_s(self) -> float:
        """Returns the seconds since the start."""
        return time.monotonic() - self._began

    def show(self, progress: Progress) -> None:
        """Shows one line, renewed in a terminal, otherwise one every five seconds."""
        now = time.monotonic()
        if now - self._shown_at < (0.2 if self._is_terminal else 5.0):
            return
        self._shown_at = now
        line = progress_line(progress, self.elapsed_s())
        print(f"\r{line}\x1b[K" if self._is_terminal else line, end="", file=sys.stderr)
        print(end="" if self._is_terminal else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leaves the line that was renewed."""
        if self._is_terminal and self._shown_at:
            print(file=sys.stderr, flush=True)


def progress_line(progress: Progress, seconds: float) -> str:
    """Returns a bar, the share done, the rate, and the time left in minutes and seconds."""
    share = progress.done_bytes / max(1, progress.total_bytes)
    full = round(share * _BAR)
    rate = progress.n_stored / max(seconds, 0.001)
    left_s = seconds * (1 - share) / share if share > 0 else 0.0
    bar = "#" * full + "." * (_BAR - full)
    refused = f", {progress.n_refused} refused" if progress.n_refused else ""
    left = f"{int(left_s) // 60}:{int(left_s) % 60:02d} left"
    return f"[{bar}] {share:4.0%}  {progress.n_stored} stored{refused}, {rate:,.0f}/s, {left}"
