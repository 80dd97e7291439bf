"""The shapes of the kinds: form, colour and word together tell them apart."""

from markupsafe import Markup

from careweave.doors._frame._marks import Mark
from careweave.doors._frame._svg import n, node, path

INK = "#212b32"
_FILLS = {
    "contact": "#1d4e89",
    "document": "#4c6272",
    "result": "#b45309",
    "alert": "#a4161a",
    "interval": "#1d4e4a",
}


def shape(kind: str, x: float, y: float, r: float = 7.0) -> Markup:
    """Returns the shape of one entry of this kind round a point."""
    fill = _FILLS.get(kind, INK)
    told = {"class_": "cw-m", "fill": fill}
    if kind == "document":
        return node("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, **told)
    if kind == "result":
        r *= 1.25
        way = path((x, y - r), (x + r, y), (x, y + r), (x - r, y), is_closed=True)
        return node("path", d=way, **told)
    if kind == "alert":
        way = path((x, y - r * 1.2), (x + r * 1.2, y + r), (x - r * 1.2, y + r), is_closed=True)
        return node("path", d=way, **told)
    return node("circle", cx=x, cy=y, r=r, **told)


def several(count: int, x: float, y: float, size: float) -> Markup:
    """Returns the mark of several entries: their number inside a ring."""
    r = 11.0 if count < 100 else 14.0
    ring = node("rect", class_="cw-m cw-n", x=x - r, y=y - 11, width=2 * r, height=22, rx=11)
    told = node("text", str(count) if count < 1000 else "999+", x=x, y=y + size * 0.36)
    return ring + told


def bar(mark: Mark, y: float, size: float) -> Markup:
    """Returns a bar with both ends; an open end is an arrow."""
    half = 5.0
    end = mark.x1 - (7 if mark.is_open else 0)
    width = max(4.0, end - mark.x0)
    drawn = node("rect", class_="cw-m cw-b", x=mark.x0, y=y - half, width=width, height=2 * half)
    if mark.is_open:
        head = path((end, y - 9), (mark.x1, y), (end, y + 9), is_closed=True)
        drawn += node("path", class_="cw-b", d=head)
    if mark.n == 1:
        return drawn
    x = (mark.x0 + mark.x1) / 2
    return drawn + several(mark.n, x, y, size)


def hatch(name: str) -> Markup:
    """Returns the pattern of time without data, under a name of its own."""
    line = node("path", d="M0 8L8 0", stroke="#768692", stroke_width=1.2)
    return node("pattern", line, id_=name, width="8", height="8", patternUnits="userSpaceOnUse")


def box(x: float, y: float, width: float, height: float) -> Markup:
    """Returns the room that a finger may hit, without a shape of its own."""
    return Markup('<path d="M{} {}h{}v{}h-{}z" class="cw-h"/>').format(
        n(x), n(y), n(width), n(height), n(width)
    )
