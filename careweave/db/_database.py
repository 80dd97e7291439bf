"""A database by its address, with a few connections that are used in turn."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from careweave.db._link import Link
from careweave.db._queries import Queries
from careweave.db._session import Session
from careweave.terms import Busy, CareweaveError, Unavailable

T = TypeVar("T")
_QUERIES = Queries("careweave.db")

_BEGIN = b"BEGIN"
_BEGIN_SNAPSHOT = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BULK_S = 60.0


class Database:
    """Gives sessions of one PostgreSQL database. One per process; used by many threads.

    At most `size` connections are open; who waits longer than `wait_s` for one gets Busy. `reserve`
    more are opened for what must not wait behind the others, inside `first()`.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = 8,
        wait_s: float = 2.0,
        zone: ZoneInfo | None = None,
        reserve: int = 0,
    ) -> None:
        """Takes the address; connects when first used."""
        self.url = url
        self._zone = zone
        self._size = size
        self._wait_s = wait_s
        self._idle: deque[Link] = deque()
        self._n_open = 0
        self._n_waiting = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._memo_lock = threading.RLock()
        self._memos: dict[type[object], object] = {}
        self._reserve = Database(url, size=reserve, wait_s=wait_s) if reserve else None
        self._here = threading.local()

    @contextmanager
    def first(self) -> Generator[None]:
        """Lets this thread use the reserve where all other connections are in use."""
        before, self._here.is_first = self._is_first, True
        try:
            yield
        finally:
            self._here.is_first = before

    @contextmanager
    def session(self, *, snapshot: bool = False, bulk: bool = False) -> Generator[Session]:
        """Gives one transaction: committed at the end, rolled back when an error leaves it.

        `snapshot` sees one state throughout and cannot write; `bulk` lets a statement take 60 s
        instead of 5.
        """
        link, pool = self._taken()
        session = Session(link, self, _BEGIN_SNAPSHOT if snapshot else _BEGIN)
        try:
            if bulk:
                link.patience_s = _BULK_S
                session.defer(_QUERIES["bulk"])
            yield session
            session.commit()
        except BaseException:
            with suppress(CareweaveError):
                session.rollback()
            raise
        finally:
            link.patience_s = 5.0
            pool._give(link)  # noqa: SLF001  the reserve is another of these

    @contextmanager
    def reading(self) -> Generator[Session]:
        """Gives single statements, each its own transaction: no BEGIN and COMMIT round trips."""
        link, pool = self._taken()
        session = Session(link, self, None)
        try:
            yield session
            session.commit()
        finally:
            pool._give(link)  # noqa: SLF001  the reserve is another of these

    def pool(self) -> dict[str, int]:
        """Returns how many connections are open, idle, waited for and allowed: for metrics."""
        return {
            "open": self._n_open,
            "idle": len(self._idle),
            "waiting": self._n_waiting,
            "most": self._size,
        }

    def close(self) -> None:
        """Closes all connections; those in use close when they are given back."""
        with self._changed:
            self._is_closed = True
            while self._idle:
                self._drop(self._idle.pop())
        if self._reserve is not None:
            self._reserve.close()

    def memo(self, kind: type[T], make: Callable[[Session], T], session: Session, /) -> T:
        """Returns what this process remembers under `kind`, or makes it with the session."""
        found = self._memos.get(kind)
        if found is None:
            found = make(session)
            with self._memo_lock:
                self._memos[kind] = found
        return cast(T, found)

    def forget(self, kind: type[object], /) -> None:
        """Forgets what is remembered under `kind`."""
        with self._memo_lock:
            self._memos.pop(kind, None)

    @property
    def secret(self) -> bytes:
        """Returns the secret of this installation, 32 bytes, made once by `migrate`."""
        with self.reading() as session:
            return session.secret

    @property
    def zone(self) -> ZoneInfo:
        """Returns the time zone of the region."""
        if self._zone is None:
            self._zone = ZoneInfo("Europe/London")
        return self._zone

    @property
    def _is_first(self) -> bool:
        return getattr(self._here, "is_first", False)

    def _taken(self) -> "tuple[Link, Database]":
        """Returns a connection, and where to give it back."""
        reserve = self._reserve
        if reserve is None or not self._is_first:
            return self._take(self._wait_s), self
        with suppress(Busy):
            return self._take(0), self
        return reserve._take(self._wait_s), reserve  # noqa: SLF001  another of these

    def _take(self, wait_s: float) -> Link:
        while True:
            try:
                link = self._idle.pop()
            except IndexError:
                return self._open_or_wait(wait_s)
            if link.is_fresh():
                return link
            self._discard(link)

    def _give(self, link: Link) -> None:
        if self._is_closed or not link.is_idle():
            self._discard(link)
            return
        link.used_at = time.monotonic()
        self._idle.append(link)
        if self._n_waiting:
            with self._changed:
                self._changed.notify()

    def _open_or_wait(self, wait_s: float) -> Link:
        end = time.monotonic() + wait_s
        with self._changed:
            self._n_waiting += 1
            try:
                link = self._wait_until(end)
            finally:
                self._n_waiting -= 1
        return link or self._open()

    def _wait_until(self, end: float) -> Link | None:
        while True:
            if self._is_closed:
                raise Unavailable("This database was closed.")
            if self._idle:
                with suppress(IndexError):
                    return self._idle.pop()
            if self._n_open < self._size:
                self._n_open += 1
                return None
            left = end - time.monotonic()
            if left <= 0:
                raise Busy("All connections to the database are in use; try again in a second.")
            self._changed.wait(left)

    def _open(self) -> Link:
        try:
            return Link(self.url)
        except BaseException:
            with self._changed:
                self._n_open -= 1
                self._changed.notify()
            raise

    def _discard(self, link: Link) -> None:
        """Closes a connection; one that broke takes the idle ones with it, for they broke too."""
        with self._changed:
            lost = link.pg.status != 0
            self._drop(link)
            while lost and self._idle:
                self._drop(self._idle.pop())
            self._changed.notify()

    def _drop(self, link: Link) -> None:
        link.close()
        self._n_open -= 1
