"""How often a page is measured, and which measurement counts: docs/decisions/0043."""

from dataclasses import dataclass

import pytest

from tests.lib.budgets import N_AGAIN, N_FIRST, N_LOADS, USUAL, Series, Watch

DOZEN = N_FIRST if N_LOADS <= USUAL else N_LOADS


@dataclass
class Seen(Watch):
    """A measurement that took so long, of which so much was waited."""

    took: float
    waited: float = 0.0

    def __post_init__(self) -> None:
        self.least_s, self.is_crowded = self.took - self.waited, self.waited > self.took / 2

    @property
    def net_s(self) -> float:
        """What is left when all that may be taken off is."""
        return self.took - min(self.waited, self.took / 2)


def measured(seen, most_s=1.0):
    """How many count of measurements that are all alike, and how many were made."""
    series, n, n_counted = Series(most_s), 0, 0
    while series.goes_on():
        n, n_counted = n + 1, n_counted + series.counts(seen.net_s, seen)
    return n_counted, n


@pytest.mark.parametrize("seen", [Seen(0.9), Seen(1.9, 0.95), Seen(1.5, 1.4)], ids=str)
def test_a_page_in_time_is_measured_a_dozen_times(seen):
    assert measured(seen) == (DOZEN, DOZEN)


@pytest.mark.parametrize("seen", [Seen(1.1), Seen(1.6, 0.5), Seen(4.0, 2.1)], ids=str)
def test_a_page_that_is_late_by_itself_counts_each_time(seen):
    assert measured(seen) == (N_LOADS, N_LOADS)


def test_what_nobody_can_tell_is_made_again_a_few_times_and_then_counts():
    assert measured(Seen(4.0, 3.5)) == (N_LOADS, N_LOADS + N_AGAIN)
