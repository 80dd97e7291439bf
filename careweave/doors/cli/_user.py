"""careweave user: the people who sign in: their accounts, roles and first codes."""

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING
from uuid import UUID

from careweave import disclosure
from careweave.db import Session
from careweave.doors import _access
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._operator import operator
from careweave.terms import Incorrect, PersonId, Role

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_NOT_STAFF = frozenset({Role.SYSTEM, Role.CI, Role.PX})
_ROLES = [str(one) for one in Role if one not in _NOT_STAFF]


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs add, list, post, unpost, enrol, first, sign-out and end."""
    user = verbs.add_parser("user", help="people who sign in, their roles and first codes")
    words = user.add_subparsers(dest="word", required=True, metavar="WORD")
    _add_adding(words)
    listed = words.add_parser("list", help="all accounts, with their roles")
    listed.set_defaults(run=_list)
    post = words.add_parser("post", help="let somebody act in one more role")
    _add_posting(post, is_needed=True)
    post.set_defaults(run=_post)
    unpost = words.add_parser("unpost", help="take a role away; sessions in it are dead at once")
    _add_posting(unpost, is_needed=True)
    unpost.set_defaults(run=_unpost)
    _add_named(
        words, "enrol", "a code for a first passkey, or after losing all: once, one day", _enrol
    )
    _add_named(
        words, "first", "the password of the first administrator, until two passkeys", _first
    )
    _add_named(words, "sign-out", "end all sessions of somebody at once", _sign_out)
    _add_named(words, "end", "end an account for good; it is signed out at once", _end)


def _add_adding(words: "_SubParsersAction[ArgumentParser]") -> None:
    add = words.add_parser("add", help="give somebody an account; a first code is shown once")
    add.add_argument("--name", required=True, help="the name that pages show")
    add.add_argument("--person", type=_person, help="who that is in the record")
    add.add_argument("--administrator", action="store_true", help="may be the first administrator")
    _add_posting(add, is_needed=False)
    add.set_defaults(run=_add)


def _add_posting(verb: "ArgumentParser", *, is_needed: bool) -> None:
    verb.add_argument("user", help="a name in small letters, digits, dots and hyphens")
    verb.add_argument("--organisation", required=True, help="for whom they work")
    of = verb.add_mutually_exclusive_group(required=is_needed)
    of.add_argument("--role", choices=_ROLES, help=", ".join(_ROLES))
    of.add_argument("--office", choices=_access.OFFICES, help=", ".join(_access.OFFICES))
    verb.add_argument("--setting", default="", help="where the role works, such as home-care")
    verb.add_argument("--team", default="", help="the team or service that the role works in")


def _add_named(
    words: "_SubParsersAction[ArgumentParser]", word: str, meaning: str, run: object
) -> None:
    verb = words.add_parser(word, help=meaning)
    verb.add_argument("user", help="the account")
    verb.set_defaults(run=run)


def _person(text: str) -> PersonId:
    try:
        return PersonId(UUID(text))
    except ValueError:
        raise ArgumentTypeError("the id of a person") from None


def _add(desk: Desk, arguments: Namespace) -> int:
    posting = _posting(arguments)
    wanted = _access.Newcomer(
        user=arguments.user,
        display_name=arguments.name,
        organisation=arguments.organisation,
        postings=() if posting is None else (posting,),
        person=arguments.person,
        is_administrator=arguments.administrator,
    )
    with desk.database() as database, database.session() as session:
        told = _told(desk)
        _must_be_there(session, arguments.organisation, posting, told)
        account = _access.add_account(session, wanted, told)
        (code,) = _access.new_codes(session, account, told, n=1)
    _say_code(code)
    return 0


def _list(desk: Desk, _arguments: Namespace) -> int:
    with desk.database() as database, database.reading() as session:
        for one in _access.list_accounts(session):
            state = "ended" if one.ended_at else f"{one.n_passkeys} passkeys"
            roles = " ".join(f"{posting.organisation}:{posting.words}" for posting in one.postings)
            say(f"{one.user}\t{one.display_name}\t{one.organisation}\t{state}\t{roles}")
    return 0


def _post(desk: Desk, arguments: Namespace) -> int:
    posting = _asked(arguments)
    with desk.database() as database, database.session() as session:
        told = _told(desk)
        _must_be_there(session, arguments.organisation, posting, told)
        _access.add_posting(session, arguments.user, posting, told)
    return 0


def _unpost(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        _access.end_posting(session, arguments.user, _asked(arguments), _told(desk))
    return 0


def _enrol(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        account = _access.account_named(session, arguments.user)
        (code,) = _access.new_codes(session, account, _told(desk), n=1)
    _say_code(code)
    return 0


def _first(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        password = _access.first_password(session, arguments.user, _told(desk))
    note("Keep this password until two passkeys are made; it is not shown again:")
    say(password)
    return 0


def _sign_out(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        with database.reading() as session:
            account = _access.account_named(session, arguments.user)
        n = _access.Sessions(database).end_all(account.id, _told(desk), by="operator")
    note(f"{n} sessions ended.")
    return 0


def _end(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        _access.end_account(session, arguments.user, _told(desk))
    note("Ended. Whoever was signed in with it is out.")
    return 0


def _say_code(code: str) -> None:
    note("This code opens, once and within a day, the making of a passkey; it is not shown again:")
    say(code)


def _told(desk: Desk) -> _access.Told:
    who = operator(desk)
    return _access.Told(who.at, who.request_id, who.name, who.door)


def _asked(arguments: Namespace) -> _access.Posting:
    posting = _posting(arguments)
    if posting is None:
        raise Incorrect("Say which role or which office.", where="--role")
    return posting


def _posting(arguments: Namespace) -> _access.Posting | None:
    if arguments.role is None and arguments.office is None:
        return None
    return _access.Posting(
        organisation=arguments.organisation,
        role=None if arguments.role is None else Role(arguments.role),
        setting=arguments.setting,
        team=arguments.team,
        office=arguments.office or "",
    )


def _must_be_there(
    session: Session, organisation: str, posting: _access.Posting | None, told: _access.Told
) -> None:
    """Raises Incorrect for an organisation that the region in force has not, or an idle role."""
    known = disclosure.world(session, told.at)
    if not known.version:
        return
    if organisation not in known.organisations:
        message = "The region in force has no organisation of this name."
        raise Incorrect(message, where="organisation", code="value")
    if posting is not None and _access.purpose_of(known, posting) is None:
        message = "The region in force gives this role no purpose there; it would open nothing."
        raise Incorrect(message, where="role", code="value")
