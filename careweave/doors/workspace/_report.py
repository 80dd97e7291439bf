"""W19: saying what is wrong with an entry. It goes to where the entry comes from, with a clock."""

from dataclasses import dataclass, field, replace

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave import disclosure
from careweave.disclosure import Problem, ShownEntry, Wrongness
from careweave.doors._frame import Form, Wrong
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._once import spend
from careweave.doors.workspace._person import answered, person_frame
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Incorrect
from careweave.views import NAMED, moment

_PAGE = "report"
_KINDS = {
    Wrongness.WRONG_PERSON: "It is about somebody else",
    Wrongness.WRONG_VALUE: "It says something wrong",
    Wrongness.OUT_OF_DATE: "It is out of date",
    Wrongness.MISSING_PART: "Something is missing in it",
    Wrongness.DUPLICATE: "It is there twice",
    Wrongness.OTHER: "Something else",
}
OUTCOMES = {
    "corrected": "Corrected at the source",
    "right-as-it-is": "Right as it is",
    "not-ours": "Not of that organisation",
}
"""What came of a report, in words."""


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class WrongKind:
    """One kind of what is wrong."""

    value: str = field(metadata=_help("What is posted."))
    text: str = field(metadata=_help("What it says."))
    is_chosen: bool = field(metadata=_help("Whether it is chosen."))


@dataclass(frozen=True, slots=True)
class Reported:
    """One report of this entry by this reader, and where it stands."""

    when: str = field(metadata=_help("When it was reported."))
    words: str = field(metadata=_help("What was written."))
    state: str = field(metadata=_help("Until when it is answered, or what came of it."))


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The form for a problem with one entry, and what was reported before."""

    what: str = field(metadata=_help("The heading of the entry."))
    source: str = field(metadata=_help("Which organisation it comes from."))
    received: str = field(metadata=_help("When this version was received."))
    entry: str = field(metadata=_help("Where the entry is."))
    action: str = field(metadata=_help("Where the form is posted."))
    form: Form = field(metadata=_help("Hidden fields of the form."))
    kinds: tuple[WrongKind, ...] = field(metadata=_help("What may be wrong."))
    words: str = field(default="", metadata=_help("What was typed."))
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))
    before: tuple[Reported, ...] = field(default=(), metadata=_help("Reported before."))


def ask(call: Call) -> Response:
    """Returns the form for a problem with the entry of the address."""
    return _page(call, _shown(call))


def send(call: Call) -> ResponseReturnValue:
    """Sends what is wrong to the organisation that the entry comes from, once."""
    form = call.posted(f"{_PAGE}/{call.visit.path['entry']}", call.visit.path["person"])
    shown, fields = _shown(call), call.visit.form
    kind = fields.get("kind", "")
    if kind not in {str(one) for one in Wrongness}:
        return _refused(call, shown, Wrong("kind", call.say("Choose what is wrong.")))
    with call.parts.database.session() as session:
        is_again = spend(session, form.id, call.at) is not None
    try:
        if not is_again:
            disclosure.report_problem(
                call.parts.database,
                call.asking,
                call.person,
                shown,
                kind=Wrongness(kind),
                words=fields.get("words", ""),
            )
    except Incorrect as error:
        return _refused(call, shown, Wrong("words", call.say(error.message)))
    return redirect(call.visit.here, code=303)


def _shown(call: Call) -> ShownEntry:
    type_name, id_ = call.entry_of(call.person)
    return disclosure.entry(call.way, call.asking, call.person, type_name, id_)


def _refused(call: Call, shown: ShownEntry, wrong: Wrong) -> Response:
    response = _page(call, shown, wrong=(wrong,))
    response.status_code = 422
    return response


def _page(call: Call, shown: ShownEntry, *, wrong: tuple[Wrong, ...] = ()) -> Response:
    person, handle = call.visit.path["person"], call.visit.path["entry"]
    row, fields = shown.row, call.visit.form
    heading = "" if row.heading is None else call.say(NAMED[row.heading].title)
    body = ReportPage(
        what=heading or row.type,
        source=shown.organisation,
        received=moment(row.updated, call.making(call.person)).text,
        entry=f"{call.address_of(call.person)}/e/{handle}",
        action=call.visit.here,
        form=call.new_form(f"{_PAGE}/{handle}", person),
        kinds=tuple(
            WrongKind(str(one), call.say(text), fields.get("kind") == str(one))
            for one, text in _KINDS.items()
        ),
        words=fields.get("words", ""),
        wrong=wrong,
        before=tuple(
            _reported(call, one)
            for one in disclosure.problems_of(call.way, call.asking)
            if (one.type, one.entry) == (row.type, row.id)
        ),
    )
    frame = person_frame(call, call.say("Report a problem"), part="/report")
    return answered("report.html", replace(frame, is_error=bool(wrong)), body)


def _reported(call: Call, one: Problem) -> Reported:
    making = call.making(call.person)
    if one.outcome is None:
        state = call.say("To be answered by {when}", when=moment(one.due_at, making).text)
    else:
        state = f"{call.say(OUTCOMES.get(one.outcome, one.outcome))}. {one.remark or ''}".strip()
    return Reported(moment(one.at, making).text, one.words, state)


ROUTES = (
    Route("/r/<person>/report/<entry>", "report", Kind.DISCLOSES, ask),
    Route("/r/<person>/report/<entry>", "report-send", Kind.OPERATES, send, "POST"),
)
