"""W15: adding to a record. What is saved comes in as an arrival and is told of at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave import disclosure
from careweave.db import Session
from careweave.disclosure import explain
from careweave.doors._frame import Form, Frame, Wrong
from careweave.doors.workspace._answers import Answers, read_answers
from careweave.doors.workspace._begun import place_of
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._drafts import LATE_LIVES, Draft, draft_of, drop_draft, keep_draft
from careweave.doors.workspace._entries import Written, entries_of
from careweave.doors.workspace._fields import Field, fields_of
from careweave.doors.workspace._filed import said
from careweave.doors.workspace._filing import Save, file_entries, patient_of, source_of
from careweave.doors.workspace._forms import Forms, forms_in_force
from careweave.doors.workspace._framing import organisation_name, role_of
from careweave.doors.workspace._once import is_spent
from careweave.doors.workspace._person import answered, day_asked, person_frame
from careweave.doors.workspace._questions import Questions
from careweave.doors.workspace._route import Kind, Route
from careweave.intake import new_public_id
from careweave.terms import Action, Forbidden, PersonId
from careweave.views import moment

_ID_PREFIX = "ws-"
_PART = "/add"


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Kept:
    """One form that may be filled in."""

    href: str = field(metadata=_help("Where it is."))
    text: str = field(metadata=_help("What it is for."))
    about: str = field(default="", metadata=_help("What becomes of it."))


@dataclass(frozen=True, slots=True)
class AddPage:
    """What somebody may add to a record."""

    forms: tuple[Kept, ...] = field(metadata=_help("The forms of the role."))
    left_out: tuple[str, ...] = field(
        default=(), metadata=_help("Forms of the region that are wrong and so left out, by name.")
    )


@dataclass(frozen=True, slots=True)
class WritePage:
    """One form about one person."""

    title: str = field(metadata=_help("What the form is for."))
    action: str = field(metadata=_help("Where it is posted."))
    form: Form = field(metadata=_help("Hidden fields: of this session, page and person, once."))
    fields: tuple[Field, ...] = field(metadata=_help("The questions."))
    verb: str = field(metadata=_help("What the button does."))
    back: str = field(metadata=_help("Where to leave to."))
    about: str = field(default="", metadata=_help("What becomes of it, or what to heed."))
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))
    draft: str = field(default="", metadata=_help("Where a draft is kept; empty without."))
    draft_of: str = field(default="", metadata=_help("When the draft shown was kept."))


def choose(call: Call) -> Response:
    """Returns the forms that the role may fill in for a person."""
    frame = person_frame(
        call, call.say("Add to the record"), part=_PART, said=said(call, call.person)
    )
    check_may_write(call)
    base = call.address_of(call.person)
    role, in_force = call.signed_in.posting.role, _forms(call)
    forms = tuple(
        Kept(f"{base}/add/{one.name}", call.say(one.title), call.say(one.about))
        for one in in_force.of_role(role)
    )
    return answered("add.html", frame, AddPage(forms, in_force.left_out))


def write(call: Call) -> Response:
    """Returns an empty form about a person, or with what its reader has begun before."""
    questions = _questions(call)
    frame = person_frame(call, call.say(questions.title), part=_PART)
    check_may_write(call)
    with call.parts.database.reading() as session:
        begun = draft_of(session, call.signed_in, _place(call, questions), call.at)
    return _page(call, frame, questions, typed=begun.fields if begun else {}, begun=begun)


def save(call: Call) -> ResponseReturnValue:
    """Saves a form about the person of the address and leads to their record.

    Conflict for a form that was made for another person, whatever other window it came from.
    """
    questions = _questions(call)
    form = call.posted(_page_name(questions), call.visit.path["person"])
    check_may_write(call)
    answers = read_answers(questions, call.visit.form)
    if answers.wrong:
        return _refused(call, questions, answers)
    author = author_of(call)
    with call.parts.database.session() as session:
        _file(session, call, questions, answers, form_id=form.id, author=author)
    return redirect(call.address_of(call.person), code=303)


def keep(call: Call) -> ResponseReturnValue:
    """Keeps what was begun as a draft: no part of the record, gone after a day."""
    questions = _questions(call)
    call.posted(_page_name(questions), call.visit.path["person"])
    with call.parts.database.session() as session:
        place = _place(call, questions)
        keep_draft(session, call.signed_in, place, call.visit.form, call.at)
    if call.visit.is_fragment:
        return Response(status=204)
    return redirect(f"{call.address_of(call.person)}/add/{questions.name}", code=303)


def keep_late(call: Call) -> None:
    """Keeps for its writer what was posted after the session had ended; nothing is applied.

    Whoever asks is not signed in: that the form was made for them is all that counts here.
    """
    questions = _questions(call)
    form = call.posted(_page_name(questions), call.visit.path["person"])
    with call.parts.database.session() as session:
        # What was saved and is posted again is not begun.
        if not is_spent(session, form.id):
            place, fields = _place(call, questions), call.visit.form
            keep_draft(session, call.signed_in, place, fields, call.at, lives=LATE_LIVES)


def check_may_write(call: Call, about: PersonId | None = None) -> None:
    """Raises Forbidden where somebody may not write: on an earlier day, or by broken glass alone.

    `about` is whom it is about, where the address does not say so. Emergency access reads and writes nothing. Source: `reference/record.md` 7, scope.
    """
    if day_asked(call) is not None:
        raise Forbidden("This is the record of an earlier day; nothing can be written here.")
    person = call.person if about is None else about
    source_of(call.parts.sources(), call.signed_in.posting)
    with call.parts.database.reading() as session:
        opened = disclosure.open_episodes(session, call.asking.actor, call.at)
    if any(one.is_emergency and one.person == person for one in opened):
        raise Forbidden("Emergency access is for reading. What was opened so cannot be written to.")
    if not any(one.is_open for one in explain(call.way, call.asking, person, Action.OPEN)):
        raise Forbidden("You may see nothing of this person, and so write nothing.")


def author_of(call: Call) -> str:
    """Returns who writes, as readers are told: name, role and organisation."""
    posting = call.signed_in.posting
    role = role_of(posting, call.say)
    organisation = organisation_name(call.visit, posting.organisation)
    return f"{call.signed_in.display_name}, {role}, {organisation}"


def _questions(call: Call) -> Questions:
    return _forms(call).named(call.visit.path["form"], call.signed_in.posting.role)


def _forms(call: Call) -> Forms:
    with call.parts.database.reading() as session:
        return forms_in_force(session, call.at)


def _page_name(questions: Questions) -> str:
    return f"add/{questions.name}"


def _place(call: Call, questions: Questions) -> str:
    return place_of(questions.name, call.person)


def _refused(call: Call, questions: Questions, answers: Answers) -> Response:
    frame = person_frame(call, call.say(questions.title), part=_PART)
    response = _page(call, frame, questions, typed=call.visit.form, wrong=answers.wrong)
    response.status_code = 422
    return response


def _page(
    call: Call,
    frame: Frame,
    questions: Questions,
    *,
    typed: Mapping[str, str],
    wrong: tuple[Wrong, ...] = (),
    begun: Draft | None = None,
) -> Response:
    base = call.address_of(call.person)
    here = f"{base}/add/{questions.name}"
    body = WritePage(
        title=call.say(questions.title),
        action=here,
        form=call.new_form(_page_name(questions), call.visit.path["person"]),
        fields=fields_of(questions, typed, wrong, call.say),
        verb=call.say("Save"),
        back=base,
        about=call.say(questions.about) if questions.about else "",
        wrong=wrong,
        draft=f"{here}/draft",
        draft_of="" if begun is None else moment(begun.kept_at, call.making(call.person)).text,
    )
    return answered("write.html", replace(frame, is_error=bool(wrong)), body)


def _file(
    session: Session,
    call: Call,
    questions: Questions,
    answers: Answers,
    *,
    form_id: str,
    author: str,
) -> None:
    act = Save(call.signed_in, call.person, questions.name, form_id, call.at)
    sources = call.parts.sources()
    source, patient = patient_of(session, sources, act)
    written = Written(patient, author, call.at, _new_id)
    file_entries(session, sources, act, source, entries_of(questions, answers, written))
    drop_draft(session, call.signed_in, _place(call, questions))


def _new_id() -> str:
    return _ID_PREFIX + new_public_id()


ROUTES = (
    Route("/r/<person>/add", "add", Kind.DISCLOSES, choose),
    Route("/r/<person>/add/<form>", "write", Kind.DISCLOSES, write),
    Route("/r/<person>/add/<form>", "save", Kind.RECEIVES, save, "POST", late=keep_late),
    Route("/r/<person>/add/<form>/draft", "draft", Kind.OPERATES, keep, "POST", late=keep_late),
)
