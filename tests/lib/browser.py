"""A browser for the journeys, and what is looked for on a page.

Source: `reference/interface.md` 15 and 16.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from careweave.doors._access import COOKIE

CHROMIUM = shutil.which("chromium")
"""Where Chromium is; None where it is not."""

PHONE, TABLET, DESK = (360, 740), (768, 1024), (1280, 900)

POOR_4G = {"downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8, "latency": 300}
WARD = {"downloadThroughput": 10_000_000 / 8, "uploadThroughput": 10_000_000 / 8, "latency": 40}
"""Lines. Source: `reference/stories.md` 1."""

_AXE = Path(__file__).parent / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ASK_AXE = """async (rules) => (await axe.run(document,
    {resultTypes: ['violations'], runOnly: rules})).violations
    .flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' ')))"""
_SMALL = """() => [...document.querySelectorAll(
    'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button]')]
  .filter(e => { const r = e.getBoundingClientRect(), s = getComputedStyle(e);
     return r.width && s.visibility != 'hidden' && !e.closest('.nhsuk-skip-link')
        && !(e.tagName == 'A' && s.display == 'inline') && (r.width < 24 || r.height < 24) })
  .map(e => e.outerHTML.slice(0, 80))"""
_OUTSIDE = """(selectors) => selectors.filter(one => {
    const found = [...document.querySelectorAll(one)].find(e => e.getClientRects().length);
    if (!found) return true;
    const r = found.getBoundingClientRect();
    return r.top < 0 || r.left < 0 || r.bottom > innerHeight || r.right > innerWidth })"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Gives a browser; started here, so that no other test meets its event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Tab:
    """One tab, and what went over its line: addresses, bytes as they were sent, words of trouble."""

    page: Page
    base: str
    token: str = ""
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    n_bytes: int = 0

    def open(self, path: str) -> None:
        """Opens an address of ours and waits until it has loaded."""
        self.page.goto(f"{self.base}{path}", wait_until="load")

    @property
    def strangers(self) -> list[str]:
        """What was asked of anybody else."""
        return [one for one in self.requests if not one.startswith(f"{self.base}/")]

    @property
    def path(self) -> str:
        """Where the tab is."""
        return urlsplit(self.page.url).path

    def text(self, selector: str = "body") -> str:
        """The text that a person sees."""
        return self.page.inner_text(selector)

    def violations(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA; the tab's context must bypass the policy."""
        self.page.evaluate(_axe())
        found: list[str] = self.page.evaluate(_ASK_AXE, _RULES)
        return found

    def small_targets(self) -> list[str]:
        """What is too small to be hit by a finger, links inside of text excepted."""
        found: list[str] = self.page.evaluate(_SMALL)
        return found

    def outside(self, *selectors: str) -> list[str]:
        """Those of which nothing is in the window without scrolling, or not all."""
        found: list[str] = self.page.evaluate(_OUTSIDE, list(selectors))
        return found


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


@contextmanager
def tab(
    browser: Browser,
    base: str,
    *,
    token: str = "",
    size: tuple[int, int] = DESK,
    line: dict[str, float] | None = None,
    **options: Any,
) -> Iterator[Tab]:
    """Gives a tab of a context of its own, with the cookie of a session where there is one."""
    width, height = size
    wanted = {"locale": "en-GB", "ignore_https_errors": base.startswith("https:"), **options}
    context = browser.new_context(viewport={"width": width, "height": height}, **wanted)
    context.set_default_timeout(10_000)
    try:
        if token:
            sign_in(context, base, token)
        yield watched(context, base, token=token, line=line)
    finally:
        context.close()


def sign_in(context: BrowserContext, base: str, token: str) -> None:
    """Gives a context the cookie of a session."""
    context.add_cookies(
        [
            {
                "name": COOKIE,
                "value": token,
                "url": base.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )


def watched(
    context: BrowserContext, base: str, *, token: str = "", line: dict[str, float] | None = None
) -> Tab:
    """A new tab of a context, which notes what goes over its line and what goes wrong."""
    made = Tab(context.new_page(), base, token)
    wire = context.new_cdp_session(made.page)
    wire.send("Network.enable")
    wire.on("Network.requestWillBeSent", lambda one: made.requests.append(one["request"]["url"]))
    wire.on("Network.loadingFinished", lambda one: _add(made, one["encodedDataLength"]))
    if line is not None:
        wire.send("Network.emulateNetworkConditions", {"offline": False, **line})
    made.page.on("console", lambda one: _note(made, one.type, one.text))
    made.page.on("pageerror", lambda one: made.troubles.append(str(one)))
    return made


def _add(made: Tab, n: float) -> None:
    made.n_bytes += int(n)


def _note(made: Tab, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        made.troubles.append(text)
