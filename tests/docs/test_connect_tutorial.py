"""A system is connected as the tutorial says, from an empty folder to a mended message."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lib.reader import Ran, Reader, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorials/connect-a-system.md"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the database's own user may enter when the tests run as root."""
    made = tmp_path_factory.mktemp("hill")
    for folder in (made, *made.parents[:3]):
        if folder.owner() == Path.home().owner() and not folder.stat().st_mode & stat.S_ISVTX:
            folder.chmod(0o755)
    return made


@pytest.fixture
def reader(home: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader in a checkout of their own: `region` and `./run` are there, ports are free ones."""
    (home / "region").symlink_to(ROOT / "region")
    port, line = free_port(), free_port()
    monkeypatch.setenv("CAREWEAVE_REGION", str(home / "hill"))
    monkeypatch.setenv("CAREWEAVE_PORT", str(port))
    monkeypatch.setenv("CAREWEAVE_MLLP_SHIFT", str(max(1, line - 2675)))
    base = f"http://127.0.0.1:{port}/fhir"
    return Reader(home, home / "hill" / "home", {"BASE": base})


@contextmanager
def windows(reader: Reader, block: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Each line of the block in a window of its own, until the end."""
    environ = {**os.environ, "CAREWEAVE_HOME": str(reader.home), "PYTHONPATH": str(ROOT)}
    commands = [line.split()[2:] for line in block.splitlines()]
    with (reader.folder / "windows.txt").open("wb") as said:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "careweave", *words], env=environ, stdout=said, stderr=said
            )
            for words in commands
        ]
    try:
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            process.wait(timeout=60)


def until(reader: Reader, fact: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > end:
            pytest.fail((reader.folder / "windows.txt").read_text()[-3000:])
        time.sleep(0.3)


def told(ran: Ran) -> str:
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def visit(reader: Reader, block: str) -> str:
    """The status of the visit, as the last request of the block finds it."""
    found = reader.run(block).answers[-1].json
    (entry,) = found.get("entry") or [{"resource": {"status": "nothing"}}]
    return str(entry["resource"]["status"])


def test_a_system_is_connected_as_written(reader: Reader) -> None:
    steps = blocks(PAGE)
    region, source, mapping, arrival, mend, open_, send, look, again, breaks, show, *rest = steps
    version_2, replay, after, clear = rest

    told(reader.run(region))
    told(reader.run(source))
    assert "is in order" in reader.run(mapping).err

    tried = told(reader.run(arrival))
    page = PAGE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```\nnot mapped\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown in tried
    assert "Patient/" in tried
    assert "Encounter/" in tried

    assert "used 100% of the filled fields" in told(reader.run(mend))
    assert "used 100% of the filled fields" in page

    reader.run("./run careweave db start")
    try:
        with windows(reader, open_):
            until(reader, lambda: reader.run(send).code == 0)
            assert re.search(r"T000123 +AA", told(reader.run(send)))

            reader.run(look)
            reader.fills["TOKEN"] = told(
                reader.run("./run careweave client add test --organisation hill --system test")
            ).strip()
            (get,) = [line for line in look.splitlines() if "Encounter" in line]
            # What the page asks for a second time would be another client of the same name.
            reader.said = [f"BASE={reader.fills['BASE']}", f"TOKEN={reader.fills['TOKEN']}"]
            until(reader, lambda: visit(reader, get) == "arrived")

            said = told(reader.run(again))
            assert re.search(r"T000123 +AA", said)
            assert re.search(r"hill-miu +attendances +ok", said)
            assert len(re.findall(r"ADT\^A04 +T000123 +done", said)) == 1

            assert re.search(r"T000124 +AA", reader.run(breaks).out)
            listing = "./run careweave quarantine list --json"
            until(reader, lambda: "no-patient" in reader.run(listing).out)
            (number,) = set(re.findall(r'"newest": (\d+)', reader.run(listing).out))
            reader.fills["NUMBER"] = number
            opened = reader.run(show)
            assert "no-patient" in told(opened)
            assert visit(reader, get) == "arrived"

            assert "MAPPED" in told(reader.run(version_2))
            time.sleep(5)
            done = told(reader.run(replay))
            assert "1 messages of 1 lines would be read again" in done
            assert "1 messages of 1 lines go again" in done
            until(reader, lambda: visit(reader, get) == "finished")
            assert "no-patient" not in reader.run(after).out.partition("fields that arrive")[0]
    finally:
        told(reader.run(clear))
