"""One's own sign-in: passkeys, recovery codes and sessions; and the way back without a passkey.

Source: `reference/security.md` 1.4 and 1.5; issue 6, "Sign-in, first form".
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Response

from careweave.doors._access import (
    Account,
    Asked,
    Assurance,
    Chooser,
    Kept,
    Posting,
    Proof,
    Seat,
    SignedIn,
    n_codes,
    new_codes,
    seat_of,
)
from careweave.doors._frame import Form, clear_session, new_form, posted, set_session
from careweave.doors.workspace._call import PREFIX, Call, Visit
from careweave.doors.workspace._framing import KEYS, organisation_name, role_of
from careweave.doors.workspace._route import Kind, OpenRoute, Route
from careweave.doors.workspace._signing import (
    ENROL,
    account_by,
    leave,
    moment_of,
    onwards,
    shown,
    told_of,
    world_of,
)
from careweave.terms import Busy, CareweaveError, Forbidden, Incorrect, Unauthenticated

PROVE = f"{PREFIX}/prove"

_FRESH = timedelta(minutes=5)
"""How long a proof counts for what changes how one signs in. Source: `security.md` 1.3."""
_WEAK = frozenset({Assurance.CODE, Assurance.PASSWORD})


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class RecoverPage:
    """The page for who has no passkey at hand: a name and a code."""

    form: Form = field(metadata=_help("Hidden fields of its form."))
    user: str = field(default="", metadata=_help("The name that was typed."))
    wrong: str = field(default="", metadata=_help("Why the last try failed; empty at first."))


@dataclass(frozen=True, slots=True)
class EnrolPage:
    """The page on which a passkey is made."""

    form: Form = field(metadata=_help("Hidden fields of its form."))
    options: str = field(metadata=_help("What the browser asks an authenticator, as JSON."))
    action: str = field(metadata=_help("Where it is posted."))
    name: str = field(metadata=_help("Whose it will be."))
    wrong: str = field(default="", metadata=_help("Why the last try failed; empty at first."))


@dataclass(frozen=True, slots=True)
class ProvePage:
    """The page on which somebody who is signed in proves it anew."""

    form: Form = field(metadata=_help("Hidden fields of its form."))
    options: str = field(metadata=_help("What the browser asks an authenticator, as JSON."))
    wrong: str = field(default="", metadata=_help("Why the last try failed; empty at first."))


@dataclass(frozen=True, slots=True)
class CodesPage:
    """The page that shows recovery codes: once."""

    codes: tuple[str, ...] = field(
        metadata=_help("The codes; none where those before still count.")
    )
    onwards: str = field(metadata=_help("Where to go on."))
    is_first: bool = field(metadata=_help("Whether a passkey was just made with a code."))


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One of one's own sessions."""

    key: str = field(metadata=_help("What ends it."))
    text: str = field(metadata=_help("Role and organisation."))
    device: str = field(metadata=_help("The kind of browser."))
    since: str = field(metadata=_help("Since when."))
    seen: str = field(metadata=_help("When something was last done in it."))
    is_here: bool = field(metadata=_help("Whether it is this one."))


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One of one's own passkeys."""

    id: int = field(metadata=_help("What takes it away."))
    name: str = field(metadata=_help("What its owner calls it."))
    added: str = field(metadata=_help("Since when it counts."))
    used: str = field(metadata=_help("When it last signed in; empty for never."))


@dataclass(frozen=True, slots=True)
class KeysPage:
    """One's own sessions, passkeys and codes."""

    form: Form = field(metadata=_help("Hidden fields of its forms."))
    sessions: tuple[SessionLine, ...] = field(metadata=_help("The living sessions."))
    passkeys: tuple[KeyLine, ...] = field(metadata=_help("The passkeys that count."))
    n_codes: int = field(metadata=_help("How many recovery codes may still be used."))
    is_example: bool = field(metadata=_help("Whether it is an example person's, without passkeys."))


def recover(visit: Visit) -> Response:
    """Answers the page for who has no passkey at hand."""
    return _recover_page(visit)


def recovered(visit: Visit) -> Response:
    """Begins a session that opens the own enrolment, for a code or the first password."""
    posted(visit.whose.visited(), visit.form, "recover", "")
    user = visit.form.get("user", "")
    try:
        account, proof = visit.parts.codes.use(user, visit.form.get("words", ""), told_of(visit))
    except (Forbidden, Busy) as refusal:
        return _recover_page(visit, user, refusal)
    leave(visit)
    begun = Proof(proof, visit.at, visit.device)
    token = visit.parts.sessions.begin(Seat(account), begun, told_of(visit))
    return set_session(onwards(ENROL), token)


def enrol(visit: Visit) -> Response:
    """Answers the page on which a passkey is made."""
    who = _who(visit)
    if not _may_enrol(who, visit.at):
        return onwards(PROVE)
    return _enrol_page(visit, account_by(visit, who.account))


def enrolled(visit: Visit) -> Response:
    """Enrols a passkey; a session that a code opened ends with it."""
    who = _who(visit)
    secret = visit.whose.visited()
    posted(secret, visit.form, "enrol", "")
    if not _may_enrol(who, visit.at):
        return onwards(PROVE)
    account = account_by(visit, who.account)
    asked = Asked(secret, visit.at)
    credential, name = visit.form.get("credential", ""), visit.form.get("name", "")
    try:
        visit.parts.passkeys.enrol(account, credential, name, asked, told_of(visit, who))
    except CareweaveError as refusal:
        return _enrol_page(visit, account, refusal)
    return _after_enrolling(visit, who, account)


def prove(visit: Visit) -> Response:
    """Answers the page on which somebody who is signed in proves it anew."""
    visit.whose.must()
    return _prove_page(visit)


def proved(visit: Visit) -> Response:
    """Notes that the holder of the session has proved it anew, under a new id."""
    signed_in = visit.whose.must()
    posted(signed_in.secret, visit.form, "prove", "")
    asked = Asked(signed_in.secret, visit.at)
    told = told_of(visit, signed_in)
    try:
        account = visit.parts.passkeys.proved(visit.form.get("credential", ""), asked, told)
    except Forbidden as refusal:
        return _prove_page(visit, refusal)
    if account.id != signed_in.account:
        return _prove_page(visit, Forbidden("This is somebody else's passkey."))
    seat = seat_of(world_of(visit), account, _posting(account, signed_in))
    return set_session(onwards(ENROL), visit.parts.sessions.step_up(signed_in, seat, told))


def keys(call: Call) -> Response:
    """Returns one's own sessions, passkeys and codes."""
    visit, signed_in = call.visit, call.signed_in
    with visit.parts.database.reading() as session:
        n = n_codes(session, signed_in.account, visit.at)
    kept = visit.parts.sessions.living(signed_in.account, visit.at)
    passkeys = visit.parts.passkeys.of(signed_in.account)
    body = KeysPage(
        form=call.new_form("keys"),
        sessions=tuple(_session_line(call, one) for one in kept),
        passkeys=tuple(
            KeyLine(one.id, one.name, moment_of(visit, one.added_at), moment_of(visit, one.used_at))
            for one in passkeys
        ),
        n_codes=n,
        is_example=signed_in.assurance is Assurance.DEMO,
    )
    return shown(visit, "Sign-in and sessions", "workspace/sign-keys.html", body)


def end_session(call: Call) -> Response:
    """Ends one of one's own sessions, or all others; what ends is dead at once."""
    call.posted("keys")
    visit, signed_in = call.visit, call.signed_in
    sessions, told = visit.parts.sessions, told_of(call.visit, call.signed_in)
    key = visit.form.get("session", "")
    if key:
        sessions.end_one(signed_in.account, key, told)
    else:
        sessions.end_all(signed_in.account, told, but=signed_in.key)
    if key == signed_in.key:
        return clear_session(onwards(KEYS))
    return onwards(KEYS)


def end_passkey(call: Call) -> Response:
    """Takes one of one's own passkeys away, after a fresh proof."""
    call.posted("keys")
    visit, signed_in = call.visit, call.signed_in
    if not _may_enrol(signed_in, visit.at):
        return onwards(PROVE)
    number = visit.form.get("passkey", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Incorrect("Choose one of your passkeys.", where="passkey")
    account = account_by(visit, signed_in.account)
    visit.parts.passkeys.end(account, int(number), told_of(visit, signed_in))
    return onwards(KEYS)


def renew_codes(call: Call) -> Response:
    """Makes new recovery codes in place of the old, after a fresh proof, and shows them once."""
    call.posted("keys")
    visit, signed_in = call.visit, call.signed_in
    if not _may_enrol(signed_in, visit.at):
        return onwards(PROVE)
    account = account_by(visit, signed_in.account)
    with visit.parts.database.session() as session:
        codes = new_codes(session, account, told_of(visit, signed_in))
    return _codes_page(visit, CodesPage(codes, KEYS, is_first=False))


OPEN_ROUTES = (
    OpenRoute("/recover", "recover", recover),
    OpenRoute("/recover", "recovered", recovered, "POST"),
    OpenRoute("/enrol", "enrol", enrol),
    OpenRoute("/enrol", "enrolled", enrolled, "POST"),
    OpenRoute("/prove", "prove", prove),
    OpenRoute("/prove", "proved", proved, "POST"),
)
ROUTES = (
    Route("/keys", "keys", Kind.OPERATES, keys),
    Route("/keys/session", "keys-session", Kind.OPERATES, end_session, "POST"),
    Route("/keys/passkey", "keys-passkey", Kind.OPERATES, end_passkey, "POST"),
    Route("/keys/codes", "keys-codes", Kind.OPERATES, renew_codes, "POST"),
)


def _who(visit: Visit) -> SignedIn | Chooser:
    who = visit.whose.signed_in or visit.whose.chooser
    if who is None:
        raise Unauthenticated("The session has ended; sign in again.")
    if who.assurance is Assurance.DEMO:
        raise Forbidden("Example people have no passkeys of their own.")
    return who


def _may_enrol(who: SignedIn | Chooser, now: datetime) -> bool:
    """Says whether how somebody signs in may be changed: freshly proved, or opened by a code."""
    if who.assurance is Assurance.DEMO:
        return False
    if isinstance(who, Chooser):
        return who.assurance in _WEAK
    return now - (who.step_up_at or who.authenticated_at) < _FRESH


def _after_enrolling(visit: Visit, who: SignedIn | Chooser, account: Account) -> Response:
    told = told_of(visit, who)
    codes: tuple[str, ...] = ()
    with visit.parts.database.session() as session:
        if not n_codes(session, account.id, visit.at):
            codes = new_codes(session, account, told)
    is_first = isinstance(who, Chooser)
    page = CodesPage(codes, PREFIX + "/sign-in" if is_first else KEYS, is_first=is_first)
    if not is_first:
        return _codes_page(visit, page)
    visit.parts.sessions.end(who, told)
    return clear_session(_codes_page(visit, page))


def _posting(account: Account, signed_in: SignedIn) -> Posting:
    found = next((one for one in account.postings if one.id == signed_in.posting.id), None)
    if found is None:
        raise Forbidden("This account has no such role here.")
    return found


def _session_line(call: Call, kept: Kept) -> SessionLine:
    visit = call.visit
    text = visit.say("No role chosen")
    if kept.posting is not None:
        place = organisation_name(visit, kept.posting.organisation)
        text = f"{role_of(kept.posting, visit.say)}, {place}"
    return SessionLine(
        key=kept.key,
        text=text,
        device=kept.device or visit.say("Unknown browser"),
        since=moment_of(visit, kept.began_at),
        seen=moment_of(visit, kept.last_seen_at),
        is_here=kept.key == call.signed_in.key,
    )


def _recover_page(visit: Visit, user: str = "", refusal: CareweaveError | None = None) -> Response:
    form = new_form(visit.whose.visited(), "recover", "", visit.parts.random)
    body = RecoverPage(form, user[:63], _wrong(visit, refusal))
    title, template = "Sign in with a code", "workspace/sign-recover.html"
    return shown(visit, title, template, body, status=_status(refusal))


def _enrol_page(visit: Visit, account: Account, refusal: CareweaveError | None = None) -> Response:
    secret = visit.whose.visited()
    body = EnrolPage(
        form=new_form(secret, "enrol", "", visit.parts.random),
        options=visit.parts.passkeys.ask_new(account, Asked(secret, visit.at)),
        action=ENROL,
        name=account.display_name,
        wrong=_wrong(visit, refusal),
    )
    title, template = "Make a passkey", "workspace/sign-enrol.html"
    return shown(visit, title, template, body, status=_status(refusal))


def _prove_page(visit: Visit, refusal: CareweaveError | None = None) -> Response:
    secret = visit.whose.visited()
    body = ProvePage(
        form=new_form(secret, "prove", "", visit.parts.random),
        options=visit.parts.passkeys.ask(Asked(secret, visit.at)),
        wrong=_wrong(visit, refusal),
    )
    title, template = "Confirm that it is you", "workspace/sign-prove.html"
    return shown(visit, title, template, body, status=_status(refusal))


def _codes_page(visit: Visit, page: CodesPage) -> Response:
    return shown(visit, "Your recovery codes", "workspace/sign-codes.html", page)


def _wrong(visit: Visit, refusal: CareweaveError | None) -> str:
    return "" if refusal is None else visit.say(refusal.message)


def _status(refusal: CareweaveError | None) -> int:
    return 200 if refusal is None else refusal.status
