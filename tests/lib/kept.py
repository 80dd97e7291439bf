"""Databases that take long to make, made once and kept: for a whole run, or between runs.

`TESTS_KEPT` names the folder that they are kept in. What is kept lies under a digest of all
that it was made from, so an old one is never taken for a new one. Nobody uses the kept one itself:
every run starts a server on a copy of its own.
"""

import fcntl
import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from careweave.db import Embedded

_FOLDER = "TESTS_KEPT"
_MOST = 4
"""So many kept ones stay; the one that was used longest ago goes first."""


@contextmanager
def kept(
    name: str, sources: Iterable[Path], make: Callable[[Embedded], object]
) -> Iterator[tuple[Embedded, Any]]:
    """Gives a server of this run with what `make` made in one, and the value that it returned.

    `sources` are all files that the making depends on. Whoever asks while another makes waits.
    """
    with tempfile.TemporaryDirectory(prefix="cw-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        if where := os.environ.get(_FOLDER):
            value = _copied(Path(where), f"{name}-{_digest(sources)}", make, home)
            server = Embedded.start(home, is_durable=False)
        else:
            server = Embedded.start(home, is_durable=False)
            value = make(server)
        try:
            yield server, value
        finally:
            server.stop()


def _copied(where: Path, name: str, make: Callable[[Embedded], object], home: Path) -> object:
    """Copies what is kept under this name into a home, made first if it is not there."""
    where.mkdir(parents=True, exist_ok=True)
    with (where / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found = where / name
        if not found.exists():
            _made(found, make)
        os.utime(found)
        # Only `cp` keeps to whom files belong: the server of root is that of another account.
        subprocess.run(["cp", "-a", str(found / "postgres"), str(home / "postgres")], check=True)
        return pickle.loads((found / "value").read_bytes())


def _made(found: Path, make: Callable[[Embedded], object]) -> None:
    """Makes aside and renames, so that a killed run leaves nothing half made."""
    fresh = found.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    server = Embedded.start(fresh, is_durable=False)
    try:
        value = make(server)
    finally:
        server.stop()
    (fresh / "value").write_bytes(pickle.dumps(value))
    fresh.rename(found)
    others = sorted(found.parent.glob("*-*/"), key=lambda one: -one.stat().st_mtime)
    for old in others[_MOST:]:
        shutil.rmtree(old, ignore_errors=True)


def _digest(sources: Iterable[Path]) -> str:
    found = hashlib.sha256(sys.version.encode())
    for path in sorted(sources):
        body = path.read_bytes()
        found.update(f"{path}\0{len(body)}\0".encode() + body)
    return found.hexdigest()[:24]
