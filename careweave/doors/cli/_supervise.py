"""Keeps child processes running until told to stop, and leaves none behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
_STEADY_S = 30.0
_GRACE_S = 25.0


@dataclass(slots=True)
class Child:
    """One process with its log file; None writes where we do.

    One that is lasting is to run always; another may end its work.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path | None
    is_lasting: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause_s: float = _PAUSE_S
    again_at: float | None = None

    def start(self) -> None:
        """Starts it, in a group of its own, to end with us whatever ends us."""
        with nullcontext() if self.log is None else self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own command
                self.command,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  it calls the kernel only
            )
        self.started_at = time.monotonic()
        self.again_at = None

    @property
    def pid(self) -> int | None:
        """Returns the process id; None before the first start."""
        return None if self.process is None else self.process.pid

    def has_ended(self) -> bool:
        """Tells whether it ended by itself."""
        return self.process is not None and self.process.poll() is not None

    @property
    def has_done_its_work(self) -> bool:
        """Tells whether one that need not run always has ended well."""
        return not self.is_lasting and self.process is not None and self.process.poll() == 0

    def is_due(self, now: float) -> bool:
        """Tells whether a child that ended may start again: soon, if it had lived for a while.

        One that has done its work stays ended.
        """
        if self.has_done_its_work:
            return False
        if self.again_at is None:
            self.sweep()
            is_steady = now - self.started_at > _STEADY_S
            self.pause_s = _PAUSE_S if is_steady else min(self.pause_s * 2, _LONGEST_PAUSE_S)
            self.again_at = now + self.pause_s
        return now >= self.again_at

    def sweep(self) -> None:
        """Kills what a dead child has left of its group."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, deadline: float) -> None:
        """Lets it finish what it does until the deadline, then kills it."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self.sweep()
        self.process.wait()


@dataclass(slots=True)
class Supervisor:
    """Starts children again when they die: at once, then after longer and longer pauses."""

    children: Sequence[Child]
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Starts every child."""
        for child in self.children:
            child.start()

    def pids(self) -> dict[str, int | None]:
        """Returns our own process id, and those of the children that are to run always."""
        lasting = [child for child in self.children if child.is_lasting]
        return {"supervisor": os.getpid(), **{child.name: child.pid for child in lasting}}

    def watch_once(self, changed: threading.Event) -> None:
        """Waits a moment, then starts again what has died; `changed` tells of each new start."""
        if self.stopping.wait(_PAUSE_S):
            return
        for child in self.children:
            if child.has_ended() and child.is_due(time.monotonic()):
                child.start()
                changed.set()

    def stop(self) -> None:
        """Asks every child to stop, waits for them, and kills what does not."""
        self.stopping.set()
        for child in self.children:
            if child.process is not None and not child.has_ended():
                child.process.terminate()
        deadline = time.monotonic() + _GRACE_S
        for child in self.children:
            child.stop(deadline)


def _end_with_parent() -> None:
    # Linux only: when the supervisor is killed, its children are told to stop.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
