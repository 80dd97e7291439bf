"""careweave demo: the whole product on its own PostgreSQL, with Northmere loaded."""

import fcntl
import json
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.db import Database, Embedded, migrate
from careweave.doors import _access
from careweave.doors.cli import _serve
from careweave.doors.cli._ask import Asker, wait_ready
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._files import make_private, write_whole
from careweave.doors.cli._northmere import Organisation, organisations
from careweave.doors.cli._seed import Loader, Progress
from careweave.doors.cli._supervise import Child, Supervisor
from careweave.intake import Writer, load_rules
from careweave.terms import NotFound, Unavailable

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

Token = dict[str, str]


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    demo = verbs.add_parser("demo", help="everything at once, with an example region")
    demo.add_argument("--home", dest="demo_home", type=Path, help="where everything is kept")
    demo.add_argument("--port", type=int, help="port of the doors; 0 takes any that is free")
    demo.add_argument("--people", type=int, default=300, help="inhabitants of the region (300)")
    demo.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class _Stage:
    """The demo once its database runs: where it is kept, its settings, its server."""

    desk: Desk
    home: Path
    server: Embedded

    @property
    def base(self) -> str:
        """Returns the address of the door for systems."""
        return f"{self.desk.settings.base}/fhir"


def _run(desk: Desk, arguments: Namespace) -> int:
    home = _home(desk, arguments)
    make_private(home)
    with _alone(home), _stopping() as stop:
        (home / "demo.json").unlink(missing_ok=True)
        desk = _settled(desk, arguments, home)
        note("Starting PostgreSQL ...")
        stage = _Stage(desk, home, Embedded.start(home))
        try:
            _play(stage, arguments.people, stop)
        finally:
            (home / "demo.json").unlink(missing_ok=True)
            stage.server.stop()
    note("Stopped.")
    return 0


def _home(desk: Desk, arguments: Namespace) -> Path:
    chosen: Path | None = arguments.demo_home
    if chosen is not None:
        return chosen.expanduser().absolute()
    around = desk.around
    is_named = "CAREWEAVE_HOME" in around.environ or getattr(arguments, "home", None)
    if around.is_checkout and not is_named:
        return around.checkout / ".demo"
    return desk.settings.home


def _settled(desk: Desk, arguments: Namespace, home: Path) -> Desk:
    settings = desk.settings
    port = _serve.free_port(settings.host) if arguments.port == 0 else settings.port
    _serve.must_be_free(settings.host, port)
    # A demonstration is there to be tried hard, from this machine only: no limit unless asked for.
    is_limited = "CAREWEAVE_RATE_PER_SECOND" in desk.around.environ
    rate = settings.rate_per_second if is_limited else 0.0
    return Desk(desk.around, replace(settings, home=home, port=port, rate_per_second=rate))


@contextmanager
def _alone(home: Path) -> Generator[None]:
    with (home / "lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            message = f"A demo runs in {home} already; choose another place with --home."
            raise Unavailable(message) from fault
        yield


@contextmanager
def _stopping() -> Generator[threading.Event]:
    """Gives an event that the signals to stop set."""
    stop = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: stop.set()) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _play(stage: _Stage, n_people: int, stop: threading.Event) -> None:
    listed = organisations(stage.desk.region)
    database = Database(stage.server.url, size=4, zone=stage.desk.settings.time_zone)
    try:
        migrate(database)
        tokens = _tokens(stage, database, listed)
        _load(stage, database, listed, tokens, n_people, stop)
    finally:
        database.close()
    if not stop.is_set():
        _serve_until(stage, tokens, stop)


def _tokens(stage: _Stage, database: Database, listed: tuple[Organisation, ...]) -> list[Token]:
    """Returns one client for each organisation; those of an earlier start stay valid."""
    path = stage.home / "clients.json"
    kept: list[Token] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    known = {token["name"] for token in kept}
    now = stage.desk.around.clock()
    for one in listed:
        if one.id in known:
            continue
        with database.session() as session:
            with suppress(NotFound):
                _access.revoke_client(session, one.id, now=now)
            wanted = _access.Registration(
                one.id, one.id, one.system, frozenset({"system/*.cruds"}), now + timedelta(days=365)
            )
            token = _access.add_client(session, wanted, now=now)
        kept.append({"name": one.id, "organisation": one.id, "system": one.system, "token": token})
        write_whole(path, json.dumps(kept, indent=1))
    return kept


def _load(
    stage: _Stage,
    database: Database,
    listed: tuple[Organisation, ...],
    tokens: list[Token],
    n_people: int,
    stop: threading.Event,
) -> None:
    clock = stage.desk.around.clock
    path = stage.home / "northmere.json"
    progress = Progress.read(path, today=clock().date(), n_people=n_people)
    if progress.is_complete:
        return
    note(f"Loading {progress.n_people} people of Northmere ...")
    writer = Writer(database, rules=load_rules(stage.desk.region / "value-sets"))
    clients = _access.Clients(database)
    by_name = {token["name"]: token["token"] for token in tokens}
    n_written, started = 0, time.monotonic()
    for one in listed:
        loader = Loader(database, writer, clients.actor(by_name[one.id], clock()), clock)
        for n in loader.load(one, progress):
            n_written += n
            if stop.is_set():
                return
    progress.is_complete = True
    progress.keep()
    note(f"Loaded {n_written} resources in {time.monotonic() - started:.1f} s.")


def _children(stage: _Stage) -> tuple[Child, Child]:
    desk, url = stage.desk, stage.server.url
    logs = stage.home / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    environ = desk.environ(**_serve.served(desk.settings, url), region=desk.region)
    serve = _serve.granian(desk.settings, desk.around.target)
    work = [sys.executable, "-m", "careweave", "work"]
    return (
        Child("serve", serve, environ, logs / "serve.log"),
        Child("work", work, environ, logs / "work.log"),
    )


def _serve_until(stage: _Stage, tokens: list[Token], stop: threading.Event) -> None:
    changed = threading.Event()
    supervisor = Supervisor(_children(stage), stop)
    try:
        supervisor.start()
        wait_ready(f"{stage.desk.settings.base}/ready", supervisor.children[0].has_ended, stop)
        if stop.is_set():
            return
        _announce(stage, tokens, supervisor)
        while not stop.is_set():
            changed.clear()
            supervisor.watch_once(changed)
            if stage.server.pid is None and not stop.is_set() and _revived(stage):
                changed.set()
            if changed.is_set():
                _describe(stage, tokens, supervisor)
    finally:
        note("Stopping ...")
        supervisor.stop()


def _revived(stage: _Stage) -> bool:
    """Starts PostgreSQL again after it was killed; the next turn tries again if that fails."""
    try:
        Embedded.start(stage.home)
    except Unavailable as fault:
        note(f"careweave: {fault.message}")
        return False
    return True


def _describe(stage: _Stage, tokens: list[Token], supervisor: Supervisor) -> None:
    said = {
        "doors": {"fhir": stage.base},
        "clients": tokens,
        "pids": {"postgres": stage.server.pid, **supervisor.pids()},
    }
    write_whole(stage.home / "demo.json", json.dumps(said, indent=1))


def _announce(stage: _Stage, tokens: list[Token], supervisor: Supervisor) -> None:
    first = tokens[0]
    asker = Asker(stage.base, first["token"])
    patient = asker.first_id("Patient")
    _describe(stage, tokens, supervisor)
    say(f"\nCareweave answers at {stage.base}")
    say(f"Token of {first['name']}: {first['token']}")
    say(f"All clients and their tokens: {stage.home / 'demo.json'}\n")
    say("Three requests to paste:\n")
    for path in (
        "Patient?_count=5&_sort=family",
        f"Observation?patient={patient}&code=blood-pressure&_sort=-date",
        f"Patient/{patient}/$everything",
    ):
        say(f"curl -s -H 'Authorization: Bearer {first['token']}' '{stage.base}/{path}'\n")
    say("Ctrl-C stops it; everything that was written is kept.")
