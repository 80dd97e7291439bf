"""The doors for messages and the worker behind them, each in its own process as in real use."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.machine import ROOT
from careweave.db import Database, Embedded, migrate

N_WORKERS = os.cpu_count() or 1
SOURCE, PORT = "nm-acute-pas", 2575
"""A source of the example region, and the port that its description names."""


@dataclass(slots=True)
class Listening:
    """A home with its PostgreSQL, and the processes that were started in it."""

    home: Path
    url: str
    shift: int
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Returns where messages go."""
        return PORT + self.shift

    def start(self, name: str, *words: str) -> None:
        """Starts a command of the product and leaves it running."""
        environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CAREWEAVE_HOME": str(self.home),
            "CAREWEAVE_DATABASE_URL": self.url,
            "CAREWEAVE_MLLP_SHIFT": str(self.shift),
            "CAREWEAVE_REGION": str(ROOT / "region"),
        }
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "careweave", *words],
                env=environ,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )

    def start_listener(self) -> None:
        """Starts the listener and waits for its port."""
        self.start("listen", "listen")
        until = time.monotonic() + 60
        while not _answers(self.port):
            if self.processes["listen"].poll() is not None or time.monotonic() > until:
                said = (self.home / "listen.log").read_text()[-2000:]
                sys.exit(f"bench: the listener did not start\n{said}")
            time.sleep(0.1)

    def start_workers(self) -> None:
        """Starts a process for each core that brings arrivals into the record."""
        for number in range(1, N_WORKERS + 1):
            self.start(f"work-{number}", "work", "--arrivals", f"worker-{number}")

    def stop(self, name: str) -> None:
        """Stops one process."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

    @property
    def workers(self) -> tuple[str, ...]:
        """Returns the names of the processes that bring arrivals in."""
        return tuple(name for name in self.processes if name.startswith("work-"))

    def rss_mib(self, name: str) -> float:
        """Returns the memory that a process has for itself and with others."""
        text = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        line = next(line for line in text.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def ask(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Returns the rows of a statement, for what no door tells."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def n_waiting(self) -> int:
        """Returns how many messages wait."""
        return int(str(self.ask("SELECT count(*) FROM intake.line")[0][0]))

    def wait_idle(self, seconds: float) -> float:
        """Returns the time at which nothing waited any more."""
        until = time.monotonic() + seconds
        while self.n_waiting():
            ended = any(self.processes[name].poll() is not None for name in self.workers)
            if time.monotonic() > until or ended:
                said = (self.home / "work-1.log").read_text()[-2000:]
                sys.exit(f"bench: {self.n_waiting()} messages still wait\n{said}")
            time.sleep(0.05)
        return time.time()


@contextmanager
def listening() -> Generator[Listening]:
    """Gives a fresh, durable PostgreSQL without any process beside, and removes everything."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)
        server = Embedded.start(home)
        running = Listening(home, server.url, _free_shift())
        try:
            database = Database(server.url)
            migrate(database)
            database.close()
            yield running
        finally:
            for name in list(running.processes):
                running.stop(name)
            server.stop()


@dataclass(slots=True)
class Load:
    """A load that goes on in a process of its own, and the file that it writes at its end."""

    process: "subprocess.Popen[bytes]"
    told: Path

    def is_going_on(self) -> bool:
        """Tells whether it still sends."""
        return self.process.poll() is None

    def result(self) -> dict[str, Any]:
        """Returns what it measured, when it has ended."""
        if self.process.wait():
            sys.exit(f"bench: the load failed\n{self.told.read_text()[-2000:]}")
        found: dict[str, Any] = json.loads(self.told.read_text())
        return found


def load(running: Listening, **options: object) -> dict[str, Any]:
    """Returns what a load measured that ran in a process of its own to its end."""
    return loading(running, **options).result()


def loading(running: Listening, **options: object) -> Load:
    """Returns a load that has begun; the options are those of `python -m bench.mllp`."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "bench.mllp", "--port", str(running.port), *words]
    # To a file: a pipe that nobody reads would stop it in the middle.
    told = running.home / "load.json"
    with told.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    return Load(process, told)


def _free_shift() -> int:
    """Returns a shift under which all ports of the region are free on this machine, most likely."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = int(asked.getsockname()[1])
    return max(1, min(60000, port) - PORT)


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(0.5)
        return asked.connect_ex(("127.0.0.1", port)) == 0
