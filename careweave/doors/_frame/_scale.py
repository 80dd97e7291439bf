"""The axis of a life: three linear bands with visible breaks. Source: `reference/interface.md` 14.1.

Birth to five years ago takes 25 % of the width, five years to twelve months 30 %, the last twelve
months and what is planned 45 %. A band that the person has not lived leaves its room to the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

_YEAR_S = 365.25 * 86_400
_SHARES = (25.0, 30.0, 45.0)
_BREAK = 8.0


@dataclass(frozen=True, slots=True)
class Band:
    """One linear part of the axis: seconds since 1970, and where they lie."""

    start_s: float
    end_s: float
    x0: float
    x1: float

    def x(self, at_s: float) -> float:
        """Returns where a moment of this band lies."""
        share = (at_s - self.start_s) / (self.end_s - self.start_s)
        return self.x0 + min(1.0, max(0.0, share)) * (self.x1 - self.x0)

    def at(self, x: float) -> float:
        """Returns the moment that lies there."""
        return self.start_s + (x - self.x0) / (self.x1 - self.x0) * (self.end_s - self.start_s)

    def bins(self, least: float) -> Iterator[tuple[float, float]]:
        """Yields the two sides of each bin, none narrower than that but in a narrower band."""
        n = max(1, int((self.x1 - self.x0) // least))
        width = (self.x1 - self.x0) / n
        return ((self.x0 + i * width, self.x0 + (i + 1) * width) for i in range(n))


def bands(born_s: float, now_s: float, until_s: float, x0: float, x1: float) -> tuple[Band, ...]:
    """Returns the bands of a life between two sides of a drawing."""
    edges = (born_s, now_s - 5 * _YEAR_S, now_s - _YEAR_S, max(until_s, now_s + 1))
    lived = [
        (share, max(start, born_s), end)
        for share, (start, end) in zip(_SHARES, pairwise(edges), strict=True)
        if end > max(start, born_s)
    ]
    room = (x1 - x0 - _BREAK * (len(lived) - 1)) / sum(share for share, _, _ in lived)
    return tuple(_placed(lived, room, x0))


def _placed(lived: list[tuple[float, float, float]], room: float, x0: float) -> Iterator[Band]:
    for share, start_s, end_s in lived:
        yield Band(start_s, end_s, x0, x0 + share * room)
        x0 += share * room + _BREAK


def band_at(all_bands: tuple[Band, ...], at_s: float) -> Band:
    """Returns the band that a moment lies in; what lies outside of all is put at the nearest end."""
    return next((band for band in all_bands if at_s < band.end_s), all_bands[-1])


def year(at_s: float) -> int:
    """Returns the year of a moment."""
    return datetime.fromtimestamp(at_s, UTC).year
