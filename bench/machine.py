"""The machine a figure was taken on, the commit, and the CPU time of process trees."""

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def describe() -> str:
    """Returns processor, cores, memory and load, in one line."""
    names = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    model = names[0].partition(":")[2].strip() if names else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, load {load:.1f} at the start"


def commit() -> str:
    """Returns the commit that was measured, marked when there were changes beside it."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", "careweave")
    return (git("rev-parse", "--short=12", "HEAD") or "none") + ("+" if changed else "")


def cpu_s(roots: set[int]) -> float:
    """Returns the CPU seconds of processes and all their descendants, ended ones included."""
    ticks = os.sysconf("SC_CLK_TCK")
    processes = _processes()
    total = 0
    for pid, (_, own, ended) in processes.items():
        if _is_under(pid, roots, processes):
            total += own + ended
    return total / ticks


def rss_mb(roots: set[int]) -> float:
    """Returns the resident memory of processes and all their descendants that no file backs."""
    processes = _processes()
    return sum(_anonymous_kb(pid) for pid in processes if _is_under(pid, roots, processes)) / 1024


def _anonymous_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


_Table = dict[int, tuple[int, int, int]]


def _processes() -> _Table:
    """Returns parent, own ticks and ticks of children that ended and were waited for, by pid."""
    table: _Table = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
        table[int(folder.name)] = (int(fields[1]), own, ended)
    return table


def _is_under(pid: int, roots: set[int], table: _Table) -> bool:
    while pid in table:
        if pid in roots:
            return True
        pid = table[pid][0]
    return False
