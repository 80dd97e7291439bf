"""W1: signing in and out, and choosing as what one acts: one role at a time.

Source: `reference/security.md` 1; `reference/interface.md` 3 and 12.1.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import cast

from flask import Response, redirect

from careweave import disclosure
from careweave.agreements import World
from careweave.disclosure import Asking
from careweave.doors._access import (
    Account,
    Asked,
    Assurance,
    Chooser,
    Posting,
    Proof,
    Seat,
    SignedIn,
    Told,
    account_of,
    actor_of,
    list_accounts,
    seat_of,
)
from careweave.doors._frame import (
    Form,
    Page,
    clear_session,
    new_form,
    posted,
    render,
    set_session,
)
from careweave.doors.workspace._call import DOOR, PREFIX, Call, Visit
from careweave.doors.workspace._framing import (
    HOME,
    SIGN_IN,
    SIGNED_OUT,
    SWITCH,
    frame_of,
    organisation_name,
    role_of,
)
from careweave.doors.workspace._route import Kind, OpenRoute, Route
from careweave.terms import Forbidden, Incorrect, NotFound, SourceId, Unauthenticated

ENROL = f"{PREFIX}/enrol"
LAUNCH = f"{PREFIX}/launch"
_OFFICE = "/console/"

_NO_SOURCE = SourceId(0)
_LAUNCH_TEXT = re.compile(r"[A-Za-z0-9_-]{43}")


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Choice:
    """One role that may be chosen, as a button."""

    value: str = field(metadata=_help("What the button sends."))
    text: str = field(metadata=_help("The role in words."))
    place: str = field(metadata=_help("The organisation, and the team where there is one."))
    last: str = field(default="", metadata=_help("When it was last used; empty for never."))
    is_here: bool = field(default=False, metadata=_help("Whether it is the active one."))


@dataclass(frozen=True, slots=True)
class Example:
    """One of the example people of a demonstration, with what they may act as."""

    value: str = field(metadata=_help("What a button sends for somebody without any role."))
    name: str = field(metadata=_help("The name that pages show."))
    choices: tuple[Choice, ...] = field(metadata=_help("A button for each role."))


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The page on which somebody signs in."""

    form: Form = field(metadata=_help("Hidden fields of its forms."))
    options: str = field(metadata=_help("What the browser asks an authenticator, as JSON."))
    onwards: str = field(default="", metadata=_help("The launch to go on to; empty without."))
    wrong: str = field(default="", metadata=_help("Why the last try failed; empty at first."))
    examples: tuple[Example, ...] = field(
        default=(), metadata=_help("Example people of a demonstration; nobody elsewhere.")
    )


@dataclass(frozen=True, slots=True)
class RolePage:
    """The page on which a role is chosen."""

    form: Form = field(metadata=_help("Hidden fields of its form."))
    choices: tuple[Choice, ...] = field(metadata=_help("The roles; none where there is none."))
    onwards: str = field(default="", metadata=_help("The launch to go on to; empty without."))


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    """The page that says that nobody is signed in any more."""

    sign_in: str = field(metadata=_help("Where to sign in again."))


def sign_in(visit: Visit) -> Response:
    """Answers the page on which somebody signs in; whoever is signed in is sent on."""
    if visit.whose.signed_in is not None:
        return onwards(_after(visit, visit.whose.signed_in.posting))
    if visit.whose.chooser is not None:
        return onwards(SWITCH if visit.whose.chooser.may_choose else ENROL)
    return _sign_in_page(visit)


def sign_in_by_passkey(visit: Visit) -> Response:
    """Begins the session of whose passkey has answered; with several roles, one is to be chosen."""
    secret = visit.whose.visited()
    posted(secret, visit.form, "sign-in", "")
    try:
        account = visit.parts.passkeys.proved(
            visit.form.get("credential", ""), Asked(secret, visit.at), told_of(visit)
        )
    except Forbidden as refusal:
        return _sign_in_page(visit, refusal.message)
    return _begun(visit, account, Assurance.PASSKEY)


def sign_in_as_example(visit: Visit) -> Response:
    """Begins the session of an example person: in a demonstration, and nowhere else."""
    if not visit.parts.is_demonstration:
        raise NotFound
    posted(visit.whose.visited(), visit.form, "sign-in", "")
    name, _, number = visit.form.get("as", "").partition("/")
    if not (name.isascii() and name.isdecimal() and len(name) < 10):
        raise Incorrect("Choose one of the example people.", where="as")
    account = account_by(visit, int(name))
    if not number:
        return _begun(visit, account, Assurance.DEMO)
    proof = Proof(Assurance.DEMO, visit.at, visit.device)
    seat = _seat(visit, account, number)
    leave(visit)
    token = visit.parts.sessions.begin(seat, proof, told_of(visit))
    return set_session(onwards(_after(visit, seat.posting)), token)


def choose(visit: Visit) -> Response:
    """Answers the page on which a role is chosen, or another one."""
    account = _own(visit)
    form = new_form(visit.whose.visited(), "role", "", visit.parts.random)
    body = RolePage(form, _choices(visit, account), _launch_of(visit))
    return shown(visit, "Choose your role", "workspace/sign-role.html", body)


def chosen(visit: Visit) -> Response:
    """Begins the session of a chosen role, under a new id; the one before has ended."""
    posted(visit.whose.visited(), visit.form, "role", "")
    account = _own(visit)
    seat = _seat(visit, account, visit.form.get("as", "").partition("/")[2])
    sessions, signed_in = visit.parts.sessions, visit.whose.signed_in
    if signed_in is None:
        chooser = cast(Chooser, visit.whose.chooser)
        token = sessions.choose(chooser, seat, told_of(visit, chooser))
    else:
        close_episodes(visit, signed_in)
        token = sessions.switch(signed_in, seat, told_of(visit, signed_in))
    return set_session(onwards(_after(visit, seat.posting)), token)


def sign_out(visit: Visit) -> Response:
    """Ends the session, and what was opened in it."""
    leave(visit)
    return clear_session(onwards(SIGNED_OUT))


def signed_out(visit: Visit) -> Response:
    """Answers the page that says that nobody is signed in any more."""
    return shown(visit, "Signed out", "workspace/signed-out.html", SignedOutPage(SIGN_IN))


def stay(_call: Call) -> Response:
    """Answers nothing: that somebody asked keeps the session."""
    return Response("", status=204)


OPEN_ROUTES = (
    OpenRoute("/sign-in", "sign-in", sign_in),
    OpenRoute("/sign-in", "sign-in-passkey", sign_in_by_passkey, "POST"),
    OpenRoute("/sign-in/example", "sign-in-example", sign_in_as_example, "POST"),
    OpenRoute("/role", "role", choose),
    OpenRoute("/role", "role-chosen", chosen, "POST"),
    OpenRoute("/sign-out", "sign-out", sign_out, "POST"),
    OpenRoute("/signed-out", "signed-out", signed_out),
)
ROUTES = (Route("/stay", "stay", Kind.OPERATES, stay, "POST"),)


def account_by(visit: Visit, number: int) -> Account:
    """Returns the living account of a number."""
    with visit.parts.database.reading() as session:
        return account_of(session, number)


def world_of(visit: Visit) -> World:
    """Returns the agreements and rules in force."""
    with visit.parts.database.reading() as session:
        return disclosure.world(session, visit.at)


def leave(visit: Visit) -> None:
    """Ends the session of this browser, if it has one: a new one takes its place, or none does."""
    who = visit.whose.signed_in or visit.whose.chooser
    if isinstance(who, SignedIn):
        close_episodes(visit, who)
    if who is not None:
        visit.parts.sessions.end(who, told_of(visit, who))


def close_episodes(visit: Visit, signed_in: SignedIn) -> None:
    """Ends what was opened by broken glass in this session; no other could use it anyway."""
    if signed_in.posting.role is None:
        return
    actor = actor_of(signed_in, _NO_SOURCE)
    asking = Asking(actor, actor.purpose, DOOR, visit.request_id, visit.at)
    disclosure.end_all_episodes(visit.parts.database, asking)


def told_of(visit: Visit, who: SignedIn | Chooser | None = None) -> Told:
    """Returns who does something to an account or a session, for the ledger."""
    user = "" if who is None else who.user
    name = DOOR if who is None else who.name
    return Told(visit.at, visit.request_id, name, DOOR, user, visit.address)


def shown(visit: Visit, title: str, template: str, body: object, *, status: int = 200) -> Response:
    """Returns a page about nobody's record."""
    is_error = status >= HTTPStatus.BAD_REQUEST
    frame = replace(frame_of(visit, visit.say(title)), is_error=is_error)
    return Response(render(template, Page(frame, body)), status=status)


def onwards(where: str) -> Response:
    """Returns the answer that leads on after something was done."""
    return cast(Response, redirect(where, 303))


def moment_of(visit: Visit, at: datetime | None) -> str:
    """Returns a moment as pages say it; nothing for none."""
    return "" if at is None else at.astimezone(visit.parts.zone).strftime("%d-%b-%Y %H:%M")


def _sign_in_page(visit: Visit, wrong: str = "") -> Response:
    secret = visit.whose.visited()
    body = SignInPage(
        form=new_form(secret, "sign-in", "", visit.parts.random),
        options=visit.parts.passkeys.ask(Asked(secret, visit.at)),
        onwards=_launch_of(visit),
        wrong=visit.say(wrong) if wrong else "",
        examples=_examples(visit),
    )
    status = 403 if wrong else 200
    return shown(visit, "Sign in", "workspace/sign-in.html", body, status=status)


def _begun(visit: Visit, account: Account, assurance: Assurance) -> Response:
    """Begins a session: in the only role, or one in which a role is still to be chosen."""
    leave(visit)
    sessions, proof = visit.parts.sessions, Proof(assurance, visit.at, visit.device)
    if len(account.postings) == 1:
        seat = seat_of(world_of(visit), account, account.postings[0])
        if seat.purpose is not None:
            token = sessions.begin(seat, proof, told_of(visit))
            return set_session(onwards(_after(visit, seat.posting)), token)
    token = sessions.begin(Seat(account), proof, told_of(visit))
    launch = _launch_of(visit)
    return set_session(onwards(f"{SWITCH}?for={launch}" if launch else SWITCH), token)


def _launch_of(visit: Visit) -> str:
    """Returns the launch that waits behind the sign-in; nothing else can be gone on to."""
    asked = visit.form.get("for", "") or visit.query.get("for", "")
    return asked if _LAUNCH_TEXT.fullmatch(asked) else ""


def _after(visit: Visit, posting: Posting | None) -> str:
    """Returns where to go on as somebody: to the launch that waits, to the queue of an office, home."""
    launch = _launch_of(visit)
    if launch:
        return f"{LAUNCH}/{launch}"
    return _OFFICE if posting is not None and posting.role is None else HOME


def _own(visit: Visit) -> Account:
    who = visit.whose.signed_in or visit.whose.chooser
    if who is None:
        raise Unauthenticated("The session has ended; sign in again.")
    if isinstance(who, Chooser) and not who.may_choose:
        raise Forbidden("Enrol a passkey first and sign in with it.")
    return account_by(visit, who.account)


def _seat(visit: Visit, account: Account, number: str) -> Seat:
    found = next((one for one in account.postings if str(one.id) == number), None)
    if found is None:
        raise Forbidden("This account has no such role here.")
    return seat_of(world_of(visit), account, found)


def _examples(visit: Visit) -> tuple[Example, ...]:
    if not visit.parts.is_demonstration:
        return ()
    with visit.parts.database.reading() as session:
        accounts = list_accounts(session)
    return tuple(
        Example(str(one.id), one.display_name, _choices(visit, one))
        for one in accounts
        if one.ended_at is None
    )


def _choices(visit: Visit, account: Account) -> tuple[Choice, ...]:
    names = {
        slug: organisation_name(visit, slug)
        for slug in {one.organisation for one in account.postings}
    }
    now = visit.whose.signed_in
    return tuple(
        Choice(
            value=f"{account.id}/{one.id}",
            text=role_of(one, visit.say),
            place=_place(one, names[one.organisation]),
            last=moment_of(visit, one.used_at),
            is_here=now is not None and now.posting.id == one.id,
        )
        for one in account.postings
    )


def _place(posting: Posting, name: str) -> str:
    return ", ".join(filter(None, (name, posting.team.replace("-", " "))))
