"""Group commit without waiting: who comes first works for all who came meanwhile."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from careweave.terms import Busy, CareweaveError, Fault, Unavailable

T = TypeVar("T")
R = TypeVar("R")


class _Place(Generic[T, R]):
    """One caller in the queue: its item, and later its outcome."""

    __slots__ = ("_bell", "answer", "item", "leads")

    def __init__(self, item: T) -> None:
        self.item = item
        self.answer: R | BaseException = Fault("A batch was not answered in full.")
        self.leads = False
        self._bell = threading.Lock()
        self._bell.acquire()

    def wait(self) -> None:
        """Returns when rung."""
        self._bell.acquire()

    def ring(self) -> None:
        """Wakes the caller."""
        self._bell.release()


class Gather(Generic[T, R]):
    """Does the work of many callers in one go, without any delay when there is only one.

    `work` takes a list of items and returns as many outcomes; an outcome that is a CareweaveError
    is raised to its caller. A batch that raises is tried again one by one, unless the database was
    lost or busy: then nobody knows what was kept, and all get that error.
    Source: `reference/store.md` 6.2.
    """

    def __init__(
        self, work: Callable[[list[T]], Sequence[R | CareweaveError]], most: int = 64
    ) -> None:
        """Takes the work, and how many items one call of it may get."""
        self._work = work
        self._most = most
        self._lock = threading.Lock()
        self._queue: list[_Place[T, R]] = []
        self._is_led = False

    def submit(self, item: T) -> R:
        """Returns the outcome of the item, or raises its error."""
        place: _Place[T, R] = _Place(item)
        with self._lock:
            self._queue.append(place)
            leads = not self._is_led
            self._is_led = True
        if not leads:
            place.wait()
            leads = place.leads
        if leads:
            self._lead(place)
        if isinstance(place.answer, BaseException):
            raise place.answer
        return place.answer

    def _lead(self, own: _Place[T, R]) -> None:
        with self._lock:
            batch = self._queue[: self._most]
            del self._queue[: self._most]
        try:
            self._answer(batch)
        finally:
            for place in batch:
                if place is not own:
                    place.ring()
            self._hand_over()

    def _hand_over(self) -> None:
        with self._lock:
            following = self._queue[0] if self._queue else None
            self._is_led = following is not None
        if following is not None:
            following.leads = True
            following.ring()

    def _answer(self, batch: list[_Place[T, R]]) -> None:
        try:
            answers = self._work([place.item for place in batch])
        except (Unavailable, Busy) as error:
            for place in batch:
                place.answer = _copy(error)
        except BaseException as error:  # noqa: BLE001  handed to the caller whose item it was
            self._answer_singly(batch, error)
        else:
            for place, answer in zip(batch, answers, strict=False):
                place.answer = answer

    def _answer_singly(self, batch: list[_Place[T, R]], error: BaseException) -> None:
        if len(batch) == 1:
            batch[0].answer = error
            return
        for place in batch:
            self._answer([place])


def _copy(error: CareweaveError) -> CareweaveError:
    return type(error)(error.message, where=error.where, issues=error.issues)
