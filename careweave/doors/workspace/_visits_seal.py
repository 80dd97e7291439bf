"""Keys of a visit list that is taken along: what the device seals, only this installation opens.

An edit is sealed to the public key of its copy the moment it is written: it outlives the readable
copy and the session, and nobody who finds the device can read it. ECDH on P-256 with a key used
once, HKDF-SHA-256, AES-256-GCM: what every browser has. Source: docs/decisions/0041.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from careweave.terms import Fault, Incorrect, Json

_CURVE = ec.SECP256R1()
_INFO = b"careweave visit list "
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class CopyKey:
    """The key of one copy: what the device is given, and what the server keeps of it."""

    public: str
    wrapped: bytes


def new_copy_key(secret: bytes, copy: UUID) -> CopyKey:
    """Returns a new key for a copy; the private part is bound to the copy's id."""
    made = ec.generate_private_key(_CURVE)
    plain = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    point = made.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return CopyKey(_b64(point), _cipher(secret).encrypt(plain, [b"key", copy.bytes]))


def copy_key(secret: bytes, copy: UUID, wrapped: bytes) -> ec.EllipticCurvePrivateKey:
    """Returns the private key of a copy."""
    try:
        plain = _cipher(secret).decrypt(wrapped, [b"key", copy.bytes])
    except InvalidTag:
        # The installation has another secret since: nobody can open it any more.
        message = "What was written on this copy cannot be opened here any more."
        raise Incorrect(message) from None
    found = load_der_private_key(plain, None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise Fault
    return found


def open_sealed(key: ec.EllipticCurvePrivateKey, copy: UUID, sealed: Json) -> dict[str, Json]:
    """Returns what the device sealed; Incorrect for anything that it did not seal to this copy."""
    point, nonce, text = (_part(sealed, name) for name in ("e", "i", "c"))
    try:
        other = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        shared = key.exchange(ec.ECDH(), other)
        made = HKDF(SHA256(), 32, salt=b"", info=_INFO + str(copy).encode()).derive(shared)
        plain = AESGCM(made).decrypt(nonce, text, str(copy).encode())
        found = json.loads(plain)
    except (InvalidTag, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Incorrect("This was not written on this copy of the visit list.")
    return found


def seal_text(secret: bytes, edit: UUID, text: str) -> bytes:
    """Returns a text of an edit that waits for its writer, sealed and bound to the edit."""
    return _cipher(secret).encrypt(text.encode(), [b"text", edit.bytes])


def open_text(secret: bytes, edit: UUID, sealed: bytes) -> str:
    """Returns the text of an edit that waits; empty where the secret is another since."""
    try:
        return _cipher(secret).decrypt(sealed, [b"text", edit.bytes]).decode()
    except InvalidTag:
        return ""


def _part(sealed: Json, name: str) -> bytes:
    value = sealed.get(name) if isinstance(sealed, dict) else None
    if not isinstance(value, str) or len(value) > _LARGEST:
        raise Incorrect("This is not what a copy of the visit list seals.")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Incorrect("This is not what a copy of the visit list seals.") from None


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(blake2b(secret, digest_size=32, person=b"careweave-visits").digest())
