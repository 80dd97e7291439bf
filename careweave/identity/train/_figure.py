"""The fairness figure: shares of each group with their intervals, drawn by ourselves."""

from collections.abc import Iterator, Sequence
from html import escape

from careweave.identity.train._groups import Fairness, Share

_ROW, _LEFT, _WIDE, _GAP, _TOP = 22, 240, 260, 60, 70
_TICKS = 4
_LEAST = 0.01
_STYLE = (
    "text{font:13px sans-serif;fill:#212b32}.head{font-weight:600}.axis{stroke:#768692}"
    ".span{stroke:#005eb8;stroke-width:2}.dot{fill:#005eb8}.grid{stroke:#d8dde0}"
)


def figure(found: Sequence[Fairness], *, title: str) -> str:
    """Returns an SVG with a row for each group: missed true pairs, and wrong ones among links."""
    panels = (
        ("missed of all true pairs", [one.missed for one in found]),
        ("wrong of all links", [one.false for one in found]),
    )
    height = _TOP + _ROW * (len(found) + 1) + 20
    width = _LEFT + 2 * (_WIDE + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="head" x="10" y="24">{escape(title)}</text>',
        *_names(found),
    ]
    for number, (head, shares) in enumerate(panels):
        parts += _panel(head, shares, _LEFT + number * (_WIDE + _GAP))
    return "\n".join([*parts, "</svg>", ""])


def _names(found: Sequence[Fairness]) -> Iterator[str]:
    for row, one in enumerate(found):
        text = escape(f"{one.kind}: {one.group}")
        yield f'<text x="10" y="{_y(row) + 4}">{text}</text>'


def _panel(head: str, shares: Sequence[Share], left: int) -> Iterator[str]:
    shown = [share for share in shares if share.is_shown]
    most = max([_LEAST, *(share.interval[1] for share in shown)])
    bottom = _y(len(shares))
    yield f'<text class="head" x="{left}" y="{_TOP - 24}">{head}</text>'
    for tick in range(_TICKS + 1):
        x = left + _WIDE * tick / _TICKS
        yield f'<line class="grid" x1="{x:g}" y1="{_TOP - 8}" x2="{x:g}" y2="{bottom}"/>'
        percent = f"{100 * most * tick / _TICKS:.1f} %"
        yield f'<text x="{x:g}" y="{bottom + 16}" text-anchor="middle">{percent}</text>'
    for row, share in enumerate(shares):
        yield from _mark(share, left, _y(row), most)


def _mark(share: Share, left: int, y: int, most: float) -> Iterator[str]:
    if not share.is_shown:
        yield f'<text x="{left}" y="{y + 4}">too few to tell</text>'
        return
    low, high = (left + _WIDE * end / most for end in share.interval)
    middle = left + _WIDE * share.value / most
    yield f'<line class="span" x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}"/>'
    yield f'<circle class="dot" cx="{middle:.1f}" cy="{y}" r="4"/>'


def _y(row: int) -> int:
    return _TOP + _ROW * row + _ROW // 2
