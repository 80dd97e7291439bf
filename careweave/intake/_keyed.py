"""Public ids that a source's own ids give, the same every time and to nobody else's knowledge.

Source: reference/interop.md 6.1.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from careweave.formats import is_type

_US = "\x1f"
_is_local = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?"
).fullmatch


def keyed_id(secret: bytes, authority: str, *parts: str) -> str:
    """Returns the id of these parts under an authority: 26 letters and digits."""
    text = _US.join((authority, *(part.strip() for part in parts)))
    digest = hmac.digest(secret, text.encode(), "sha256")[:16]
    # 128 bits and two zeros are 13 pairs of letters: five times as fast as base64.b32encode.
    number = int.from_bytes(digest, "big") << 2
    pairs = _pairs()
    return "".join([pairs[number >> shift & 1023] for shift in _SHIFTS])


_SHIFTS = tuple(range(120, -1, -10))


@cache
def _pairs() -> tuple[str, ...]:
    """Returns all pairs of letters of base 32, by their number. Source: RFC 4648, section 6."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return tuple(first + second for first in letters for second in letters)


@lru_cache(maxsize=100_000)
def _local(secret: bytes, authority: str, prefix: str | None, text: str) -> str | None:
    local = _is_local(text)
    if local is None or not is_type(local[1]):
        return None
    return f"{local[1]}/{_id(secret, authority, prefix, local[1], local[2])}"


def _id(secret: bytes, authority: str, prefix: str | None, type_name: str, original: str) -> str:
    if prefix and original.startswith(prefix):
        return original
    return keyed_id(secret, authority, type_name, original)


@dataclass(frozen=True, slots=True)
class Namespace:
    """The ids of one authority, and of what one file names by full addresses.

    Ids that begin with the source's own `prefix` stay as they are.
    """

    secret: bytes
    authority: str
    prefix: str | None
    addresses: Mapping[str, str] = field(default_factory=dict)

    def id_of(self, type_name: str, original: str) -> str:
        """Returns the public id of what its source calls `original`."""
        return _id(self.secret, self.authority, self.prefix, type_name, original)

    def link(self, text: str) -> str | None:
        """Returns what a link becomes, or None where it stays."""
        known = self.addresses.get(text)
        if known is not None:
            return known
        return _local(self.secret, self.authority, self.prefix, text)
