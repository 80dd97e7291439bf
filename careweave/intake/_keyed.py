"""Public ids that a source's own ids give, the same every time and to nobody else's knowledge.

Source: reference/interop.md 6.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from careweave.formats import is_type
from careweave.terms import keyed_id

_is_local = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?"
).fullmatch


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
