"""Sessions: rows on the server, one role each, ended at once everywhere.

Source: `reference/security.md` 1.5.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from careweave.db import Database, Queries, Row, Session
from careweave.doors._access._people import Account, Posting
from careweave.doors._access._telling import Told, tell
from careweave.terms import Forbidden, NotFound, PersonId, Purpose, Role, Unauthenticated

_QUERIES = Queries("careweave.doors._access")

COOKIE = "__Host-cw"
"""Where a browser keeps the id of its session."""

_ID_BYTES = 32
_KEY_BYTES = 9
_TEXT_MOST = 64
_DEVICE_MOST = 60
_SEEN_EVERY = timedelta(seconds=30)
_KEPT = timedelta(days=30)
_LAPSED = timedelta(hours=12)

Bytes = Callable[[int], bytes]


class Assurance(StrEnum):
    """How somebody proved who they are. A password or a code opens only the own passkeys."""

    PASSKEY = "passkey"
    DEMO = "demo"
    PASSWORD = "password"  # noqa: S105  a word for it, not one
    CODE = "code"


_FULL = frozenset({Assurance.PASSKEY, Assurance.DEMO})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts without an act, and in all since its holder proved who it is."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has signed in and acts in one role.

    `key` names the session in the ledger; `secret` makes what is opaque on its pages and is never
    shown. `person` is who the user is in the record. `launched_by` is the client that opened it.
    """

    key: str
    account: int
    user: str
    display_name: str
    posting: Posting
    purpose: Purpose
    assurance: Assurance
    secret: bytes
    person: PersonId | None
    authenticated_at: datetime
    began_at: datetime
    last_seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    step_up_at: datetime | None = None
    launched_by: str = ""

    @property
    def name(self) -> str:
        """Returns the name that the ledger has for who acts in this session."""
        return _name(self.assurance, self.key)


@dataclass(frozen=True, slots=True)
class Chooser:
    """Somebody who has proved who they are and acts in no role yet: nothing can be opened.

    With `may_choose` a role can be chosen; without it, only a passkey enrolled.
    """

    key: str
    account: int
    user: str
    display_name: str
    assurance: Assurance
    secret: bytes
    ends_at: datetime

    @property
    def name(self) -> str:
        """Returns the name that the ledger has for who acts in this session."""
        return _name(self.assurance, self.key)

    @property
    def may_choose(self) -> bool:
        """Says whether what was proved is enough for a role."""
        return self.assurance in _FULL


@dataclass(frozen=True, slots=True)
class Kept:
    """One session as its owner sees it in a list."""

    key: str
    posting: Posting | None
    assurance: Assurance
    device: str
    began_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What a session begins with: how and when its holder proved who it is, on what browser."""

    assurance: Assurance
    authenticated_at: datetime
    device: str = ""
    launched_by: str = ""
    step_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """As what somebody begins a session; without a posting, one is still to be chosen."""

    account: Account
    posting: Posting | None = None
    purpose: Purpose | None = None


class Sessions:
    """Begins, knows, changes and ends sessions. One per process; used by many threads.

    Every request asks the database: what was ended is dead with the next request, everywhere.
    """

    def __init__(
        self, database: Database, *, limits: Limits | None = None, random: Bytes | None = None
    ) -> None:
        """Takes the database, and where random bytes come from (for tests)."""
        self._database = database
        self._limits = limits or Limits()
        self._random = random or secrets.token_bytes

    @property
    def limits(self) -> Limits:
        """Returns how long a session lasts."""
        return self._limits

    def begin(self, seat: Seat, proof: Proof, told: Told) -> str:
        """Begins a session, accounted for, and returns the id for the cookie: the only time it shows.

        Without a posting, the session is one in which a role is still to be chosen.
        """
        _check(seat, proof)
        with self._database.session() as session:
            return self._begin(session, seat, proof, told, "sign-in")

    def of(self, token: str, now: datetime) -> SignedIn | None:
        """Returns who holds the id and acts in a role; None for every other, whatever the reason."""
        row = self._row(token, now)
        if row is None or row[7] is None or not row[13]:
            return None
        return _signed_in(row, self._limits)

    def lapsed(self, token: str, now: datetime) -> SignedIn | None:
        """Returns who held the id until its time ran out, half a day ago at most; None otherwise.

        They are not signed in. One who signed out, or was ended from elsewhere, is not returned.
        """
        return None if self.of(token, now) else self.of(token, now - _LAPSED)

    def chooser(self, token: str, now: datetime) -> Chooser | None:
        """Returns who holds the id and has no role yet; None for every other."""
        row = self._row(token, now)
        if row is None or row[7] is not None:
            return None
        key, account, user, display_name, _, assurance, secret = row[:7]
        ends_at = row[14] + self._limits.absolute
        return Chooser(
            key, account, user, display_name, Assurance(assurance), bytes(secret), ends_at
        )

    def touch(self, signed_in: SignedIn, now: datetime) -> None:
        """Notes that the holder did something: the session lasts on. Written twice a minute at most."""
        if now - signed_in.last_seen_at < _SEEN_EVERY:
            return
        with self._database.reading() as session:
            session.run(_QUERIES["touch_session"], key=signed_in.key, now=now)

    def choose(self, chooser: Chooser, seat: Seat, told: Told) -> str:
        """Begins the session of a chosen role in place of the choosing one; returns its new id."""
        proof = Proof(chooser.assurance, chooser.ends_at - self._limits.absolute)
        return self._instead(chooser.key, seat, proof, told, "sign-in")

    def switch(self, signed_in: SignedIn, seat: Seat, told: Told, *, launched_by: str = "") -> str:
        """Begins a session in another role in place of this one, and returns its new id.

        The time in all runs on. What was opened by broken glass belongs to the old one.
        """
        proof = Proof(
            signed_in.assurance,
            signed_in.authenticated_at,
            launched_by=launched_by or signed_in.launched_by,
        )
        return self._instead(signed_in.key, seat, proof, told, "switch")

    def step_up(self, signed_in: SignedIn, seat: Seat, told: Told) -> str:
        """Notes that the holder has proved it anew by a passkey, under a new id, which is returned."""
        proof = Proof(
            Assurance.PASSKEY,
            signed_in.authenticated_at,
            launched_by=signed_in.launched_by,
            step_up_at=told.at,
        )
        return self._instead(signed_in.key, seat, proof, told, "step-up")

    def end(self, who: SignedIn | Chooser, told: Told) -> None:
        """Ends the session, accounted for; its id is dead at once."""
        with self._database.session() as session:
            self._end(session, who.key, "sign-out", told)
            organisation = who.posting.organisation if isinstance(who, SignedIn) else ""
            tell(session, told, "sign-out", f"session/{who.key}", organisation)

    def end_one(self, account: int, key: str, told: Told) -> None:
        """Ends one session of an account, from another of its sessions; NotFound for any other."""
        with self._database.session() as session:
            row = session.row(
                _QUERIES["end_session_of"], account=account, key=key, now=told.at, by="elsewhere"
            )
            if row is None:
                raise NotFound("There is no such session of yours any more.")
            tell(session, told, "session-end", f"session/{key}", row[0] or "")

    def end_all(self, account: int, told: Told, *, but: str = "", by: str = "elsewhere") -> int:
        """Ends all sessions of an account, but the one of that key, and returns how many."""
        with self._database.session() as session:
            n = session.run(_QUERIES["end_sessions"], account=account, now=told.at, by=by, but=but)
            tell(session, told, "session-end", f"sessions/{n}", "")
        return n

    def living(self, account: int, now: datetime) -> tuple[Kept, ...]:
        """Returns the living sessions of an account, the newest first."""
        with self._database.reading() as session:
            rows = session.rows(_QUERIES["living_sessions"], account=account, **self._since(now))
        return tuple(
            Kept(
                key,
                None if org is None else Posting(org, Role(role) if role else None, *place),
                Assurance(assurance),
                device,
                began,
                seen,
            )
            for key, org, role, *place, assurance, device, began, seen in rows
        )

    def _row(self, token: str, now: datetime) -> Row | None:
        if not token or len(token) > _TEXT_MOST or not token.isascii():
            return None
        with self._database.reading() as session:
            return session.row(_QUERIES["session"], digest=_digest(token), **self._since(now))

    def _since(self, now: datetime) -> dict[str, datetime]:
        return {"idle": now - self._limits.idle, "absolute": now - self._limits.absolute}

    def _instead(self, key: str, seat: Seat, proof: Proof, told: Told, action: str) -> str:
        _check(seat, proof)
        with self._database.session() as session:
            device = self._end(session, key, action, told)
            if device is None:
                raise Unauthenticated("This session has ended; sign in again.")
            return self._begin(session, seat, replace(proof, device=device), told, action)

    def _begin(self, session: Session, seat: Seat, proof: Proof, told: Told, action: str) -> str:
        token, key = text_of(self._random(_ID_BYTES)), text_of(self._random(_KEY_BYTES))
        account, posting = seat.account, seat.posting
        session.run(_QUERIES["forget_sessions"], before=told.at - _KEPT)
        session.run(
            _QUERIES["add_session"],
            digest=_digest(token),
            key=key,
            account=account.id,
            posting=None if posting is None else posting.id,
            purpose=str(seat.purpose or ""),
            assurance=str(proof.assurance),
            secret=self._random(_ID_BYTES),
            device=proof.device[:_DEVICE_MOST],
            launched_by=proof.launched_by,
            authenticated_at=proof.authenticated_at,
            step_up_at=proof.step_up_at,
            now=told.at,
        )
        what = f"session/{key}" if posting is None else f"session/{key} {posting.words}"
        organisation = account.organisation if posting is None else posting.organisation
        told = replace(told, actor=_name(proof.assurance, key), user=account.user)
        tell(session, told, action, what, organisation)
        return token

    def _end(self, session: Session, key: str, by: str, told: Told) -> str | None:
        row = session.row(_QUERIES["end_session"], key=key, now=told.at, by=by)
        return None if row is None else str(row[0])


def text_of(raw: bytes) -> str:
    """Returns bytes as text that fits into a cookie and an address."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _check(seat: Seat, proof: Proof) -> None:
    if seat.posting is None:
        return
    if proof.assurance not in _FULL:
        raise Forbidden("Enrol a passkey first and sign in with it.")
    if seat.posting not in seat.account.postings or seat.purpose is None:
        raise Forbidden("This account has no such role here.")


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _name(assurance: str, key: str) -> str:
    return f"workspace-{assurance}/{key}"


def _signed_in(row: Row, limits: Limits) -> SignedIn:
    key, account, user, display_name, person, assurance, secret = row[:7]
    posting, organisation, role, setting, team, office, purpose = row[7:14]
    authenticated_at, began_at, seen_at, step_up_at, launched_by = row[14:]
    return SignedIn(
        key=key,
        account=account,
        user=user,
        display_name=display_name,
        posting=Posting(organisation, Role(role) if role else None, setting, team, office, posting),
        purpose=Purpose(purpose),
        assurance=Assurance(assurance),
        secret=bytes(secret),
        person=PersonId(person) if isinstance(person, UUID) else None,
        authenticated_at=authenticated_at,
        began_at=began_at,
        last_seen_at=seen_at,
        idle_ends_at=seen_at + limits.idle,
        ends_at=authenticated_at + limits.absolute,
        step_up_at=step_up_at,
        launched_by=launched_by,
    )
