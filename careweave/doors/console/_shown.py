"""A page as it was shown to a user, for the privacy officer who has a case; nobody else sees it.

Source: `reference/stories.md` N6; issue 6, "As it was shown".
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import Response

from careweave.disclosure import ShownAgain, as_shown
from careweave.doors._frame import Frame, Page, Wrong, render, views_in_force
from careweave.doors.console._parts import PREFIX, Call
from careweave.doors.console._reviews import SHOWN, refused, reviewed, shown_of
from careweave.doors.console._route import Route
from careweave.terms import NotFound
from careweave.views import Overview, moment, overview

_CASE_LEAST, _CASE_MOST = 3, 60


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as somebody else saw it."""

    title: str = field(metadata=_help("What the page is called."))
    overview: Overview = field(metadata=_help("What was shown, as the role reads it now."))
    who: str = field(metadata=_help("To whom it was shown, and as what."))
    when: str = field(metadata=_help("When it was shown."))
    case: str = field(metadata=_help("The case that it is shown again for."))
    is_exact: bool = field(
        metadata=_help("Whether it equals what the account keeps of it, bit by bit.")
    )
    back: str = field(metadata=_help("Where the review is."))


def shown_again(call: Call, frame: Frame) -> Response:
    """Returns a page of a review as it was shown, for a case; asked for and accounted each time."""
    call.posted(SHOWN, call.path["review"])
    found, case = reviewed(call), call.form.get("case", "").strip()
    account = call.handles.id(shown_of(found), call.form.get("page", ""))
    if account is None:
        raise NotFound
    # Shorter ones are refused by the way out too, but as if nothing were there.
    if not _CASE_LEAST <= len(case) <= _CASE_MOST:
        text = call.say("Give the number of the case for which this page is needed.")
        return refused(call, frame, Wrong("case", text))
    again = as_shown(call.way, call.asking, UUID(account), case=case)
    return Response(render("console/shown.html", Page(frame, _body(call, again, case))))


def _body(call: Call, again: ShownAgain, case: str) -> ShownPage:
    views = views_in_force(call.parts.database, call.at)
    making = replace(call.making, now=again.at, terms=views.terms, clinical=views.clinical)
    called = call.named({again.user})
    return ShownPage(
        title=call.say("As it was shown"),
        overview=overview(views.definition(again.role, again.setting), again.shown, making),
        who=f"{called.user(again.user)}, {called.role(again.role)}",
        when=moment(again.at, making).text,
        case=case,
        is_exact=again.is_exact,
        back=f"{PREFIX}/review/{call.path['review']}",
    )


ROUTES = (Route("/review/<review>/shown", "shown", "As it was shown", shown_again, "POST"),)
