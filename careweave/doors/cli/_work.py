"""careweave work: what goes on behind the doors."""

import sys
import threading
from argparse import Namespace
from typing import TYPE_CHECKING

from careweave import ledger
from careweave.db import Database
from careweave.doors.cli._desk import Desk, note
from careweave.doors.cli._listen import told_to_stop
from careweave.doors.cli._supervise import Child, Supervisor
from careweave.intake import expire_receipts, keep_statistics
from careweave.terms import CareweaveError, Clock

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_STATISTICS_EVERY_S = 60.0


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    work = verbs.add_parser("work", help="bring arrivals in, seal the ledger, keep statistics")
    work.add_argument(
        "--arrivals", action="store_true", help="bring arrivals in, in this one process, only"
    )
    work.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    with told_to_stop() as stop, desk.database(size=4) as database:
        if arguments.arrivals:
            desk.around.doors.arrive(desk.settings, database, stop)
        else:
            _work(desk, database, stop)
    return 0


def _work(desk: Desk, database: Database, stop: threading.Event) -> None:
    """Keeps the processes that bring arrivals in running; seals and counts beside them."""
    supervisor = Supervisor(_arrivals(desk, database.url), stop)
    supervisor.start()
    key = ledger.SealKey.load(desk.settings.seal_key_path)
    behind = [
        threading.Thread(target=_seal, args=(desk, database, key, stop), daemon=True),
        threading.Thread(target=_count, args=(database, desk.around.clock, stop), daemon=True),
    ]
    try:
        for thread in behind:
            thread.start()
        changed = threading.Event()
        while not stop.is_set():
            supervisor.watch_once(changed)
    finally:
        supervisor.stop()
        for thread in behind:
            thread.join(timeout=10)


def _arrivals(desk: Desk, url: str) -> list[Child]:
    environ = desk.environ(database_url=url, home=desk.settings.home, region=desk.region)
    command = [sys.executable, "-m", "careweave", "work", "--arrivals"]
    numbers = range(1, desk.settings.arrival_workers + 1)
    return [Child(f"arrivals-{n}", command, environ, None) for n in numbers]


def _seal(desk: Desk, database: Database, key: ledger.SealKey, stop: threading.Event) -> None:
    every_s = desk.settings.seal_every_s
    ledger.keep_sealing(database, key, clock=desk.around.clock, stop=stop, every_s=every_s)


def _count(database: Database, clock: Clock, stop: threading.Event) -> None:
    """Keeps the statistics that choose the plans of searches and forgets receipts, until stopped."""
    wait_s = 1.0
    while not stop.wait(wait_s):
        wait_s = _STATISTICS_EVERY_S
        try:
            with database.session() as session:
                expire_receipts(session, now=clock())
            # By itself: what is too much to count in time shall not keep receipts for ever.
            with database.session(bulk=True) as session:
                keep_statistics(session)
        except CareweaveError as error:
            # The next turn tries again; searches go on with the numbers of the last one.
            note(f"careweave: statistics were not renewed: {error.code}")
