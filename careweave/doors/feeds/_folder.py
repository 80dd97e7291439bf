"""Drop folders: what lies in them whole, read without being led astray, and put away afterwards."""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from careweave.terms import Incorrect, TooLong

MOST_BYTES = 256 * 1024 * 1024
"""The largest file that is read: what `formats` takes of an extract."""

_GONE = frozenset({errno.ENOENT, errno.ELOOP})
"""It was taken away, or is a link now."""
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
_NOTE = ".reason.txt"
_LONGEST = 220
"""Bytes of a name that leave room for what is put before and behind it."""
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._+,()@=-]{0,199}")


@dataclass(frozen=True, slots=True)
class Found:
    """One file that lies in a folder, as it was when it was looked at."""

    path: Path
    size: int
    mtime_ns: int
    inode: int

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.path.name

    @property
    def has_plain_name(self) -> bool:
        """Tells whether its name may be kept and shown."""
        return _PLAIN.fullmatch(self.name) is not None


@dataclass(frozen=True, slots=True)
class Folder:
    """The folders of one source below the root of all drop folders."""

    home: Path

    @property
    def inside(self) -> Path:
        """Returns where the source puts its files."""
        return self.home / "in"

    @property
    def parked(self) -> Path:
        """Returns where files wait for somebody."""
        return self.home / "parked"

    def make(self) -> None:
        """Makes the folders that are not there."""
        for folder in (self.inside, self.parked, self.home / "archive", self.home / "rejected"):
            folder.mkdir(parents=True, exist_ok=True)

    def found(self, pattern: str) -> list[Found]:
        """Returns the files of that pattern that lie inside, by name, but for unfinished ones.

        What is no regular file is not seen: links, pipes and folders stay where they are.
        """
        paths = (path for path in self.inside.iterdir() if _is_wanted(path.name, pattern))
        looked = (_look(path) for path in sorted(paths))
        return [found for found in looked if found is not None]

    def archive(self, path: Path, at: datetime) -> Path:
        """Puts a file away that was taken, and returns where it lies."""
        return _move(path, self.home / "archive" / f"{at:%Y-%m-%d}", f"{at:%H%M%S}-{path.name}")

    def has_other(self, moved: Path, found: Found) -> bool:
        """Tells whether what was put away is not what was read, and lets it lie inside again.

        Its sender may have put another file there meanwhile: that one nobody has read.
        """
        now = _look(moved)
        if now is None or replace(now, path=found.path) == found:
            return False
        moved.with_name(f"{moved.name}{_NOTE}").unlink(missing_ok=True)
        if found.path.exists():
            self.reject(moved, "Its sender put another file in its place before it was read.")
        else:
            moved.rename(found.path)
        return True

    def find_parked(self, name: str, sha256: bytes | None) -> Path | None:
        """Returns where a parked file of that name lies, with these bytes if they are given.

        None where somebody took it away.
        """
        for path in sorted(self.parked.iterdir()):
            is_like = path.name.endswith(name) and not path.is_symlink() and path.is_file()
            if is_like and sha256 in (None, hashlib.sha256(path.read_bytes()).digest()):
                return path
        return None

    def reject(self, path: Path, why: str) -> Path:
        """Puts a file away that cannot be used, with a note that says why."""
        return _noted(_move(path, self.home / "rejected", path.name), why)

    def park(self, path: Path, why: str) -> Path:
        """Puts a file where it waits for somebody, with a note that says why."""
        return _noted(_move(path, self.parked, path.name), why)


class Settling:
    """Knows of each file since when it has been the same: one that is still written changes."""

    def __init__(self, settle_s: float, elapsed: Callable[[], float]) -> None:
        """Takes how long a file must have been the same, and a clock that only goes forward."""
        self._settle_s = settle_s
        self._elapsed = elapsed
        self._since: dict[Path, tuple[Found, float]] = {}

    def settled(self, found: list[Found]) -> list[Found]:
        """Returns those that have not changed for long enough, and forgets what is gone."""
        now = self._elapsed()
        held = self._since
        self._since = {}
        for one in found:
            before = held.get(one.path)
            since = before[1] if before is not None and before[0] == one else now
            self._since[one.path] = (one, since)
        return [one for one in found if now - self._since[one.path][1] >= self._settle_s]


def read_whole(found: Found) -> bytes | None:
    """Returns the bytes of a file, None if it changed meanwhile; TooLong over the limit.

    OSError for one that may not be read, or that the disk does not give.
    """
    try:
        handle = os.open(found.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    with os.fdopen(handle, "rb") as file:
        if not _is_same(os.fstat(file.fileno()), found):
            return None
        if found.size > MOST_BYTES:
            raise TooLong(f"The file has more than {MOST_BYTES} bytes; divide it.")
        data = file.read(MOST_BYTES + 1)
        after = os.fstat(file.fileno())
    return data if len(data) == found.size and _is_same(after, found) else None


def check_name(found: Found) -> None:
    """Raises Incorrect for a name that is no plain word: it would be shown and kept."""
    if not found.has_plain_name:
        message = "The name of the file has signs that are not taken: use letters, digits, . _ -"
        raise Incorrect(message, where="name", code="name")


def _is_wanted(name: str, pattern: str) -> bool:
    is_unfinished = name.startswith(".") or name.lower().endswith(_UNFINISHED)
    return not is_unfinished and fnmatchcase(name, pattern)


def _look(path: Path) -> Found | None:
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(about.st_mode):
        return None
    return Found(path, about.st_size, about.st_mtime_ns, about.st_ino)


def _is_same(about: os.stat_result, found: Found) -> bool:
    seen = (about.st_size, about.st_mtime_ns, about.st_ino)
    return stat.S_ISREG(about.st_mode) and seen == (found.size, found.mtime_ns, found.inode)


def _move(path: Path, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = os.fsdecode(os.fsencode(name)[:_LONGEST])
    target = folder / name
    n = 1
    while target.exists() or target.is_symlink():
        n += 1
        target = folder / f"{n}-{name}"
    moved = path.rename(target)
    if path.parent.name != "in":
        path.with_name(f"{path.name}{_NOTE}").unlink(missing_ok=True)
    return moved


def _noted(path: Path, why: str) -> Path:
    path.with_name(f"{path.name}{_NOTE}").write_text(f"{why}\n", "utf-8")
    return path
