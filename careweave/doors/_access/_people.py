"""Accounts of people: added, posted to roles, listed, ended; each change is accounted for."""

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.doors._access._telling import Told, tell
from careweave.terms import Conflict, Incorrect, NotFound, PersonId, Role

_QUERIES = Queries("careweave.doors._access")
_USER = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_HANDLE_BYTES = 32
_LONGEST = 120

OFFICES = ("privacy-officer",)
"""What somebody may be instead of a role of the matrix: it opens pages of the console alone."""


@dataclass(frozen=True, slots=True)
class Posting:
    """As what somebody acts: one role in one place, or an office, which opens nobody's record.

    `role` None stands for an office. `used_at` is when a session last began in it.
    """

    organisation: str
    role: Role | None
    setting: str = ""
    team: str = ""
    office: str = ""
    id: int = 0
    used_at: datetime | None = field(default=None, compare=False)

    @property
    def words(self) -> str:
        """Returns role, setting and team in one word, as lists print it."""
        parts = (self.role or self.office, self.setting, self.team)
        return "/".join(str(one) for one in parts if one)

    def is_as(self, other: "Posting") -> bool:
        """Says whether both are the same role in the same place."""
        return replace(self, id=0) == replace(other, id=0)


@dataclass(frozen=True, slots=True)
class Account:
    """One person who may sign in; `postings` are those that live, the one last used first."""

    id: int
    user: str
    display_name: str
    organisation: str
    postings: tuple[Posting, ...] = ()
    person: PersonId | None = None
    is_administrator: bool = False
    handle: bytes = b""
    n_passkeys: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is asked for a new account. `user` is small letters, digits, dots and hyphens."""

    user: str
    display_name: str
    organisation: str
    postings: tuple[Posting, ...] = ()
    person: PersonId | None = None
    is_administrator: bool = False


def add_account(session: Session, wanted: Newcomer, told: Told) -> Account:
    """Adds an account with its postings, accounted for, and returns it.

    Conflict when somebody has or had the name: a name stands in the ledger for one person.
    """
    _check(wanted)
    row = session.row(
        _QUERIES["add_account"],
        user=wanted.user,
        display_name=wanted.display_name.strip(),
        organisation=wanted.organisation,
        person=wanted.person,
        is_administrator=wanted.is_administrator,
        handle=secrets.token_bytes(_HANDLE_BYTES),
        now=told.at,
    )
    if row is None:
        raise Conflict("Somebody has or had this name; choose another.", where="user")
    tell(session, told, "user-add", wanted.user, wanted.organisation)
    for posting in wanted.postings:
        _post(session, row[0], posting, told)
    return account_named(session, wanted.user)


def add_posting(session: Session, user: str, posting: Posting, told: Told) -> None:
    """Lets a living account act in one more role, accounted for."""
    account = account_named(session, user)
    _check_posting(posting)
    if any(posting.is_as(one) for one in account.postings):
        raise Conflict("The account has this role there already.", where="role")
    _post(session, account.id, posting, told)
    tell(session, told, "user-post", f"{user}/{posting.words}", posting.organisation)


def end_posting(session: Session, user: str, posting: Posting, told: Told) -> None:
    """Takes a role from an account, accounted for; sessions in it are dead at once."""
    account = account_named(session, user)
    found = next((one for one in account.postings if posting.is_as(one)), None)
    if found is None:
        raise NotFound("The account has no such role.")
    session.run(_QUERIES["end_posting"], id=found.id, now=told.at)
    tell(session, told, "user-unpost", f"{user}/{posting.words}", posting.organisation)


def end_account(session: Session, user: str, told: Told) -> None:
    """Ends an account for good, accounted for; its sessions, passkeys and codes are dead at once."""
    account = account_named(session, user)
    session.run(_QUERIES["end_account"], account=account.id, now=told.at)
    session.run(_QUERIES["end_passkeys"], account=account.id, now=told.at)
    session.run(_QUERIES["end_codes"], account=account.id, now=told.at)
    session.run(_QUERIES["end_password"], account=account.id)
    session.run(_QUERIES["end_sessions"], account=account.id, now=told.at, by="operator", but="")
    tell(session, told, "user-end", user, account.organisation)


def account_named(session: Session, user: str) -> Account:
    """Returns the living account of that name; NotFound for every other."""
    return _one(session.rows(_QUERIES["accounts"], user=user, id=None, handle=None))


def account_of(session: Session, id_: int) -> Account:
    """Returns the living account of that number; NotFound for every other."""
    return _one(session.rows(_QUERIES["accounts"], user=None, id=id_, handle=None))


def account_of_handle(session: Session, handle: bytes) -> Account:
    """Returns the living account that authenticators know by this name."""
    return _one(session.rows(_QUERIES["accounts"], user=None, id=None, handle=handle))


def list_accounts(session: Session) -> tuple[Account, ...]:
    """Returns all accounts, the living ones first, by name."""
    return tuple(_accounts(session.rows(_QUERIES["accounts"], user=None, id=None, handle=None)))


def display_names(session: Session, users: Collection[str]) -> Mapping[str, str]:
    """Returns what users are called, by their names; who has no account here is left out."""
    rows = session.rows(_QUERIES["display_names"], users=sorted(users))
    return {str(user): str(shown) for user, shown in reversed(rows)}


def _one(rows: list[Row]) -> Account:
    found = next(iter(_accounts(rows)), None)
    if found is None or found.ended_at is not None:
        raise NotFound("There is no living account of that name.")
    return found


def _accounts(rows: list[Row]) -> Iterable[Account]:
    made: dict[int, Account] = {}
    for row in rows:
        account = made.get(row[0]) or _account(row)
        if row[9] is not None:
            account = replace(account, postings=(*account.postings, _posting(row[9:])))
        made[row[0]] = account
    return made.values()


def _account(row: Row) -> Account:
    id_, user, display_name, organisation, person, is_administrator, handle, ended_at, n = row[:9]
    return Account(
        id=id_,
        user=user,
        display_name=display_name,
        organisation=organisation,
        person=PersonId(person) if isinstance(person, UUID) else None,
        is_administrator=is_administrator,
        handle=bytes(handle),
        n_passkeys=n,
        ended_at=ended_at,
    )


def _posting(row: Row) -> Posting:
    id_, organisation, role, setting, team, office, used_at = row
    return Posting(organisation, Role(role) if role else None, setting, team, office, id_, used_at)


def _post(session: Session, account: int, posting: Posting, told: Told) -> None:
    session.run(
        _QUERIES["add_posting"],
        account=account,
        organisation=posting.organisation,
        role=str(posting.role or ""),
        setting=posting.setting,
        team=posting.team,
        office=posting.office,
        now=told.at,
    )


def _check(wanted: Newcomer) -> None:
    if not _USER.fullmatch(wanted.user):
        message = "A user name is made of small letters, digits, dots and hyphens, at most 63."
        raise Incorrect(message, where="user", code="value")
    if (
        not 0 < len(wanted.display_name.strip()) <= _LONGEST
        or not wanted.display_name.isprintable()
    ):
        message = f"The name that pages show has 1 to {_LONGEST} characters."
        raise Incorrect(message, where="name", code="value")
    if not _NAME.fullmatch(wanted.organisation):
        message = "An organisation is made of small letters, digits and hyphens."
        raise Incorrect(message, where="organisation", code="value")
    for posting in wanted.postings:
        _check_posting(posting)


def _check_posting(posting: Posting) -> None:
    if posting.role in (Role.SYSTEM, Role.CI, Role.PX):
        message = "This role is for no member of staff: systems have tokens, citizens a portal."
        raise Incorrect(message, where="role", code="value")
    if (posting.role is None) is not (posting.office in OFFICES):
        raise Incorrect("A posting is a role or an office.", where="role", code="value")
    names = (posting.organisation, posting.setting or "x", posting.team or "x")
    if not all(_NAME.fullmatch(one) for one in names):
        message = "Organisation, setting and team are made of small letters, digits and hyphens."
        raise Incorrect(message, where="organisation", code="value")
