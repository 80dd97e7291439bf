"""A process's counts in a small file mapped into memory, so that its siblings can read them.

Several processes serve one port, and a scrape reaches one of them. Each keeps its counts in a file
of its own in the server's directory; who is asked adds up all of them. A file outlives its process:
what a killed process counted still counts. Its lock does not: so the living are told from the dead.
"""

import fcntl
import mmap
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_N_CELLS = 2048
_N_SPARE = 32
_KEY_BYTES = 112
_CELL = 8
# The number of keys, the values, the keys; each value is a double at a multiple of eight bytes.
_VALUES = _CELL
_KEYS = _VALUES + _N_CELLS * _CELL
_SIZE = _KEYS + _N_CELLS * _KEY_BYTES
_END = ".tally"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one process counted, by key; `is_living` while that process runs."""

    values: Mapping[str, float]
    is_living: bool


class Tally:
    """The counts of this process: cells that are named once, then added to by their number."""

    def __init__(self, handle: int = -1) -> None:
        """Maps a file of the right size; without one, memory that nobody else sees."""
        self._handle = handle
        self._map = mmap.mmap(handle, _SIZE)
        self._count = memoryview(self._map)[:_CELL].cast("Q")
        self.values = memoryview(self._map)[_VALUES:_KEYS].cast("d")

    def cells(self, keys: Sequence[str]) -> int:
        """Returns the place in `values` of the first of new cells, one after the other.

        When all are taken it is a place that nobody reads. At most 32 keys.
        """
        first = self._count[0]
        if first + len(keys) > _N_CELLS - _N_SPARE:
            return _N_CELLS - _N_SPARE
        for place, key in enumerate(keys, first):
            start, text = _KEYS + place * _KEY_BYTES, key.encode()[:_KEY_BYTES]
            self._map[start : start + len(text)] = text
        # Readers trust a key once it is within the number.
        self._count[0] = first + len(keys)
        return first

    def sheet(self) -> Sheet:
        """Returns what this process counted."""
        return Sheet(_read(self._map), is_living=True)

    def close(self) -> None:
        """Lets go of the file, as the end of the process does."""
        self._count.release()
        self.values.release()
        self._map.close()
        if self._handle >= 0:
            os.close(self._handle)


def open_tally(root: Path) -> tuple[Tally, Path]:
    """Returns this process's counts and the directory of the server that it serves for.

    What servers that have ended left under `root` is removed.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (root / "lock").open("ab") as turn:
        # One at a time: nobody takes a directory for dead whose first process is just coming.
        fcntl.flock(turn, fcntl.LOCK_EX)
        own = _place_of_server(root)
        return Tally(_new_file(own)), own


def _new_file(directory: Path) -> int:
    handle, _name = tempfile.mkstemp(_END, f"{os.getpid()}-", directory)
    # The lock is held until the process ends, however it ends.
    fcntl.flock(handle, fcntl.LOCK_EX)
    # Zeros are written, not skipped: a hole that finds no room later would kill the process.
    with open(handle, "wb", closefd=False) as file:
        file.write(bytes(_SIZE))
    return handle


def sheets(directory: Path) -> list[Sheet]:
    """Returns what each process of the server counted, those that have ended too."""
    found = []
    for path in directory.glob(f"*{_END}"):
        with suppress(FileNotFoundError), path.open("rb") as file:
            handle = file.fileno()
            if os.fstat(handle).st_size == _SIZE:
                with mmap.mmap(handle, _SIZE, prot=mmap.PROT_READ) as held:
                    found.append(Sheet(_read(held), _is_locked(handle)))
    return found


def total(found: Iterable[Sheet]) -> dict[str, float]:
    """Returns the sum of each key over processes."""
    sums: dict[str, float] = defaultdict(float)
    for sheet in found:
        for key, value in sheet.values.items():
            sums[key] += value
    return dict(sums)


def _place_of_server(root: Path) -> Path:
    parent = os.getppid()
    own = root / f"{parent}-{_born(parent)}"
    for other in root.iterdir():
        if other.is_dir() and other != own and not any(one.is_living for one in sheets(other)):
            shutil.rmtree(other, ignore_errors=True)
    own.mkdir(mode=0o700, exist_ok=True)
    return own


def _born(process: int) -> str:
    # A number is given again, as 1 in each container; the moment of the start is not. Where the
    # kernel does not tell it, the number must do.
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "0"
    return stat.rpartition(")")[2].split()[19]


def _read(held: mmap.mmap) -> dict[str, float]:
    # A double at such a place is read in one piece, also while its process writes it.
    with memoryview(held) as whole, whole[_VALUES:_KEYS] as part, part.cast("d") as values:
        n = int.from_bytes(whole[:_CELL], "little")
        return {_key(held, place): values[place] for place in range(n)}


def _key(held: mmap.mmap, place: int) -> str:
    start = _KEYS + place * _KEY_BYTES
    return held[start : start + _KEY_BYTES].rstrip(b"\0").decode(errors="replace")


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
