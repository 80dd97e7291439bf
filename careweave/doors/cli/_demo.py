"""careweave demo: the whole product on its own PostgreSQL, with Northmere loaded."""

import fcntl
import json
import os
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.db import Database, Embedded, migrate
from careweave.doors import _access
from careweave.doors.cli import _apply, _feed, _serve
from careweave.doors.cli._ask import Asker, wait_open, wait_ready
from careweave.doors.cli._demo_clock import on_its_clock
from careweave.doors.cli._demo_kin import Kin, kin_of
from careweave.doors.cli._demo_roles import EXAMPLE, logins, worn
from careweave.doors.cli._demo_staff import Signin, add_example_staff, signins
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._files import make_private, write_whole
from careweave.doors.cli._listen import told_to_stop
from careweave.doors.cli._supervise import Child, Supervisor
from careweave.sources import Channel, Source, Sources, load_sources
from careweave.terms import CareweaveError, NotFound, Unavailable

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

Token = dict[str, str]


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    demo = verbs.add_parser("demo", help="everything at once, with an example region")
    demo.add_argument("--home", dest="demo_home", type=Path, help="where everything is kept")
    demo.add_argument("--port", type=int, help="port of the doors; 0 takes any that is free")
    _feed.add_options(demo)
    demo.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class _Stage:
    """The demo once its database runs: where it is kept, its settings, its server."""

    desk: Desk
    home: Path
    server: Embedded
    sources: Sources
    feeding: tuple[str, ...]
    signins: tuple[Signin, ...] = ()

    @property
    def base(self) -> str:
        """Returns the address of the door for systems."""
        return f"{self.desk.settings.base}/fhir"

    @property
    def pages(self) -> str:
        """Returns the address of the pages for people."""
        return f"{self.desk.settings.people_base}/workspace/"


def _run(desk: Desk, arguments: Namespace) -> int:
    home = _home(desk, arguments)
    make_private(home)
    with _alone(home), told_to_stop() as stop:
        (home / "demo.json").unlink(missing_ok=True)
        desk = _settled(desk, arguments, home)
        sources = load_sources(desk.region, secret=b"names only")
        desk = _shifted(desk, sources, any_port=arguments.port == 0)
        note("Starting PostgreSQL ...")
        feeding = _words(arguments)
        stage = _Stage(desk, home, Embedded.start(home), sources, feeding)
        try:
            _play(stage, stop)
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


def _words(arguments: Namespace) -> tuple[str, ...]:
    named = () if arguments.named is None else ("--named", str(arguments.named))
    still = ("--still",) if arguments.still else ()
    return ("--people", str(arguments.people), *named, *still)


def _shifted(desk: Desk, sources: Sources, *, any_port: bool) -> Desk:
    """Returns the desk with ports for HL7 v2 that are free just now."""
    host = desk.settings.mllp_host
    ports = [source.transport.port for source in sources if source.transport.port]
    first = os.getpid() % 500 * 60 if any_port else desk.settings.mllp_shift
    for shift in range(first, 60_000, 60):
        if all(port + shift < 65_536 and _serve.is_free(host, port + shift) for port in ports):
            return Desk(desk.around, replace(desk.settings, mllp_shift=shift))
    message = "No ports for HL7 v2 are free; set CAREWEAVE_MLLP_SHIFT to where some are."
    raise Unavailable(message)


def _play(stage: _Stage, stop: threading.Event) -> None:
    database = Database(stage.server.url, size=4, zone=stage.desk.settings.time_zone)
    try:
        migrate(database)
        stage = replace(stage, desk=on_its_clock(stage.desk, database, stage.home))
        _apply.apply_demonstration(stage.desk, database)
        tokens = _tokens(stage, database)
        told = _access.Told(stage.desk.around.clock())
        add_example_staff(database, stage.desk.region, told)
        stage = replace(stage, signins=tuple(signins(database)))
    finally:
        database.close()
    _serve_until(stage, tokens, stop)


def _tokens(stage: _Stage, database: Database) -> list[Token]:
    """Returns the clients of the region; those of an earlier start stay valid."""
    path = stage.home / "clients.json"
    kept: list[Token] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    known = {token["name"] for token in kept}
    for wanted in _registrations(stage):
        if wanted.name not in known:
            kept.append(_add(stage, database, wanted))
            write_whole(path, json.dumps(kept, indent=1))
    return kept


def _registrations(stage: _Stage) -> list[_access.Registration]:
    """Returns a client for each system that sends FHIR, one to look for each organisation, and logins.

    Systems see what their organisation holds; logins see what agreements give to people in a role.
    """
    until = stage.desk.around.clock() + timedelta(days=365)
    found = [
        _registration(source, source.name, source.system, until)
        for source in stage.sources
        # What pages write comes by no client: whoever is signed in writes it.
        if source.transport.kind is Channel.FHIR and not source.telling.names_persons
    ]
    sending = {one.organisation for one in found}
    for source in stage.sources:
        if source.organisation not in sending:
            sending.add(source.organisation)
            found.append(_registration(source, source.organisation, "viewer", until))
    return [*found, *logins(stage.desk, until)]


def _registration(source: Source, name: str, system: str, until: datetime) -> _access.Registration:
    scopes = frozenset({"system/*.cruds"})
    prefix = source.id_prefix if system == source.system else None
    return _access.Registration(
        name, source.organisation, system, scopes, until, id_prefix=prefix or None
    )


def _add(stage: _Stage, database: Database, wanted: _access.Registration) -> Token:
    now = stage.desk.around.clock()
    with database.session() as session:
        with suppress(NotFound):
            _access.revoke_client(session, wanted.name, now=now)
        token = _access.add_client(session, wanted, now=now)
    return {
        "name": wanted.name,
        "organisation": wanted.organisation,
        "system": wanted.system,
        **worn(wanted),
        "token": token,
    }


def _children(stage: _Stage) -> tuple[Child, ...]:
    desk, url = stage.desk, stage.server.url
    logs = stage.home / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    settings = desk.settings
    told = _serve.served(settings, url) | {
        "mllp_shift": settings.mllp_shift,
        "demonstration_keys": "yes",
    }
    environ = desk.environ(**told, region=desk.region)
    ours = [sys.executable, "-m", "careweave"]
    commands = {
        "serve": _serve.granian(settings, desk.around.target),
        "work": [*ours, "work"],
        "listen": [*ours, "listen"],
        "collect": [*ours, "collect"],
    }
    return tuple(
        Child(name, command, environ, logs / f"{name}.log") for name, command in commands.items()
    )


def _feeder(stage: _Stage, serving: Child) -> Child:
    command = [sys.executable, "-m", "careweave", "northmere", *stage.feeding]
    return Child(
        "feed", command, serving.environ, stage.home / "log" / "feed.log", is_lasting=False
    )


def _serve_until(stage: _Stage, tokens: list[Token], stop: threading.Event) -> None:
    changed = threading.Event()
    children = _children(stage)
    supervisor = Supervisor([*children, _feeder(stage, children[0])], stop)
    try:
        for child in children:
            child.start()
        wait_ready(f"{stage.desk.settings.base}/ready", children[0].has_ended, stop)
        for host, port in _lines(stage).values():
            wait_open(host, port, children[2].has_ended, stop)
        if stop.is_set():
            return
        _say_where(stage, tokens)
        supervisor.children[-1].start()
        _announce(stage, tokens, supervisor, stop)
        kin = kin_of(stage.desk.region, partial(_person_of, stage, tokens))
        while not stop.is_set():
            changed.clear()
            supervisor.watch_once(changed)
            _know_kin(stage, kin)
            if stage.server.pid is None and not stop.is_set() and _revived(stage):
                changed.set()
            if changed.is_set():
                _describe(stage, tokens, supervisor)
    finally:
        note("Stopping ...")
        supervisor.stop()


def _person_of(
    stage: _Stage, tokens: list[Token], organisation: str, number: str, born: str
) -> str:
    """Returns the id of a person as a system of an organisation that holds them finds it."""
    for one in tokens:
        if one["organisation"] == organisation and "role" not in one:
            return Asker(stage.base, one["token"]).person_of(number, born)
    return ""


def _know_kin(stage: _Stage, kin: Kin) -> None:
    """Notes who of the example staff is whom; the next turn tries again if nothing can be noted."""
    if not kin.is_due(time.monotonic()):
        return
    database = Database(stage.server.url, size=1, zone=stage.desk.settings.time_zone)
    try:
        kin.look(database, _access.Told(stage.desk.around.clock()), time.monotonic())
    except CareweaveError as fault:
        note(f"careweave: {fault.message}")
    finally:
        database.close()


def _lines(stage: _Stage) -> dict[str, tuple[str, int]]:
    settings = stage.desk.settings
    return {
        source.name: (settings.mllp_host, source.transport.port + settings.mllp_shift)
        for source in stage.sources
        if source.transport.port
    }


def _folders(stage: _Stage) -> dict[str, str]:
    root = stage.desk.settings.drop_root
    return {
        source.name: str(root / source.name / "in")
        for source in stage.sources
        if source.transport.kind is Channel.FOLDER
    }


def _say_where(stage: _Stage, tokens: list[Token]) -> None:
    """Tells the feeder how each system of the region reaches us."""
    told = {
        "fhir": stage.base,
        "mllp": _lines(stage),
        "folders": _folders(stage),
        "tokens": {
            one["name"]: one["token"] for one in tokens if one["name"] in stage.sources.names
        },
    }
    write_whole(stage.home / _feed.PLACES, json.dumps(told, indent=1))


def _revived(stage: _Stage) -> bool:
    """Starts PostgreSQL again after it was killed; the next turn tries again if that fails."""
    try:
        Embedded.start(stage.home)
    except Unavailable as fault:
        note(f"careweave: {fault.message}")
        return False
    return True


def _describe(stage: _Stage, tokens: list[Token], supervisor: Supervisor) -> None:
    lines = {name: f"{host}:{port}" for name, (host, port) in _lines(stage).items()}
    said = {
        "doors": {
            "fhir": stage.base,
            "workspace": stage.pages,
            "mllp": lines,
            "folders": _folders(stage),
        },
        "clients": tokens,
        "signins": list(stage.signins),
        "pids": {"postgres": stage.server.pid, **supervisor.pids()},
    }
    write_whole(stage.home / "demo.json", json.dumps(said, indent=1))


def _announce(
    stage: _Stage, tokens: list[Token], supervisor: Supervisor, stop: threading.Event
) -> None:
    first = tokens[0]
    patient = Asker(stage.base, first["token"]).wait_for("Patient", stop)
    _describe(stage, tokens, supervisor)
    say(f"\nPages for people, with examples to sign in as: {stage.pages}")
    hour = stage.desk.around.clock().astimezone(stage.desk.settings.time_zone)
    say(hour.strftime("Its clock shows %d %B %Y %H:%M."))
    say(f"Careweave answers systems at {stage.base}")
    say(f"Token of {first['name']}: {first['token']}")
    say(f"All clients, their tokens, and where HL7 v2 and files go: {stage.home / 'demo.json'}\n")
    say("Three requests to paste:\n")
    for path in (
        "Patient?_count=5&_sort=family",
        f"Observation?patient={patient}&_sort=-date",
        f"Patient/{patient}/$everything",
    ):
        say(f"curl -s -H 'Authorization: Bearer {first['token']}' '{stage.base}/{path}'\n")
    _announce_staff(stage, tokens)
    say("The systems of Northmere are sending; this shows how each does:\n")
    say(f"./run careweave --home {stage.home} feeds\n")
    say("Ctrl-C stops it; everything that was sent is kept.")


def _announce_staff(stage: _Stage, tokens: list[Token]) -> None:
    """Says how to ask as somebody at work, where the region has the login of the example."""
    for login in tokens:
        if login["name"] == EXAMPLE:
            say("People at work see what the agreements in force give their role, of people whom")
            say(
                "their organisation looks after. A community nurse asks, and then who may see what:\n"
            )
            say(
                f"curl -s -H 'Authorization: Bearer {login['token']}'"
                f" '{stage.base}/Patient?_count=5&_sort=family'\n"
            )
            say("./run careweave agreement show agr-primary-community\n")
