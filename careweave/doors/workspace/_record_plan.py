"""The plans of a person that apply now, to be read in a crisis; and a summary for paper."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from flask import Response

from careweave.disclosure import Wanted
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._framing import organisation_name
from careweave.doors.workspace._in_force import view_of
from careweave.doors.workspace._person import BANNER, Opened, answered, frame_about, opened
from careweave.doors.workspace._record_bodies import Where
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Heading
from careweave.views import Definition, Overview, Section, moment, overview, section, slug_of

_PLANS = (Heading.EOL, Heading.CTG, Heading.CSP, Heading.ASP, Heading.RSK, Heading.PLN)
_OWN = (Heading.ABM, Heading.LEG)
_PAST = frozenset({"ended", "refuted"})
_PAPER = 4
"""Facts of a heading on paper, but for medicines and allergies, so that two pages hold it."""


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plans that apply now, what the person says, and what no longer applies."""

    title: str = field(metadata=_help("What the page is called."))
    current: tuple[Section, ...] = field(metadata=_help("Plans in force, most urgent first."))
    own_words: tuple[Section, ...] = field(
        metadata=_help("What the person says, and who decides with them.")
    )
    past: tuple[Section, ...] = field(metadata=_help("Plans and drafts that do not apply."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))


@dataclass(frozen=True, slots=True)
class PrintPage:
    """The summary for paper."""

    title: str = field(metadata=_help("What the page is called."))
    overview: Overview = field(metadata=_help("What the role needs, cut to fit paper."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    is_large: bool = field(metadata=_help("Whether it is printed at 16 points and more."))
    large: str = field(metadata=_help("Where the large print is."))


def plan(call: Call) -> Response:
    """Returns the plans in force, with what the person says; drafts and past ones apart."""
    one = opened(call, Wanted(headings=BANNER.headings | {*_PLANS, *_OWN}))
    plans = tuple(_sections(one, _PLANS))
    body = PlanPage(
        title=call.say("Plans"),
        current=tuple(_now(made, one) for made in plans),
        own_words=tuple(_now(made, one) for made in _sections(one, _OWN)),
        past=tuple(made for made in (_only(made, is_past=True) for made in plans) if made.groups),
        where=one.where,
    )
    return answered("record-plan.html", frame_about(one, body.title, here="/plan"), body)


def _sections(one: Opened, headings: Iterable[Heading]) -> Iterator[Section]:
    for heading in headings:
        yield section(slug_of(heading), one.shown, one.making)


def _now(made: Section, one: Opened) -> Section:
    """Returns what applies now of a section; where all of it is past, it says so."""
    now = _only(made, is_past=False)
    if now.groups or not made.groups:
        return now
    return replace(now, text=one.call.say("Nothing now; {n} past", n=made.n))


def _only(made: Section, *, is_past: bool) -> Section:
    groups = tuple(one for one in made.groups if (one.kind in _PAST) is is_past)
    return replace(made, groups=groups, n=sum(len(one.facts) for one in groups))


def print_summary(call: Call) -> Response:
    """Returns the summary for paper: a disclosure like any page, and accounted for as one."""
    definition = view_of(call)
    one = opened(call, definition.wanted)
    body = PrintPage(
        title=call.say("Summary for paper"),
        overview=overview(_short(definition), one.shown, one.making),
        where=one.where,
        is_large=call.query.get("size") == "large",
        large=f"{one.base}/print{one.suffix}{'&' if one.suffix else '?'}size=large",
    )
    frame = frame_about(one, body.title)
    return answered("record-print.html", replace(frame, printed=_printed(one)), body)


def _short(definition: Definition) -> Definition:
    """Returns a view with no more of each heading than paper holds."""
    blocks = (
        replace(block, count=min(block.count or _PAPER, _PAPER)) for block in definition.blocks
    )
    return replace(definition, blocks=tuple(blocks))


def _printed(one: Opened) -> str:
    """Returns who printed it, where and when: it stands on the paper."""
    call = one.call
    return call.say(
        "Printed by {name} at {place}, {when}. Correct at {as_of}.",
        name=call.signed_in.display_name,
        place=organisation_name(call.visit, call.signed_in.posting.organisation),
        when=moment(call.at, one.making).text,
        as_of=one.as_of.text,
    )


ROUTES = (
    Route("/r/<person>/plan", "plan", Kind.DISCLOSES, plan),
    Route("/r/<person>/print", "print", Kind.DISCLOSES, print_summary),
)
