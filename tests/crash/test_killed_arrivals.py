"""SIGKILL of the listener, the worker and PostgreSQL while messages come in.

Law: every acknowledged message is in the record exactly once, and each patient's in order.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from careweave.db import Database, Embedded, migrate
from careweave.record import faults
from tests.crash.backlog import told, wait_until_none_waits

ROOT = Path(__file__).resolve().parents[2]
N_ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
N_SENDERS = 6
N_A_ROUND = 60
N_PATIENTS = 4
START = datetime(2026, 3, 1, tzinfo=UTC)


def adt(sender: int, turn: int) -> tuple[str, str, bytes]:
    """Returns control id, patient and bytes of a sender's next message: a move to another bed."""
    patient = f"A{sender:02}{turn % N_PATIENTS:04}"
    at = (START + timedelta(minutes=turn)).strftime("%Y%m%d%H%M%S")
    event = "A01" if turn < N_PATIENTS else "A02"
    control = f"C{sender:02}{turn:06}"
    lines = (
        f"MSH|^~\\&|PAS|CWA01|CAREWEAVE|REGION|{at}||ADT^{event}|{control}|P|2.4",
        f"EVN|{event}|{at}||||{at}",
        f"PID|1||{patient}^^^ACU^PI||Kill^Test||19420311|F",
        f"PV1|1|I|BED^{turn:06}||||||||||||||||V{patient}|||||||||||||||||||||||||{at}",
    )
    return control, patient, "\r".join(lines).encode()


class Allowance:
    """How many messages all senders may have sent: what waits stays bounded on any machine."""

    def __init__(self) -> None:
        self.most = 0
        self.senders: list[Sender] = []

    @property
    def n_sent(self) -> int:
        return sum(sender.n for sender in self.senders)


class Sender:
    """One connection of a hospital: sends the same bytes again until they are acknowledged."""

    def __init__(self, number: int, port: int, allowance: Allowance) -> None:
        self.number, self.port, self.allowance = number, port, allowance
        self.acknowledged: dict[str, list[int]] = {}
        self.n = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        allowance.senders.append(self)

    def _run(self) -> None:
        turn, link = 0, None
        while not self.stopping.is_set():
            if self.allowance.n_sent >= self.allowance.most:
                time.sleep(0.005)
                continue
            control, patient, body = adt(self.number, turn)
            try:
                link = link or socket.create_connection(("127.0.0.1", self.port), timeout=10)
                link.sendall(b"\x0b" + body + b"\x1c\r")
                answer = self._answer(link)
            except OSError:
                if link is not None:
                    link.close()
                link = None
                time.sleep(0.05)
                continue
            if f"MSA|AA|{control}".encode() in answer:
                self.acknowledged.setdefault(patient, []).append(turn)
                turn, self.n = turn + 1, self.n + 1
        if link is not None:
            link.close()

    def _answer(self, link: socket.socket) -> bytes:
        link.settimeout(10)
        found = b""
        while not found.endswith(b"\x1c\r"):
            piece = link.recv(4096)
            if not piece:
                raise ConnectionResetError
            found += piece
        return found


def small_region(folder: Path) -> Path:
    """Returns a region with one source of the example's, so that processes start quickly."""
    (folder / "sources").mkdir(parents=True)
    given = ROOT / "region"
    shutil.copy(given / "sources" / "nm-acute-pas.yaml", folder / "sources")
    for name in ("codes", "organisations.yaml", "value-sets"):
        (folder / name).symlink_to(given / name)
    return folder


class Site:
    """A PostgreSQL, a listener and a worker, each started again when it was killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.server = Embedded.start(home)
        database = Database(self.server.url)
        migrate(database)
        database.close()
        self.url = self.server.url
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.region = small_region(home / "region")
        self.running = {mode: self._start(mode) for mode in ("listen", "work")}

    def _start(self, mode: str) -> subprocess.Popen[bytes]:
        words = (mode, self.url, str(self.port), str(self.region))
        command = [sys.executable, "-m", "tests.crash.arriving", *words]
        with (self.home / f"{mode}.txt").open("ab") as out:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)

    def kill(self, what: str) -> None:
        if what == "database":
            self.server.kill()
            self.server = Embedded.start(self.home)
            assert self.server.url == self.url
            return
        self.running[what].send_signal(signal.SIGKILL)
        self.running[what].wait()
        self.running[what] = self._start(what)

    def check_alive(self) -> None:
        for mode, process in self.running.items():
            assert process.poll() is None, f"{mode}: {self.told(mode)}"

    def told(self, mode: str) -> str:
        return (self.home / f"{mode}.txt").read_text()[-2000:]

    def stop(self) -> None:
        for process in self.running.values():
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self.running.values():
            process.wait(20)
        self.server.stop()


def wait_for(is_so, site: Site, wait_s: float = 90) -> None:
    """Waits for answers to senders or a first work of the worker: however much waits behind."""
    until = time.monotonic() + wait_s
    while not is_so():
        site.check_alive()
        assert time.monotonic() < until, f"{told(site.url)}\n{site.told('listen')}"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_acknowledged_message_is_in_the_record_once_and_in_order():
    with tempfile.TemporaryDirectory(prefix="cw-", ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        allowance = Allowance()
        senders = [Sender(number, site.port, allowance) for number in range(N_SENDERS)]
        try:
            for sender in senders:
                sender.thread.start()
            n_done = -1
            for turn in range(N_ROUNDS):
                # More may come while something is dead, so that a kill meets messages.
                goal = allowance.n_sent + N_A_ROUND
                allowance.most = goal + 2 * N_A_ROUND
                wait_for(lambda goal=goal: allowance.n_sent >= goal, site)
                what = ("work", "database", "listen")[turn % 3]
                if what == "work":
                    # What three workers in turn die over is given up: each is to do something.
                    wait_for(lambda n=n_done: done(site) > n, site)
                time.sleep(0.07 * (turn % 5))
                site.kill(what)
                n_done = done(site) if what == "work" else n_done
            for sender in senders:
                sender.stopping.set()
            for sender in senders:
                sender.thread.join()
            wait_until_none_waits(site.url, site.check_alive)
            check(site, senders)
        finally:
            for sender in senders:
                sender.stopping.set()
            site.stop()


def rows(site: Site, text: str) -> list:
    with psycopg.connect(site.url) as connection:
        return connection.execute(text.encode()).fetchall()


def done(site: Site) -> int:
    return rows(site, "SELECT count(*) FROM intake.message WHERE state = 'done'")[0][0]


def check(site: Site, senders: list[Sender]) -> None:
    acknowledged = {
        adt(sender.number, turn)[0]
        for sender in senders
        for turns in sender.acknowledged.values()
        for turn in turns
    }
    assert len(acknowledged) >= N_ROUNDS * N_A_ROUND
    kept = Counter(
        c for (c,) in rows(site, "SELECT control_id FROM intake.message WHERE state = 'done'")
    )
    assert [control for control in acknowledged if kept[control] != 1] == []
    assert [control for control, n in kept.items() if n > 1] == []
    told = Counter(
        json.loads(body)["entity"][0]["what"]["identifier"]["value"]
        for (body,) in rows(
            site,
            "SELECT convert_from(body, 'UTF8') FROM record.resource WHERE rt = "
            "(SELECT rt FROM record.resource WHERE body LIKE '%\"Provenance\"%' LIMIT 1)",
        )
    )
    assert [control for control in acknowledged if told[control] != 1] == []
    check_order(site, senders)
    database = Database(site.url)
    try:
        with database.session(bulk=True) as session:
            assert faults(session, sample=500) == ()
    finally:
        database.close()


def check_order(site: Site, senders: list[Sender]) -> None:
    """Each stay went through the beds in order, and ends in the last that was acknowledged."""
    text = (
        "SELECT convert_from(body, 'UTF8') FROM (SELECT id, ver, body FROM record.resource"
        " UNION ALL SELECT id, ver, body FROM record.version) AS v"
        " WHERE convert_from(body, 'UTF8') LIKE '%\"Encounter\"%' ORDER BY id, ver"
    )
    beds: dict[str, list[int]] = {}
    for (body,) in rows(site, text):
        value = json.loads(body)
        if value["resourceType"] == "Encounter":
            active = [one for one in value["location"] if one["status"] == "active"]
            bed = int(re.search(r"(\d{6})", active[-1]["location"]["display"])[1])
            beds.setdefault(value["identifier"][0]["value"], []).append(bed)
    for sender in senders:
        for patient, turns in sender.acknowledged.items():
            seen = beds[f"V{patient}"]
            assert seen == sorted(seen)
            assert seen[-1] >= turns[-1]
