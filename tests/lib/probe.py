"""Everything that is measured of one page, gathered in one visit for the points that judge it.

Source: `reference/interface.md` 15, the numbers of its table.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser

from tests.lib.browser import DESK, Tab, tab
from tests.lib.keyboard import skip_works, walked

WIDTHS = (320, 375, 768, 1024, 1280)
NUMERIC_DATE = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")

_OUTLINE = """() => ({
  levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')]
      .filter(e => e.getClientRects().length).map(e => +e.tagName[1]),
  mains: document.querySelectorAll('main').length,
  banners: document.querySelectorAll('body > header, [role=banner]').length,
  feet: document.querySelectorAll('body > footer, [role=contentinfo]').length,
  unlabelled: [...document.querySelectorAll('[data-status]')]
      .filter(e => e.checkVisibility() && e.getClientRects().length
          && !e.innerText.toLowerCase().includes(e.dataset.status.toLowerCase()))
      .map(e => e.outerHTML.slice(0, 120)),
  nodes: document.querySelectorAll('*').length,
  stored: localStorage.length + sessionStorage.length,
  text: document.body.innerText, title: document.title })"""
_CHARTS = """() => [...document.querySelectorAll('figure')].filter(f => f.querySelector('svg:not([aria-hidden=true])'))
  .map(f => { const svg = [...f.querySelectorAll('svg:not([aria-hidden=true])')];
     const drawn = svg.map(s => [...s.querySelectorAll('[data-v]')]
          .map(e => e.dataset.v).sort().join('|'));
     const by = f.querySelector('table') ? f : f.parentElement;
     const told = [...by.querySelectorAll('table [data-v]')]
          .map(e => e.dataset.v).sort().join('|');
     const every = svg.flatMap(s => [...s.querySelectorAll('[data-v]')]
          .map(e => e.dataset.v)).sort().join('|');
     return {named: svg.every(s => s.querySelector('title') && s.querySelector('desc')),
             equal: every === told || drawn.every(d => d === told), drawn, told,
             bytes: svg.map(s => s.outerHTML.length),
             marks: svg.map(s => s.querySelectorAll('[data-v]').length)} })"""
_NAKED = """() => [...document.querySelectorAll('[data-entry]')].filter(e =>
    !(e.querySelector('[data-source]')?.textContent.trim()
      && e.querySelector('[data-date]')?.textContent.trim())).map(e => e.outerHTML.slice(0, 160))"""
TOO_WIDE = "() => Math.max(0, document.documentElement.scrollWidth - innerWidth)"
_SPLIT = """() => [...document.querySelectorAll('[data-quantity]')].filter(e => {
    const r = document.createRange(); r.selectNodeContents(e);
    const lines = new Set([...r.getClientRects()].filter(b => b.width).map(b => Math.round(b.top)));
    return lines.size > 1 }).map(e => e.textContent)"""
_SPACED = """*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}
  p{margin-bottom:2em!important} html{font-size:200%}"""
_CLIPPED = """() => { const wrong = [];
  const texts = [...document.querySelectorAll('body *')].filter(e => e.getClientRects().length
      && !e.closest('svg') && !e.closest('.nhsuk-u-visually-hidden') && !e.closest('.nhsuk-skip-link')
      && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
  for (const e of texts) {
    const s = getComputedStyle(e);
    if (s.display !== 'inline' && e.clientWidth && e.scrollWidth - e.clientWidth > 1
        && s.overflowX !== 'visible' && s.overflowX !== 'auto' && s.overflowX !== 'scroll')
      wrong.push('clipped ' + e.outerHTML.slice(0, 100)); }
  const blocks = texts.filter(e => getComputedStyle(e).display !== 'inline');
  for (const a of blocks) for (const b of a.parentElement.children) {
    if (a === b || !blocks.includes(b)) continue;
    const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
    const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (x > 2 && y > 2) wrong.push('over ' + a.outerHTML.slice(0, 80)); }
  return wrong.slice(0, 5) }"""
_MOVING = """() => document.getAnimations().length + [...document.querySelectorAll('*')].filter(e => {
    const s = getComputedStyle(e);
    return [s.transitionDuration, s.animationDuration].some(d => d.split(',').some(t => parseFloat(t) > 0))
  }).length"""


@dataclass
class Probe:
    """What was measured of one page."""

    path: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    outline: dict[str, Any] = field(default_factory=dict)
    charts: list[dict[str, Any]] = field(default_factory=list)
    naked: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)
    too_wide: dict[int, int] = field(default_factory=dict)
    split: dict[int, list[str]] = field(default_factory=dict)
    clipped: list[str] = field(default_factory=list)
    forced: list[str] = field(default_factory=list)
    in_welsh: list[str] = field(default_factory=list)
    walked: list[str] = field(default_factory=list)
    skip: str = ""
    moving: int = 0
    n_bytes: int = 0
    strangers: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    @property
    def numeric_dates(self) -> list[str]:
        """Dates made of figures alone, which nobody can read for certain."""
        return NUMERIC_DATE.findall(self.outline["text"])


def probe(browser: Browser, base: str, token: str, path: str) -> Probe:
    """Visits a page as it is, then with the styles of a test let in, then so in Welsh."""
    made = Probe(path)
    with tab(browser, base, token=token, size=DESK) as opened:
        _as_it_is(opened, made)
    with tab(browser, base, token=token, size=DESK, bypass_csp=True) as opened:
        opened.open(path)
        _as_tested(opened, made)
    with tab(browser, base, token=token, size=DESK, bypass_csp=True, locale="cy") as opened:
        opened.open(path)
        assert opened.page.get_attribute("html", "lang") == "cy"
        made.in_welsh = opened.violations()
    return made


def _as_it_is(opened: Tab, made: Probe) -> None:
    answer = opened.page.goto(f"{opened.base}{made.path}", wait_until="load")
    assert answer is not None
    made.status, made.headers = answer.status, answer.all_headers()
    made.outline = opened.page.evaluate(_OUTLINE)
    made.charts = opened.page.evaluate(_CHARTS)
    made.naked = opened.page.evaluate(_NAKED)
    made.n_bytes, made.strangers = opened.n_bytes, opened.strangers
    made.cookies = [one["name"] for one in opened.page.context.cookies()]
    made.walked = walked(opened.page)
    made.skip = skip_works(opened.page)
    for width in WIDTHS:
        opened.page.set_viewport_size({"width": width, "height": 800})
        made.too_wide[width] = opened.page.evaluate(TOO_WIDE)
        made.split[width] = opened.page.evaluate(_SPLIT)
    # A page that is refused is no trouble of the browser.
    made.troubles = [one for one in opened.troubles if "status of" not in one]


def _as_tested(opened: Tab, made: Probe) -> None:
    made.violations = opened.violations()
    made.small = opened.small_targets()
    opened.page.emulate_media(reduced_motion="reduce")
    made.moving = opened.page.evaluate(_MOVING)
    opened.page.emulate_media(forced_colors="active", reduced_motion="no-preference")
    made.forced = opened.page.evaluate(_OUTLINE)["unlabelled"]
    opened.page.emulate_media(forced_colors="none")
    opened.page.add_style_tag(content=_SPACED)
    made.clipped = opened.page.evaluate(_CLIPPED)
