"""How long a page takes to show its answers, over a line, in a browser that knows nothing of it.

The line is the browser's own emulation, beside TLS that is real. Source: `reference/stories.md` 1.
"""

from collections.abc import Callable, Iterator

from playwright.sync_api import Browser

from tests.lib.browser import Tab, tab
from tests.lib.budgets import Budget, Series, Watch, spare_the_collector
from tests.lib.pages import World

_ANSWERED = """(selectors) => selectors.every(one => {
    const e = document.querySelector(one); return e && e.getClientRects().length > 0 })
    && document.readyState === 'complete'"""


def loads(
    browser: Browser, world: World, asked: Budget, path: Callable[[str], str]
) -> Iterator[tuple[float, Tab]]:
    """Yields how long each load took until the answers were there, each with a cold cache.

    What was waited for a processor is not counted (`Watch`); how often it is loaded, `Series` says.

    `path` gives the address in the session of a token: names of people are opaque and its own.
    """
    token = world.token(asked.reader)
    where = path(token)
    # The browser is new each time; the server is not: its first answer of all is not measured.
    world.visitor(token).get(where)
    spare_the_collector()
    series = Series(asked.seconds_p95)
    while series.goes_on():
        with tab(browser, world.base, token=token, size=asked.window, line=asked.line) as opened:
            watch = Watch()
            opened.open(where)
            opened.page.wait_for_function(_ANSWERED, arg=asked.selectors)
            took = watch.took_s()
            if series.counts(took, watch):
                yield took, opened
