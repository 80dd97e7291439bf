"""The product as a user starts it, in a directory of its own, for the time of a measurement."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Target
from bench.machine import ROOT


@dataclass(slots=True)
class Product:
    """A running demo without people, its limits of rate off."""

    home: Path
    process: "subprocess.Popen[bytes]"

    def target(self) -> Target:
        """Returns where the load goes: the first client's view."""
        said = json.loads((self.home / "demo.json").read_text())
        pids = frozenset(pid for pid in said["pids"].values() if pid)
        return Target(said["doors"]["fhir"], said["clients"][0]["token"], pids)

    def client(self) -> str:
        """Returns the name of the client whose view the load has."""
        clients = json.loads((self.home / "demo.json").read_text())["clients"]
        return str(clients[0]["name"])

    def pid(self, name: str) -> int:
        """Returns the process id of one part of the product."""
        pids = json.loads((self.home / "demo.json").read_text())["pids"]
        return int(pids[name])


@contextmanager
def product() -> Generator[Product]:
    """Gives a fresh product, and removes everything of it at the end."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)
        command = [sys.executable, "-m", "careweave", "demo", "--home", str(home), "--port", "0"]
        environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CAREWEAVE_RATE_PER_SECOND": "0",
        }
        with (home / "bench.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--people", "0"], env=environ, stdout=log, stderr=log, cwd=ROOT
            )
        try:
            _wait(home, process)
            yield Product(home, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)


def _wait(home: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 120
    while not (home / "demo.json").exists():
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"bench: the product did not start\n{(home / 'bench.log').read_text()}")
        time.sleep(0.1)
