"""Children run until told to stop, come back when they die, and leave nothing behind."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from careweave.doors.cli._supervise import Child, Supervisor

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"


def child(tmp_path: Path, code: str) -> Child:
    return Child("c", [sys.executable, "-c", code], dict(os.environ), tmp_path / "c.log")


def until(fact: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not fact() and time.monotonic() < end:
        time.sleep(0.02)
    return fact()


def is_alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def test_a_child_that_is_killed_comes_back(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, SLEEPS)])
    changed = threading.Event()
    supervisor.start()
    try:
        first = supervisor.children[0].pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert until(lambda: supervisor.watch_once(changed) or changed.is_set())
        assert supervisor.children[0].pid != first
    finally:
        supervisor.stop()


def test_stopping_leaves_no_process_not_even_grandchildren(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    supervisor = Supervisor([child(tmp_path, code)])
    supervisor.start()
    log = tmp_path / "c.log"
    assert until(lambda: log.read_text().endswith("\n"))
    supervisor.stop()
    pid = supervisor.children[0].pid
    assert pid is not None
    assert not is_alive(pid)
    assert until(lambda: not is_alive(int(log.read_text())))


def test_a_child_that_cannot_live_is_tried_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, "raise SystemExit(1)")])
    supervisor.start()
    try:
        changed = threading.Event()
        assert until(lambda: supervisor.watch_once(changed) or changed.is_set())
        assert supervisor.children[0].pause_s > 0.2
    finally:
        supervisor.stop()
