"""The key that signs tree heads: a file of the installation, never in the database."""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from careweave.terms import Unavailable


@dataclass(frozen=True, slots=True)
class SealKey:
    """Signs with Ed25519. `id` is the first 16 hexadecimal digits of the public key's SHA-256."""

    _private: Ed25519PrivateKey

    @classmethod
    def load(cls, path: Path) -> "SealKey":
        """Returns the key of a file of 32 bytes, made when absent; refuses one others can read."""
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"Others can read the signing key {path}; set its mode to 600.")
        return cls(Ed25519PrivateKey.from_private_bytes(path.read_bytes()))

    @property
    def public(self) -> bytes:
        """Returns the public key, 32 bytes: to be held by others too."""
        return self._private.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        """Returns the name of the key."""
        return key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """Returns the signature of some bytes."""
        return self._private.sign(data)


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked, so that two starts at once agree on one whole key.
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as aside:
        aside.write(Ed25519PrivateKey.generate().private_bytes_raw())
        aside.flush()
        os.fsync(aside.fileno())
        with suppress(FileExistsError):
            os.link(aside.name, path)


def key_id(public: bytes) -> str:
    """Returns the name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def is_signed(data: bytes, signature: bytes, public: bytes) -> bool:
    """Tells whether the key signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
