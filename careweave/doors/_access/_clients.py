"""Clients and their tokens: added, listed, revoked, and known again at the door."""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from careweave import intake, ledger
from careweave.db import Database, Queries, Session
from careweave.doors._access._registration import Registration, check
from careweave.ledger import Account, Outcome
from careweave.terms import (
    Actor,
    Conflict,
    NotFound,
    PersonId,
    Purpose,
    Role,
    SourceId,
    Unauthenticated,
)

_QUERIES = Queries("careweave.doors._access")

_TOKEN_BYTES = 32
_TOKEN_MOST = 128
_REMEMBERED_MOST = 4096
_REMEMBERED_S = 5.0
_FEED = "fhir"


@dataclass(frozen=True, slots=True)
class Client:
    """A client as an operator sees it; its token is kept nowhere."""

    name: str
    organisation: str
    system: str
    source: SourceId
    purpose: Purpose
    scopes: frozenset[str]
    id_prefix: str | None
    added_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    role: Role = Role.SYSTEM
    setting: str = ""
    team: str = ""
    user: str = ""


def add_client(session: Session, registration: Registration, *, now: datetime) -> str:
    """Adds a client with its source, accounted for, and returns its token: the only time it shows.

    Conflict when a living client has the name, or one of another source a prefix that overlaps.
    """
    check(registration, now)
    session.row(_QUERIES["lock_clients"])
    source = intake.open_source(session, registration.organisation, registration.system, _FEED)
    _check_prefix(session, registration.id_prefix, source)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        session.run(
            _QUERIES["add_client"],
            name=registration.name,
            organisation=registration.organisation,
            system=registration.system,
            source=source,
            purpose=registration.purpose,
            scopes=sorted(registration.scopes),
            id_prefix=registration.id_prefix,
            role=registration.role,
            setting=registration.setting,
            team=registration.team,
            user_name=registration.at_work,
            person=registration.person,
            token_digest=_digest(token),
            now=now,
            expires_at=registration.expires_at,
        )
    except Conflict as error:
        message = "A client has this name already; choose another, or revoke that one first."
        raise Conflict(message, where="name") from error
    _account(session, "client-add", registration.name, registration.organisation, now)
    return token


def revoke_client(session: Session, name: str, *, now: datetime) -> None:
    """Revokes the living client of that name, accounted for; its token is dead within 5 s."""
    row = session.row(_QUERIES["revoke_client"], name=name, now=now)
    if row is None:
        raise NotFound("There is no living client of that name.")
    _account(session, "client-revoke", name, row[0], now)


def list_clients(session: Session) -> tuple[Client, ...]:
    """Returns all clients, the living ones first."""
    return tuple(
        Client(
            name=row[0],
            organisation=row[1],
            system=row[2],
            source=SourceId(row[3]),
            purpose=Purpose(row[4]),
            scopes=frozenset(row[5]),
            id_prefix=row[6],
            added_at=row[7],
            expires_at=row[8],
            revoked_at=row[9],
            role=Role(row[10]),
            setting=row[11],
            team=row[12],
            user=row[13],
        )
        for row in session.rows(_QUERIES["clients"])
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a token: who, until when it lives, and when that was looked up."""

    actor: Actor
    expires_at: datetime
    at: datetime


class Clients:
    """Knows the actor of a token. One per process; used by many threads.

    A token is looked up again after `remembered_s`, at most 5 seconds: so late is one revoked.
    """

    def __init__(self, database: Database, *, remembered_s: float = _REMEMBERED_S) -> None:
        """Takes the database that holds the clients."""
        self._database = database
        self._remembered = timedelta(seconds=min(remembered_s, _REMEMBERED_S))
        self._lock = threading.Lock()
        self._known: dict[bytes, _Known] = {}

    def actor(self, token: str, now: datetime) -> Actor:
        """Returns who holds the token; Unauthenticated, in the same words, for every other."""
        if len(token) > _TOKEN_MOST or not token.isascii():
            raise Unauthenticated
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None or not known.at <= now < known.at + self._remembered:
            known = self._look_up(digest, now)
        if now >= known.expires_at:
            raise Unauthenticated
        return known.actor

    def _look_up(self, digest: bytes, now: datetime) -> _Known:
        with self._database.reading() as session:
            row = session.row(_QUERIES["client_of_token"], token_digest=digest)
        with self._lock:
            self._known.pop(digest, None)
            if row is None:
                raise Unauthenticated
            known = self._known[digest] = _Known(_actor(row), row[6], now)
            while len(self._known) > _REMEMBERED_MOST:
                # The oldest look-up goes: every token in use is looked up anew within seconds.
                del self._known[next(iter(self._known))]
        return known


def _actor(row: tuple[object, ...]) -> Actor:
    name, organisation, source, purpose, scopes, id_prefix, _, *whom = row
    role, setting, team, user, person = whom
    return Actor(
        name=str(name),
        organisation=str(organisation),
        source=SourceId(source),  # type: ignore[arg-type]  # an integer column
        authority=str(organisation),
        purpose=Purpose(str(purpose)),
        scopes=frozenset(scopes),  # type: ignore[call-overload]  # a text[] column
        id_prefix=id_prefix if isinstance(id_prefix, str) else None,
        role=Role(str(role)),
        setting=str(setting),
        team=str(team),
        user=str(user),
        person=PersonId(person) if isinstance(person, UUID) else None,
    )


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _check_prefix(session: Session, id_prefix: str | None, source: SourceId) -> None:
    if id_prefix is None:
        return
    row = session.row(_QUERIES["overlapping"], id_prefix=id_prefix, source=source)
    if row is not None and row[0]:
        raise Conflict(
            "Another source has ids that begin like these; choose another prefix.",
            where="id_prefix",
        )


def _account(session: Session, action: str, name: str, organisation: str, now: datetime) -> None:
    account = Account(
        id=ledger.new_id(now),
        at=now,
        actor="operator",
        organisation=organisation,
        source=None,
        action=action,
        door="cli",
        request_id="",
        purpose=Purpose.OPERATIONS,
        subjects=(),
        what=f"client/{name}",
        n_items=1,
        outcome=Outcome.PERMIT,
    )
    ledger.append(session, [account])
