"""W16: opening under one's own responsibility: a warning, a reason, an hour, one person.

The button stands only where a clause would let it help. Source: `reference/security.md` 4;
`reference/record.md` 7; `reference/interface.md` 6.6.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave import disclosure
from careweave.agreements import Episode
from careweave.disclosure import Because, Said
from careweave.doors._frame import Form, Wrong
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._once import spend
from careweave.doors.workspace._person import answered
from careweave.doors.workspace._route import Kind, Route
from careweave.ledger import Period
from careweave.terms import Forbidden, Heading, Incorrect
from careweave.views import NAMED, clock_time, heading_of

_PAGE, _REASON, _END = "emergency", "reason", "emergency-end"
_BACK = timedelta(hours=5)
"""Longer than any emergency lasts: what is listed as opened under it."""

_NOW = timedelta(microseconds=1)

_BECAUSE: Mapping[Because, str] = {
    Because.UNCONSCIOUS: "The person is unconscious",
    Because.LIFE_AT_RISK: "The life of the person or of others is at risk",
    Because.CANNOT_ASK: "The person cannot be asked",
    Because.PERSON_ASKS: "The person asks for it now",
    Because.SAFEGUARDING: "Safeguarding",
    Because.WRONG_TIE: "My relationship is missing or wrong in the system",
    Because.OTHER: "Another reason, written below",
}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason of the list."""

    value: str = field(metadata=_help("What is posted."))
    text: str = field(metadata=_help("What it says."))
    is_chosen: bool = field(metadata=_help("Whether it is chosen."))


@dataclass(frozen=True, slots=True)
class Block:
    """One heading that was opened, and how many entries of it."""

    title: str = field(metadata=_help("The heading in words."))
    n: int = field(metadata=_help("How many entries were shown."))


@dataclass(frozen=True, slots=True)
class EmergencyPage:
    """The warning and the form; or the state of what is open, with all that was opened."""

    heading: str = field(metadata=_help("What the page is, or what has happened."))
    action: str = field(metadata=_help("Where the form is posted."))
    record: str = field(metadata=_help("Where the record is."))
    form: Form | None = field(default=None, metadata=_help("The form; none where it cannot help."))
    grounds: tuple[Ground, ...] = field(default=(), metadata=_help("The list of reasons."))
    words: str = field(default="", metadata=_help("What was typed."))
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))
    until: str = field(default="", metadata=_help("When it ends; empty where nothing is open."))
    latest: str = field(default="", metadata=_help("Until when it may be stated again."))
    end: Form | None = field(default=None, metadata=_help("The form that ends it now."))
    end_action: str = field(default="", metadata=_help("Where that form is posted."))
    opened: tuple[Block, ...] = field(default=(), metadata=_help("Every block that was opened."))
    is_reason: bool = field(
        default=False, metadata=_help("Whether one heading is asked for and not the person.")
    )
    refusal: str = field(default="", metadata=_help("Why it cannot help here."))


def ask(call: Call) -> Response:
    """Returns the warning with the form, or what is open now and what was opened."""
    return _page(call)


def open_(call: Call) -> ResponseReturnValue:
    """Opens the person for an hour and leads to the record; told to the officer at once."""
    return _opened(call, _PAGE, None)


def ask_reason(call: Call) -> Response:
    """Returns the form for a reason to see what one heading keeps back."""
    heading = _heading(call)
    said = Said(is_emergency=False, because=Because.OTHER, heading=heading)
    if not disclosure.may_state(call.parts.database, call.asking, said):
        raise Forbidden("Your role cannot open this by giving a reason.")
    return _page(call, heading=heading)


def give_reason(call: Call) -> ResponseReturnValue:
    """Opens one heading of the person for an hour and leads to it."""
    return _opened(call, f"{_REASON}/{_heading(call)}", _heading(call))


def end(call: Call) -> ResponseReturnValue:
    """Ends all that is open for the person, and leads to the list of what was opened."""
    call.posted(_END, call.visit.path["person"])
    disclosure.end_episodes(call.parts.database, call.asking, call.person)
    return redirect(f"{call.address_of(call.person)}/emergency", code=303)


def _opened(call: Call, page: str, heading: Heading | None) -> ResponseReturnValue:
    form = call.posted(page, call.visit.path["person"])
    fields = call.visit.form
    base = call.address_of(call.person)
    leads_to = f"{base}/s/{NAMED[heading].slug}" if heading is not None else base
    wrong = _wrong(fields)
    if wrong:
        return _refused(call, heading, wrong)
    said = Said(
        is_emergency=heading is None,
        because=Because(fields["because"]),
        words=fields.get("words", ""),
        heading=heading,
    )
    try:
        _open_once(call, form.id, said)
    except Incorrect as error:
        return _refused(call, heading, (Wrong("words", call.say(error.message)),))
    return redirect(leads_to, code=303)


def _open_once(call: Call, form: str, said: Said) -> None:
    with call.parts.database.session() as session:
        is_again = spend(session, form, call.at) is not None
        rules = disclosure.world(session, call.at).rules
    if not is_again:
        disclosure.open_episode(call.parts.database, call.asking, call.person, said, rules=rules)


def _wrong(fields: Mapping[str, str]) -> tuple[Wrong, ...]:
    wrong = []
    if fields.get("because") not in {str(one) for one in Because}:
        wrong.append(Wrong("because", "Choose a reason from the list."))
    if not fields.get("words", "").strip():
        wrong.append(Wrong("words", "Write why, in ten characters or more."))
    return tuple(wrong)


def _refused(call: Call, heading: Heading | None, wrong: tuple[Wrong, ...]) -> Response:
    told = tuple(Wrong(one.field, call.say(one.text)) for one in wrong)
    response = _page(call, heading=heading, wrong=told)
    response.status_code = 422
    return response


def _page(call: Call, *, heading: Heading | None = None, wrong: tuple[Wrong, ...] = ()) -> Response:
    base, typed = call.address_of(call.person), call.visit.form
    path = "emergency" if heading is None else f"reason/{NAMED[heading].slug}"
    page = _PAGE if heading is None else f"{_REASON}/{heading}"
    is_open = _running(call) if heading is None else None
    may_help = heading is not None or is_open is not None or _may_help(call)
    body = EmergencyPage(
        heading=_title(call, heading, is_open),
        action=f"{base}/{path}",
        record=base,
        form=call.new_form(page, call.visit.path["person"]) if may_help else None,
        grounds=tuple(
            Ground(str(one), call.say(text), typed.get("because") == str(one))
            for one, text in _BECAUSE.items()
        ),
        words=typed.get("words", ""),
        wrong=wrong,
        is_reason=heading is not None,
        refusal="" if may_help else _refusal(call),
    )
    body = _with_running(call, body, is_open)
    frame = frame_of(call.visit, call.say("Emergency access"))
    return answered("break.html", replace(frame, is_error=bool(wrong)), body)


def _with_running(call: Call, body: EmergencyPage, running: Episode | None) -> EmergencyPage:
    opened = () if body.is_reason else _blocks(call)
    if running is None:
        return replace(body, opened=opened)
    making = call.making(call.person)
    return replace(
        body,
        until=clock_time(running.expires_at, making),
        end=call.new_form(_END, call.visit.path["person"]),
        end_action=f"{body.record}/emergency/end",
        opened=opened,
    )


def _title(call: Call, heading: Heading | None, running: Episode | None) -> str:
    if heading is not None:
        return call.say("Give a reason to see {what}", what=call.say(NAMED[heading].noun))
    if running is None:
        return call.say("Emergency access")
    until = clock_time(running.expires_at, call.making(call.person))
    return call.say("Emergency access until {time}", time=until)


def _running(call: Call) -> Episode | None:
    with call.parts.database.reading() as session:
        found = disclosure.open_episodes(session, call.asking.actor, call.at)
    mine = (one for one in found if one.is_emergency and one.person == call.person)
    return next(mine, None)


def _may_help(call: Call) -> bool:
    told = disclosure.explain(call.way, call.asking, call.person)
    return any(one.may_break_glass for one in told)


def _refusal(call: Call) -> str:
    told = disclosure.explain(call.way, call.asking, call.person)
    if told and all(one.is_open for one in told):
        return call.say("You can see what your role may see already; this would open nothing more.")
    return call.say("This would open nothing here: no agreement lets your role open it this way.")


def _blocks(call: Call) -> tuple[Block, ...]:
    """Returns each heading that this reader has opened of this person by emergency access."""
    period = Period(call.at - _BACK, call.at + _NOW)
    items: Counter[Heading] = Counter()
    for one in disclosure.my_accesses(call.way, call.asking, period):
        if one.is_emergency and one.person == call.person:
            items.update(one.items)
    return tuple(Block(call.say(NAMED[one].title), n) for one, n in sorted(items.items()) if n)


def _heading(call: Call) -> Heading:
    return heading_of(call.visit.path["section"])


ROUTES = (
    Route("/r/<person>/emergency", "emergency", Kind.DISCLOSES, ask),
    Route("/r/<person>/emergency", "emergency-open", Kind.OPERATES, open_, "POST"),
    Route("/r/<person>/emergency/end", "emergency-end", Kind.OPERATES, end, "POST"),
    Route("/r/<person>/reason/<section>", "reason", Kind.DISCLOSES, ask_reason),
    Route("/r/<person>/reason/<section>", "reason-give", Kind.OPERATES, give_reason, "POST"),
)
