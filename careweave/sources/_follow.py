"""The sources in force in one process: read again when their files change, kept when they are wrong."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from careweave.sources._load import load_sources
from careweave.sources._source import Channel, Sources
from careweave.terms import CareweaveError

_FOLDERS = ("sources", "mappings", "codes")
_EVERY_S = 2.0

Stamp = frozenset[tuple[str, int, int]]


class Followed:
    """Gives the sources of a region as its files are now; used by many threads.

    A change that cannot be used is not in force: the sources before it stay, and `fault` says why.
    Source: reference/architecture, decision 9.2: every process follows within five seconds.
    """

    def __init__(
        self,
        region: Path,
        *,
        secret: bytes,
        adopt: Callable[[Sources], None],
        kinds: frozenset[Channel] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the region; `adopt` is told of sources before they are in force, and may refuse.

        With `kinds`, only the sources that come in by one of these ways are read.
        """
        self._region = region
        self._kinds = kinds
        self._secret = secret
        self._adopt = adopt
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._stamp = _stamp(region)
        self._looked_s = clock_s()
        self._sources = self._read()
        self.fault: CareweaveError | None = None

    def __call__(self) -> Sources:
        """Returns the sources in force."""
        if self._clock_s() - self._looked_s > _EVERY_S and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._sources

    def _look(self) -> None:
        self._looked_s = self._clock_s()
        stamp = _stamp(self._region)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._sources = self._read()
            self.fault = None
        except CareweaveError as error:
            self.fault = error

    def _read(self) -> Sources:
        found = load_sources(self._region, secret=self._secret, kinds=self._kinds)
        self._adopt(found)
        return found


def _stamp(region: Path) -> Stamp:
    """Returns what tells one state of the files from another."""
    files = (path for name in (*_FOLDERS, ".") for path in _files(region, name))
    found = ((str(path), path.stat()) for path in files)
    return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


def _files(region: Path, name: str) -> list[Path]:
    folder = region / name
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
