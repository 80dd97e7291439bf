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

    def start_worker(self) -> None:
        """Starts one process that brings arrivals into the record."""
        self.start("work", "work", "--arrivals", "worker-1")

    def stop(self, name: str) -> None:
        """Stops one process."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

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
            if time.monotonic() > until or self.processes["work"].poll() is not None:
                said = (self.home / "work.log").read_text()[-2000:]
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


def load(running: Listening, **options: object) -> dict[str, Any]:
    """Returns what a load measured that ran in a process of its own to its end."""
    return loaded(loading(running, **options))


def loading(running: Listening, **options: object) -> "subprocess.Popen[bytes]":
    """Returns a load that has begun; the options are those of `python -m bench.mllp`."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "bench.mllp", "--port", str(running.port), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def loaded(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Returns what a load measured, when it has ended."""
    out, err = process.communicate()
    if process.returncode:
        sys.exit(f"bench: the load failed\n{err.decode()[-2000:]}")
    told: dict[str, Any] = json.loads(out)
    return told


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
