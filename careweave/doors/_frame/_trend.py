"""A measure over time: a sparkline beside its newest value, a chart with its axis in the section.

Source: `reference/interface.md` 14: the time scale is true, and a line is broken where the time
between two values is more than twice the usual.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from markupsafe import Markup

from careweave.doors._frame._page import Say
from careweave.doors._frame._svg import node, path
from careweave.views import Point, Trend

_SPARK = 12
_MOST = 400
_LINE, _BAND, _OUT = "#1d4e89", "#768692", "#a4161a"


@dataclass(frozen=True, slots=True)
class _Box:
    """Where values lie in a drawing: left, top, right, bottom, and what they run between."""

    x0: float
    y0: float
    x1: float
    y1: float
    first_s: float
    last_s: float
    low: float
    high: float

    def at(self, point: Point) -> tuple[float, float]:
        span = self.last_s - self.first_s
        share = (point.at_s - self.first_s) / span if span else 1.0
        return self.x0 + share * (self.x1 - self.x0), self.y(float(point.number))

    def y(self, value: float) -> float:
        return self.y1 - (value - self.low) / (self.high - self.low) * (self.y1 - self.y0)


def newest(trend: Trend, most: int = _SPARK) -> tuple[Point, ...]:
    """Returns the last values, oldest first: what a drawing shows and its table tells."""
    return trend.points[-most:]


def sparkline_svg(trend: Trend, say: Say) -> Markup:
    """Returns the last twelve values as a small line: lowest and highest marked, range outlined."""
    shown = newest(trend)
    if not shown:
        return Markup("")
    box = _box(shown, trend, (3, 4, 117, 24))
    drawn = _band(trend, box) + Markup("").join(_lines(shown, box, 1.5))
    ends = {min(shown, key=_number), max(shown, key=_number), shown[-1]}
    for point in shown:
        drawn += _dot(point, box, 2.6 if point in ends else 1.2)
    told = _Drawn(f"spark-{trend.slug}", "cw-spark", (120, 28), shown, is_fixed=True)
    return _svg(told, trend, say, drawn)


def trend_svg(trend: Trend, say: Say, *, is_wide: bool) -> Markup:
    """Returns the chart of a section: at most the last 400 values, with the ends of both axes."""
    shown = newest(trend, _MOST)
    if not shown:
        return Markup("")
    width, height, text = (880, 240, 15) if is_wide else (272, 180, 12)
    box = _box(shown, trend, (8, text + 8, width - 8, height - text - 12))
    drawn = _band(trend, box) + Markup("").join(_lines(shown, box, 2.0))
    drawn += Markup("").join(_dot(point, box, 4.0) for point in shown)
    drawn += _ends(shown, trend, (width, height, text))
    name = f"trend-{'wide' if is_wide else 'narrow'}-{trend.slug}"
    return _svg(_Drawn(name, "cw-chart", (width, height), shown), trend, say, drawn)


def _number(point: Point) -> float:
    return float(point.number)


def _box(shown: Sequence[Point], trend: Trend, sides: tuple[float, float, float, float]) -> _Box:
    values = [_number(point) for point in shown]
    values += [float(end) for end in (trend.low, trend.high) if end is not None]
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return _Box(*sides, shown[0].at_s, shown[-1].at_s, low - room, high + room)


def _lines(shown: Sequence[Point], box: _Box, width: float) -> Iterator[Markup]:
    for run in _runs(shown):
        if len(run) > 1:
            way = path(*(box.at(point) for point in run))
            yield node("path", d=way, fill="none", stroke=_LINE, stroke_width=width)


def _runs(shown: Sequence[Point]) -> Iterator[list[Point]]:
    """Yields the values that a line joins: it breaks at a gap of more than twice the usual."""
    steps = [b.at_s - a.at_s for a, b in pairwise(shown)]
    usual = median(steps) if steps else 0.0
    run = [shown[0]]
    for step, point in zip(steps, shown[1:], strict=True):
        if usual and step > 2 * usual:
            yield run
            run = []
        run.append(point)
    yield run


def _band(trend: Trend, box: _Box) -> Markup:
    """Returns the range of the newest value as an outline; one end alone is one line."""
    drawn = Markup("")
    for end in (trend.low, trend.high):
        if end is not None:
            way = path((box.x0, box.y(float(end))), (box.x1, box.y(float(end))))
            drawn += node("path", d=way, stroke=_BAND, stroke_width=1, stroke_dasharray="3 2")
    return drawn


def _dot(point: Point, box: _Box, r: float) -> Markup:
    """Returns the mark of a value: outside its range a diamond, inside a disc."""
    x, y = box.at(point)
    told = {"data_v": point.text, "fill": _OUT if point.is_outside else _LINE}
    said = node("title", f"{point.when.text} {point.text}") if r > 3 else ""
    if point.is_outside:
        way = path((x, y - r * 1.4), (x + r * 1.4, y), (x, y + r * 1.4), (x - r * 1.4, y))
        return node("path", said, d=way + "z", **told)
    return node("circle", said, cx=x, cy=y, r=r, **told)


def _ends(shown: Sequence[Point], trend: Trend, size: tuple[float, float, float]) -> Markup:
    width, height, text = size
    high = max(shown, key=_number).text
    first, last = shown[0].when.text, shown[-1].when.text
    told = f"{high}  ({trend.range_text})" if trend.range_text else high
    axis = node(
        "path", d=path((8, height - text - 8), (width - 8, height - text - 8)), stroke=_BAND
    )
    words = node("text", told, x=8, y=text, font_size=text)
    words += node("text", first, x=8, y=height - 4, font_size=text)
    if first != last:
        words += node(
            "text", last, x=width - 8, y=height - 4, font_size=text, text_anchor="end"
        )  # fmt: skip
    return axis + words


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One drawing to be named and told: which it is, how large, what it shows."""

    name: str
    kind: str
    view: tuple[float, float]
    shown: Sequence[Point]
    is_fixed: bool = False


def _svg(drawn: _Drawn, trend: Trend, say: Say, body: Markup) -> Markup:
    words = say(
        "{count} values from {start} to {end}; newest {value}",
        count=len(drawn.shown),
        start=drawn.shown[0].when.text,
        end=drawn.shown[-1].when.text,
        value=drawn.shown[-1].text,
    )
    told = f"{words}. {trend.finding}" if trend.finding else words
    name, (width, height) = drawn.name, (f"{side:.0f}" for side in drawn.view)
    named = node("title", trend.title, id_=f"{name}-t") + node("desc", told, id_=f"{name}-d")
    return node(
        "svg", named + body, class_=drawn.kind, viewBox=f"0 0 {width} {height}", role="img",
        aria_labelledby=f"{name}-t {name}-d",
        **({"width": width, "height": height} if drawn.is_fixed else {}),
    )  # fmt: skip
