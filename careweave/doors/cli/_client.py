"""careweave client: the systems that may call the doors, and their tokens."""

from argparse import ArgumentTypeError, Namespace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from careweave import disclosure
from careweave.db import Session
from careweave.doors import _access
from careweave.doors.cli._desk import Desk, note, say
from careweave.terms import Incorrect, PersonId, Purpose, Role

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_ALL = "system/*.cruds"
_MOST_DAYS = 3650


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs add, list and revoke."""
    client = verbs.add_parser("client", help="systems that may call, and their tokens")
    words = client.add_subparsers(dest="word", required=True, metavar="WORD")
    add = words.add_parser("add", help="give a system a token; it is shown once")
    add.add_argument("name", help="a name of your choice, in letters, digits and hyphens")
    add.add_argument("--organisation", required=True, help="whose entries it reads and writes")
    add.add_argument("--system", required=True, help="the source that its writes belong to")
    add.add_argument("--scope", action="append", help=f"SMART scope, may repeat; {_ALL} if absent")
    add.add_argument("--days", type=_days, default=365, help="days until the token expires (365)")
    why = [str(one) for one in Purpose]
    add.add_argument("--purpose", choices=why, default="TREAT", help=f"{', '.join(why)} (TREAT)")
    roles = [str(one) for one in Role]
    add.add_argument("--role", choices=roles, default="SYS", help=f"{', '.join(roles)} (SYS)")
    add.add_argument("--setting", default="", help="where the role works, such as home-care")
    add.add_argument("--team", default="", help="the team or service that the role works in")
    add.add_argument("--user", default="", help="who is at work behind it (the client's name)")
    add.add_argument("--person", type=_person, help="who that is in the record: for role CI")
    add.add_argument("--id-prefix", help="ids that it may choose itself begin with this")
    add.set_defaults(run=_add)
    words.add_parser("list", help="all clients, without their tokens").set_defaults(run=_list)
    key = words.add_parser("launch-key", help="the key with which it encrypts launch links")
    key.add_argument("name", help="the client; it has the scope launch")
    key.set_defaults(run=_launch_key)
    revoke = words.add_parser("revoke", help="take the token away, within five seconds")
    revoke.add_argument("name", help="the client")
    revoke.set_defaults(run=_revoke)


def _days(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text[:9]) <= _MOST_DAYS):
        raise ArgumentTypeError(f"a whole number from 1 to {_MOST_DAYS}")
    return int(text)


def _person(text: str) -> PersonId:
    try:
        return PersonId(UUID(text))
    except ValueError:
        raise ArgumentTypeError("the id of a person") from None


def _add(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        _check_place(session, arguments, desk.around.clock())
        wanted = _access.Registration(
            name=arguments.name,
            organisation=arguments.organisation,
            system=arguments.system,
            scopes=frozenset(" ".join(arguments.scope or [_ALL]).split()),
            expires_at=desk.around.clock() + timedelta(days=arguments.days),
            purpose=Purpose(arguments.purpose),
            id_prefix=arguments.id_prefix,
            role=Role(arguments.role),
            setting=arguments.setting,
            team=arguments.team,
            user=arguments.user,
            person=arguments.person,
        )
        token = _access.add_client(session, wanted, now=desk.around.clock())
    note("Keep this token; it is not shown again:")
    say(token)
    return 0


def _check_place(session: Session, arguments: Namespace, now: datetime) -> None:
    """Raises Incorrect for a role that the region in force has not, there or for that purpose."""
    role, known = Role(arguments.role), disclosure.world(session, now)
    if role is Role.SYSTEM or not known.version:
        return
    if arguments.organisation not in known.organisations:
        message = "The region in force has no organisation of this name."
        raise Incorrect(message, where="organisation", code="value")
    purposes = known.rules.own_purposes.get(role, frozenset()) | {
        clause.purpose
        for agreement in known.agreements
        for clause in agreement.clauses
        if role in clause.roles and arguments.organisation in clause.recipients
    }
    if arguments.purpose not in purposes:
        purposes_there = ", ".join(sorted(purposes)) or "none"
        message = (
            f"For this role and organisation there is no such purpose; there are: {purposes_there}."
        )
        raise Incorrect(message, where="purpose", code="value")


def _list(desk: Desk, _arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        for client in _access.list_clients(session):
            until = f"until {client.expires_at:%Y-%m-%d}"
            state = "revoked" if client.revoked_at else until
            role = "/".join(filter(None, (client.role, client.setting, client.team)))
            say(f"{client.name}\t{client.organisation}\t{client.system}\t{state}\t{role}")
    return 0


def _launch_key(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.reading() as session:
        key = _access.link_key_of(session, arguments.name, desk.around.clock())
    note("Keep this key like a password; it lasts as long as the client:")
    say(key.hex())
    return 0


def _revoke(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        _access.revoke_client(session, arguments.name, now=desk.around.clock())
    note("Revoked. The token is dead within five seconds.")
    return 0
