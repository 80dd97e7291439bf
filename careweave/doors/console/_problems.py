"""What readers elsewhere found wrong in what the officer's organisation shares, with its clock."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave import disclosure
from careweave.disclosure import Problem, Remedy
from careweave.doors._frame import Form, Frame, Page, Wrong, render
from careweave.doors.console._parts import PREFIX, Call, Named
from careweave.doors.console._route import Route
from careweave.terms import Conflict, Heading, NotFound
from careweave.views import NAMED, moment

_PAGE, _PROBLEM = "problem", "problem"
_OWN = 12
_TITLE = "Reported problems"
_REMEDIES = {
    Remedy.CORRECTED: "Corrected at the source",
    Remedy.RIGHT_AS_IT_IS: "Right as it is",
    Remedy.NOT_OURS: "Not ours",
}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Choice:
    """One outcome to choose."""

    value: str = field(metadata=_help("What is posted."))
    text: str = field(metadata=_help("What it says."))


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One report, with the form that answers it."""

    what: str = field(metadata=_help("The heading and what is wrong."))
    system: str = field(metadata=_help("The system that the entry comes from."))
    entry: str = field(metadata=_help("Type, public id and version of the entry."))
    words: str = field(metadata=_help("What the reader wrote."))
    by: str = field(metadata=_help("Who reported it, and when."))
    due: str = field(metadata=_help("Until when it has to be answered."))
    is_overdue: bool = field(metadata=_help("Whether its time is over."))
    action: str = field(metadata=_help("Where the answer is posted."))
    form: Form | None = field(metadata=_help("Hidden fields of the answer; none for one's own."))
    id: str = field(metadata=_help("What makes the ids of its fields its own."))
    outcome: str = field(default="", metadata=_help("What was chosen, where it was refused."))
    remark: str = field(default="", metadata=_help("What was typed, where it was refused."))


@dataclass(frozen=True, slots=True)
class ProblemsPage:
    """What waits to be answered."""

    lines: tuple[ProblemLine, ...] = field(metadata=_help("The first due first."))
    outcomes: tuple[Choice, ...] = field(metadata=_help("The outcomes to choose."))
    reviews: str = field(metadata=_help("Where the access review is."))
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))


def problems(call: Call, frame: Frame) -> Response:
    """Returns what waits for the officers of the organisation; looking is accounted for."""
    return Response(render("console/problems.html", Page(frame, _body(call))))


def answer(call: Call, frame: Frame) -> ResponseReturnValue:
    """Writes down what came of a report, for good."""
    call.posted(_PAGE, call.path["problem"])
    outcome, remark = call.form.get("outcome", ""), call.form.get("remark", "")
    wrong, own = [], call.path["problem"][:_OWN]
    if outcome not in {str(one) for one in Remedy}:
        wrong.append(Wrong(f"outcome-{own}", call.say("Choose what came of it.")))
    if not remark.strip():
        wrong.append(Wrong(f"remark-{own}", call.say("Say what was found, for the reader.")))
    if wrong:
        page = Page(replace(frame, is_error=True), _refused(call, tuple(wrong)))
        return Response(render("console/problems.html", page), status=422)
    disclosure.answer_problem(call.parts.database, call.asking, _id(call), Remedy(outcome), remark)
    return redirect(f"{PREFIX}/problems", code=303)


def _body(call: Call) -> ProblemsPage:
    found = disclosure.problems(call.way, call.asking)
    called = call.named({one.user for one in found})
    return ProblemsPage(
        lines=tuple(_line(call, one, called) for one in found),
        outcomes=tuple(Choice(str(one), call.say(text)) for one, text in _REMEDIES.items()),
        reviews=f"{PREFIX}/",
    )


def _refused(call: Call, wrong: tuple[Wrong, ...]) -> ProblemsPage:
    body, own = _body(call), call.path["problem"][:_OWN]
    if not any(one.id == own and one.form for one in body.lines):
        raise Conflict("This report is not here, or it was answered, or it is your own.")
    outcome, remark = call.form.get("outcome", ""), call.form.get("remark", "")
    lines = (
        replace(one, outcome=outcome, remark=remark) if one.id == own else one for one in body.lines
    )
    return replace(body, lines=tuple(lines), wrong=wrong)


def _line(call: Call, one: Problem, called: Named) -> ProblemLine:
    handle = call.handles.of(_PROBLEM, str(one.id))
    title = NAMED[Heading(one.heading)].title if one.heading else one.type
    return ProblemLine(
        what=f"{call.say(title)}: {call.say(one.kind.replace('-', ' '))}",
        system=one.system,
        entry=f"{one.type}/{one.entry} ({one.version})",
        words=one.words,
        by=", ".join(
            (
                called.user(one.user),
                called.organisation(one.organisation),
                moment(one.at, call.making).text,
            )
        ),
        due=moment(one.due_at, call.making).text,
        is_overdue=one.due_at <= call.at,
        action=f"{PREFIX}/problems/{handle}",
        form=None if one.user == call.signed_in.user else call.new_form(_PAGE, handle),
        id=handle[:_OWN],
    )


def _id(call: Call) -> UUID:
    found = call.handles.id(_PROBLEM, call.path["problem"])
    if found is None:
        raise NotFound
    return UUID(found)


ROUTES = (
    Route("/problems", "problems", _TITLE, problems),
    Route("/problems/<problem>", "problem-answer", _TITLE, answer, "POST"),
)
