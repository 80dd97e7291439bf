"""One person's record, opened for a page: what was shown, the banner, the frame with its parts."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from flask import Response

from careweave.disclosure import ShownPerson, Wanted, disclose
from careweave.doors._frame import Emergency, Frame, Page, Person, Place, Said, render
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._in_force import views_of
from careweave.doors.workspace._record_bodies import Where
from careweave.terms import Heading, Incorrect, NotFound, PersonId
from careweave.views import (
    Banner,
    Making,
    SourceLine,
    When,
    banner,
    clock_time,
    day,
    moment,
    wanted_for,
)

BANNER = wanted_for(Heading.DEM)
"""What the banner shows on every page about a person."""

_PARTS = (
    ("Overview", ""),
    ("Timeline", "/timeline"),
    ("Full record", "/s"),
    ("Medicines", "/s/medicines"),
    ("Results", "/s/results"),
    ("Plans", "/plan"),
    ("Documents", "/s/documents"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A person whose record was opened for one page; `on` is the day as of which, None for now."""

    call: Call
    person: PersonId
    shown: ShownPerson
    making: Making
    on: date | None

    @property
    def base(self) -> str:
        """Returns the address of the record in this session."""
        return self.call.address_of(self.person)

    @property
    def suffix(self) -> str:
        """Returns what links carry so that they stay on the day asked for."""
        return "" if self.on is None else f"?on={self.on.isoformat()}"

    @property
    def where(self) -> Where:
        """Returns where the record is, and what its links carry."""
        return Where(self.base, self.suffix)

    @property
    def as_of(self) -> When:
        """Returns as of when the page is correct."""
        return moment(self.shown.as_of or self.shown.at, self.making)

    @property
    def banner(self) -> Banner:
        """Returns who this is."""
        return banner(self.shown, self.making)


def opened(call: Call, wanted: Wanted) -> Opened:
    """Opens the person of the address for a page that shows what is wanted; accounted for.

    Raises NotFound for somebody of whom nothing may be seen, as for a name that was never made.
    """
    person, on = call.person, day_asked(call)
    asked = replace(wanted, as_of=moment_asked(call))
    shown = disclose(call.way, call.asking, person, asked)
    if not _is_open(shown):
        raise NotFound
    views = views_of(call)
    making = replace(call.making(person), terms=views.terms, clinical=views.clinical)
    return Opened(call, person, shown, making, on)


def _is_open(shown: ShownPerson) -> bool:
    """Says whether anything of the person may be shown, were it held; whatever is held."""
    expected = any(one.is_open for one in shown.expected.values())
    return expected or bool(shown.rows) or bool(shown.lines)


def person_frame(call: Call, title: str, *, part: str = "", said: tuple[Said, ...] = ()) -> Frame:
    """Returns the frame of a page that acts for the person of the address; accounted for."""
    return frame_about(opened(call, BANNER), title, here=part or None, said=said)


def day_asked(call: Call) -> date | None:
    """Returns the day as of which a page is asked for; None for now, and for today.

    It is one text, or the three fields of a form.
    """
    parts = [call.query.get(name, "").strip() for name in ("year", "month", "day")]
    text = "-".join(one.rjust(2, "0") for one in parts) if any(parts) else call.query.get("on", "")
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        message = "There is no such day. Give the day, the month and the year as numbers."
        raise Incorrect(message, where="on") from None
    today = call.at.astimezone(call.parts.zone).date()
    return found if found < today else None


def moment_asked(call: Call) -> datetime | None:
    """Returns the moment as of which a page is asked for; None for now."""
    on = day_asked(call)
    return None if on is None else _end_of(on, call)


def _end_of(on: date, call: Call) -> datetime:
    """Returns the last moment of a day where the region is."""
    after = datetime.combine(on + timedelta(days=1), time(), tzinfo=call.parts.zone)
    return (after - timedelta(microseconds=1)).astimezone(UTC)


def frame_about(
    one: Opened,
    title: str,
    *,
    here: str | None = None,
    said: tuple[Said, ...] = (),
    silent: tuple[SourceLine, ...] = (),
) -> Frame:
    """Returns the frame of a page about a person; its title is the page, initials and age.

    `here` is the part of the record that the page is, by the end of its address; None for none.
    """
    who = one.banner
    frame = frame_of(one.call.visit, f"{title} {who.initials}".strip())
    return replace(
        frame,
        person=_person(one, who, here),
        said=said,
        silent=silent,
        correct_at=one.as_of.text,
        command=f"{one.base}/go",
    )


def _person(one: Opened, who: Banner, here: str | None) -> Person:
    return Person(
        base=one.base,
        banner=who,
        parts=_parts(one, here),
        emergency=_emergency(one),
        as_it_was="" if one.on is None else day(one.on, one.making).text,
        now="" if one.on is None else one.call.visit.here,
        suffix=one.suffix,
    )


def _parts(one: Opened, here: str | None) -> tuple[Place, ...]:
    say = one.call.say
    return tuple(
        Place(say(text), f"{one.base}{path}{one.suffix}", path == here) for text, path in _PARTS
    )


def _emergency(one: Opened) -> Emergency | None:
    episode = one.shown.episode
    if episode is None or not episode.is_emergency:
        return None
    return Emergency(clock_time(episode.expires_at, one.making), f"{one.base}/emergency")


def answered(template: str, frame: Frame, body: object) -> Response:
    """Returns a page of the workspace."""
    return Response(render(f"workspace/{template}", Page(frame, body)))
