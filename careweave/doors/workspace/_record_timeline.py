"""The life of a person by setting: the chart, its filters, and what was chosen as a list."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Response

from careweave.doors.workspace._call import Call
from careweave.doors.workspace._person import Opened, answered, frame_about, opened
from careweave.doors.workspace._record_bodies import Where
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Incorrect
from careweave.views import Chosen, Timeline, TimelineItem, timeline, wanted_for_timeline

ROWS = 200
"""Entries in one answer. Source: `reference/interface.md` 4."""

_FILTERS = ("setting", "kind", "new", "from", "to", "on")
_SECONDS = re.compile(r"-?[0-9]{1,11}(\.[0-9]{0,9})?")


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A life by setting, and the entries chosen of it."""

    title: str = field(metadata=_help("What the page is called."))
    timeline: Timeline = field(metadata=_help("The life as values."))
    items: tuple[TimelineItem, ...] = field(metadata=_help("Chosen entries on this page."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    here: str = field(metadata=_help("Address of the timeline, without filters."))
    on: str = field(metadata=_help("The day asked for, for the form; empty for now."))
    is_new: bool = field(metadata=_help("Whether only what is new was chosen."))
    is_filtered: bool = field(metadata=_help("Whether anything was chosen at all."))
    n_shown: int = field(metadata=_help("How many of the chosen are shown so far."))
    next: str = field(metadata=_help("Address of the next entries; empty at the end."))
    next_text: str = field(metadata=_help("Show the next 200 of 4,812."))


def timeline_page(call: Call) -> Response:
    """Returns the timeline: a mark leads to the list of what it stands for."""
    one = opened(call, wanted_for_timeline())
    chosen = Chosen(
        setting=call.query.get("setting", ""),
        kind=call.query.get("kind", ""),
        from_s=_seconds(call, "from"),
        to_s=_seconds(call, "to"),
        is_new=call.query.get("new") == "1",
    )
    body = _body(one, timeline(one.shown, one.making, chosen), chosen)
    template = "timeline-part.html" if call.visit.is_fragment else "timeline.html"
    return answered(template, frame_about(one, body.title, here="/timeline"), body)


def _body(one: Opened, made: Timeline, chosen: Chosen) -> TimelinePage:
    start = _start(one.call)
    items = made.chosen[start : start + ROWS]
    n_left = len(made.chosen) - start - len(items)
    return TimelinePage(
        title=one.call.say("Timeline"),
        timeline=made,
        items=items,
        where=one.where,
        here=f"{one.base}/timeline",
        on="" if one.on is None else one.on.isoformat(),
        is_new=chosen.is_new,
        is_filtered=chosen != Chosen(),
        n_shown=start + len(items),
        next=_next(one.call, start + ROWS) if n_left else "",
        next_text=one.call.say(
            "Show the next {n} of {total}", n=min(ROWS, n_left), total=f"{len(made.chosen):,}"
        ),
    )


def _seconds(call: Call, name: str) -> float | None:
    """Returns a moment of the address in seconds since 1970; None without one."""
    text = call.query.get(name, "")
    if not text:
        return None
    if not _SECONDS.fullmatch(text):
        raise Incorrect("The address of this list is not whole. Go back to the timeline.")
    return float(text)


def _start(call: Call) -> int:
    text = call.query.get("start", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise Incorrect("The address of this list is not whole. Go back to the timeline.")
    return int(text)


def _next(call: Call, start: int) -> str:
    kept = {name: call.query[name] for name in _FILTERS if call.query.get(name)}
    return f"{call.visit.here}?{urlencode({**kept, 'start': start})}"


ROUTES = (Route("/r/<person>/timeline", "timeline", Kind.DISCLOSES, timeline_page),)
