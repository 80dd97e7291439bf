"""Asking live sources at the moment of need: all at once, each with its own deadline.

Source: reference/interop.md 9.1.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from time import monotonic

from careweave.sources._live_http import checked_base, fetch
from careweave.sources._live_questions import queries_of
from careweave.sources._source import Source
from careweave.terms import CareweaveError, Heading

_THREADS = 16
_MOST_AT_ONCE = 4
_MOST_FAILURES = 5
_PROBE_S = 60.0
_CONNECT_S = 1.5


class Why(StrEnum):
    """Why a live source said nothing."""

    LATE = "late"
    FAILED = "failed"
    RESTING = "resting"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class LiveQuestion:
    """One source, asked for one heading of one person; `identifier` is "system|value"."""

    source: Source
    heading: Heading
    identifier: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a source answered: the bytes of one answer for each search of the heading."""

    source: str
    heading: Heading
    bodies: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Silent:
    """A source did not answer, or was not asked."""

    source: str
    heading: Heading
    why: Why


@dataclass(slots=True)
class _Line:
    """How it goes with one source, as this process remembers it."""

    n_busy: int = 0
    n_failed: int = 0
    tried_at: float = 0.0


class LiveClients:
    """Asks the live sources of one process; used by many threads.

    A source that failed five times is left alone but for one try a minute. No source takes more
    than four threads, so that one that hangs keeps none waiting but itself.
    """

    def __init__(
        self,
        *,
        patience_s: float = 20.0,
        most_bytes: int = 5 * 1024 * 1024,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        """Takes how long an answer is waited for at all, and how large it may be.

        What comes after the deadline of the asker and within the patience still counts.
        """
        self._patience_s = patience_s
        self._most_bytes = most_bytes
        self._elapsed = elapsed
        self._lines: dict[str, _Line] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="live")

    def ask(
        self, question: LiveQuestion, then: Callable[[Answered | Silent], Answered | Silent]
    ) -> "Future[Answered | Silent]":
        """Returns the answer to be: what `then` makes of it, in the thread that fetched it.

        `then` is not called for what was not asked; what it raises is raised by the future.
        """
        why = self._reserve(question.source.name)
        if why is not None:
            done: Future[Answered | Silent] = Future()
            done.set_result(Silent(question.source.name, question.heading, why))
            return done
        try:
            return self._pool.submit(self._asked, question, then)
        except RuntimeError:
            self._release(question.source.name, is_answered=False)
            raise

    def close(self) -> None:
        """Asks nothing more; what is under way ends by its own deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _reserve(self, name: str) -> Why | None:
        """Takes a place with a source, or says why there is none."""
        with self._lock:
            line = self._lines.setdefault(name, _Line())
            now = self._elapsed()
            if line.n_failed >= _MOST_FAILURES and now - line.tried_at < _PROBE_S:
                return Why.RESTING
            if line.n_busy >= _MOST_AT_ONCE:
                return Why.BUSY
            line.n_busy += 1
            line.tried_at = now
            return None

    def _release(self, name: str, *, is_answered: bool) -> None:
        with self._lock:
            line = self._lines[name]
            line.n_busy -= 1
            line.n_failed = 0 if is_answered else line.n_failed + 1

    def _asked(
        self, question: LiveQuestion, then: Callable[[Answered | Silent], Answered | Silent]
    ) -> Answered | Silent:
        name, heading = question.source.name, question.heading
        bodies: Sequence[bytes] | None = None
        try:
            bodies = self._bodies(question)
        except CareweaveError:
            answer: Answered | Silent = Silent(name, heading, Why.FAILED)
        else:
            answer = Answered(name, heading, tuple(bodies))
        finally:
            self._release(name, is_answered=bodies is not None)
        return then(answer)

    def _bodies(self, question: LiveQuestion) -> list[bytes]:
        end = self._elapsed() + self._patience_s
        base = question.source.live_base
        checked_base(base)
        return [
            fetch(
                base,
                query,
                connect_s=_CONNECT_S,
                total_s=max(end - self._elapsed(), 0.0),
                most_bytes=self._most_bytes,
            )
            for query in queries_of(question.heading, question.identifier)
        ]


def ask_live(
    clients: LiveClients, questions: Sequence[LiveQuestion], *, within: float = 1.5
) -> tuple[Answered | Silent, ...]:
    """Returns what each source answered within so many seconds, all asked at once."""
    asked = [clients.ask(question, lambda answer: answer) for question in questions]
    end = monotonic() + within
    return tuple(
        _in_time(future, question, end) for future, question in zip(asked, questions, strict=True)
    )


def _in_time(
    future: "Future[Answered | Silent]", question: LiveQuestion, end: float
) -> Answered | Silent:
    try:
        return future.result(timeout=max(end - monotonic(), 0.0))
    except TimeoutError:
        return Silent(question.source.name, question.heading, Why.LATE)
