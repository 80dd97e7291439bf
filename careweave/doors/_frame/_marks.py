"""What a timeline draws: entries put together where a finger could not tell them apart."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from careweave.doors._frame._scale import Band, band_at
from careweave.views import TimelineItem, TimelineRow

INTERVAL = "interval"
SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of one row: a link to the entries that it stands for."""

    x0: float
    x1: float
    kind: str
    items: tuple[TimelineItem, ...]
    from_s: int
    to_s: int
    is_open: bool = False

    @property
    def n(self) -> int:
        """How many entries it stands for."""
        return len(self.items)


def points(row: TimelineRow, scale: tuple[Band, ...], least: float) -> tuple[Mark, ...]:
    """Returns one mark for each bin that holds entries of a moment."""
    found = [item for item in row.items if item.kind != INTERVAL]
    return tuple(
        mark
        for band in scale
        for side in band.bins(least)
        if (mark := _point(found, scale, band, side)) is not None
    )


def _point(
    found: Sequence[TimelineItem],
    scale: tuple[Band, ...],
    band: Band,
    side: tuple[float, float],
) -> Mark | None:
    from_s, to_s = band.at(side[0]), band.at(side[1])
    is_first, is_last = side[0] <= scale[0].x0, side[1] >= scale[-1].x1 - 0.01
    items = tuple(
        item
        for item in found
        if (is_first or item.start_s >= from_s) and (is_last or item.start_s < to_s)
    )
    if not items:
        return None
    first, last = items[0].start_s, items[-1].start_s
    return Mark(*side, _kind(items), items, int(min(first, from_s)), int(max(last + 1, to_s)))


def _kind(items: tuple[TimelineItem, ...]) -> str:
    return items[0].kind if len(items) == 1 else SEVERAL


def bars(row: TimelineRow, scale: tuple[Band, ...], least: float) -> tuple[Mark, ...]:
    """Returns the bars of a row: intervals that overlap on the screen are one bar with a count."""
    ends = sorted(_ends(row, scale, least), key=lambda end: (end[0], end[1]))
    made: list[list[tuple[float, float, TimelineItem]]] = []
    reach = float("-inf")
    for end in ends:
        if end[0] < reach:
            made[-1].append(end)
        else:
            made.append([end])
        reach = max(reach, end[1])
    return tuple(_bar(run) for run in made)


def _ends(
    row: TimelineRow, scale: tuple[Band, ...], least: float
) -> Iterator[tuple[float, float, TimelineItem]]:
    farthest = scale[-1].x1
    for item in row.items:
        if item.kind != INTERVAL:
            continue
        x0 = min(band_at(scale, item.start_s).x(item.start_s), farthest - least)
        end_s = item.start_s if item.end_s is None else item.end_s
        x1 = farthest if item.is_open else band_at(scale, end_s).x(end_s)
        yield x0, max(x1, x0 + least), item


def _bar(run: list[tuple[float, float, TimelineItem]]) -> Mark:
    items = tuple(item for _, _, item in run)
    starts = [int(item.start_s) for item in items]
    return Mark(
        x0=min(end[0] for end in run),
        x1=max(end[1] for end in run),
        kind=INTERVAL,
        items=items,
        from_s=min(starts),
        to_s=max(starts) + 1,
        is_open=any(item.is_open for item in items),
    )


Draw = Callable[[Mark, float], str]
