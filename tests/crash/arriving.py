"""One process of the way in, as the product runs it, for a test that kills it.

python -m tests.crash.arriving listen|work DATABASE_URL PORT REGION
"""

import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from careweave.db import Database
from careweave.doors.mllp import Listener, Where
from careweave.intake import Receiver, Worker, keep_arriving, load_rules
from careweave.sources import Sources, load_sources
from careweave.terms import Unavailable

NAME = "nm-acute-pas"


def now() -> datetime:
    """Returns the time now."""
    return datetime.now(UTC)


def secret(database: Database) -> bytes:
    """Returns the secret of the installation as soon as the database is there, which is killed too."""
    while True:
        with suppress(Unavailable):
            return database.secret
        time.sleep(0.1)


def known(database: Database, port: int, region: Path) -> Sources:
    """Returns the hospital of a region alone, on a port of this test."""
    source = load_sources(region, secret=secret(database)).named(NAME)
    return Sources({NAME: replace(source, transport=replace(source.transport, port=port))})


def main(mode: str, url: str, port: str, region: str) -> None:
    """Runs until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    database = Database(url)
    described = known(database, int(port), Path(region))
    if mode == "listen":
        receiver = Receiver(database, lambda: described)
        listener = Listener(receiver, lambda: described, where=Where("127.0.0.1"), clock=now)
        listener.start()
        stop.wait()
        listener.stop()
    else:
        rules = load_rules(Path(region) / "value-sets")
        keep_arriving(Worker(database, lambda: described, now, name="worker-1", rules=rules), stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
