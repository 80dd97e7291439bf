"""Signatures: a detached JWS of Ed25519 over the canonical bytes of an agreement.

Source: RFC 7515 appendix F, RFC 8037; `reference/agreements.md` 2.1.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from careweave.agreements._values import Key
from careweave.terms import Incorrect

_ALGORITHM = "EdDSA"
_HEADER_LARGEST = 400


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a signature does not count, and what to do."""

    what: str
    fix: str


def sign(payload: bytes, *, secret: bytes, kid: str) -> str:
    """Returns the detached JWS over a payload; `secret` is a private key of Ed25519 as PEM."""
    header = _encoded(json.dumps({"alg": _ALGORITHM, "kid": kid}, separators=(",", ":")).encode())
    made = _private(secret).sign(f"{header}.{_encoded(payload)}".encode())
    return f"{header}..{_encoded(made)}"


def public_half(secret: bytes) -> bytes:
    """Returns the 32 bytes of the public half of a private key of Ed25519 in PEM."""
    return _private(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_text(secret: bytes) -> str:
    """Returns the public half as `organisations.yaml` writes it: base64url without padding."""
    return _encoded(public_half(secret))


def private_pem(seed: bytes) -> bytes:
    """Returns a private key of Ed25519 as PEM, of 32 bytes of chance."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _private(secret: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(secret, password=None)
    except (ValueError, TypeError) as error:
        message = "This is no private key in PEM without a password."
        raise Incorrect(message, where="key") from error
    if not isinstance(key, Ed25519PrivateKey):
        message = "The key is not one of Ed25519."
        raise Incorrect(message, where="key")
    return key


def doubt_of(
    signature: str,
    payload: bytes,
    *,
    keys: Iterable[Key],
    at: date,
    takes_demonstration_keys: bool,
) -> Doubt | None:
    """Returns why a signature does not count; None where it does.

    It counts where one of these keys, in date on the day of signing, made it over this payload. A
    key of the demonstration counts only where those are taken.
    """
    kid = _kid(signature)
    known = {key.kid: key for key in keys}
    if kid is None:
        return Doubt("the signature is not in the form of a JWS", "sign again")
    if kid not in known:
        return Doubt("the key that signed is not one of this party", "sign with one of its keys")
    key = known[kid]
    if key.is_demonstration and not takes_demonstration_keys:
        return Doubt("the key is one of the demonstration", "sign with a key of your own")
    return _doubt_of_key(key, signature, payload, at)


def _doubt_of_key(key: Key, signature: str, payload: bytes, at: date) -> Doubt | None:
    if not key.from_ <= at <= key.to:
        return Doubt("the key was not in date when it signed", "sign with a key in date")
    if not _verifies(key.public, signature, payload):
        return Doubt("the signature is not over what the file says now", "sign this version")
    return None


def _kid(signature: str) -> str | None:
    """Returns the name of the key in the header, None where that is not ours."""
    head = _decoded(signature.partition(".")[0])
    if head is None or len(head) > _HEADER_LARGEST:
        return None
    try:
        header = json.loads(head)
    except ValueError:
        return None
    # Nothing but these two: an unknown member might change what the signature means (RFC 7515, 4.1.11).
    if not isinstance(header, dict) or set(header) != {"alg", "kid"}:
        return None
    kid = header["kid"]
    return kid if header["alg"] == _ALGORITHM and isinstance(kid, str) else None


@lru_cache(maxsize=256)
def _verifies(public: bytes, signature: str, payload: bytes) -> bool:
    header, empty, made = [*signature.split("."), "", ""][:3]
    raw = _decoded(made)
    if empty or raw is None or signature.count(".") != 2:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            raw, f"{header}.{_encoded(payload)}".encode()
        )
    except InvalidSignature:
        return False
    return True


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
