"""The sources in force in one process: read again when their files change, kept when they are wrong."""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from careweave.sources._configuration import files_of, unpack
from careweave.sources._load import load_sources
from careweave.sources._source import Channel, Sources
from careweave.terms import CareweaveError

_EVERY_S = 2.0

Stamp = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeps the sources in force beyond one process.

    `adopt` is told of sources before they are in force, and may refuse them; `refused` of files
    that cannot be used; `kept` gives the files that were in force before, None where none were.
    """

    adopt: Callable[[Sources], None]
    refused: Callable[[CareweaveError], None] = lambda _: None
    kept: Callable[[], bytes | None] = lambda: None


class Followed:
    """Gives the sources of a region as its files are now; used by many threads.

    A change that cannot be used is not in force: the sources before it stay, and `fault` says why.
    That holds for a start too, as far as `keeping` gives the files that were in force before.
    Source: reference/architecture, decision 9.2: every process follows within five seconds.
    """

    def __init__(
        self,
        region: Path,
        *,
        secret: bytes,
        keeping: Keeping,
        kinds: frozenset[Channel] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the region; with `kinds`, only the sources that come in by these ways are read."""
        self._region = region
        self._kinds = kinds
        self._secret = secret
        self._keeping = keeping
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._stamp = _stamp(region)
        self._looked_s = clock_s()
        self.fault: CareweaveError | None = None
        self._sources = self._begin()

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
            self._refuse(error)

    def _begin(self) -> Sources:
        try:
            return self._read()
        except CareweaveError as error:
            archive = self._keeping.kept()
            if archive is None:
                raise
            self._refuse(error)
        with tempfile.TemporaryDirectory(prefix="careweave-region-") as folder:
            unpack(archive, Path(folder))
            return load_sources(Path(folder), secret=self._secret, kinds=self._kinds)

    def _refuse(self, error: CareweaveError) -> None:
        self.fault = error
        self._keeping.refused(error)

    def _read(self) -> Sources:
        found = load_sources(self._region, secret=self._secret, kinds=self._kinds)
        self._keeping.adopt(found)
        return found


def _stamp(region: Path) -> Stamp:
    """Returns what tells one state of the files from another."""
    return frozenset((str(path), *_changed(path)) for path in files_of(region))


def _changed(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        # Gone since it was listed: the next look does not find it.
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
