"""careweave work: what goes on behind the doors."""

import sys
import threading
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from careweave import ledger
from careweave.db import Database
from careweave.disclosure import watch
from careweave.doors.cli._desk import Desk, note
from careweave.doors.cli._listen import told_to_stop
from careweave.doors.cli._supervise import Child, Supervisor
from careweave.intake import (
    check_identity,
    expire_receipts,
    expire_seen,
    keep_partitions,
    keep_statistics,
    tend_identity,
)
from careweave.sources import forget_coverage, forget_feed_counts, forget_live
from careweave.terms import CareweaveError, Clock

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_STATISTICS_EVERY_S = 60.0
_TIDY_EVERY = timedelta(hours=6)
_TEND_EVERY_S = 3600.0
_WATCH_EVERY_S = 30.0
_SEEN_FOR = timedelta(days=14)
"""How long what is sent again is known as such. Source: reference/interop.md 3.2."""


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    work = verbs.add_parser("work", help="bring arrivals in, seal the ledger, keep statistics")
    work.add_argument(
        "--arrivals", metavar="NAME", help="bring arrivals in, only, as the worker of this name"
    )
    work.add_argument(
        "--identity", action="store_true", help="keep identity in order, only: hourly, and checked"
    )
    work.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    with told_to_stop() as stop, desk.database(size=4) as database:
        if arguments.arrivals:
            desk.around.doors.arrive(desk.settings, database, stop, arguments.arrivals)
        elif arguments.identity:
            _watching(desk, database, stop).start()
            _tend(database, desk.around.clock, stop)
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
    if desk.settings.arrival_workers:
        # A sealer beside workers of other roles may not write what identity decides.
        tend = threading.Thread(target=_tend, args=(database, desk.around.clock, stop), daemon=True)
        behind.append(tend)
        behind.append(_watching(desk, database, stop))
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
    ours = [sys.executable, "-m", "careweave", "work", "--arrivals"]
    names = [f"worker-{n}" for n in range(1, desk.settings.arrival_workers + 1)]
    return [Child(name, [*ours, name], environ, None) for name in names]


def _seal(desk: Desk, database: Database, key: ledger.SealKey, stop: threading.Event) -> None:
    every_s = desk.settings.seal_every_s
    ledger.keep_sealing(database, key, clock=desk.around.clock, stop=stop, every_s=every_s)


def _count(database: Database, clock: Clock, stop: threading.Event) -> None:
    """Keeps the statistics that choose the plans of searches, and tidies up, until stopped."""
    wait_s, tidied_at = 1.0, datetime.min.replace(tzinfo=UTC)
    while not stop.wait(wait_s):
        wait_s, now = _STATISTICS_EVERY_S, clock()
        try:
            with database.session() as session:
                expire_receipts(session, now=now)
            # By itself: what is too much to count in time shall not keep receipts for ever.
            with database.session(bulk=True) as session:
                keep_statistics(session)
            if now - tidied_at > _TIDY_EVERY:
                _tidy(database, now)
                tidied_at = now
        except CareweaveError as error:
            # The next turn tries again; searches go on with the numbers of the last one.
            note(f"careweave: statistics were not renewed: {error.code}")


def _tend(database: Database, clock: Clock, stop: threading.Event) -> None:
    """Keeps identity in order until stopped: each hour what is common, and who was overlooked."""
    checked_at = clock()
    while not stop.wait(_TEND_EVERY_S):
        now = clock()
        try:
            tend_identity(database, now=now)
            if now - checked_at > _TIDY_EVERY:
                with database.session(bulk=True) as session:
                    n_wrong = check_identity(session)
                checked_at = now
                if n_wrong:
                    note(f"careweave: ALARM: {n_wrong} links of persons are not what was decided")
        except CareweaveError as error:
            note(f"careweave: identity was not tended: {error.code}")


def _watching(desk: Desk, database: Database, stop: threading.Event) -> threading.Thread:
    return threading.Thread(target=_watch, args=(database, desk.around.clock, stop), daemon=True)


def _watch(database: Database, clock: Clock, stop: threading.Event) -> None:
    """Goes through who looked at whom until stopped, for what an officer should know."""
    while not stop.wait(_WATCH_EVERY_S):
        try:
            watch(database, now=clock())
        except CareweaveError as error:
            # The next turn goes on where this one began.
            note(f"careweave: looks were not gone through: {error.code}")


def _tidy(database: Database, now: datetime) -> None:
    """Makes room for the months to come, and forgets what nothing looks at any more."""
    with database.session(bulk=True) as session:
        keep_partitions(session, now=now)
        expire_seen(session, before=now - _SEEN_FOR)
        forget_live(session, now=now)
        forget_coverage(session, now=now)
        forget_feed_counts(session, now=now)
