"""W20: what the reader did, told to nobody else. Persons stand there by this session's names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Response

from careweave.agreements import named
from careweave.disclosure import Access, my_accesses
from careweave.doors.workspace._call import PREFIX, Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._person import answered
from careweave.doors.workspace._route import Kind, Route
from careweave.ledger import Period
from careweave.terms import Incorrect
from careweave.views import NAMED, Making, When, moment

_SPANS = (1, 7, 30, 90)
_USUAL = 7
_MOST = 200

_DEEDS = {
    "open": "Opened a record",
    "find": "Searched for a person",
    "list": "Looked at a list",
    "read": "Read an entry",
    "episode-open": "Opened by emergency access or a reason",
    "episode-end": "Ended emergency access",
    "own-accesses": "Looked at these accesses",
    "sign-in": "Signed in",
    "sign-out": "Signed out",
    "switch": "Changed role",
}
_OUTCOMES = {
    "permit": "Shown",
    "withheld": "Something was withheld",
    "refused": "Refused",
    "absent": "Nothing there",
}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One thing that the reader did."""

    when: When = field(metadata=_help("When."))
    deed: str = field(metadata=_help("What, in words."))
    purpose: str = field(metadata=_help("What for."))
    role: str = field(metadata=_help("In which role."))
    outcome: str = field(metadata=_help("What came of it."))
    what: str = field(metadata=_help("Which headings were shown, and how many entries."))
    is_emergency: bool = field(metadata=_help("Whether it was by emergency access."))
    record: str = field(default="", metadata=_help("Where the record is; empty without a person."))
    as_shown: str = field(default="", metadata=_help("Where the page is as it was shown."))


@dataclass(frozen=True, slots=True)
class Span:
    """One choice of how far back to look."""

    href: str = field(metadata=_help("Where it leads."))
    text: str = field(metadata=_help("How far back."))
    is_here: bool = field(metadata=_help("Whether it is shown now."))


@dataclass(frozen=True, slots=True)
class AccessesPage:
    """The reader's own accesses, newest first."""

    lines: tuple[AccessLine, ...] = field(metadata=_help("What was done."))
    spans: tuple[Span, ...] = field(metadata=_help("How far back to look."))
    n: int = field(metadata=_help("How many there are in all."))


def accesses(call: Call) -> Response:
    """Returns what the reader did in the last days; accounted for like any reading."""
    days = _days(call)
    found = my_accesses(call.way, call.asking, Period(call.at - timedelta(days=days), call.at))
    body = AccessesPage(
        lines=tuple(_lines(call, found[:_MOST])),
        spans=tuple(Span(f"{PREFIX}/accesses?days={n}", _span(call, n), n == days) for n in _SPANS),
        n=len(found),
    )
    return answered("accesses.html", frame_of(call.visit, call.say("My accesses")), body)


def _span(call: Call, n: int) -> str:
    return call.say("1 day") if n == 1 else call.say("{n} days", n=n)


def _days(call: Call) -> int:
    text = call.query.get("days", str(_USUAL))
    if text not in {str(one) for one in _SPANS}:
        raise Incorrect("Choose one of the spans of the page.", where="days")
    return int(text)


def _lines(call: Call, found: tuple[Access, ...]) -> Iterator[AccessLine]:
    making = Making(now=call.at, zone=call.parts.zone, handle=lambda *_: "", say=call.say)
    for one in found:
        record = "" if one.person is None else call.address_of(one.person)
        is_page = one.is_page and one.person is not None
        handle = call.handles.of("account", str(one.id))
        yield AccessLine(
            when=moment(one.at, making),
            deed=call.say(_DEEDS.get(one.action, one.action)),
            purpose=call.say(named("purpose", one.purpose)),
            role=one.role,
            outcome=call.say(_OUTCOMES.get(one.outcome, one.outcome)),
            what=_what(call, one),
            is_emergency=one.is_emergency,
            record=record,
            as_shown=f"{PREFIX}/shown/{handle}" if is_page else "",
        )


def _what(call: Call, one: Access) -> str:
    parts = [f"{call.say(NAMED[heading].title)} {n}" for heading, n in one.items.items() if n]
    return ", ".join(parts)


ROUTES = (Route("/accesses", "accesses", Kind.DISCLOSES, accesses),)
