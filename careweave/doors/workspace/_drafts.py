"""What somebody has begun to write and not saved: sealed, their own, gone after a day.

What came after the end of its session is gone after an hour. Source: `reference/interface.md` 3, 5.4; it is no part of the record.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from careweave.db import Queries, Session
from careweave.doors._access import SignedIn
from careweave.terms import TooLong

_QUERIES = Queries("careweave.doors.workspace")
_LIVES = timedelta(hours=24)
LATE_LIVES = timedelta(minutes=60)
"""How long is kept what was posted after its session had ended. Source: `interface.md` 3."""

_LARGEST = 65_536
_MOST = 20
_MACHINERY = frozenset({"csrf", "form", "about", "act"})
"""Fields of a form that belong to the page that it was on and not to its writer."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was begun: the fields as they were posted, and when they were kept."""

    fields: Mapping[str, str]
    kept_at: datetime


def keep_draft(
    session: Session,
    whose: SignedIn,
    place: str,
    fields: Mapping[str, str],
    at: datetime,
    *,
    lives: timedelta = _LIVES,
) -> None:
    """Keeps what its writer has begun in a place, instead of what was kept there."""
    written = {name: text for name, text in fields.items() if name not in _MACHINERY and text}
    plain = json.dumps({"place": place, "fields": written}).encode()
    if len(plain) > _LARGEST:
        raise TooLong("This is too long for a draft; save it in parts.")
    owner, at_place = _owner(session.secret, whose), _place(session.secret, place)
    session.run(_QUERIES["forget_drafts"], at=at)
    session.run(
        _QUERIES["keep_draft"],
        owner=owner,
        place=at_place,
        sealed=_cipher(session.secret).encrypt(plain, [owner, at_place]),
        at=at,
        expires_at=at + lives,
    )


def draft_of(session: Session, whose: SignedIn, place: str, at: datetime) -> Draft | None:
    """Returns what somebody has begun in a place; None where nothing is kept."""
    owner, at_place = _owner(session.secret, whose), _place(session.secret, place)
    row = session.row(_QUERIES["draft_of"], owner=owner, place=at_place, at=at)
    if row is None:
        return None
    sealed, kept_at = row
    found = _opened(session, bytes(sealed), owner, at_place, kept_at)
    return None if found is None else found[1]


def drafts_of(session: Session, whose: SignedIn, at: datetime) -> tuple[tuple[str, Draft], ...]:
    """Returns all that somebody has begun in this role, each with its place, the newest first."""
    owner = _owner(session.secret, whose)
    rows = session.rows(_QUERIES["drafts_of"], owner=owner, at=at, most=_MOST)
    found = (
        _opened(session, bytes(sealed), owner, bytes(place), kept) for place, sealed, kept in rows
    )
    return tuple(one for one in found if one is not None)


def drop_draft(session: Session, whose: SignedIn, place: str) -> None:
    """Drops what somebody has begun in a place: it was saved, or is not wanted."""
    secret = session.secret
    session.run(_QUERIES["drop_draft"], owner=_owner(secret, whose), place=_place(secret, place))


def _opened(
    session: Session, sealed: bytes, owner: bytes, at_place: bytes, kept_at: datetime
) -> tuple[str, Draft] | None:
    """Returns a draft with its place; None where nobody can read it any more."""
    try:
        plain = _cipher(session.secret).decrypt(sealed, [owner, at_place])
    except InvalidTag:
        # The installation has another secret since.
        return None
    held = json.loads(plain)
    return held["place"], Draft(held["fields"], kept_at)


def _owner(secret: bytes, whose: SignedIn) -> bytes:
    """Returns whose a draft is: one user in one role at one organisation, in any session."""
    posting = whose.posting
    parts = (whose.user, posting.organisation, posting.words)
    return _digest(secret, b"cw-draft-owner", "\x1f".join(parts))


def _place(secret: bytes, place: str) -> bytes:
    return _digest(secret, b"cw-draft-place", place)


def _digest(secret: bytes, use: bytes, text: str) -> bytes:
    return blake2b(text.encode(), key=secret[:64], digest_size=32, person=use).digest()


@lru_cache(maxsize=16)
def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(blake2b(secret, digest_size=32, person=b"careweave-draft2").digest())
