"""A large extract is compared in seconds, and a killed collector loses and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from careweave.doors.feeds import FileState
from careweave.doors.feeds._snapshot import batches, finish, keep
from careweave.sources import extract_rows
from tests.doors.feeds.conftest import DELTA, ENDING, NOW, Region, source_of

N_ROWS, N_COLUMNS, MOST_S = 100_000, 18, 20.0


def large(day: int) -> str:
    """Rows of which one in fifty says every day something else."""
    columns = ["Client", "Line", *(f"C{n}" for n in range(N_COLUMNS - 2))]
    rest = ",".join("some words" for _ in range(N_COLUMNS - 3))
    rows = (f"SC{n:07},1,{day if n % 50 == 0 else 0},{rest}\r\n" for n in range(N_ROWS))
    return ",".join(columns) + "\r\n" + "".join(rows)


def _accept(region: Region, text: str) -> None:
    """Makes an extract the last accepted one without handing in its rows, for what comes after."""
    source = region.sources.named("ending")
    with region.database.session(bulk=True) as session:
        rows = extract_rows(text.encode(), source, session.secret)
        for batch in batches(rows, 20_000):
            keep(session, source, batch, [None] * len(batch))
        finish(session, source, NOW - timedelta(days=1))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_thousand_rows_with_two_in_a_hundred_changed_take_less_than_20_s(region):
    _accept(region, large(16))
    began = time.monotonic()
    taken = region.take("ending", "p_20260317.csv", large(17))
    assert (taken.n_rows, taken.n_new, taken.n_changed) == (N_ROWS, 0, N_ROWS // 50)
    assert time.monotonic() - began < MOST_S


# What a process of its own collects until it is killed.
_COLLECT = """
import sys
from pathlib import Path
from threading import Event
from careweave.db import Database
from tests.doors.feeds.test_large import region_of
region_of(Database(sys.argv[1]), Path(sys.argv[2])).collector.run(Event(), poll_s=0.0)
"""


def region_of(database, root):
    return Region(database, root, source_of("ending", ENDING), source_of("delta", DELTA))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_collector_that_is_killed_at_any_moment_loses_and_doubles_nothing(database, tmp_path):
    dice = random.Random(7)
    region = region_of(database, tmp_path)
    words = [f"w{n}" for n in range(40)]
    for number, word in enumerate(words, 1):
        rows = "".join(f"A,{word}-{n}\n" for n in range(50))
        region.drop("delta", f"e_{number:06}.csv", f"Client,Word\n{rows}")
    for day in range(1, 21):
        rows = "".join(f"K{n:03},1,{day}\n" for n in range(200))
        region.drop("ending", f"p_202603{day:02}.csv", f"Client,Line,Hours\n{rows}")
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    words_of = [sys.executable, "-c", _COLLECT, database.url, str(tmp_path)]
    for _ in range(12):
        running = subprocess.Popen(words_of, env=environ, stderr=subprocess.DEVNULL)
        time.sleep(0.7 + dice.random())
        running.send_signal(signal.SIGKILL)
        running.wait()
    while region.collector.once():
        pass
    assert region.lying("delta", "in") == region.lying("ending", "in") == []
    told = [row["row"]["Word"] for row in region.rows() if "Word" in row["row"]]
    assert told == [f"{word}-{n}" for word in words for n in range(50)]
    days = [row["row"]["Hours"] for row in region.rows() if row["row"].get("Client") == "K007"]
    assert days == [str(day) for day in range(1, 21)]
    with psycopg.connect(database.url) as connection:
        states = connection.execute("SELECT DISTINCT state FROM feeds.file").fetchall()
        staged = connection.execute("SELECT count(*) FROM feeds.staged").fetchone()
    assert states == [(FileState.ACCEPTED,)]
    assert staged == (0,)
