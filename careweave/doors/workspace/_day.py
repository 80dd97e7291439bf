"""W2: my day, and the lists of people behind it, page by page."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave.disclosure import After, ListKind, people_of
from careweave.doors.workspace._begun import Begun, begun_by
from careweave.doors.workspace._call import PREFIX, Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._people import LISTS, PeopleList, list_of, short_lists
from careweave.doors.workspace._person import answered
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import NotFound, PersonId
from careweave.views import Making, moment

_AFTER = "after"
_PAGE = 50


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class DayPage:
    """What somebody begins with: whom they have to do with, and a way to find anybody else."""

    find: str = field(metadata=_help("Where a person is searched for."))
    accesses: str = field(metadata=_help("Where one's own accesses are."))
    lists: tuple[PeopleList, ...] = field(metadata=_help("The lists of the role."))
    as_of: str = field(metadata=_help("As of when the lists are."))
    begun: tuple[Begun, ...] = field(
        default=(), metadata=_help("Forms begun and not saved, in whatever session.")
    )


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list of people, a page of it."""

    people: PeopleList = field(metadata=_help("Who is on this page of the list."))
    as_of: str = field(metadata=_help("As of when the list is."))


def day(call: Call) -> ResponseReturnValue:
    """Returns the first page of a working day; leads an officer to the pages of governance."""
    if call.signed_in.posting.role is None:
        return redirect("/console/", code=303)
    body = DayPage(
        find=f"{PREFIX}/find",
        accesses=f"{PREFIX}/accesses",
        lists=short_lists(call),
        as_of=_as_of(call),
        begun=begun_by(call),
    )
    return answered("day.html", frame_of(call.visit, call.say("My day")), body)


def people(call: Call) -> Response:
    """Returns a page of one list."""
    kind = _kind(call)
    found = people_of(call.way, call.asking, kind, _after(call), count=_PAGE)
    more = ""
    if found.next is not None:
        place = f"{found.next.at.isoformat()} {found.next.person}"
        more = f"{call.visit.here}?after={call.handles.of(_AFTER, place)}"
    body = ListPage(list_of(call, found, more=more), _as_of(call))
    return answered("people.html", frame_of(call.visit, call.say(LISTS[kind][0])), body)


def _kind(call: Call) -> ListKind:
    try:
        return ListKind(call.visit.path["list"])
    except ValueError:
        raise NotFound from None


def _after(call: Call) -> After | None:
    handle = call.query.get("after", "")
    if not handle:
        return None
    found = call.handles.id(_AFTER, handle)
    if found is None:
        raise NotFound
    at, person = found.split(" ")
    return After(datetime.fromisoformat(at), PersonId(UUID(person)))


def _as_of(call: Call) -> str:
    making = Making(now=call.at, zone=call.parts.zone, handle=lambda *_: "", say=call.say)
    return moment(call.at, making).text


ROUTES = (
    Route("/", "day", Kind.DISCLOSES, day),
    Route("/people/<list>", "people", Kind.DISCLOSES, people),
)
