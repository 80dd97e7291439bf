"""careweave work: what goes on behind the doors."""

import signal
import threading
from argparse import Namespace
from typing import TYPE_CHECKING

from careweave import ledger
from careweave.db import Database
from careweave.doors.cli._desk import Desk, note
from careweave.intake import expire_receipts, keep_statistics
from careweave.terms import CareweaveError, Clock

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_STATISTICS_EVERY_S = 60.0


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    work = verbs.add_parser("work", help="seal the ledger, keep statistics")
    work.set_defaults(run=_run)


def _run(desk: Desk, _arguments: Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    key = ledger.SealKey.load(desk.settings.seal_key_path)
    with desk.database() as database:
        counting = threading.Thread(
            target=_count, args=(database, desk.around.clock, stop), daemon=True
        )
        counting.start()
        every_s = desk.settings.seal_every_s
        ledger.keep_sealing(database, key, clock=desk.around.clock, stop=stop, every_s=every_s)
        counting.join(timeout=10)
    return 0


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
