"""People in lists as pages print them: each line leads to the record by this session's own name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from careweave.disclosure import Listed, ListKind, Matches, People, people_of, who
from careweave.doors.workspace._call import PREFIX, Call
from careweave.terms import PersonId, Role
from careweave.views import Making, PersonLine, person_line, recent


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class PeopleList:
    """One list of people, or what to say where it is empty."""

    name: str = field(metadata=_help("Its name in addresses."))
    title: str = field(metadata=_help("What the list is."))
    people: tuple[PersonLine, ...] = field(metadata=_help("Who is on it."))
    empty: str = field(metadata=_help("What an empty list means."))
    more: str = field(default="", metadata=_help("Where the whole list, or its next part, is."))
    is_whole: bool = field(default=True, metadata=_help("Whether nobody is left out here."))


LISTS: dict[ListKind, tuple[str, str, str]] = {
    ListKind.CASELOAD: (
        "My caseload",
        "Nobody is on your caseload, by what your own systems have sent.",
        "On the caseload {when}",
    ),
    ListKind.HERE: (
        "With us now",
        "Nobody is with you now, by what your own systems have sent.",
        "Since {when}",
    ),
    ListKind.ARRIVALS: (
        "Arrived in the last 24 hours",
        "Nobody arrived in the last 24 hours, by what your own systems have sent.",
        "Arrived {when}",
    ),
    ListKind.RESIDENTS: (
        "Residents",
        "Nobody lives here, by what your own systems have sent.",
        "Since {when}",
    ),
    ListKind.REGISTERED: (
        "Registered with us, with news this week",
        "Nothing has changed this week for those who are registered with you.",
        "Changed {when}",
    ),
    ListKind.RECENT: (
        "People whom I have opened",
        "You have opened nobody in the last month.",
        "Opened {when}",
    ),
}
"""What each list is called, what it means when it is empty, and what its date says."""

_OF_ROLE: dict[Role, tuple[ListKind, ...]] = {
    Role.ED: (ListKind.ARRIVALS, ListKind.HERE),
    Role.HC: (ListKind.HERE, ListKind.CASELOAD),
    Role.GP: (ListKind.REGISTERED,),
    Role.CN: (ListKind.CASELOAD,),
    Role.SW: (ListKind.CASELOAD,),
    Role.MH: (ListKind.CASELOAD, ListKind.HERE),
    Role.PA: (ListKind.ARRIVALS,),
    Role.CH: (ListKind.RESIDENTS,),
    Role.PH: (ListKind.HERE,),
}
_HOME_CARE = "home-care"
_SHORT = 8


def lists_of(call: Call) -> tuple[ListKind, ...]:
    """Returns the lists that a role works with, and at last those whom it has opened itself.

    Source: `reference/interface.md` 12.1, W2 and W3; the architecture, decision 9.12.
    """
    posting = call.signed_in.posting
    own = () if posting.role is None else _OF_ROLE.get(posting.role, ())
    if posting.role is Role.CH and posting.setting == _HOME_CARE:
        own = (ListKind.CASELOAD,)
    return (*own, ListKind.RECENT)


def short_lists(call: Call) -> tuple[PeopleList, ...]:
    """Returns the beginning of each list that the role works with; accounted for."""
    found = (people_of(call.way, call.asking, one, count=_SHORT) for one in lists_of(call))
    return tuple(list_of(call, one, more=f"{PREFIX}/people/{one.kind}") for one in found)


def list_of(call: Call, found: People, *, more: str = "") -> PeopleList:
    """Returns a list as a page prints it."""
    title, empty, since = LISTS[found.kind]
    return PeopleList(
        name=str(found.kind),
        title=call.say(title),
        people=tuple(_lines(call, found.people, since)),
        empty=call.say(empty),
        more=more,
        is_whole=found.next is None,
    )


def matched(call: Call, found: Matches) -> tuple[PersonLine, ...]:
    """Returns who was found by a search."""
    return tuple(
        person_line(who(one.row), _address(call, UUID(one.row.id)), _making(call))
        for one in found.found
    )


def _lines(call: Call, people: Iterable[Listed], since: str) -> Iterator[PersonLine]:
    making = _making(call)
    for one in people:
        note = call.say(since, when=recent(one.at, making).text)
        yield person_line(one.who, call.address_of(one.person), making, note=note)


def _address(call: Call, person: UUID) -> str:
    return call.address_of(PersonId(person))


def _making(call: Call) -> Making:
    """Returns how a list is made: it names people and no entries."""
    return Making(now=call.at, zone=call.parts.zone, handle=_no_handle, say=call.say)


def _no_handle(_type: str, _id: str) -> str:
    return ""
