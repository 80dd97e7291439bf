"""Challenges for passkeys: made without keeping anything, used once, within five minutes.

Source: `reference/security.md` 1.4.
"""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from careweave.db import Session
from careweave.doors._access._once import spend
from careweave.terms import Forbidden

LASTS = timedelta(minutes=5)

_NONCE, _STAMP, _PROOF = 16, 8, 24
_EXPIRED = "This took too long, or was used already. Open the page anew and try again."


def new_challenge(secret: bytes, what: str, at: datetime, random: Callable[[int], bytes]) -> bytes:
    """Returns a challenge for one act of whoever has the secret: a session, or a visit before it."""
    head = int(at.timestamp()).to_bytes(_STAMP, "big") + random(_NONCE)
    return head + _proof(secret, what, head)


def must_be_fresh(
    session: Session, challenge: bytes, secret: bytes, what: str, at: datetime
) -> None:
    """Raises Forbidden for a challenge of another session or act, an old one, or one used before."""
    head, proof = challenge[: _STAMP + _NONCE], challenge[_STAMP + _NONCE :]
    if not hmac.compare_digest(proof, _proof(secret, what, head)):
        raise Forbidden(_EXPIRED)
    made_at = datetime.fromtimestamp(int.from_bytes(head[:_STAMP], "big"), UTC)
    # The stamp is cut to whole seconds.
    if not made_at <= at < made_at + LASTS:
        raise Forbidden(_EXPIRED)
    if not spend(session, challenge, made_at + LASTS, at):
        raise Forbidden(_EXPIRED)


def _proof(secret: bytes, what: str, head: bytes) -> bytes:
    return hmac.digest(secret, b"challenge\x1f" + what.encode() + b"\x1f" + head, sha256)[:_PROOF]
