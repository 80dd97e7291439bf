"""A page as it was shown: to oneself from the own accesses, to an officer with a case.

Source: `reference/stories.md` N6.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import Response

from careweave.disclosure import ShownAgain, as_shown
from careweave.doors._frame import Frame
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._in_force import views_of
from careweave.doors.workspace._person import Opened, answered, frame_about
from careweave.doors.workspace._record_bodies import Where
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import NotFound
from careweave.views import Overview, moment, overview

_ACCOUNT = "account"


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as it was shown."""

    title: str = field(metadata=_help("What the page is called."))
    overview: Overview = field(metadata=_help("What was shown, as the role reads it now."))
    where: Where = field(metadata=_help("Address of the record."))
    is_exact: bool = field(
        metadata=_help("Whether it equals what the account keeps of it, bit by bit.")
    )


def shown_again(call: Call) -> Response:
    """Returns to oneself the page that an own access tells of, as it was shown then."""
    account = call.handles.id(_ACCOUNT, call.visit.path["account"])
    if account is None:
        raise NotFound
    again = as_shown(call.way, call.asking, UUID(account))
    person = again.shown.person
    views = views_of(call)
    making = replace(call.making(person), now=again.at, terms=views.terms, clinical=views.clinical)
    one = Opened(call, person, again.shown, making, None)
    definition = views.definition(again.role, again.setting)
    body = ShownPage(
        title=call.say("As it was shown"),
        overview=overview(definition, again.shown, making),
        where=one.where,
        is_exact=again.is_exact,
    )
    return answered("record-shown.html", _frame(one, again, body.title), body)


def _frame(one: Opened, again: ShownAgain, title: str) -> Frame:
    frame = frame_about(one, title)
    person = frame.person
    said = one.call.say(
        "Shown to you on {when}. What came in or changed since is not on this page.",
        when=moment(again.at, one.making).text,
    )
    if person is None:
        return frame
    return replace(frame, person=replace(person, as_shown=said, now=one.base, emergency=None))


ROUTES = (Route("/shown/<account>", "as-shown", Kind.DISCLOSES, shown_again),)
