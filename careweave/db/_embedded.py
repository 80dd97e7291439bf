"""The PostgreSQL that comes with the program, so that one command works on a bare machine."""

import fcntl
import hashlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from careweave.db._account import Keeper, keeper
from careweave.terms import Unavailable

VERSION = "18"
"""The major version of PostgreSQL whose data directories are read."""

_SOCKET_MOST = 90
_START_S = 90.0
_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "'256MB'",
    "wal_compression": "pglz",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_vacuum_scale_factor": "0.05",
    "idle_in_transaction_session_timeout": "'15s'",
    # Details of an error hold values; the log is to hold nobody's data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "timezone": "'UTC'",
}


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running server of our own: its address, and how to stop it.

    It outlives the process that started it, so that a killed program finds it again.
    """

    url: str
    data: Path
    _keeper: Keeper

    @classmethod
    def start(cls, home: Path, *, is_durable: bool = True) -> "Embedded":
        """Returns the server that keeps its data under `home`, started if it is not running.

        A directory of another version of PostgreSQL is refused with Unavailable. `is_durable`
        False is for tests only: it trades safety against a crash of the machine for speed.
        """
        home = home.expanduser().absolute()
        home.mkdir(parents=True, exist_ok=True)
        owner = keeper(home)
        folder = owner.place
        owner.make(folder)
        with _locked(folder / "lock"):
            data = folder / "data"
            _initialise(data, owner)
            sockets = _sockets(folder, owner)
            if not _answers(sockets):
                _configure(data, sockets, is_durable=is_durable)
                _launch(data, sockets, owner)
        return cls(_url(sockets), data, owner)

    @classmethod
    def find(cls, home: Path) -> "Embedded | None":
        """Returns the server that keeps its data under `home` when it runs; starts nothing."""
        home = home.expanduser().absolute()
        if not home.exists():
            return None
        owner = keeper(home)
        folder = owner.place
        if not (folder / "data").exists():
            return None
        found = cls(_url(_sockets(folder, owner)), folder / "data", owner)
        return None if found.pid is None else found

    def stop(self) -> None:
        """Stops the server, letting running statements end first for at most a moment."""
        if self.pid is None:
            return
        with _locked(self.data.parent / "lock"):
            self._keeper.run("pg_ctl", "stop", "-w", "-m", "fast", "-t", "60", "-D", self.data)

    def kill(self) -> None:
        """Kills the server and all its processes at once, as a power cut would: for tests."""
        pid = self.pid
        if pid is None:
            return
        victims = [pid, *_children(pid)]
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        while any(_is_alive(victim) for victim in victims):
            time.sleep(0.01)

    def address(self, name: str) -> str:
        """Returns the address of another database of the same server."""
        return self.url.replace("/careweave?", f"/{quote(name)}?")

    @property
    def pid(self) -> int | None:
        """Returns the process id of the server; None when it does not run."""
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            return pid if _is_alive(pid) else None
        return None


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _initialise(data: Path, owner: Keeper) -> None:
    kept = data / "PG_VERSION"
    if kept.exists():
        version = kept.read_text().strip()
        if version != VERSION:
            raise Unavailable(
                f"The data directory {data} was written by PostgreSQL {version}; this program"
                f" brings {VERSION}. Start with another home, or move the data by pg_upgrade."
            )
        return
    # Made aside and renamed, so that a killed start leaves nothing half made.
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    owner.make(fresh)
    owner.run(
        *("initdb", "-D", fresh, "-U", "careweave", "--auth=trust", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"),
    )
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude_if_exists 'careweave.conf'\n")
    fresh.rename(data)


def _configure(data: Path, sockets: Path, *, is_durable: bool) -> None:
    settings = _SETTINGS | {
        # Relative to the data: the server may not be able to go the whole way.
        "unix_socket_directories": "'../run'" if sockets.parent == data.parent else f"'{sockets}'",
        "unix_socket_permissions": "0700",
        "fsync": "on" if is_durable else "off",
    }
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    path = data / "careweave.conf"
    path.write_text(lines)
    path.chmod(0o644)


def _launch(data: Path, sockets: Path, owner: Keeper) -> None:
    """Starts the server; tries again while the processes of a killed one are still ending."""
    end = time.monotonic() + _START_S
    log = data.parent / "log"
    command = ("pg_ctl", "start", "-w", "-t", str(int(_START_S)), "-D", data, "-l", log)
    while not owner.succeeds(*command):
        if _answers(sockets):
            break
        if time.monotonic() > end:
            raise Unavailable(f"PostgreSQL does not start; its log {log} says why.")
        _forget_stranger(data)
        time.sleep(0.3)
    _ensure_database(sockets)


def _forget_stranger(data: Path) -> None:
    """Removes a lock file whose process is none: PostgreSQL itself would wait for it for ever.

    Its id belongs to another program now, or its process has ended and nobody asked how: in a
    container whose first process does not, PostgreSQL takes the ended one for alive.
    """
    path = data / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        pid = int(path.read_text().split("\n")[0])
        is_other = Path(f"/proc/{pid}/comm").read_text().strip() != "postgres"
        if is_other or not (_is_alive(pid) or _is_worked_on(data)):
            path.unlink()


def _is_worked_on(data: Path) -> bool:
    """Tells whether any living process has the data as its working directory."""
    place = data.resolve()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").resolve() == place:
                return True
    return False


def _ensure_database(sockets: Path) -> None:
    with psycopg.connect(_url(sockets, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'careweave'")
        if found.fetchone() is None:
            connection.execute("CREATE DATABASE careweave")


def _sockets(folder: Path, owner: Keeper) -> Path:
    """Returns the folder of the socket: beside the data, or a short one, for 107 bytes are all."""
    near = folder / "run"
    if len(os.fsencode(near)) <= _SOCKET_MOST:
        owner.make(near)
        return near
    short = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    far = Path(tempfile.gettempdir()) / f"careweave-{short}"
    owner.make(far)
    return far


def _url(sockets: Path, name: str = "careweave") -> str:
    return f"postgresql://careweave@/{name}?host={quote(str(sockets), safe='')}"


def _answers(sockets: Path) -> bool:
    if not (sockets / ".s.PGSQL.5432").exists():
        return False
    try:
        psycopg.connect(_url(sockets), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _is_alive(pid: int) -> bool:
    """Tells whether the process runs; one that ended and waits for its parent does not."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(word) for word in text.split()]
    return []
