"""Launches in context: another system opens a person here for its user, by an address used once.

Nothing in the address tells of anybody. It is bound to the user and the organisation, lives five
minutes, and is spent by its first use. Source: issue 6, "Launch in context".
"""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from careweave.db import Database, Queries, Session
from careweave.doors._access._once import spend
from careweave.doors._access._people import account_named
from careweave.doors._access._registration import LAUNCH
from careweave.doors._access._sessions import SignedIn, text_of
from careweave.doors._access._telling import Told, tell
from careweave.terms import Actor, Forbidden, Incorrect, NotFound, Purpose

_QUERIES = Queries("careweave.doors._access")

LASTS = timedelta(minutes=5)
_AHEAD = timedelta(seconds=30)
"""How far the clock of the host may be ahead of ours. Source: `reference/security.md` 1.2."""
_BYTES, _NONCE, _KEY_BYTES = 32, 12, 32
_LONGEST, _TEXT_MOST = 200, 4096


@dataclass(frozen=True, slots=True)
class Launch:
    """What is launched: a person by an identifier, for a user, why."""

    system: str
    value: str
    user: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Offered:
    """A launch that waits: the opaque part of its address, and when it is over."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A launch that was opened: whom, why, and which client asked for it."""

    system: str
    value: str
    purpose: Purpose
    client: str


class Launches:
    """Takes launches from clients and gives each to its user, once. Used by many threads."""

    def __init__(self, database: Database, *, random: Callable[[int], bytes] | None = None) -> None:
        """Takes the database that keeps them, and where random bytes come from."""
        self._database = database
        self._random = random or secrets.token_bytes

    def offer(self, client: Actor, launch: Launch, told: Told) -> Offered:
        """Keeps a launch of a client that may launch, accounted for, and returns its address.

        Forbidden for a client that may not; Incorrect for a user who does not work there.
        """
        if LAUNCH not in client.scopes:
            raise Forbidden("This client may not launch; its operator can allow it.")
        with self._database.session() as session:
            return self._keep(session, client.name, client.organisation, launch, told)

    def offer_of_link(self, client: str, token: str, told: Told) -> Offered:
        """Keeps the launch that an encrypted link tells, as if its client had posted it.

        NotFound for every link that is not whole, of now, and used for the first time.
        """
        with self._database.session() as session:
            row = session.row(_QUERIES["launching_client"], name=client[:_LONGEST], now=told.at)
            if row is None or len(token) > _TEXT_MOST:
                raise NotFound
            raw = _opened(link_key(session, client, row[0]), token, client)
            launch, made_at = _read_link(raw)
            if not told.at - LASTS < made_at <= told.at + _AHEAD:
                raise NotFound
            if not spend(session, token.encode(), made_at + LASTS, told.at):
                raise NotFound
            return self._keep(session, client, row[1], launch, told)

    def take(self, text: str, signed_in: SignedIn, told: Told) -> Taken:
        """Returns what waits under an address for this very user, and spends it.

        NotFound for everybody else; Forbidden for the user in a role elsewhere, who may change it.
        """
        with self._database.session() as session:
            row = session.row(_QUERIES["launch"], digest=_digest(text), now=told.at)
            if row is None or row[2] != signed_in.user:
                raise NotFound
            if row[1] != signed_in.posting.organisation:
                raise Forbidden("This was opened for another organisation; change your role.")
            if not session.run(_QUERIES["take_launch"], digest=_digest(text)):
                raise NotFound
            tell(session, told, "launch-open", f"launch/{row[0]}", row[1])
            raw = AESGCM(_own_key(session)).decrypt(row[4][:_NONCE], row[4][_NONCE:], text.encode())
        told_of = json.loads(raw)
        return Taken(told_of["system"], told_of["value"], Purpose(row[3]), row[0])

    def _keep(
        self, session: Session, client: str, organisation: str, launch: Launch, told: Told
    ) -> Offered:
        _check(session, launch, organisation)
        text, nonce = text_of(self._random(_BYTES)), self._random(_NONCE)
        whom = json.dumps({"system": launch.system, "value": launch.value}).encode()
        sealed = nonce + AESGCM(_own_key(session)).encrypt(nonce, whom, text.encode())
        expires_at = told.at + LASTS
        session.run(_QUERIES["forget_launches"], now=told.at)
        session.run(
            _QUERIES["add_launch"],
            digest=_digest(text),
            client=client,
            organisation=organisation,
            user=launch.user,
            purpose=str(launch.purpose),
            sealed=sealed,
            now=told.at,
            expires_at=expires_at,
        )
        tell(session, told, "launch", f"launch/{client}", organisation)
        return Offered(text, expires_at)


def link_key(session: Session, client: str, number: int) -> bytes:
    """Returns the key with which a client encrypts its links; a client added anew has another."""
    word = f"launch-link\x1f{client}\x1f{number}"
    return hmac.digest(session.secret, word.encode(), sha256)[:_KEY_BYTES]


def link_key_of(session: Session, client: str, now: datetime) -> bytes:
    """Returns the same for the living client of a name that may launch; NotFound for any other."""
    row = session.row(_QUERIES["launching_client"], name=client, now=now)
    if row is None:
        raise NotFound("There is no living client of that name with the scope launch.")
    return link_key(session, client, row[0])


def launch_of(said: Mapping[str, object]) -> Launch:
    """Returns the launch that a client posted or a link told; Incorrect for what is none."""
    system, value, user = (_text(said, name) for name in ("system", "identifier", "user"))
    try:
        purpose = Purpose(str(said.get("purpose") or Purpose.DIRECT_CARE))
    except ValueError:
        message = "This is no purpose; leave it out for direct care."
        raise Incorrect(message, where="purpose", code="value") from None
    return Launch(system, value, user.strip().lower(), purpose)


def _text(said: Mapping[str, object], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not 0 < len(found.strip()) <= _LONGEST:
        message = "A launch says system, identifier and user, each in a text."
        raise Incorrect(message, where=name, code="required")
    return found.strip()


def _check(session: Session, launch: Launch, organisation: str) -> None:
    try:
        account = account_named(session, launch.user)
    except NotFound:
        account = None
    if account is None or not any(one.organisation == organisation for one in account.postings):
        message = "No such user works for the organisation of this client."
        raise Incorrect(message, where="user", code="value")


def _read_link(raw: bytes) -> tuple[Launch, datetime]:
    try:
        said = json.loads(raw)
        made_at = datetime.fromtimestamp(said["at"], UTC)
        return launch_of(said), made_at
    except (ValueError, TypeError, KeyError, OverflowError, OSError, Incorrect):
        raise NotFound from None


def _opened(key: bytes, token: str, client: str) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], client.encode())
    except (binascii.Error, ValueError, InvalidTag):
        raise NotFound from None


def _own_key(session: Session) -> bytes:
    return hmac.digest(session.secret, b"launch", sha256)


def _digest(text: str) -> bytes:
    return sha256(text[:_LONGEST].encode()).digest()
