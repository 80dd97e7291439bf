"""The one place that knows every room: builds the running product from its settings."""

import gc
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, TextIO
from uuid import uuid4

from careweave.db import Database, Embedded
from careweave.doors import cli, fhir
from careweave.doors._access import Clients
from careweave.intake import Writer, load_rules
from careweave.ledger import Recorder
from careweave.settings import Settings, Wrong, load
from careweave.terms import Incorrect

if TYPE_CHECKING:
    import falcon

_CHECKOUT = Path(__file__).resolve().parents[1]
_MIB = 1024 * 1024


def now() -> datetime:
    """Returns the time now, in UTC: the clock of the running product."""
    return datetime.now(UTC)  # noqa: TID251  the one clock that all others are given


def application() -> "falcon.App[falcon.Request, falcon.Response]":
    """Returns what Granian serves in each process, made of the environment."""
    settings = load(os.environ)
    if isinstance(settings, Wrong):
        raise Incorrect(" ".join(settings.problems))
    _log_to(sys.stdout, settings.log_level)
    made = parts(settings)
    served = fhir.application(made)
    _keep_showing(made)
    _spare_the_collector()
    return served


def parts(settings: Settings) -> fhir.Parts:
    """Returns what the door for systems is made of; the database must be migrated."""
    url = settings.database_url or Embedded.start(settings.home).url
    database = Database(
        url,
        size=settings.connections,
        wait_s=settings.connection_wait_s,
        zone=settings.time_zone,
    )
    return fhir.Parts(
        database=database,
        recorder=Recorder(database),
        writer=Writer(database, rules=load_rules(value_sets(settings))),
        clients=Clients(database, remembered_s=settings.token_cache_s),
        clock=now,
        new_request_id=lambda: str(uuid4()),
        base=f"{settings.base}/fhir",
        limits=_limits(settings),
        metrics=fhir.Metrics(settings.home / "metrics", started_at=now().timestamp()),
    )


def value_sets(settings: Settings) -> Path:
    """Returns the folder of the region's value sets."""
    return (settings.region or _CHECKOUT / "region") / "value-sets"


def main(words: Sequence[str] | None = None) -> int:
    """Does what the command line says and returns the exit code."""
    around = cli.Around(os.environ, now, "careweave.wiring:application", _CHECKOUT)
    return cli.main(sys.argv[1:] if words is None else words, around)


def _limits(settings: Settings) -> fhir.Limits:
    return fhir.Limits(
        body_bytes=settings.body_mib * _MIB,
        bundle_bytes=settings.bundle_mib * _MIB,
        per_second=settings.rate_per_second,
        burst=settings.rate_burst,
        n_working=settings.threads,
    )


def _keep_showing(made: fhir.Parts) -> None:
    # A scrape that reaches a sibling of this process finds here how its pool does.
    if made.metrics is not None:
        show = made.metrics.keep_showing
        levels = partial(fhir.levels, made.database)
        Thread(target=show, args=(levels, Event()), name="metrics", daemon=True).start()


def _spare_the_collector() -> None:
    # What the start made lives as long as the process, and a request makes few cycles: looking at
    # all of it again and again costs a bundle a tenth of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _log_to(stream: TextIO, level: str) -> None:
    # Messages are whole JSON lines already; nothing is put around them.
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("careweave")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
    # The lines do not tell where in the code, thread or process they arose; finding it out costs
    # more than writing them. Source: Python documentation, logging HOWTO, optimization.
    logging._srcfile = None  # noqa: SLF001  as documented there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
