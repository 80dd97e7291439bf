"""The one place that knows every room: builds the running product from its settings."""

import gc
import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TextIO
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from careweave import disclosure
from careweave.db import Database, Embedded
from careweave.doors import cli, console, feeds, fhir, mllp, workspace
from careweave.doors._access import (
    Clients,
    Codes,
    Demonstration,
    Limits,
    Passkeys,
    Places,
    Sessions,
    Width,
    ahead_of,
    clock_of,
    demonstration,
    is_loopback,
    party_of,
)
from careweave.doors._frame import serve_static
from careweave.intake import (
    Live,
    Pulse,
    Receiver,
    SourceSettings,
    Worker,
    Writer,
    adopt_identity,
    keep_arriving,
    load_rules,
    open_source,
    plain_settings,
    settings_of,
)
from careweave.ledger import Recorder
from careweave.settings import Settings, Wrong, load
from careweave.sources import (
    Channel,
    Followed,
    Keeping,
    LiveClients,
    Source,
    Sources,
    activate,
    expect_feeds,
    keep_configuration,
    newest_configuration,
    refuse_configuration,
)
from careweave.terms import Actor, CareweaveError, Incorrect, SourceId

_CHECKOUT = Path(__file__).resolve().parents[1]
_MIB = 1024 * 1024
_FHIR = str(Channel.FHIR)
_EXAMPLE = "Example region"


def now() -> datetime:
    """Returns the time now, in UTC: the clock of the running product."""
    return datetime.now(UTC)  # noqa: TID251  the one clock that all others are given


def application() -> WSGIApplication:
    """Returns what Granian serves in each process, made of the environment."""
    settings = load(os.environ)
    if isinstance(settings, Wrong):
        raise Incorrect(" ".join(settings.problems))
    _log_to(sys.stdout, settings.log_level)
    made = parts(settings)
    pages = people(settings, made)
    served = Served(
        fhir.application(made),
        {
            "static": serve_static,
            "workspace": workspace.application(pages),
            "console": console.application(officers(pages)),
        },
        only=pages.base if pages.is_demonstration else "",
    )
    _keep_showing(made)
    _spare_the_collector()
    width = Width(cli.n_systems(settings), settings.sign_ins_per_minute, settings.proxies)
    return Places(served, width, made.database.first)


@dataclass(frozen=True, slots=True)
class Served:
    """All doors over HTTP, told apart by the first part of the address; `rest` has all others.

    With `only`, pages are served under that address alone: where anybody may sign in, no other
    name that leads to this machine may be made to.
    """

    rest: WSGIApplication
    doors: Mapping[str, WSGIApplication]
    only: str = ""

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers a request by the door that it is for; the root leads to the workspace."""
        path = str(environ.get("PATH_INFO", ""))
        if path in ("", "/") and environ.get("REQUEST_METHOD") in ("GET", "HEAD"):
            return _onwards(start, f"{self.only}/workspace/")
        door = self.doors.get(path.lstrip("/").partition("/")[0])
        if door is None:
            return self.rest(environ, start)
        if self.only and f"http://{environ.get('HTTP_HOST', '')}" != self.only:
            return _onwards(start, f"{self.only}/workspace/")
        return door(environ, start)


def _onwards(start: StartResponse, where: str) -> Iterable[bytes]:
    start("303 See Other", [("Location", where), ("Content-Length", "0")])
    return []


def parts(settings: Settings) -> fhir.Parts:
    """Returns what the door for systems is made of; the database must be migrated."""
    url = settings.database_url or Embedded.start(settings.home).url
    database = Database(
        url,
        size=settings.connections,
        wait_s=settings.connection_wait_s,
        zone=settings.time_zone,
        reserve=settings.urgent_connections,
    )
    with database.reading() as session:
        disclosure.begin(session, takes_demonstration_keys=settings.demonstration_keys)
    clock = clock_of(settings.home, now)
    known = _Clients(database, in_force(settings, database, frozenset({Channel.FHIR})))
    return fhir.Parts(
        database=database,
        recorder=Recorder(database),
        writer=Writer(
            database,
            rules=load_rules(value_sets(settings)),
            settings=known.settings,
            pulse=Pulse(database, known.source),
        ),
        clients=Clients(database, remembered_s=settings.token_cache_s),
        clock=clock,
        new_request_id=_new_request_id,
        base=f"{settings.base}/fhir",
        limits=_limits(settings),
        metrics=fhir.Metrics(settings.home / "metrics", started_at=now().timestamp()),
    )


def people(settings: Settings, made: fhir.Parts) -> workspace.Parts:
    """Returns what the pages of professionals are made of, over the database of the other doors."""
    database = made.database
    with database.reading() as session:
        mark = demonstration(session)
    _check_clock(settings, mark)
    sources = in_force(settings, database, frozenset({Channel.FHIR}))
    is_demonstration = mark is not None and is_loopback(settings.host)
    worker = Worker(
        database,
        sources,
        made.clock,
        name=f"live-{os.getpid()}",
        rules=load_rules(value_sets(settings)),
    )
    return workspace.Parts(
        database=database,
        recorder=made.recorder,
        receiver=Receiver(database, sources),
        sessions=Sessions(database, limits=_session_limits(settings)),
        passkeys=Passkeys(database, party_of(settings.people_base), secrets.token_bytes),
        codes=Codes(database),
        clients=made.clients,
        clock=made.clock,
        new_request_id=_new_request_id,
        random=secrets.token_bytes,
        base=settings.people_base,
        zone=settings.time_zone,
        region=region(settings),
        sources=sources,
        live=Live(database, sources, LiveClients(), worker, made.clock),
        is_demonstration=is_demonstration,
        environment=_EXAMPLE if is_demonstration else "",
    )


def officers(pages: workspace.Parts) -> console.Parts:
    """Returns what the pages of governance are made of: what those of professionals are."""
    return console.Parts(
        database=pages.database,
        recorder=pages.recorder,
        sessions=pages.sessions,
        clock=pages.clock,
        new_request_id=pages.new_request_id,
        random=pages.random,
        base=pages.base,
        zone=pages.zone,
        brand=pages.brand,
        is_demonstration=pages.is_demonstration,
        environment=pages.environment,
    )


def _check_clock(settings: Settings, mark: Demonstration | None) -> None:
    """Raises Incorrect where the home and the database disagree on whose clock it is."""
    if (None if mark is None else mark.ahead) != ahead_of(settings.home):
        message = "The clock of this home is not that of its database; name the home of both."
        raise Incorrect(message, where="home")


def _new_request_id() -> str:
    return str(uuid4())


def _session_limits(settings: Settings) -> Limits:
    return Limits(
        idle=timedelta(minutes=settings.session_idle_minutes),
        absolute=timedelta(hours=settings.session_hours),
    )


def region(settings: Settings) -> Path:
    """Returns the folder of the region."""
    return settings.region or _CHECKOUT / "region"


def value_sets(settings: Settings) -> Path:
    """Returns the folder of the region's value sets."""
    return region(settings) / "value-sets"


def listen(settings: Settings, database: Database, stop: Event) -> None:
    """Receives HL7 v2 for every source that sends it, until told to stop."""
    _log_to(sys.stdout, settings.log_level)
    sources = in_force(settings, database, frozenset({Channel.MLLP}))
    listener = mllp.Listener(
        Receiver(database, sources),
        sources,
        where=mllp.Where(settings.mllp_host, settings.mllp_shift, settings.mllp_plain),
        clock=clock_of(settings.home, now),
        outcomes=mllp.outcomes_of(database),
    )
    listener.start()
    try:
        stop.wait()
    finally:
        listener.stop()


def collect(settings: Settings, database: Database, stop: Event) -> None:
    """Takes files from drop folders and the mailbox, until told to stop."""
    _log_to(sys.stdout, settings.log_level)
    collector = feeds.Collector(
        database,
        in_force(settings, database, frozenset({Channel.FOLDER, Channel.MESH})),
        root=settings.drop_root,
        clock=clock_of(settings.home, now),
        mesh=_mesh(settings),
    )
    collector.run(stop)


def arrive(settings: Settings, database: Database, stop: Event, name: str) -> None:
    """Makes entries of what came in, until told to stop; `name` is this worker's own.

    A worker that is started again under its name tries alone what it had in hand when it was killed.
    """
    _log_to(sys.stdout, settings.log_level)
    worker = Worker(
        database,
        in_force(settings, database),
        clock_of(settings.home, now),
        name=name,
        rules=load_rules(value_sets(settings)),
    )
    # What the first turn loads lives as long as the process. Should the database be away just now,
    # the turns that follow say so.
    with suppress(CareweaveError):
        worker.work_once()
    _spare_the_collector()
    keep_arriving(worker, stop)


def in_force(
    settings: Settings, database: Database, kinds: frozenset[Channel] | None = None
) -> Followed:
    """Returns what gives the sources of the region as they are now, activated before they are.

    With `kinds`, those that come in by these ways: a process compiles no mapping that it never uses.
    """
    place, clock = region(settings), clock_of(settings.home, now)

    def adopt(found: Sources) -> None:
        with database.session() as session:
            activate(session, found, now=clock())
            adopt_identity(session, place, at=clock())
            feeds_of = [(one.name, one.feed, one.rhythm) for one in found]
            expect_feeds(session, feeds_of, now=clock())
            # Only who reads all of them knows that all of them can be used.
            if kinds is None:
                keep_configuration(session, place, now=clock())

    def kept() -> bytes | None:
        with database.reading() as session:
            return newest_configuration(session)

    def refused(error: CareweaveError) -> None:
        logging.getLogger("careweave").warning('{"event": "region-not-in-force"}')
        with database.session() as session:
            refuse_configuration(session, error, now=clock())

    with database.reading() as session:
        secret = session.secret
    return Followed(place, secret=secret, keeping=Keeping(adopt, refused, kept), kinds=kinds)


class _Clients:
    """What the region says of the systems whose clients write to the door for systems."""

    def __init__(self, database: Database, sources: Callable[[], Sources]) -> None:
        self._database = database
        self._sources = sources
        self._found: tuple[Sources, Mapping[SourceId, Source]] | None = None

    def source(self, actor: Actor) -> Source | None:
        """Returns the described source of a client; None where the region names none."""
        sources = self._sources()
        if self._found is None or self._found[0] is not sources:
            self._found = sources, self._numbered(sources)
        return self._found[1].get(actor.source)

    def settings(self, actor: Actor) -> SourceSettings:
        """Returns what classification knows of a client."""
        source = self.source(actor)
        return plain_settings(actor) if source is None else settings_of(source)

    def _numbered(self, sources: Sources) -> Mapping[SourceId, Source]:
        sending = [one for one in sources if one.transport.kind is Channel.FHIR]
        with self._database.session() as session:
            return {
                open_source(session, one.organisation, one.system, one.feed or _FHIR): one
                for one in sending
            }


def _mesh(settings: Settings) -> feeds.MeshAccess | None:
    """Returns how the mailbox is reached; None where none is set."""
    if settings.mesh_url is None:
        return None
    said = (settings.mesh_mailbox, settings.mesh_password, settings.mesh_shared_key)
    mailbox, password, shared_key = said
    if mailbox is None or password is None or shared_key is None:
        message = "With mesh_url go mesh_mailbox, mesh_password and mesh_shared_key."
        raise Incorrect(message, where="settings")
    return feeds.MeshAccess(
        url=settings.mesh_url,
        mailbox=mailbox,
        password=password,
        shared_key=shared_key,
        authority=settings.mesh_ca,
        certificate=settings.mesh_cert,
        key=settings.mesh_key,
        poll_s=settings.mesh_poll_s,
    )


DOORS = cli.Doors(
    listen=listen,
    collect=collect,
    arrive=arrive,
    parked=feeds.parked_files,
    accept=feeds.accept_file,
    refuse=feeds.refuse_file,
    faults_of_forms=workspace.faults_of_forms,
)


def main(words: Sequence[str] | None = None) -> int:
    """Does what the command line says and returns the exit code."""
    around = cli.Around(os.environ, now, "careweave.wiring:application", _CHECKOUT, DOORS)
    return cli.main(sys.argv[1:] if words is None else words, around)


def _limits(settings: Settings) -> fhir.Limits:
    return fhir.Limits(
        body_bytes=settings.body_mib * _MIB,
        bundle_bytes=settings.bundle_mib * _MIB,
        per_second=settings.rate_per_second,
        burst=settings.rate_burst,
        finds_per_hour=settings.finds_per_hour,
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
