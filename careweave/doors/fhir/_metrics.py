"""What the server counts while it serves. Never a person, never a client."""

import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from pathlib import Path

from careweave.doors.fhir._figures import BOUNDS, CELLS, FAULTS, LEVEL, REQUESTS, STARTED, TIMES
from careweave.doors.fhir._metrics_text import text_of
from careweave.doors.fhir._tally import Sheet, Tally, open_tally, sheets

_LOG = logging.getLogger("careweave.doors.fhir")

_LIMITS = tuple(float(bound) for bound in BOUNDS)


class Metrics:
    """Counts requests by route template, method and status, their time, and faults.

    With a directory, the figures are those of all processes of the server; else of this one.
    """

    def __init__(self, root: Path | None = None, *, started_at: float = 0.0) -> None:
        """Starts the counts of this process at nothing."""
        self._lock = threading.Lock()
        self._tally, self._place = _opened(root)
        self._values = self._tally.values
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], int] = {}
        self._singles: dict[str, int] = {}
        self._set(STARTED, started_at)

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts one answered request. It costs less than a microsecond or two."""
        values = self._values
        with self._lock:
            place = self._requests.get((route, method, status))
            if place is None:
                place = self._place_of_request(route, method, status)
            values[place] += 1
            times = self._times[route, method]
            values[times + bisect_left(_LIMITS, seconds)] += 1
            values[times + len(CELLS) - 1] += seconds

    def fault(self, kind: str) -> None:
        """Counts one fault by the name of its exception class."""
        with self._lock:
            self._values[self._single(f"{FAULTS.name}\t{kind}")] += 1

    def show(self, levels: Mapping[str, float]) -> None:
        """Shows this process's levels, such as those of its pool, to the scrapes of all."""
        for name, level in levels.items():
            self._set(f"{LEVEL}\t{name}", level)

    def keep_showing(
        self, levels: Callable[[], Mapping[str, float]], stop: threading.Event, every_s: float = 1.0
    ) -> None:
        """Shows the levels again and again until stopped; runs in a thread of its own."""
        self.show(levels())
        while not stop.wait(every_s):
            self.show(levels())

    def text(self, gauges: Mapping[str, float]) -> bytes:
        """Returns everything that the server counted, with the gauges given."""
        return text_of(self._sheets(), gauges)

    def close(self) -> None:
        """Ends counting, as the end of the process does; what was counted stays counted."""
        self._values.release()
        self._tally.close()

    def _sheets(self) -> list[Sheet]:
        return [self._tally.sheet()] if self._place is None else sheets(self._place)

    def _place_of_request(self, route: str, method: str, status: int) -> int:
        place = self._tally.cells([f"{REQUESTS.name}\t{route}\t{method}\t{status}"])
        if (route, method) not in self._times:
            keys = [f"{TIMES.name}\t{route}\t{method}\t{cell}" for cell in CELLS]
            self._times[route, method] = self._tally.cells(keys)
        self._requests[route, method, status] = place
        return place

    def _single(self, key: str) -> int:
        place = self._singles.get(key)
        if place is None:
            place = self._singles[key] = self._tally.cells([key])
        return place

    def _set(self, key: str, value: float) -> None:
        with self._lock:
            self._values[self._single(key)] = value


def _opened(root: Path | None) -> tuple[Tally, Path | None]:
    if root is None:
        return Tally(), None
    try:
        return open_tally(root)
    except OSError:
        # To serve is worth more than to count; what is counted is then this process's alone.
        _LOG.warning('{"event": "metrics of one process", "door": "fhir"}')
        return Tally(), None
