"""The record of one person: the overview of a role, the emergency card, the full record's list."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave.disclosure import Wanted
from careweave.doors._frame import Person
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._filed import said as told_of_saved
from careweave.doors.workspace._in_force import view_of
from careweave.doors.workspace._person import BANNER, Opened, answered, frame_about, opened
from careweave.doors.workspace._record_bodies import AsOfForm, Checking, Part, PartsPage, Where
from careweave.doors.workspace._record_live import check, checking
from careweave.doors.workspace._route import Kind, Route
from careweave.doors.workspace._usage import Asked, asked
from careweave.terms import Heading
from careweave.views import NAMED, Definition, Overview, overview, section, written_day


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The overview of a person for one role."""

    title: str = field(metadata=_help("What the page is called."))
    overview: Overview = field(metadata=_help("What the role needs."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    as_of: AsOfForm = field(metadata=_help("The form for an earlier day."))
    acts: bool = field(metadata=_help("Whether anything can be done here: not on an earlier day."))
    checking: Checking | None = field(
        default=None, metadata=_help("That sources are being asked; none without.")
    )
    is_checked: bool = field(
        default=False, metadata=_help("Whether sources were asked for this very page.")
    )
    asked: Asked | None = field(
        default=None, metadata=_help("Whether the page answered; not asked of an earlier day.")
    )


@dataclass(frozen=True, slots=True)
class CardPage:
    """The emergency card: the answers of somebody on scene."""

    title: str = field(metadata=_help("What the page is called."))
    overview: Overview = field(metadata=_help("What is needed now."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))


def record(call: Call) -> Response:
    """Returns the first page of a person: the emergency card for the roles that work on scene."""
    definition = view_of(call)
    one = opened(call, definition.wanted)
    return card_of(one, definition) if definition.is_card else overview_of(one, definition)


def card_of(one: Opened, definition: Definition) -> Response:
    """Returns the emergency card: the small styles alone, and no script."""
    made = overview(definition, one.shown, one.making)
    title = one.call.say(definition.title)
    body = CardPage(title, made, one.where)
    frame = frame_about(one, title, silent=made.silent)
    light = replace(frame, is_light=True, places=(), command="", person=_first(frame.person))
    return answered("record-card.html", light, body)


def _first(person: Person | None) -> Person | None:
    """Returns the person of the card's frame: the answers come before the parts of the record."""
    return None if person is None else replace(person, parts=())


def card(call: Call) -> Response:
    """Returns the emergency card, whatever the role's own first page is."""
    definition = view_of(call)
    return card_of(opened(call, definition.wanted), definition)


def overview_of(
    one: Opened, definition: Definition, *, template: str = "record.html", is_checked: bool = False
) -> Response:
    """Returns the overview of a role."""
    made = overview(definition, one.shown, one.making)
    title = one.call.say(definition.title)
    body = OverviewPage(
        title=title,
        overview=made,
        where=one.where,
        as_of=AsOfForm(one.base),
        acts=one.on is None,
        checking=None if is_checked else checking(one, definition.headings),
        is_checked=is_checked,
        asked=None if one.on else asked(one.call, one.person, "overview"),
    )
    said = () if one.on else told_of_saved(one.call, one.person)
    frame = frame_about(one, title, here="", said=said, silent=made.silent)
    return answered(template, frame, body)


def live(call: Call) -> Response:
    """Returns the overview after asking live sources: a part of the page, or the page itself."""
    definition = view_of(call)
    check(call, definition.headings)
    template = "record-part.html" if call.visit.is_fragment else "record.html"
    one = opened(call, definition.wanted)
    return overview_of(one, definition, template=template, is_checked=True)


def parts(call: Call) -> Response:
    """Returns the list of the full record: every heading with how much of it may be seen."""
    one = opened(call, Wanted(headings=BANNER.headings, outline=frozenset(Heading)))
    found = tuple(_parts(one))
    body = PartsPage(
        title=call.say("Full record"),
        held=tuple(part for part in found if part.n),
        empty=tuple(part for part in found if not part.n),
    )
    frame = frame_about(one, body.title, here="/s")
    return answered("record-parts.html", frame, body)


def _parts(one: Opened) -> Iterator[Part]:
    for heading, named in NAMED.items():
        made = section(named.slug, one.shown, one.making)
        dates = [line.at for line in one.shown.lines if line.heading is heading and line.at]
        newest = max((at for at in dates if at <= one.making.now), default=None)
        yield Part(
            href=f"{one.base}/s/{named.slug}{one.suffix}",
            title=made.title,
            n=made.n,
            newest=None if newest is None else written_day(newest.isoformat(), one.making),
            text=made.text,
        )


def without_slash(call: Call) -> ResponseReturnValue:
    """Leads from the address with a last slash to the one without."""
    query = f"?{urlencode(call.query)}" if call.query else ""
    return redirect(call.address_of(call.person) + query, code=303)


ROUTES = (
    Route("/r/<person>", "record", Kind.DISCLOSES, record),
    Route("/r/<person>/", "record-slash", Kind.OPERATES, without_slash),
    Route("/r/<person>/card", "card", Kind.DISCLOSES, card),
    Route("/r/<person>/live", "live", Kind.DISCLOSES, live, is_act=False),
    Route("/r/<person>/s", "parts", Kind.DISCLOSES, parts),
)
