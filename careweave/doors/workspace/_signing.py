"""Signing in and out, and choosing as what one acts: one role at a time.

Source: `reference/security.md` 1; `reference/interface.md` 3 and W1.
"""

import secrets
from dataclasses import dataclass, field
from typing import cast

from flask import Response, redirect

from careweave import disclosure
from careweave.agreements import World
from careweave.doors._access import (
    Account,
    Assurance,
    Chooser,
    Proof,
    Seat,
    SignedIn,
    Told,
    account_of,
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
from careweave.doors.workspace._call import Call, Visit
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
from careweave.terms import Forbidden, Incorrect, NotFound, Unauthenticated

_DOOR = "workspace"


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Choice:
    """One role that may be chosen, as a button."""

    value: str = field(metadata=_help("What the button sends."))
    text: str = field(metadata=_help("The role in words."))
    place: str = field(metadata=_help("The organisation, and the team where there is one."))
    is_here: bool = field(default=False, metadata=_help("Whether it is the active one."))


@dataclass(frozen=True, slots=True)
class Example:
    """One of the example people of a demonstration, with what they may act as."""

    name: str = field(metadata=_help("The name that pages show."))
    choices: tuple[Choice, ...] = field(metadata=_help("A button for each role."))


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The page on which somebody signs in."""

    form: Form = field(metadata=_help("Hidden fields of its forms."))
    examples: tuple[Example, ...] = field(
        default=(), metadata=_help("Example people of a demonstration; nobody elsewhere.")
    )


@dataclass(frozen=True, slots=True)
class RolePage:
    """The page on which a role is chosen."""

    form: Form = field(metadata=_help("Hidden fields of its form."))
    choices: tuple[Choice, ...] = field(metadata=_help("The roles; none where there is none."))


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    """The page that says that nobody is signed in any more."""

    sign_in: str = field(metadata=_help("Where to sign in again."))


def sign_in(visit: Visit) -> Response:
    """Answers the page on which somebody signs in; whoever is signed in is sent on."""
    if visit.whose.signed_in is not None:
        return _onwards(HOME)
    if visit.whose.chooser is not None:
        return _onwards(SWITCH)
    form = new_form(visit.whose.visited(), "sign-in", "", secrets.token_bytes)
    body = SignInPage(form=form, examples=_examples(visit))
    return _shown(visit, "Sign in", "workspace/sign-in.html", body)


def sign_in_as_example(visit: Visit) -> Response:
    """Begins the session of an example person: in a demonstration, and nowhere else."""
    if not visit.parts.is_demonstration:
        raise NotFound
    posted(visit.whose.visited(), visit.form, "sign-in", "")
    name, _, number = visit.form.get("as", "").partition("/")
    if not name.isdecimal():
        raise Incorrect("Choose one of the example people.", where="as")
    account = _account(visit, int(name))
    proof = Proof(Assurance.DEMO, visit.at, visit.device)
    if not number:
        token = visit.parts.sessions.begin(Seat(account), proof, _told(visit))
        return _with_session(token, SWITCH)
    seat = _seat(visit, account, number)
    return _with_session(visit.parts.sessions.begin(seat, proof, _told(visit)), HOME)


def choose(visit: Visit) -> Response:
    """Answers the page on which a role is chosen, or another one."""
    account = _own(visit)
    form = new_form(visit.whose.visited(), "role", "", secrets.token_bytes)
    signed_in = visit.whose.signed_in
    body = RolePage(form, _choices(visit, account, signed_in))
    return _shown(visit, "Choose your role", "workspace/sign-role.html", body)


def chosen(visit: Visit) -> Response:
    """Begins the session of a chosen role, under a new id; the one before has ended."""
    posted(visit.whose.visited(), visit.form, "role", "")
    account = _own(visit)
    seat = _seat(visit, account, visit.form.get("as", "").partition("/")[2])
    sessions, signed_in = visit.parts.sessions, visit.whose.signed_in
    if signed_in is None:
        chooser = cast(Chooser, visit.whose.chooser)
        return _with_session(sessions.choose(chooser, seat, _told(visit)), HOME)
    _close_episodes(visit, signed_in)
    return _with_session(sessions.switch(signed_in, seat, _told(visit, signed_in)), HOME)


def sign_out(visit: Visit) -> Response:
    """Ends the session, and what was opened in it."""
    who = visit.whose.signed_in or visit.whose.chooser
    if isinstance(who, SignedIn):
        _close_episodes(visit, who)
    if who is not None:
        visit.parts.sessions.end(who, _told(visit, who))
    return clear_session(_onwards(SIGNED_OUT))


def signed_out(visit: Visit) -> Response:
    """Answers the page that says that nobody is signed in any more."""
    return _shown(visit, "Signed out", "workspace/signed-out.html", SignedOutPage(SIGN_IN))


def keep(_call: Call) -> Response:
    """Answers nothing: that somebody asked keeps the session."""
    return Response("", status=204)


OPEN_ROUTES = (
    OpenRoute("/sign-in", "sign-in", sign_in),
    OpenRoute("/sign-in/example", "sign-in-example", sign_in_as_example, "POST"),
    OpenRoute("/role", "role", choose),
    OpenRoute("/role", "role-chosen", chosen, "POST"),
    OpenRoute("/sign-out", "sign-out", sign_out, "POST"),
    OpenRoute("/signed-out", "signed-out", signed_out),
)
ROUTES = (Route("/stay", "stay", Kind.OPERATES, keep, "POST"),)


def _own(visit: Visit) -> Account:
    who = visit.whose.signed_in or visit.whose.chooser
    if who is None:
        raise Unauthenticated("The session has ended; sign in again.")
    if isinstance(who, Chooser) and not who.may_choose:
        raise Forbidden("Enrol a passkey first and sign in with it.")
    return _account(visit, who.account)


def _account(visit: Visit, number: int) -> Account:
    with visit.parts.database.reading() as session:
        return account_of(session, number)


def _world(visit: Visit) -> World:
    with visit.parts.database.reading() as session:
        return disclosure.world(session, visit.at)


def _seat(visit: Visit, account: Account, number: str) -> Seat:
    found = next((one for one in account.postings if str(one.id) == number), None)
    if found is None:
        raise Forbidden("This account has no such role here.")
    return seat_of(_world(visit), account, found)


def _examples(visit: Visit) -> tuple[Example, ...]:
    if not visit.parts.is_demonstration:
        return ()
    with visit.parts.database.reading() as session:
        accounts = list_accounts(session)
    living = (one for one in accounts if one.ended_at is None)
    return tuple(Example(one.display_name, _choices(visit, one, None)) for one in living)


def _choices(visit: Visit, account: Account, now: SignedIn | None) -> tuple[Choice, ...]:
    slugs = {one.organisation for one in account.postings}
    names = {slug: organisation_name(visit, slug) for slug in slugs}
    return tuple(
        Choice(
            value=f"{account.id}/{one.id}",
            text=role_of(one, visit.say),
            place=", ".join(filter(None, (names[one.organisation], one.team.replace("-", " ")))),
            is_here=now is not None and now.posting.id == one.id,
        )
        for one in account.postings
    )


def _close_episodes(visit: Visit, signed_in: SignedIn) -> None:
    """Ends what was opened by broken glass in this session; no other could use it anyway."""


def _told(visit: Visit, who: SignedIn | Chooser | None = None) -> Told:
    name = who.name if isinstance(who, SignedIn) else _DOOR
    user = "" if who is None else who.user
    return Told(visit.at, visit.request_id, name, _DOOR, user)


def _shown(visit: Visit, title: str, template: str, body: object) -> Response:
    return Response(render(template, Page(frame_of(visit, visit.say(title)), body)))


def _with_session(token: str, where: str) -> Response:
    return set_session(_onwards(where), token)


def _onwards(where: str) -> Response:
    return cast(Response, redirect(where, 303))
