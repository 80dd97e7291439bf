"""Passkeys: enrolled and proved, always with user verification. Passkeys need no user name.

Source: `reference/security.md` 1.4; W3C Web Authentication level 3, sections 7.1 and 7.2.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from careweave.db import Database, Queries, Session
from careweave.disclosure import Alert, Notice, alert
from careweave.doors._access._challenges import LASTS, must_be_fresh, new_challenge
from careweave.doors._access._people import Account, account_of
from careweave.doors._access._refusals import Refusals
from careweave.doors._access._telling import Told, tell
from careweave.terms import Actor, Conflict, Forbidden, NotFound, Purpose, SourceId

_LOG = logging.getLogger("careweave.doors.access")
_QUERIES = Queries("careweave.doors._access")

_LARGEST = 16 * 1024
_NAME_MOST = 60
_MOST = 20
_ENOUGH = 2
_SIGN, _ENROL = "sign", "enrol"
_BACK = "counter-went-back"
_REFUSED = "This passkey was not accepted. Try again, or sign in with a recovery code."
# What a malformed credential can raise in the libraries that read it.
_UNREADABLE = (
    *(WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(RecursionError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class Party:
    """Whose passkeys they are: the host of the pages, their one origin, and a name to show."""

    id: str
    origin: str
    name: str


def party_of(base: str, name: str = "Careweave") -> Party:
    """Returns whose passkeys are those of pages at an address: scheme, host and port."""
    parts = urlsplit(base)
    return Party(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an authenticator: of whoever has the secret, at a moment."""

    secret: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey as its owner sees it."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


class Passkeys:
    """Asks for passkeys and checks what comes. One per process; used by many threads."""

    def __init__(self, database: Database, party: Party, random: Callable[[int], bytes]) -> None:
        """Takes the database that holds them, whose they are, and where random bytes come from."""
        self._database = database
        self._party = party
        self._random = random
        self._refusals = Refusals(database, "passkey")

    def ask(self, asked: Asked) -> str:
        """Returns what a browser is asked for, as JSON: any passkey of this place."""
        options = webauthn.generate_authentication_options(
            rp_id=self._party.id,
            challenge=new_challenge(asked.secret, _SIGN, asked.at, self._random),
            timeout=int(LASTS.total_seconds() * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    def proved(self, credential: str, asked: Asked, told: Told) -> Account:
        """Returns whose passkey has answered; Forbidden, in the same words, for every other.

        A counter that goes back tells of a copy: the passkey is ended.
        """
        with self._database.session() as session:
            account, refused = self._proved(session, credential, asked)
            if refused:
                self._tell(session, told, account, refused)
        if account is None or refused:
            _warn(refused)
            raise Forbidden(_REFUSED)
        return account

    def _tell(self, session: Session, told: Told, account: Account | None, refused: str) -> None:
        """Tells of a passkey that was not taken; of a copied one always, and to its officers too."""
        organisation = "" if account is None else account.organisation
        if refused == _BACK:
            tell(session, told, "sign-in", "passkey", organisation, refused=refused)
        else:
            self._refusals.tell(session, told, organisation, refused)
        if account is not None and refused == _BACK:
            alert(session, [_copied(account, one, told) for one in _workplaces(account)])

    def _proved(
        self, session: Session, credential: str, asked: Asked
    ) -> tuple[Account | None, str]:
        try:
            given = parse_authentication_credential_json(_small(credential))
            challenge = _challenge_of(given.response.client_data_json)
            row = session.row(_QUERIES["passkey"], credential=given.raw_id)
            if row is None:
                return None, "unknown"
            must_be_fresh(session, challenge, asked.secret, _SIGN, asked.at)
            found = webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                credential_public_key=bytes(row[1]),
                # The counter is compared where it is kept, so that two at once cannot both pass.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
            account = account_of(session, row[0])
        except (*_UNREADABLE, Forbidden, NotFound):
            return None, "not-proved"
        if given.response.user_handle not in (None, account.handle):
            return account, "another-account"
        return account, _counted(session, given.raw_id, found.new_sign_count, asked.at)

    def ask_new(self, account: Account, asked: Asked) -> str:
        """Returns what a browser is asked for to enrol a passkey, as JSON; Conflict for too many."""
        with self._database.reading() as session:
            known = session.rows(_QUERIES["passkeys"], account=account.id)
        if len(known) >= _MOST:
            raise Conflict("There are enough passkeys; take one away first.")
        options = webauthn.generate_registration_options(
            rp_id=self._party.id,
            rp_name=self._party.name,
            user_id=account.handle,
            user_name=account.user,
            user_display_name=account.display_name,
            challenge=new_challenge(asked.secret, _enrol(account), asked.at, self._random),
            timeout=int(LASTS.total_seconds() * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(row[4])) for row in known],
        )
        return webauthn.options_to_json(options)

    def enrol(self, account: Account, credential: str, name: str, asked: Asked, told: Told) -> None:
        """Enrols a passkey for an account, accounted for. With the second, a password is gone."""
        with self._database.session() as session:
            try:
                given = parse_registration_credential_json(_small(credential))
                challenge = _challenge_of(given.response.client_data_json)
                must_be_fresh(session, challenge, asked.secret, _enrol(account), asked.at)
                found = webauthn.verify_registration_response(
                    credential=given,
                    expected_challenge=challenge,
                    expected_rp_id=self._party.id,
                    expected_origin=self._party.origin,
                    require_user_verification=True,
                )
            except _UNREADABLE as fault:
                raise Forbidden("This passkey was not accepted. Try again.") from fault
            row = session.row(
                _QUERIES["add_passkey"],
                account=account.id,
                credential=found.credential_id,
                public_key=found.credential_public_key,
                n_signed=found.sign_count,
                name=_plain(name),
                now=asked.at,
            )
            if row is None:
                raise Conflict("This passkey is enrolled already.")
            if len(session.rows(_QUERIES["passkeys"], account=account.id)) >= _ENOUGH:
                session.run(_QUERIES["end_password"], account=account.id)
            tell(session, told, "passkey-add", account.user, account.organisation)

    def of(self, account: int) -> tuple[Passkey, ...]:
        """Returns the passkeys of an account, the first enrolled first."""
        with self._database.reading() as session:
            rows = session.rows(_QUERIES["passkeys"], account=account)
        return tuple(Passkey(*row[:4]) for row in rows)

    def end(self, account: Account, id_: int, told: Told) -> None:
        """Takes a passkey away, accounted for; the last one stays, or nobody could sign in."""
        with self._database.session() as session:
            # One at a time, so that two that are taken away at once are not the last two.
            session.row(_QUERIES["lock_account"], account=account.id)
            known = [row[0] for row in session.rows(_QUERIES["passkeys"], account=account.id)]
            if id_ not in known:
                raise NotFound("There is no such passkey of yours.")
            if len(known) == 1:
                raise Conflict("This is the only passkey. Enrol another one first.")
            session.run(_QUERIES["end_passkey"], id=id_, now=told.at)
            tell(session, told, "passkey-end", account.user, account.organisation)


def _workplaces(account: Account) -> tuple[str, ...]:
    """Returns the organisations whose officers are told of a copied passkey: all that it opened."""
    found = (account.organisation, *(one.organisation for one in account.postings))
    return tuple(dict.fromkeys(found))


def _copied(account: Account, organisation: str, told: Told) -> Alert:
    actor = Actor(
        name=told.actor,
        organisation=organisation,
        source=SourceId(0),
        authority=organisation,
        purpose=Purpose.OPERATIONS,
        scopes=frozenset(),
        user=account.user,
    )
    return Alert(Notice.PASSKEY_COPIED, actor, told.at)


def _warn(refused: str) -> None:
    if refused == _BACK:
        _LOG.error('{"event": "passkey-copied"}')
    else:
        _LOG.warning('{"event": "passkey-refused"}')


def _counted(session: Session, credential: bytes, n_signed: int, at: datetime) -> str:
    """Notes the counter of a signature, and returns why it is refused; empty where it counts."""
    if session.run(_QUERIES["count_signature"], credential=credential, n=n_signed, now=at):
        return ""
    session.run(_QUERIES["end_copied_passkey"], credential=credential, now=at)
    return _BACK


def _enrol(account: Account) -> str:
    return f"{_ENROL}\x1f{account.id}"


def _small(credential: str) -> str:
    if len(credential) > _LARGEST:
        raise ValueError("too long")
    return credential


def _challenge_of(client_data: bytes) -> bytes:
    return base64url_to_bytes(json.loads(client_data)["challenge"])


def _plain(name: str) -> str:
    return "".join(one for one in name if one.isprintable()).strip()[:_NAME_MOST]
