"""The timeline of a life as a drawing made on the server. Source: `reference/interface.md` 14.1.

Rows are settings in a fixed order; a mark is a link to the list of what it stands for. There is a
wide and a narrow drawing, each with all its values in a table of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from careweave.doors._frame._marks import INTERVAL, Mark, bars, points
from careweave.doors._frame._page import Say
from careweave.doors._frame._scale import Band, band_at, bands, year
from careweave.doors._frame._shapes import INK, bar, box, hatch, several, shape
from careweave.doors._frame._svg import node, path
from careweave.views import Timeline, TimelineRow

_KINDS = {
    "contact": "Contact",
    "document": "Document",
    "result": "Result",
    "alert": "Alert",
    "interval": "Course or stay",
    "several": "Several",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How one of the two drawings is laid out; its own units are pixels where it is smallest."""

    name: str
    width: float
    labels: float
    least: float
    text: float
    lane: float
    title: float


WIDE = Size("wide", 880, 150, 30, 15, 30, 0)
NARROW = Size("narrow", 272, 0, 24, 12, 26, 18)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table below a drawing: what one mark stands for."""

    when: str
    setting: str
    kind: str
    what: str
    source: str
    href: str
    n: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing with the values that it draws."""

    name: str
    svg: Markup
    lines: tuple[Line, ...]


def timeline_drawings(timeline: Timeline, address: str, say: Say) -> tuple[Drawing, ...]:
    """Returns the wide and the narrow drawing; the marks lead to lists below the address."""
    return tuple(_Plan(timeline, address, say, size).drawing() for size in (WIDE, NARROW))


@dataclass(frozen=True, slots=True)
class _Plan:
    timeline: Timeline
    address: str
    say: Say
    size: Size

    def drawing(self) -> Drawing:
        scale = self._scale()
        body, lines, y = Markup(""), [], self.size.text + 10
        for row in self.timeline.rows:
            drawn, told, height = self._row(row, scale, y)
            body, y = body + drawn, y + height
            lines += told
        return Drawing(self.size.name, self._svg(self._axis(scale, y) + body, y + 6), tuple(lines))

    def _scale(self) -> tuple[Band, ...]:
        life, size = self.timeline, self.size
        x0 = size.labels + (8 if size.labels else 2)
        return bands(life.born_s, life.now_s, life.until_s, x0, size.width - 4)

    def _svg(self, body: Markup, height: float) -> Markup:
        name, size = f"life-{self.size.name}", self.size
        n = sum(len(row.items) for row in self.timeline.rows)
        used = sum(1 for row in self.timeline.rows if row.items)
        title = node("title", self.say("Timeline of a life"), id_=f"{name}-t")
        told = self.say("{count} entries in {settings} settings", count=n, settings=used)
        desc = node("desc", told, id_=f"{name}-d")
        return node(
            "svg", title + desc + node("defs", hatch(f"{name}-h")) + body,
            class_="cw-chart cw-life", viewBox=f"0 0 {size.width:.0f} {height:.0f}",
            role="group", aria_labelledby=f"{name}-t {name}-d",
        )  # fmt: skip

    def _axis(self, scale: tuple[Band, ...], bottom: float) -> Markup:
        drawn, size = Markup(""), self.size.text
        for band in scale:
            drawn += node(
                "path", d=path((band.x0, size + 6), (band.x1, size + 6)), stroke="#768692"
            )
            drawn += node("text", self._told(band), x=band.x0, y=size, font_size=size)
        for band in scale[1:]:
            way = path((band.x0 - 4, size + 2), (band.x0 - 4, bottom))
            drawn += node("path", d=way, stroke="#768692", stroke_dasharray="2 3")
        drawn += self._moment(scale, self.timeline.now_s, bottom, "today")
        if self.timeline.looked_s is not None:
            drawn += self._moment(scale, self.timeline.looked_s, bottom, "looked")
        return drawn

    def _told(self, band: Band) -> str:
        if band.end_s >= self.timeline.now_s:
            return self.say("Last 12 months")
        return f"{year(band.start_s)}\N{EN DASH}{year(band.end_s)}"

    def _moment(self, scale: tuple[Band, ...], at_s: float, bottom: float, what: str) -> Markup:
        x = band_at(scale, at_s).x(at_s)
        is_today = what == "today"
        said = self.say("Today") if is_today else self.say("Since I last looked")
        return node(
            "path", node("title", said), d=path((x, self.size.text + 6), (x, bottom)),
            stroke=INK if is_today else "#5b2a86", stroke_width=1.5, fill="none",
            stroke_dasharray="" if is_today else "6 3", class_=f"cw-{what}",
        )  # fmt: skip

    def _row(
        self, row: TimelineRow, scale: tuple[Band, ...], y: float
    ) -> tuple[Markup, list[Line], float]:
        size = self.size
        marks, stays = points(row, scale, size.least), bars(row, scale, size.least)
        lanes = [lane for lane in (marks, stays) if lane]
        height = size.title + max(1, len(lanes)) * size.lane + 6
        x = 0.0 if size.title else 2.0
        label_y = y + (size.text + 2 if size.title else (height + size.text * 0.7) / 2)
        drawn = self._ground(row, scale, y, height)
        drawn += node("text", row.title, x=x, y=label_y, font_size=size.text, font_weight="700")
        at = y + size.title + 3 + size.lane / 2
        for lane in lanes:
            drawn += node(
                "g",
                Markup("").join(self._mark(mark, row, at) for mark in lane),
                class_="cw-marks",
                font_size=size.text - 1,
            )
            at += size.lane
        return drawn, [self._line(mark, row) for mark in (*marks, *stays)], height

    def _ground(self, row: TimelineRow, scale: tuple[Band, ...], y: float, height: float) -> Markup:
        line = node(
            "path", d=path((0, y + height), (self.size.width, y + height)), stroke="#d3dade"
        )
        top = y + self.size.title
        return line + Markup("").join(
            node(
                "rect", node("title", gap.text), x=x0, y=top + 1, width=max(4.0, x1 - x0),
                height=height - self.size.title - 2, fill=f"url(#life-{self.size.name}-h)",
            )
            for gap in row.gaps
            for x0, x1 in [_span(scale, gap.start_s, gap.end_s)]
        )  # fmt: skip

    def _mark(self, mark: Mark, row: TimelineRow, y: float) -> Markup:
        x, lane = (mark.x0 + mark.x1) / 2, self.size.lane
        if mark.kind == INTERVAL:
            drawn = bar(mark, y, self.size.text - 1)
        elif mark.n > 1:
            drawn = several(mark.n, x, y, self.size.text - 1)
        else:
            drawn = shape(mark.kind, x, y)
        room = box(mark.x0, y - lane / 2, mark.x1 - mark.x0, lane)
        return node(
            "a", room + drawn, href=self._href(mark, row), data_v=str(mark.n),
            data_kind=mark.kind, aria_label=self._name(mark, row),
        )  # fmt: skip

    def _href(self, mark: Mark, row: TimelineRow) -> str:
        kind = f"&kind={INTERVAL}" if mark.kind == INTERVAL else ""
        sign = "&" if "?" in self.address else "?"
        where = f"setting={row.slug}&from={mark.from_s}&to={mark.to_s}{kind}"
        return f"{self.address}{sign}{where}#list"

    def _name(self, mark: Mark, row: TimelineRow) -> str:
        line = self._line(mark, row)
        return f"{line.what}, {line.setting}, {line.when}"

    def _line(self, mark: Mark, row: TimelineRow) -> Line:
        first, last = mark.items[0], mark.items[-1]
        when = first.when.text
        if mark.n > 1 and last.when.text != when:
            when = self.say("{start} to {end}", start=when, end=last.when.text)
        if mark.is_open:
            when = self.say("{when}, ongoing", when=when)
        what = first.title if mark.n == 1 else self.say("{count} entries", count=mark.n)
        return Line(
            when=when,
            setting=row.title,
            kind=self.say(_KINDS.get(mark.kind, mark.kind)),
            what=what,
            source=", ".join(dict.fromkeys(item.source for item in mark.items)),
            href=self._href(mark, row),
            n=mark.n,
        )


def _span(scale: tuple[Band, ...], start_s: float, end_s: float) -> tuple[float, float]:
    return band_at(scale, start_s).x(start_s), band_at(scale, end_s).x(end_s)


def kinds(say: Say) -> Iterator[tuple[str, Markup]]:
    """Yields each kind of mark with its word and its shape, for the key below a drawing."""
    for kind, word in _KINDS.items():
        if kind == INTERVAL:
            drawn = node("rect", class_="cw-b", x=1, y=6, width=18, height=8)
        elif kind == "several":
            drawn = node("g", several(3, 11, 10, 13), class_="cw-marks", font_size=13)
        else:
            drawn = shape(kind, 10, 10)
        yield (
            say(word),
            node("svg", drawn, viewBox="0 -2 22 24", width="22", height="24", aria_hidden="true"),
        )
