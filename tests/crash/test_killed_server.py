"""SIGKILL of the server and of PostgreSQL while clients write.

Law: nothing acknowledged is lost, nothing is doubled, and what is stored breaks no law of the store.
"""

import http.client
import json
import os
import signal
import threading
import time
import urllib.parse
from collections import Counter
from contextlib import suppress

import psycopg
import pytest

from careweave.db import Database, Embedded
from careweave.record import faults
from careweave.record._types import rt_of
from tests.lib.demo import Running, open_home, start_demo, stop_demo

N_ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
N_WRITERS = 4
SYSTEM = "urn:careweave:test:crash"


@pytest.fixture
def server_home(tmp_path_factory):
    """A home of its own: here things are killed."""
    return open_home(tmp_path_factory)


def patient(value):
    identifier = [{"system": SYSTEM, "value": value}]
    return {"resourceType": "Patient", "identifier": identifier, "gender": "unknown"}


def transaction(value):
    entries = [
        {"resource": patient(f"{value}.{place}"), "request": {"method": "POST", "url": "Patient"}}
        for place in range(3)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


class Writers:
    """Clients that write without a pause, and remember what was acknowledged."""

    def __init__(self, running: Running):
        self.running = running
        self.acknowledged: set[str] = set()
        self.attempted: set[str] = set()
        self.stopping = threading.Event()
        self.n_acknowledged = 0
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(N_WRITERS)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number):
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            value = f"{number}-{turn}"
            if turn % 4 == 0:
                parts = [f"{value}.{place}" for place in range(3)]
                self.attempted.update(parts)
                if self._send("", transaction(value), {}) in (200, 201):
                    self._acknowledge(parts)
            elif turn % 4 == 1:
                self._until_acknowledged(value)
            else:
                self.attempted.add(value)
                if self._send("/Patient", patient(value), {}) == 201:
                    self._acknowledge([value])

    def _until_acknowledged(self, value):
        """Sends one create again and again under one key until it is acknowledged."""
        self.attempted.add(value)
        while not self.stopping.is_set():
            if self._send("/Patient", patient(value), {"Idempotency-Key": value}) == 201:
                self._acknowledge([value])
                return
            time.sleep(0.05)

    def _acknowledge(self, values):
        self.acknowledged.update(values)
        self.n_acknowledged += len(values)

    def _send(self, path, value, headers):
        base = urllib.parse.urlsplit(self.running.base)
        connection = http.client.HTTPConnection(base.hostname, base.port, timeout=15)
        headers = {
            "Authorization": f"Bearer {self.running.token}",
            "Content-Type": "application/fhir+json",
            "Prefer": "return=minimal",
            **headers,
        }
        try:
            connection.request("POST", base.path + path, json.dumps(value), headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            return None
        else:
            return answer.status
        finally:
            connection.close()


def kill_server(home):
    """Kills every process of the server at once."""
    serve = json.loads((home / "demo.json").read_text())["pids"]["serve"]
    with suppress(ProcessLookupError):
        os.killpg(serve, signal.SIGKILL)


def kill_database(home):
    """Kills every process of PostgreSQL at once."""
    found = Embedded.find(home)
    if found is not None:
        found.kill()


def wait_for_more(writers, running, home, n=5, wait_s=90):
    """Waits until a few more writes were acknowledged."""
    goal, until = writers.n_acknowledged + n, time.monotonic() + wait_s
    while writers.n_acknowledged < goal:
        assert running.process.poll() is None, f"the demo ended: {told(home)}"
        assert time.monotonic() < until, f"the server did not come back: {told(home)}"
        time.sleep(0.02)


def told(home):
    """Returns the ends of the logs."""
    logs = (home / "out.txt", home / "log" / "serve.log", *home.glob("postgres/*log*"))
    return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in logs if log.is_file())


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(server_home):
    running = start_demo(server_home, people=2)
    writers = Writers(running)
    try:
        writers.start()
        for turn in range(N_ROUNDS):
            wait_for_more(writers, running, server_home)
            time.sleep(0.05 * (turn % 5))
            # The door: what dies again and again is started after longer and longer pauses, and
            # half of the rounds would be waiting for them.
            (kill_server if turn % 4 == 3 else kill_database)(server_home)
        wait_for_more(writers, running, server_home)
        writers.stop()
        check(server_home, writers)
    finally:
        writers.stopping.set()
        stop_demo(running)


def check(home, writers):
    url = Embedded.find(home).url
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT i.value ->> 'value' FROM record.resource AS r,"
            " jsonb_array_elements(convert_from(r.body, 'UTF8')::jsonb -> 'identifier') AS i"
            " WHERE NOT r.gone AND r.rt = %s AND i.value ->> 'system' = %s",
            (rt_of("Patient"), SYSTEM),
        ).fetchall()
    counts = Counter(value for (value,) in rows)
    assert writers.acknowledged
    assert [value for value in writers.acknowledged if counts[value] != 1] == []
    assert {value: n for value, n in counts.items() if n > 1} == {}
    assert counts.keys() <= writers.attempted
    for whole in {value.rpartition(".")[0] for value in counts if "." in value}:
        assert all(counts[f"{whole}.{place}"] == 1 for place in range(3)), "half a transaction"
    database = Database(url)
    try:
        with database.session(bulk=True) as session:
            assert faults(session, sample=2000) == ()
    finally:
        database.close()
