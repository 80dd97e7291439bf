"""Whether a page answered what its reader came for: one tap, and nobody's name.

Kept are day, organisation, role, page, yes or no, how long it took and which sections were opened;
no user, no person, no time of day. Source: `reference/interface.md` 12 and 15, usage where it
serves care.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import redirect
from flask.typing import ResponseReturnValue

from careweave.db import Queries
from careweave.disclosure import my_accesses
from careweave.doors._frame import Form
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._once import spend
from careweave.doors.workspace._person import answered
from careweave.doors.workspace._route import Kind, Route
from careweave.ledger import Period
from careweave.terms import Incorrect, NotFound, PersonId
from careweave.views import NAMED

_QUERIES = Queries("careweave.doors.workspace")
_PAGE, _OPENED = "answer", "opened"
_LONGEST_S = 86_400
_MOST_SECTIONS = 40
_NOW = timedelta(microseconds=1)
_PAGES = frozenset({"overview", "card", "medicines", "timeline", "plan", "reconcile"})


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question at the foot of a page: whether it answered what its reader came for."""

    form: Form = field(metadata=_help("Hidden fields of its form."))
    action: str = field(metadata=_help("Where the tap is posted."))
    page: str = field(metadata=_help("Of which page it is asked."))
    opened: str = field(metadata=_help("When the page was opened, sealed."))


@dataclass(frozen=True, slots=True)
class ThanksPage:
    """What is said after a tap."""

    back: str = field(metadata=_help("Where the record is."))


def asked(call: Call, person: PersonId, page: str) -> Asked:
    """Returns the question for the foot of a page about a person."""
    handle = call.handle_of(person)
    return Asked(
        form=call.new_form(_PAGE, handle),
        action=f"{call.address_of(person)}/answered",
        page=page,
        opened=call.handles.of(_OPENED, call.at.isoformat()),
    )


def tell(call: Call) -> ResponseReturnValue:
    """Keeps whether the page answered, once, and leads back to the record."""
    form = call.posted(_PAGE, call.visit.path["person"])
    told = _told(call)
    with call.parts.database.session() as session:
        if spend(session, form.id, call.at) is None:
            session.run(_QUERIES["note_answer"], **told)
    if call.visit.is_fragment:
        body = ThanksPage(call.address_of(call.person))
        return answered("thanks.html", frame_of(call.visit, call.say("Thank you")), body)
    return redirect(call.address_of(call.person), code=303)


def _told(call: Call) -> Mapping[str, object]:
    fields, posting = call.visit.form, call.signed_in.posting
    page, answer = fields.get("page", ""), fields.get("answer", "")
    if page not in _PAGES or answer not in {"yes", "no"}:
        raise Incorrect("Tap yes or no.", where="answer")
    opened = call.handles.id(_OPENED, fields.get("opened", ""))
    if opened is None:
        raise NotFound
    took = (call.at - datetime.fromisoformat(opened)).total_seconds()
    return {
        "told_on": call.at.astimezone(call.parts.zone).date(),
        "organisation": posting.organisation,
        "role": str(posting.role or posting.office),
        "setting": posting.setting,
        "page": page,
        "is_answered": answer == "yes",
        "answer_s": min(max(0, int(took)), _LONGEST_S),
        "sections": _sections(call, datetime.fromisoformat(opened)),
    }


def _sections(call: Call, since: datetime) -> list[str]:
    """Returns which sections the reader went on to, by the accounts of it: no page keeps them."""
    found = my_accesses(call.way, call.asking, Period(since, call.at + _NOW))
    ones = [one.items for one in reversed(found) if one.person == call.person and one.is_page]
    after = dict.fromkeys(heading for items in ones[1:] for heading in items)
    return [NAMED[heading].slug for heading in after if heading in NAMED][:_MOST_SECTIONS]


ROUTES = (Route("/r/<person>/answered", "answered", Kind.OPERATES, tell, "POST"),)
