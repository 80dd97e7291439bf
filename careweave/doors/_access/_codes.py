"""Recovery codes, and the password of the first administrator: both open enrolment alone.

Source: `reference/security.md` 1.4; issue 6, "Sign-in, first form".
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from careweave.db import Database, Queries, Session
from careweave.doors._access._once import forget_tries, must_try
from careweave.doors._access._people import Account, account_named
from careweave.doors._access._refusals import Refusals
from careweave.doors._access._sessions import Assurance
from careweave.doors._access._telling import Told, tell
from careweave.terms import Busy, Conflict, Forbidden, NotFound

_QUERIES = Queries("careweave.doors._access")

# Without those that are mistaken for each other. Source: Crockford, Base 32.
_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _GROUP = 4, 5
_ENOUGH = 2
N_CODES = 8
FIRST_CODE = timedelta(hours=24)
"""How long the code lasts that somebody is given for a first passkey, or after losing all."""
KEPT_CODE = timedelta(days=3650)

_ITERATIONS, _LANES, _KIB, _LENGTH, _SALT = 3, 4, 65_536, 32, 16
_QUEUE_S = 2.0
_LONGEST = 200
_REFUSED = "This name and code do not belong together, or the code was used."


class Codes:
    """Takes codes and the first password. One per process; used by many threads."""

    def __init__(self, database: Database) -> None:
        """Takes the database that holds their digests."""
        self._database = database
        # One at a time: each costs 64 MiB and a tenth of a second.
        self._queue = Lock()
        self._refusals = Refusals(database, "code")

    def use(self, user: str, words: str, told: Told) -> tuple[Account, Assurance]:
        """Returns whose code or first password this is, and which; a code is used up by it.

        Forbidden, in the same words and after the same work, for every other; Busy while the name
        is locked after too many failures from there. Every success is accounted for, and every
        failure up to one a second; of more than that the ledger has the number.
        """
        name = user.strip().lower()
        must_try(self._database, name, told.address, told.at)
        with self._database.session() as session:
            account = _living(session, name)
            if account is not None and _take(session, account, words, told.at):
                return _proved(session, account, Assurance.CODE, told)
            hashed = _password_of(session, account)
        # No connection is held while this is worked out: others wait for theirs meanwhile.
        is_password = self._is_password(hashed, words)
        with self._database.session() as session:
            # It may have been taken away meanwhile.
            if account is not None and is_password and _password_of(session, account) == hashed:
                return _proved(session, account, Assurance.PASSWORD, told)
            organisation = "" if account is None else account.organisation
            self._refusals.tell(session, told, organisation, "not-proved")
        raise Forbidden(_REFUSED)

    def _is_password(self, hashed: str, words: str) -> bool:
        if not self._queue.acquire(timeout=_QUEUE_S):
            raise Busy("Somebody else is just signing in; try again in a moment.")
        try:
            # Where there is no password the same work is done.
            return _verified(words, hashed or _NOBODYS) and bool(hashed)
        finally:
            self._queue.release()


def new_codes(
    session: Session, account: Account, told: Told, *, n: int = N_CODES
) -> tuple[str, ...]:
    """Makes codes in place of all earlier ones and returns them: the only time they show.

    One alone is a first code, which lasts a day; several are kept for when passkeys are lost.
    """
    session.run(_QUERIES["end_codes"], account=account.id, now=told.at)
    codes = tuple(_new_code() for _ in range(n))
    session.run(
        _QUERIES["add_codes"],
        account=account.id,
        digests=[_digest(session, one) for one in codes],
        now=told.at,
        expires_at=told.at + (FIRST_CODE if n == 1 else KEPT_CODE),
    )
    tell(session, told, "codes-new", f"{account.user}/{n}", account.organisation)
    return codes


def n_codes(session: Session, account: int, now: datetime) -> int:
    """Returns how many codes an account may still use."""
    row = session.row(_QUERIES["n_codes"], account=account, now=now)
    return 0 if row is None else int(row[0])


def first_password(session: Session, user: str, told: Told) -> str:
    """Makes the password of the first administrator and returns it: the only time it shows.

    It opens the enrolment of passkeys and is gone with the second one. Conflict where the account
    has two, or another administrator has: whoever has lost theirs is given a code.
    """
    account = account_named(session, user)
    if not account.is_administrator:
        raise Conflict("Only the first administrator has a password; give others a code.")
    row = session.row(_QUERIES["n_administrators"], enough=_ENOUGH)
    if row is None or row[0]:
        raise Conflict("There is an administrator with two passkeys; give a code instead.")
    password = _new_code()
    session.run(_QUERIES["end_password"], account=account.id)
    session.run(_QUERIES["set_password"], account=account.id, hash=_hash(password), now=told.at)
    tell(session, told, "password-new", account.user, account.organisation)
    return password


def _proved(
    session: Session, account: Account, proof: Assurance, told: Told
) -> tuple[Account, Assurance]:
    forget_tries(session, account.user, told.address)
    tell(session, told, "recovery", f"{proof}/{account.user}", account.organisation)
    return account, proof


def _password_of(session: Session, account: Account | None) -> str:
    row = None if account is None else session.row(_QUERIES["password"], account=account.id)
    return "" if row is None else str(row[0])


def _living(session: Session, name: str) -> Account | None:
    try:
        return account_named(session, name)
    except NotFound:
        return None


def _take(session: Session, account: Account, words: str, at: datetime) -> bool:
    digest = _digest(session, words)
    return session.run(_QUERIES["use_code"], account=account.id, digest=digest, now=at) == 1


def _new_code() -> str:
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _digest(session: Session, words: str) -> bytes:
    return hmac.digest(session.secret, b"code\x1f" + _plain(words).encode(), sha256)


def _plain(words: str) -> str:
    """Returns a code as it was made, however it was typed."""
    signs = words[:_LONGEST].lower().replace("o", "0").replace("i", "1").replace("l", "1")
    return "".join(one for one in signs if one in _SIGNS)


def _hash(password: str) -> str:
    made = Argon2id(
        salt=secrets.token_bytes(_SALT),
        length=_LENGTH,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=_KIB,
    )
    return made.derive_phc_encoded(_plain(password).encode())


def _verified(password: str, hashed: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_plain(password).encode(), hashed)
    except InvalidKey:
        return False
    return True


# The hash of bytes that nobody has: it costs what a real one costs.
_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$OWidpX+AD1t9kd+7nWqjew"
    "$uacuRehJGvBupd6OwUHmPX6jB0bIQXCZqLY/FgnMK6c"
)
