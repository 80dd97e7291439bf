"""The drawings as filters of the templates, in the language of the page."""

from collections.abc import Callable

from careweave.doors._frame._page import Say
from careweave.doors._frame._timeline import kinds, timeline_drawings
from careweave.doors._frame._trend import newest, sparkline_svg, trend_svg
from careweave.views import Timeline, Trend

Filter = Callable[..., object]


def chart_filters(say: Callable[[], Say]) -> dict[str, Filter]:
    """Returns the filters; `say` gives the words of the language of the page at hand."""

    def drawings(timeline: Timeline, address: str) -> object:
        return timeline_drawings(timeline, address, say())

    def key(_: object) -> object:
        return tuple(kinds(say()))

    def sparkline(trend: Trend) -> object:
        return sparkline_svg(trend, say())

    def wide(trend: Trend) -> object:
        return trend_svg(trend, say(), is_wide=True)

    def narrow(trend: Trend) -> object:
        return trend_svg(trend, say(), is_wide=False)

    return {
        "timeline_drawings": drawings,
        "timeline_key": key,
        "sparkline": sparkline,
        "trend_wide": wide,
        "trend_narrow": narrow,
        "newest": newest,
    }
