"""Sealed continuations: what a page ended with, unreadable and unchangeable by who carries it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from careweave.terms import Incorrect

Value = str | int | None


def seal(secret: bytes, scope: str, values: Sequence[Value]) -> str:
    """Returns the values as an opaque text for use in an address.

    `scope` names the question and who asks; the text opens under the same scope only. Equal values
    give equal texts: the cipher needs no random numbers (RFC 5297).
    """
    plain = json.dumps(list(values), separators=(",", ":")).encode()
    sealed = _cipher(secret).encrypt(plain, [scope.encode()])
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(secret: bytes, scope: str, text: str) -> list[Value]:
    """Returns the values of a sealed text; raises Incorrect when it is not of this scope."""
    try:
        sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        plain = _cipher(secret).decrypt(sealed, [scope.encode()])
    except (ValueError, InvalidTag):
        raise Incorrect(
            "This page link does not belong to this question; start again from the first page.",
            where="_cursor",
            code="value",
        ) from None
    values: list[Value] = json.loads(plain)
    return values


@lru_cache(maxsize=16)
def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(blake2b(secret, digest_size=32, person=b"careweave-cursor").digest())
