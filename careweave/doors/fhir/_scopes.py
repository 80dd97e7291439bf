"""What the scopes of a token allow.

Source: SMART App Launch 2.2, section "Scopes for requesting FHIR Resources"; `security.md` 2.
A system client holds `system/` scopes only. Scopes narrow and never widen.
"""

import re
from functools import lru_cache

from careweave.formats import known_types

_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?|read|write|\*)")
_FIRST_FORM = {"read": "rs", "write": "cud", "*": "cruds"}


@lru_cache(maxsize=4096)
def letters_of(scopes: frozenset[str], type_name: str) -> frozenset[str]:
    """Returns the letters of "cruds" that these scopes grant on one type."""
    granted: set[str] = set()
    for scope in scopes:
        found = _SCOPE.fullmatch(scope)
        if found and found[1] in ("*", type_name):
            granted.update(_FIRST_FORM.get(found[2], found[2]))
    return frozenset(granted)


@lru_cache(maxsize=1024)
def readable(scopes: frozenset[str]) -> frozenset[str] | None:
    """Returns the types that these scopes let be read; None means every type."""
    types = frozenset(name for name in known_types() if "r" in letters_of(scopes, name))
    return None if len(types) == len(known_types()) else types


def allows(scopes: frozenset[str], type_name: str, needed: str) -> bool:
    """Says whether all letters of `needed` are granted on the type."""
    return letters_of(scopes, type_name).issuperset(needed)
