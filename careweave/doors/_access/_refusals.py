"""Tries that fail are told one by one, up to so many a minute; beyond, their number is told."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from careweave.db import Database, Session
from careweave.doors._access._rates import Rates
from careweave.doors._access._telling import Told, tell
from careweave.terms import CareweaveError

_PER_SECOND, _BURST = 1.0, 60.0
_WAIT_S = 60.0
_ACTION, _NOT_PROVED = "sign-in", "not-proved"


@dataclass(frozen=True, slots=True)
class Pace:
    """By which clock, in seconds, tries are counted, and how long a number waits to be told."""

    now: Callable[[], float] = time.monotonic
    wait_s: float = _WAIT_S


_USUAL = Pace()


class Refusals:
    """Tells of failed tries, so that nobody fills the ledger by failing. One per process.

    How many were counted is told with the next one that is told, or within a minute.
    """

    def __init__(self, database: Database, what: str, pace: Pace = _USUAL) -> None:
        """Takes where the ledger is, and what is tried."""
        self._database = database
        self._what = what
        self._wait_s = pace.wait_s
        self._rates = Rates(_PER_SECOND, _BURST, pace.now)
        self._lock = threading.Lock()
        self._n_left = 0
        self._is_waiting = False

    def tell(self, session: Session, told: Told, organisation: str, refused: str) -> None:
        """Tells of a failed try, with how many were counted before; or counts it."""
        with self._lock:
            if not self._rates.took(""):
                self._count(told)
                return
            n, self._n_left = self._n_left, 0
        what = f"{self._what}/{n} more before" if n else self._what
        tell(session, told, _ACTION, what, organisation, refused=refused)

    def _count(self, told: Told) -> None:
        self._n_left += 1
        if not self._is_waiting:
            self._is_waiting = True
            timer = threading.Timer(self._wait_s, self._tell_number, (told,))
            timer.daemon = True
            timer.start()

    def _tell_number(self, told: Told) -> None:
        """Tells how many were counted, where nobody failed since; as of the first of them."""
        with self._lock:
            n, self._n_left, self._is_waiting = self._n_left, 0, False
        if not n:
            return
        try:
            with self._database.session() as session:
                tell(session, told, _ACTION, f"{self._what}/{n} more", "", refused=_NOT_PROVED)
        except CareweaveError:
            # The database is away just now: it is told with the next one.
            with self._lock:
                self._n_left += n
