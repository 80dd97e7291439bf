"""What becomes of messages after they were stored, for senders that want to know."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from careweave.doors.mllp._answers import Judged
from careweave.doors.mllp._log import fault_line
from careweave.terms import CareweaveError

_LOG = logging.getLogger("careweave.doors.mllp")

Ask = Callable[[Sequence[int]], Mapping[int, Judged]]
"""Tells of messages by their number what became of them; those still waiting are left out."""


class Awaited:
    """One message that somebody waits for."""

    __slots__ = ("_bell", "judged", "message")

    def __init__(self, message: int) -> None:
        """Takes the number of the message."""
        self.message = message
        self.judged: Judged | None = None
        self._bell = threading.Event()

    def tell(self, judged: Judged) -> None:
        """Wakes who waits."""
        self.judged = judged
        self._bell.set()

    def wait(self, seconds: float) -> Judged | None:
        """Returns what became of it, None when the time is over before that is known."""
        self._bell.wait(seconds)
        return self.judged


class Outcomes:
    """Asks for all that is awaited at once, again and again while anything is."""

    def __init__(self, ask: Ask, *, every_s: float = 0.05) -> None:
        """Takes what knows the outcomes, and how long to wait between two questions."""
        self._ask = ask
        self._every_s = every_s
        self._changed = threading.Condition()
        self._awaited: dict[int, list[Awaited]] = {}
        self._is_over = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to ask."""
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="mllp-outcomes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends; who still waits is told nothing."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def expect(self, message: int) -> Awaited:
        """Returns the place where the outcome of a message will be found."""
        awaited = Awaited(message)
        with self._changed:
            self._awaited.setdefault(message, []).append(awaited)
            self._changed.notify()
        return awaited

    def forget(self, awaited: Awaited) -> None:
        """Asks no more for somebody who is gone."""
        with self._changed:
            waiting = self._awaited.get(awaited.message, [])
            if awaited in waiting:
                waiting.remove(awaited)
            if not waiting:
                self._awaited.pop(awaited.message, None)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                while not self._awaited and not self._is_over:
                    self._changed.wait()
                if self._is_over:
                    return
                messages = list(self._awaited)
            self._tell(messages)
            pause.wait(self._every_s)

    def _tell(self, messages: Sequence[int]) -> None:
        try:
            found = self._ask(messages)
        except CareweaveError as error:
            # Nobody knows just now: the next question may be answered.
            _LOG.warning(fault_line(error, ""))
            return
        with self._changed:
            for message, judged in found.items():
                for awaited in self._awaited.pop(message, []):
                    awaited.tell(judged)
