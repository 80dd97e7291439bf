"""The tests: ./run test [--quick] [options of pytest], ./run test-journeys [--screenshots].

Pictures of the pages lie in `build/screenshots` afterwards, with an `index.html` that shows them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEMORY = Path("/dev/shm")
ROOM = 8 << 30
PICTURES = ROOT / "build" / "screenshots"
# Hundreds of processes are started: that each compiles the whole product anew takes minutes.
NEVER_COMPILED = "PYTHONDONTWRITEBYTECODE"
WHOLE = (
    *("architecture", "attacks", "bench", "clients", "conformance", "crash", "demonstration"),
    *("docs", "fuzz", "generative", "identity/train", "journeys", "mutants", "northmere"),
)
"""Folders of tests that are of no one room, but of the house, the product or a whole region."""
OWN = {"--quick", "--journeys", "--screenshots"}


def main() -> None:
    """Runs pytest; --quick has the short tests of each room that make no database of their own."""
    said = OWN & set(sys.argv[1:])
    quick = "--quick" in said
    words = [word for word in sys.argv[1:] if word not in OWN]
    options = journeys(words) if "--journeys" in said else chosen(words, quick=quick)
    # Everything that a run writes lies in one folder, so that nothing is left behind.
    folder = Path(tempfile.mkdtemp(prefix="cw-", dir=fastest()))
    folder.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {
        **{name: said for name, said in os.environ.items() if name != NEVER_COMPILED},
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
        # What takes long to make is made once for all processes of the run.
        "TESTS_KEPT": os.environ.get("TESTS_KEPT", str(folder / "kept")),
        "XDG_RUNTIME_DIR": str(runtime),
        "HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", "quick" if quick else "ci"),
    }
    if "--screenshots" in said:
        environment["CAREWEAVE_SCREENSHOTS"] = str(PICTURES)
    try:
        code = run([sys.executable, "-m", "pytest", *options], environment)
    finally:
        end_what_is_left(folder)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def chosen(words: list[str], *, quick: bool) -> list[str]:
    """Returns the options of pytest; both cores are used unless a part of the tests is named."""
    options = list(words)
    if quick:
        options += ["-m", "not slow and not night and not commits", "-q"]
        options += [f"--ignore=tests/{name}" for name in WHOLE]
    elif "-m" not in words:
        options += ["-m", "not night"]
    is_whole = not any(Path(word.partition("::")[0]).exists() for word in words)
    if is_whole and not any(word.startswith(("-n", "--numprocesses")) for word in words):
        # Each process has a server of its own and takes a file at a time, the long ones first.
        # Three for two processors: a test waits for a browser, a server or a clock half of its time.
        n = min((os.cpu_count() or 1) * 3 // 2, 4)
        options += ["-n", str(n), "--dist", "loadfile", "--no-loadscope-reorder"] if n > 1 else []
    return options


def journeys(words: list[str]) -> list[str]:
    """Returns the options of pytest for the pages in a browser alone, in one process."""
    place = [] if any(Path(word.partition("::")[0]).exists() for word in words) else ["tests"]
    return [*place, "-m", "journey and not night", "--durations=15", *words]


def fastest() -> Path | None:
    """Returns memory if there is enough: copying the 400 files of a database is far less work."""
    if os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return MEMORY
    return None


def run(command: list[str], environment: dict[str, str]) -> int:
    """Runs the command to its end, also when it is told to stop: Ctrl-C reaches it by itself."""
    # A shell starts what runs behind with Ctrl-C ignored; the servers of the tests would inherit
    # that and never stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=ROOT, env=environment) as running:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: running.send_signal(signal.SIGINT))
        return running.wait()


def end_what_is_left(folder: Path) -> None:
    """Ends every process that this run started and that still runs, first kindly."""
    for kind, wait_s in ((signal.SIGINT, 5.0), (signal.SIGKILL, 2.0)):
        until = time.monotonic() + wait_s
        left = left_in(folder)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
        while left and time.monotonic() < until:
            time.sleep(0.1)
            left = left_in(folder)


def left_in(folder: Path) -> list[int]:
    """Returns the processes that live in the folder or were given it for temporary files."""
    mark = f"TMPDIR={folder}".encode()
    found = []
    for process in Path("/proc").iterdir():
        # Processes that end meanwhile, and those of other people, are none of ours.
        with suppress(OSError, ValueError):
            pid = int(process.name)
            place = (process / "cwd").readlink()
            marked = mark in (process / "environ").read_bytes().split(b"\0")
            if pid != os.getpid() and (marked or place.is_relative_to(folder)):
                found.append(pid)
    return found


if __name__ == "__main__":
    main()
