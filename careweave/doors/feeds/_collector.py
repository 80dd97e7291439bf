"""Collecting: looking into every drop folder and mailbox, again and again."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from careweave.db import Database
from careweave.doors.feeds._archive import members
from careweave.doors.feeds._books import FileState, due_files, put_away
from careweave.doors.feeds._folder import Folder, Found, Settling, check_name, read_whole
from careweave.doors.feeds._mesh import MeshAccess, Postman
from careweave.doors.feeds._taken import Coming, Taken
from careweave.doors.feeds._taking import Taker
from careweave.doors.feeds._trouble import fault_line
from careweave.sources import Channel, FeedNote, Source, Sources, note_feeds
from careweave.terms import Busy, Clock, Incorrect, Unavailable

_LOG = logging.getLogger("careweave.doors.feeds")
_SETTLE_S = 2.0
_POLL_S = 1.0
_MOST_PAUSE_S = 60.0
_MOST_TRIES = 3
_UNUSED = frozenset({FileState.REJECTED, FileState.REFUSED, FileState.LATE})


@dataclass(frozen=True, slots=True)
class _Lying:
    """A file that was read: where it lies, under which name it came, and as what it was found."""

    path: Path
    name: str
    data: bytes = field(repr=False)
    found: Found | None = None


class Collector:
    """Collects what the sources of folders and mailboxes bring. One a region; several do no harm.

    Below `root` every source of kind folder has a folder of its name with `in`, `archive`,
    `rejected` and `parked`. A file is taken when it was the same for `settle_s` seconds.
    """

    def __init__(
        self,
        database: Database,
        sources: Callable[[], Sources],
        *,
        root: Path,
        clock: Clock,
        settle_s: float = _SETTLE_S,
        mesh: MeshAccess | None = None,
    ) -> None:
        """Takes the database, what gives the sources in force, and where to look."""
        self._database = database
        self._sources = sources
        self._root = root
        self._clock = clock
        self._settle_s = settle_s
        self._taker = Taker(database, sources)
        self._settling: dict[str, Settling] = {}
        self._n_tries: dict[Path, int] = {}
        self._postman = Postman(database, self._taker, sources, mesh, clock) if mesh else None

    def once(self) -> tuple[Taken, ...]:
        """Looks into everything once and returns what became of the files that were taken.

        Unavailable and Busy come out as they are: nothing is lost, look again later.
        """
        taken: list[Taken] = []
        for source in self._sources():
            if source.transport.kind is Channel.FOLDER:
                self._try(source, taken)
        if self._postman is not None:
            taken += self._postman.once()
        return tuple(taken)

    def run(self, stop: Event, *, poll_s: float = _POLL_S) -> None:
        """Looks again and again until told to stop; ever more rarely while the database is away."""
        pause = poll_s
        while not stop.is_set():
            try:
                for taken in self.once():
                    _LOG.info(line(taken))
                pause = poll_s
            except (Unavailable, Busy) as error:
                _LOG.warning(fault_line("away", error))
                pause = min(pause * 2, _MOST_PAUSE_S)
            except Exception as error:  # noqa: BLE001  the loop of a door: logged, and tried again
                _LOG.error(fault_line("fault", error))
                pause = min(pause * 2, _MOST_PAUSE_S)
            stop.wait(pause)

    def _try(self, source: Source, taken: list[Taken]) -> None:
        """Looks into the folder of one source; whatever is wrong there stops no other."""
        try:
            taken.extend(self._look_into(source))
        except (Unavailable, Busy):
            raise
        except Exception as error:  # noqa: BLE001  the loop of a door: logged, told, tried again
            _LOG.error(fault_line("fault", error))
            self._tell(source, "Its folder cannot be looked into; the log tells more.")

    def _tell(self, source: Source, failed: str) -> None:
        """Lets whoever looks at the feeds know."""
        with self._database.session() as session:
            note_feeds(session, [FeedNote(source.name, source.feed, self._clock(), failed=failed)])

    def _look_into(self, source: Source) -> Iterator[Taken]:
        folder = Folder(self._root / source.name)
        folder.make()
        yield from self._due(source, folder)
        settling = self._settling.setdefault(source.name, Settling(self._settle_s, time.monotonic))
        for found in settling.settled(folder.found(source.transport.pattern)):
            data = self._read(source, folder, found)
            if isinstance(data, Taken):
                yield data
            elif data is not None:
                yield from self._take(source, folder, _Lying(found.path, found.name, data, found))
        yield from self._due(source, folder)

    def _read(self, source: Source, folder: Folder, found: Found) -> bytes | Taken | None:
        """Returns the bytes of a file, None for one that is not whole yet; rejects the unreadable."""
        try:
            data = read_whole(found)
            if data is not None:
                check_name(found)
        except Incorrect as error:
            name = found.name if found.has_plain_name else "unnamed"
            taken = self._taker.reject(self._coming(source, name, b""), error)
            folder.reject(found.path, error.message)
            return taken
        except OSError:
            self._tell(source, "A file in its folder cannot be read; look at its permissions.")
            return None
        return data

    def _take(self, source: Source, folder: Folder, lying: _Lying) -> Iterator[Taken]:
        """Takes a file, or each in an archive, and puts it away as the worst of them went."""
        try:
            parts = self._parts(source, lying.name, lying.data)
            taken = [self._taker.take(coming) for coming in parts]
        except Incorrect as error:
            taken = [self._taker.reject(self._coming(source, lying.name, lying.data), error)]
        except (Unavailable, Busy):
            raise
        except Exception as error:  # noqa: BLE001  a door: logged, tried again, then put away
            _LOG.error(fault_line("fault", error))
            self._tell(source, "A file could not be taken by a fault of ours; the log tells more.")
            self._give_up(folder, lying.path)
            return
        self._n_tries.pop(lying.path, None)
        moved = self._put_away(folder, lying.path, taken)
        if lying.found is not None and moved is not None:
            folder.has_other(moved, lying.found)
        yield from taken

    def _give_up(self, folder: Folder, path: Path) -> None:
        self._n_tries[path] = self._n_tries.get(path, 0) + 1
        if self._n_tries[path] >= _MOST_TRIES:
            del self._n_tries[path]
            folder.reject(path, "A fault of ours; the log tells more. Put it in again afterwards.")

    def _parts(self, source: Source, name: str, data: bytes) -> list[Coming]:
        if not source.file.is_zip:
            return [self._coming(source, name, data)]
        return [self._coming(source, f"{name}!{inner}", part) for inner, part in members(data)]

    def _coming(self, source: Source, name: str, data: bytes) -> Coming:
        return Coming(source, name, data, self._clock())

    def _put_away(self, folder: Folder, path: Path, taken: list[Taken]) -> Path | None:
        """Returns where the file lies now, None where it lay there before."""
        states = {one.state for one in taken}
        if FileState.PARKED in states:
            is_there = path.parent == folder.parked
            return None if is_there else folder.park(path, _why(taken, FileState.PARKED))
        if states & _UNUSED:
            return folder.reject(path, _why(taken, *_UNUSED))
        return folder.archive(path, self._clock())

    def _due(self, source: Source, folder: Folder) -> Iterator[Taken]:
        """Takes the parked files that somebody accepted or whose turn has come."""
        with self._database.reading() as session:
            due = due_files(session, source.name)
        for name, digest, state in due:
            outer, _, inner = name.partition("!")
            path = folder.find_parked(outer, None if inner else digest)
            if path is None:
                continue
            if state is not FileState.REFUSED:
                yield from self._take(source, folder, _Lying(path, outer, path.read_bytes()))
                continue
            folder.reject(path, "Somebody decided that it is not to be taken.")
            with self._database.session() as session:
                put_away(session, source.name, name, digest)


def _why(taken: list[Taken], *states: FileState) -> str:
    return "\n".join(one.about or one.state for one in taken if one.state in states)


def line(taken: Taken) -> str:
    """Returns the line of the log on one file: counts and words of our own, never its name."""
    return json.dumps(
        {
            "event": "file",
            "door": "feeds",
            "source": taken.source,
            "state": taken.state,
            "reason": taken.reason,
            "rows": taken.n_rows,
            "new": taken.n_new,
            "changed": taken.n_changed,
            "ended": taken.n_ended,
            "faults": taken.n_faults,
        }
    )
