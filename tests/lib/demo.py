"""A whole running server for tests that need one: the demo, started as a user starts it."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from careweave.db import Embedded

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """Where the server answers, and two clients of different organisations."""

    base: str
    token: str
    other_token: str
    process: subprocess.Popen[bytes]


def start_demo(
    home: Path, *, people: int = 10, named: int = 2, wait_s: float = 120, is_still: bool = True
) -> Running:
    """Starts `careweave demo` on a free port and waits for its demo.json.

    A still one sends what was, and nothing more.
    """
    ready = home / "demo.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "careweave", "demo", "--home", str(home), "--port", "0"]
    with (home / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            [*command, "--people", str(people), "--named", str(named), *(["--still"] * is_still)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    until = time.monotonic() + wait_s
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            pytest.fail(f"the demo did not start: {(home / 'out.txt').read_text()[-2000:]}")
        time.sleep(0.1)
    while is_still and not (_has_sent(home) and _is_settled(home)):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            pytest.fail("the demo did not send what it has to send")
        time.sleep(0.1)
    said = json.loads(ready.read_text())
    tokens = [client["token"] for client in said["clients"]]
    return Running(said["doors"]["fhir"].rstrip("/"), tokens[0], tokens[1], process)


def _has_sent(home: Path) -> bool:
    told = home / "northmere.json"
    return told.exists() and json.loads(told.read_text())["is_complete"]


def _is_settled(home: Path) -> bool:
    """Says that everything that was sent is in the record, files too."""
    folders = json.loads((home / "demo.json").read_text())["doors"]["folders"].values()
    if any(any(Path(folder).iterdir()) for folder in folders if Path(folder).is_dir()):
        return False
    with psycopg.connect(Embedded.find(home).url) as connection:
        row = connection.execute("SELECT NOT EXISTS (SELECT 1 FROM intake.line)").fetchone()
    return row == (True,)


def stop_demo(running: Running) -> None:
    """Stops the demo as Ctrl-C does, and waits for it."""
    running.process.send_signal(signal.SIGINT)
    running.process.wait(timeout=60)


def open_home(factory: pytest.TempPathFactory) -> Path:
    """A home that the database's own user may enter when the tests run as root."""
    home = factory.mktemp("demo")
    for folder in (home, *home.parents[:3]):
        # A folder that everybody writes in is everybody's: its rights are left alone.
        mode = folder.stat().st_mode
        if folder.owner() == Path.home().owner() and not mode & stat.S_ISVTX:
            folder.chmod(0o755)
    return home
