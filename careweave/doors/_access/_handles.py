"""Opaque names for ids, made with a session's own secret: nobody else's session knows them."""

import base64
import binascii
import hmac
from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_LONGEST = 512


class Handles:
    """Turns ids into opaque names and back, for one session; keeps nothing.

    The same id has the same name throughout a session and another in every other. A name that was
    made elsewhere, or for another kind of thing, is the name of nothing.
    Source: RFC 5297 (AES-SIV), deterministic authenticated encryption.
    """

    __slots__ = ("_cipher",)

    def __init__(self, secret: bytes) -> None:
        """Takes the secret of the session."""
        self._cipher = AESSIV(hmac.digest(secret, b"handles", sha512))

    def of(self, kind: str, id_: str) -> str:
        """Returns the opaque name of an id."""
        sealed = self._cipher.encrypt(id_.encode(), [kind.encode()])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def id(self, kind: str, handle: str) -> str | None:
        """Returns the id that a name was made of; None for every other text, whatever it is."""
        if len(handle) > _LONGEST or not handle.isascii():
            return None
        try:
            sealed = base64.b64decode(
                handle + "=" * (-len(handle) % 4), altchars=b"-_", validate=True
            )
            found = self._cipher.decrypt(sealed, [kind.encode()]).decode()
        except (binascii.Error, ValueError, InvalidTag):
            return None
        # Base64 has several spellings of some bytes; an address has one.
        return found if self.of(kind, found) == handle else None
