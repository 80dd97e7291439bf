"""What each story may cost, as the files of `tests/journeys/budgets` say."""

import gc
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from careweave.terms import Role
from tests.lib.browser import POOR_4G, WARD

FOLDER = Path(__file__).parents[1] / "journeys" / "budgets"
LINES = {"4g-poor": POOR_4G, "ward": WARD, "lan": None}
USUAL = 30
N_LOADS = int(os.environ.get("JOURNEY_LOADS", str(USUAL)))
"""How often a page is loaded for its p95: 30 in a run, 200 by night. Source: stories.md 1."""

N_FIRST = 12
"""After how many loads a run stops if none of them was late.

If one of them was late, all 30 are made and the 29th counts. A page of which one load in twenty is
late passes so 68 times of a hundred, and 55 times by 30 loads at once (0.95**12 + 12 * 0.05 *
0.95**29; 0.95**30 + 30 * 0.05 * 0.95**29): docs/decisions/0043.
"""


@dataclass(frozen=True)
class Budget:
    """What one story costs at most, who reads, on whom it is tried, and what must be answered.

    `answers` are widgets of the role's view; `page` is the part of the record that answers.
    """

    story: str
    owner: str
    role: Role
    reader: str
    page: str
    clicks: int
    seconds_p95: float
    bytes: int
    network: str
    window: tuple[int, int]
    answers: tuple[str, ...]
    seeds: tuple[str, ...]

    @property
    def line(self) -> dict[str, float] | None:
        """The line over which it is measured; None for one that is not shaped."""
        return LINES[self.network]

    @property
    def selectors(self) -> list[str]:
        """Where its answers stand."""
        return [f'[data-widget="{name}"]' for name in self.answers]


@cache
def budget(story: str) -> Budget:
    """Returns the budget of a story."""
    read = yaml.safe_load((FOLDER / f"{story.lower()}.yaml").read_text(encoding="utf-8"))
    read |= {
        "role": Role(read["role"]),
        "window": tuple(read["window"]),
        "answers": tuple(read["answers"]),
        "seeds": tuple(read["seeds"]),
    }
    return Budget(**read)


def p95(measured: list[float]) -> float:
    """Returns the value that 19 of 20 do not pass: of 30 the 29th, of 12 the last."""
    ordered = sorted(measured)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


N_AGAIN = 6
"""How often in all a measurement is made again of which nobody can tell what it took."""

PRESSURE = Path("/proc/pressure/cpu")
"""Where Linux tells for how long something that could run waited for a processor."""


def spare_the_collector() -> None:
    """Lets the collector pass by all that there is by now.

    The tests' process serves the pages and holds all tests besides: going through it takes up to a
    second, now and then, which no process that only serves ever takes.
    """
    gc.collect()
    gc.freeze()


class Watch:
    """Measures how long something took, without the time in which a processor was waited for.

    A run has more processes of tests than the machine has processors, each with browsers and
    servers: what one waits for the other is not the page's. At most half of a load is taken off, so
    that a slow page never passes by that alone; by night, or where Linux does not tell, nothing is.
    """

    least_s = 0.0
    """What would be left of the last measurement if all that was waited were taken off."""
    is_crowded = False
    """Whether more was waited than may be taken off, so that nobody can tell what it took."""

    def __init__(self) -> None:
        """Begins to measure."""
        self._began, self._waited = time.perf_counter(), _waited_s()

    def took_s(self, took: float | None = None) -> float:
        """Returns the seconds since the beginning, or `took` of them, less what was waited."""
        span = time.perf_counter() - self._began
        whole = span if took is None else took
        waited = (_waited_s() - self._waited) * whole / span if N_LOADS <= USUAL else 0.0
        self.least_s, self.is_crowded = max(whole - waited, 0.0), waited > whole / 2
        return whole - min(waited, whole / 2)


class Series:
    """Says how often something is measured: a dozen times, or thirty where one took too long.

    One that took too long where more was waited than may be taken off, and that would be in time if
    all of it were, says nothing of the page. It is made again, six times in all; then it counts.
    """

    def __init__(self, most_s: float) -> None:
        """Begins with nothing measured; what takes more than `most_s` is late."""
        self._most_s = most_s
        self._n = self._n_late = self._n_again = 0

    def goes_on(self) -> bool:
        """Returns whether it is measured once more."""
        is_enough = self._n >= N_FIRST and not self._n_late and N_LOADS <= USUAL
        return self._n < N_LOADS and not is_enough

    def counts(self, took_s: float, watch: Watch) -> bool:
        """Returns whether what was measured counts."""
        is_late = took_s > self._most_s
        is_unsure = watch.is_crowded and watch.least_s <= self._most_s
        if is_late and is_unsure and self._n_again < N_AGAIN:
            self._n_again += 1
            return False
        self._n += 1
        self._n_late += is_late
        return True


def _waited_s() -> float:
    try:
        told = PRESSURE.read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(told.partition("total=")[2].split()[0]) / 1e6
