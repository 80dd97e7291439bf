"""A page by keyboard alone: what the Tab key reaches, in which order, and whether one sees it.

Source: `reference/interface.md` 13 and 15, points 4A, 6A and 7A.
"""

import itertools
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

MOST = 400
"""How many stops of the Tab key a page may have before it is taken for a trap."""

_BEFORE = """() => { window.__calm = new WeakMap();
  for (const e of document.querySelectorAll('a,button,input,select,textarea,summary,[tabindex]')) {
    const s = getComputedStyle(e); window.__calm.set(e, s.outlineStyle + s.outlineWidth + s.boxShadow); } }"""
_STOP = """() => { const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const s = getComputedStyle(e), box = [...e.getClientRects()].find(r => r.width && r.height);
  const told = e.outerHTML.slice(0, 90);
  if (!box) return {told, hidden: true};
  const mid = (a, b, most) => (Math.max(a, 0) + Math.min(b, most)) / 2;
  const x = mid(box.left, box.right, innerWidth), y = mid(box.top, box.bottom, innerHeight);
  const hit = document.elementFromPoint(x, y);
  const mark = e.closest('nav,header,footer,main,dialog,[role=region],[data-banner]');
  return {told, skip: e.classList.contains('cw-skip'),
    top: box.top + scrollY, bottom: box.bottom + scrollY, left: box.left, right: box.right,
    small: box.width < 24 || box.height < 24, where: mark ? mark.tagName + mark.className : '',
    same: window.__calm.get(e) === s.outlineStyle + s.outlineWidth + s.boxShadow,
    thin: s.outlineStyle === 'none' ? s.boxShadow === 'none' : parseFloat(s.outlineWidth) < 2.9,
    covered: !(hit && (e === hit || e.contains(hit) || hit.contains(e) && hit.closest('label,a') )),
    under: hit ? hit.outerHTML.slice(0, 60) : ''} }"""


def walked(page: Page) -> list[str]:
    """Returns what is wrong with a walk through the page by the Tab key, until it begins anew.

    The page is as it was opened: nothing has the focus, or what the page itself gave it.
    """
    page.evaluate(_BEFORE)
    stops: list[dict[str, Any]] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None:
            break
        stops.append(stop)
    else:
        return [f"no end after {MOST} stops"]
    return [*_seen(stops), *_ordered(stops)]


def _seen(stops: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for one in stops:
        if one.get("hidden"):
            wrong.append(f"has no box: {one['told']}")
            continue
        for name in ("same", "thin", "covered"):
            if one[name]:
                wrong.append(f"{name}: {one['told']} {one['under'] if name == 'covered' else ''}")
    return wrong


def _ordered(stops: list[dict[str, Any]]) -> list[str]:
    """Within a landmark no stop goes back: up is another column, left is another line."""
    wrong = []
    for before, after in itertools.pairwise(stops):
        if before.get("hidden") or after.get("hidden") or before["where"] != after["where"]:
            continue
        is_above = after["bottom"] <= before["top"] + 1 and after["left"] < before["right"] - 1
        is_same_line = after["top"] < before["bottom"] - 4 and before["top"] < after["bottom"] - 4
        is_left = is_same_line and after["right"] <= before["left"] + 1
        if (is_above and after["left"] <= before["left"] + 1) or is_left:
            wrong.append(f"goes back: {before['told']} -> {after['told']}")
    return wrong


def skip_works(page: Page) -> str:
    """Returns what is wrong with the first stop of a page, which skips to its main part."""
    page.keyboard.press("Tab")
    stop = page.evaluate(_STOP)
    if stop is None or not stop.get("skip"):
        return f"the first stop is no skip link: {stop and stop['told']}"
    if stop["small"] or stop["covered"]:
        return "the skip link is small or covered when it has the focus"
    page.keyboard.press("Enter")
    at = page.evaluate("document.activeElement.id")
    return "" if at == "maincontent" else f"the skip link leads to {at!r}"


@dataclass
class Keys:
    """Somebody at a keyboard: counts what is pressed beside the text that is typed."""

    page: Page
    n: int = 0

    def press(self, key: str) -> None:
        """Presses one key."""
        self.page.keyboard.press(key)
        self.n += 1

    def type(self, text: str) -> None:
        """Types a text, which does not count."""
        self.page.keyboard.type(text)

    def reach(self, selector: str, most: int = 40, key: str = "Tab") -> None:
        """Goes on to what a selector finds, stop by stop."""
        for _ in range(most):
            if self.page.evaluate("one => document.activeElement.matches(one)", selector):
                return
            self.press(key)
        is_there = self.page.evaluate("one => document.activeElement.matches(one)", selector)
        assert is_there, f"{selector} is not reached by {most} strokes"

    def skip(self) -> None:
        """Goes past what is on every page."""
        self.reach(".cw-skip", 1)
        self.press("Enter")

    def enter(self, heading: str) -> None:
        """Presses Enter, and waits for the page with this heading."""
        self.press("Enter")
        self.page.wait_for_selector(f'h1:has-text("{heading}")')
        self.page.wait_for_load_state("load")
