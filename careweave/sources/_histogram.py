"""Durations counted in steps of half powers of two, so that counts of any two times add up."""

import math
from collections.abc import Mapping
from datetime import timedelta

N_BUCKETS = 64


def bucket_of(ms: float) -> int:
    """Returns the step of a duration: 0 below a millisecond, 63 above 17 days."""
    return 0 if ms < 1 else min(N_BUCKETS - 1, 1 + int(2 * math.log2(ms)))


def quantile(counts: Mapping[int, int], share: float) -> timedelta | None:
    """Returns the duration that this share of the counted stays below; None of nothing.

    Within a step the counted are taken as evenly spread, so it is
    at most half as much again, or a third less, than it was.
    """
    total = sum(counts.values())
    wanted, passed = share * total, 0
    for step in sorted(counts):
        if counts[step] and passed + counts[step] >= wanted:
            low, high = _edges(step)
            within = (wanted - passed) / counts[step]
            return timedelta(milliseconds=low + (high - low) * within)
        passed += counts[step]
    return None


def _edges(step: int) -> tuple[float, float]:
    return (0.0, 1.0) if step == 0 else (2 ** ((step - 1) / 2), 2 ** (step / 2))
