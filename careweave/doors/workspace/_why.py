"""W17: why this is shown and that is not, in words; and the page of a person who is refused.

It depends on who asks, on ties and on choices, and never on what is held.
Source: `reference/agreements.md` 6.3.
"""

from dataclasses import dataclass, field

from flask import Response

from careweave.disclosure import Expected, explain
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._framing import frame_of, organisation_name
from careweave.doors.workspace._person import answered, person_frame
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Heading, NotFound
from careweave.views import NAMED

_FIRST = (Heading.DEM,)


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Reason:
    """What the reader may expect under one heading, and by what."""

    title: str = field(metadata=_help("The heading in words."))
    is_open: bool = field(metadata=_help("Whether entries are shown, where there are any."))
    others: str = field(metadata=_help("About what other organisations write."))
    own: str = field(metadata=_help("About what the reader's own organisation writes."))
    clauses: tuple[str, ...] = field(metadata=_help("The clauses that would show it."))


@dataclass(frozen=True, slots=True)
class WhyPage:
    """The reasons for what a reader sees of a person."""

    organisation: str = field(metadata=_help("The reader's own organisation."))
    reasons: tuple[Reason, ...] = field(metadata=_help("Heading by heading."))
    record: str = field(metadata=_help("Where the record is."))
    emergency: str = field(
        default="", metadata=_help("Where emergency access is; empty where it cannot help.")
    )


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """What somebody is told who has found a person and may not open the record."""

    sentences: tuple[str, ...] = field(metadata=_help("Why, in words."))
    rule: str = field(metadata=_help("The rule that refuses, in a word of ours."))
    why: str = field(metadata=_help("Where all reasons are."))
    find: str = field(metadata=_help("Where to find somebody else."))
    emergency: str = field(
        default="", metadata=_help("Where emergency access is; empty where it cannot help.")
    )


def why(call: Call) -> Response:
    """Returns why something is shown of a person and something else is not."""
    told = explain(call.way, call.asking, call.person)
    if not told:
        raise NotFound
    title = call.say("Why this, why not")
    frame = (
        person_frame(call, title, part="/why")
        if any(one.is_open for one in told)
        else frame_of(call.visit, title)
    )
    base = call.address_of(call.person)
    body = WhyPage(
        organisation=organisation_name(call.visit, call.signed_in.posting.organisation),
        reasons=tuple(_reason(call, one) for one in told if one.heading in NAMED),
        record=base,
        emergency=f"{base}/emergency" if _may_help(told) else "",
    )
    return answered("why.html", frame, body)


def refused(call: Call) -> Response:
    """Returns the page for somebody who has found a person and may not open the record.

    NotFound where nothing may be said: for an id that is nobody's, and for oneself.
    """
    told = explain(call.way, call.asking, call.person)
    if not told or any(one.is_open for one in told):
        raise NotFound
    base = call.address_of(call.person)
    sentences = dict.fromkeys(call.say(one.sentence) for one in told if one.heading in _FIRST)
    body = RefusedPage(
        sentences=tuple(sentences),
        rule=str(next((one.reason for one in told if one.reason is not None), "")),
        why=f"{base}/why",
        find="/workspace/find",
        emergency=f"{base}/emergency" if _may_help(told) else "",
    )
    response = answered("refused.html", frame_of(call.visit, call.say("Not opened")), body)
    response.status_code = 403
    return response


def _may_help(told: tuple[Expected, ...]) -> bool:
    return any(one.may_break_glass for one in told)


def _reason(call: Call, one: Expected) -> Reason:
    say = call.say
    shown = say("Shown, where there is anything.")
    return Reason(
        title=say(NAMED[one.heading].title),
        is_open=one.is_open,
        others=say(one.sentence) if one.sentence else shown,
        own=shown if one.own_reason is None else say("Not shown to your role."),
        clauses=one.clauses,
    )


ROUTES = (Route("/r/<person>/why", "why", Kind.DISCLOSES, why),)
