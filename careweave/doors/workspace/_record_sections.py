"""One heading of a record read completely, with its sources and conflicts."""

from dataclasses import replace

from flask import Response

from careweave.disclosure import ShownPerson, Wanted
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._person import BANNER, Opened, answered, frame_about, opened
from careweave.doors.workspace._record_bodies import SectionPage
from careweave.doors.workspace._record_results import MEASURED
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Heading, NotFound
from careweave.views import Section, documents, heading_of, section, trends

ROWS = 200
"""Entries in one answer. Source: `reference/interface.md` 4."""

_MOST_PAGES = 25
_WHOLE = frozenset({Heading.MED, Heading.ALG})


def section_page(call: Call) -> Response:
    """Returns one heading with every fact, its sources and conflicts, 200 entries at a time.

    Medicines and allergies are never cut, whatever their number (HZ18). Under documents stand those
    of all headings.
    """
    slug = call.visit.path["section"]
    heading, page = heading_of(slug), _page(call)
    one = opened(call, _wanted(heading, page))
    if heading is Heading.DOC:
        shown, made = one.shown, documents(one.shown, one.making, ROWS * (page - 1), ROWS)
    else:
        shown = one.shown if heading in _WHOLE else _only_page(one.shown, heading, page)
        made = section(slug, shown, one.making)
    frame = frame_about(one, made.title, here=f"/s/{slug}")
    return answered("record-section.html", frame, _body(replace(one, shown=shown), made, page))


def _wanted(heading: Heading, page: int) -> Wanted:
    newest = {} if heading in _WHOLE else {heading: ROWS * page}
    return Wanted(
        headings=BANNER.headings | {heading},
        count=ROWS * page + ROWS,
        newest=newest,
        outline=frozenset({heading}),
        documents=ROWS * page if heading is Heading.DOC else 0,
    )


def _page(call: Call) -> int:
    text = call.query.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if not 1 <= page <= _MOST_PAGES:
        raise NotFound
    return page


def _only_page(shown: ShownPerson, heading: Heading, page: int) -> ShownPerson:
    """Returns what was shown with the entries of this page alone under the heading."""
    rows = shown.rows.get(heading, ())[ROWS * (page - 1) : ROWS * page]
    return replace(shown, rows={**shown.rows, heading: rows})


def _body(one: Opened, made: Section, page: int) -> SectionPage:
    n_shown = min(made.n, ROWS * page)
    is_cut = made.n > n_shown and heading_of(made.slug) not in _WHOLE
    is_medicines = heading_of(made.slug) is Heading.MED
    here = f"{one.base}/s/{made.slug}"
    return SectionPage(
        section=made,
        where=one.where,
        n_shown=n_shown,
        trends=trends(one.shown, one.making) if heading_of(made.slug) in MEASURED else (),
        reconcile=f"{one.base}/reconcile" if is_medicines and one.on is None else "",
        next=_at_page(one, here, page + 1) if is_cut and page < _MOST_PAGES else "",
        next_text=one.call.say(
            "Show the next {n} of {total}", n=min(ROWS, made.n - n_shown), total=f"{made.n:,}"
        ),
        before=_at_page(one, here, page - 1) if page > 1 else "",
    )


def _at_page(one: Opened, here: str, page: int) -> str:
    return f"{here}{one.suffix}{'&' if one.suffix else '?'}page={page}"


ROUTES = (Route("/r/<person>/s/<section>", "section", Kind.DISCLOSES, section_page),)
