"""W18: the visit list, on line and on paper; the standing note of a person; what is in conflict."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave.disclosure import ShownPerson, Wanted, disclose
from careweave.doors._frame import Form, Said
from careweave.doors.workspace._adding import check_may_write
from careweave.doors.workspace._call import PREFIX, Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._in_force import views_of
from careweave.doors.workspace._person import BANNER, answered, frame_about, opened
from careweave.doors.workspace._route import Kind, Route
from careweave.doors.workspace._visits_copy import MOST_PEOPLE, note_of, persons_of
from careweave.doors.workspace._visits_store import (
    CONFLICT,
    HELD,
    READABLE,
    Conflict,
    Edit,
    conflicts_of,
)
from careweave.doors.workspace._visits_write import (
    ACCESS,
    NOTE,
    AccessNote,
    Became,
    current_note,
    file_edit,
    settle_conflict,
)
from careweave.terms import Conflict as Clash
from careweave.terms import Heading, NotFound, PersonId
from careweave.views import Banner, Making, Section, banner, moment, section, slug_of

HOME = f"{PREFIX}/visits"
_SHOWN = (Heading.SOC, Heading.FUT)
_WANTED = replace(
    BANNER,
    headings=BANNER.headings | {*_SHOWN, Heading.ALR},
    outline=frozenset(Heading),
    newest={Heading.FUT: 5, Heading.SOC: 10},
)
"""What a line of the list tells: who, how to get in, what is next, and what is new by count."""
_PAGE = "visit"
_AWAY = "away"
_OVER = frozenset({"ended", "refuted"})


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One person of the round."""

    base: str = field(metadata=_help("Address of the record."))
    banner: Banner = field(metadata=_help("Who it is, with alerts and allergies."))
    note: AccessNote = field(metadata=_help("The standing note on how to get in."))
    sections: tuple[Section, ...] = field(metadata=_help("Home and access, what is next."))
    news: str = field(metadata=_help("What is new since the reader last looked."))


@dataclass(frozen=True, slots=True)
class Both:
    """A conflict with both texts before its writer."""

    id: str = field(metadata=_help("Which edit it is."))
    name: str = field(metadata=_help("About whom."))
    mine: str = field(metadata=_help("What its writer wrote."))
    mine_at: str = field(metadata=_help("When they wrote it."))
    theirs: str = field(metadata=_help("What stands in the record now; empty if not visible."))
    theirs_by: str = field(metadata=_help("Who wrote that."))
    base: int = field(metadata=_help("Which version of it this is."))
    form: Form = field(metadata=_help("Hidden fields of the form that settles it."))


@dataclass(frozen=True, slots=True)
class Held:
    """What its writer brought back and may not be filed."""

    id: str = field(metadata=_help("Which edit it is."))
    name: str = field(metadata=_help("About whom; plain words where that may not be told."))
    text: str = field(metadata=_help("What its writer wrote."))
    at: str = field(metadata=_help("When they wrote it, by the device."))
    form: Form = field(metadata=_help("Hidden fields of the form that puts it away."))


@dataclass(frozen=True, slots=True)
class VisitsPage:
    """The round of somebody who visits."""

    title: str = field(metadata=_help("What the page is called."))
    as_of: str = field(metadata=_help("When the list was made."))
    lines: tuple[VisitLine, ...] = field(metadata=_help("Who is on it."))
    is_whole: bool = field(metadata=_help("Whether nobody is left out."))
    conflicts: tuple[Both, ...] = field(metadata=_help("What waits for its writer."))
    held: tuple[Held, ...] = field(metadata=_help("What may not be filed, for its writer."))
    hours: int = field(metadata=_help("How long a copy can be read."))
    copy_form: Form = field(metadata=_help("Hidden fields of taking a copy along."))


@dataclass(frozen=True, slots=True)
class VisitPage:
    """What may be written on a visit to one person."""

    title: str = field(metadata=_help("What the page is called."))
    action: str = field(metadata=_help("Where both forms are posted."))
    note: AccessNote = field(metadata=_help("The standing note as it is now."))
    entry: str = field(metadata=_help("Opaque handle of its entry; empty without one."))
    note_form: Form = field(metadata=_help("Hidden fields of the form of the standing note."))
    visit_form: Form = field(metadata=_help("Hidden fields of the form of the visit."))
    back: str = field(metadata=_help("Where to leave to."))


def visits(call: Call) -> Response:
    """Returns the round with how to get in and what is new: one opening for each person."""
    lines = tuple(_lines(call))
    with call.parts.database.reading() as session:
        waiting = conflicts_of(session, call.signed_in)
        held = conflicts_of(session, call.signed_in, HELD)
    body = VisitsPage(
        title=call.say("Caseload and visits"),
        as_of=moment(call.at, _plain(call)).text,
        lines=lines,
        is_whole=len(lines) < MOST_PEOPLE,
        conflicts=tuple(_both(call, one) for one in waiting),
        held=tuple(_held(call, one) for one in held),
        hours=int(READABLE.total_seconds() // 3600),
        copy_form=call.new_form("visits/copy"),
    )
    frame = frame_of(call.visit, body.title)
    said = _told(call, waiting)
    return answered("visits.html", replace(frame, said=said), body)


def visit(call: Call) -> Response:
    """Returns the forms of a visit to a person: the standing note, and a note of this visit."""
    one = opened(call, _WANTED)
    check_may_write(call)
    base, about = call.address_of(call.person), call.visit.path["person"]
    note = note_of(one.shown, call.signed_in.posting.organisation)
    body = VisitPage(
        title=call.say("Write on a visit"),
        action=f"{base}/visit",
        note=note,
        entry=one.making.handle("Flag", note.entry) if note.entry else "",
        note_form=call.new_form(f"{_PAGE}/{ACCESS}", about),
        visit_form=call.new_form(f"{_PAGE}/{NOTE}", about),
        back=HOME,
    )
    return answered("visit.html", frame_about(one, body.title), body)


def write(call: Call) -> ResponseReturnValue:
    """Files what was written on a visit on line; a standing note never over another's."""
    fields = call.visit.form
    kind = ACCESS if fields.get("kind") == ACCESS else NOTE
    posted = call.posted(f"{_PAGE}/{kind}", call.visit.path["person"])
    check_may_write(call)
    entry, base = _named(call, fields.get("entry", ""), fields.get("base", ""))
    edit = Edit(
        _id_of(posted.id), call.person, kind, fields.get("text", ""), call.at, None, entry, base
    )
    became = file_edit(call, edit)
    if became is Became.WAITING:
        raise Clash("Somebody has just changed this note, and it is being filed. Try again soon.")
    where = HOME if became is Became.CONFLICT else call.address_of(call.person)
    return redirect(where, code=303)


def settle(call: Call) -> ResponseReturnValue:
    """Settles a conflict as its writer chose, with both texts before them."""
    fields = call.visit.form
    call.posted(f"{_PAGE}/settle")
    state = HELD if fields.get("keep") == _AWAY else CONFLICT
    with call.parts.database.reading() as session:
        waiting = conflicts_of(session, call.signed_in, state)
    one = next((one for one in waiting if str(one.id) == fields.get("id")), None)
    if one is None:
        raise NotFound
    base = fields.get("base", "")
    became = settle_conflict(call, one, is_mine=fields.get("keep") == "mine", base=_version(base))
    if became in (Became.WAITING, Became.CONFLICT):
        raise Clash("Somebody has changed this note again. Look at both texts anew.")
    return redirect(HOME, code=303)


def _lines(call: Call) -> Iterator[VisitLine]:
    views = views_of(call)
    for person in persons_of(call):
        try:
            shown = disclose(call.way, call.asking, person, _WANTED)
        except NotFound:
            continue
        making = replace(call.making(person), terms=views.terms, clinical=views.clinical)
        yield VisitLine(
            base=call.address_of(person),
            banner=banner(shown, making),
            note=note_of(shown, call.signed_in.posting.organisation),
            sections=tuple(_short(section(slug_of(one), shown, making), making) for one in _SHOWN),
            news=_news(shown, making),
        )


def _short(one: Section, making: Making) -> Section:
    """Returns a section as a line of the list has room for it: what is over stays in the record."""
    groups = tuple(group for group in one.groups if group.kind not in _OVER)
    text = one.text or ("" if groups else making.say("Nothing that is still to come is shown."))
    return replace(one, groups=groups, text=text, left_out="", coverage="", n=0)


def _news(shown: ShownPerson, making: Making) -> str:
    """Returns how much is new since the reader last looked."""
    since = shown.last_looked_at
    if since is None:
        return making.say("You have not opened this record before.")
    n = sum(1 for line in shown.lines if line.updated > since)
    told = moment(since, making).text
    if not n:
        return making.say("Nothing new since {when}.", when=told)
    return making.say("{count} new entries since {when}.", count=n, when=told)


def _both(call: Call, one: Conflict) -> Both:
    now = current_note(call, one)
    return Both(
        id=str(one.id),
        name=_name(call, one.person),
        mine=one.text,
        mine_at=moment(one.written_at, _plain(call)).text,
        theirs=now.text,
        theirs_by=now.by,
        base=now.version,
        form=call.new_form(f"{_PAGE}/settle"),
    )


def _held(call: Call, one: Conflict) -> Held:
    return Held(
        id=str(one.id),
        name=_name(call, one.person),
        text=one.text,
        at=moment(one.written_at, _plain(call)).text,
        form=call.new_form(f"{_PAGE}/settle"),
    )


def _name(call: Call, person: PersonId) -> str:
    """Returns the name of somebody whose note is in conflict; plain words where it may not be told."""
    try:
        shown = disclose(call.way, call.asking, person, Wanted(headings=frozenset({Heading.DEM})))
    except NotFound:
        return call.say("Somebody who is not on your list any more")
    return banner(shown, call.making(person)).name


def _told(call: Call, waiting: tuple[Conflict, ...]) -> tuple[Said, ...]:
    if not waiting:
        return ()
    text = call.say(
        "Somebody else changed what you changed: {count} to settle.", count=len(waiting)
    )
    return (Said(text, "trouble", "#conflicts", call.say("Show both texts")),)


def _named(call: Call, handle: str, base: str) -> tuple[str, int]:
    """Returns the entry that a form changes, by this session's name for it; empty for a new one."""
    if not handle:
        return "", 0
    found = call.handles.id(f"entry of {call.person}", handle)
    if found is None:
        raise NotFound
    return found.partition("/")[2], _version(base)


def _version(text: str) -> int:
    """Returns the version that a form says it had before it; none for what no form of ours says."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _id_of(form: str) -> UUID:
    """Returns the id of the edit of a form: the form's own, so that it acts once."""
    return UUID(bytes=urlsafe_b64decode(form + "=" * (-len(form) % 4))[:16])


def _plain(call: Call) -> Making:
    return Making(now=call.at, zone=call.parts.zone, handle=lambda *_: "", say=call.say)


ROUTES = (
    Route("/visits", "visits", Kind.DISCLOSES, visits),
    Route("/visits/settle", "settle", Kind.RECEIVES, settle, "POST"),
    Route("/r/<person>/visit", "visit", Kind.DISCLOSES, visit),
    Route("/r/<person>/visit", "write-visit", Kind.RECEIVES, write, "POST"),
)
