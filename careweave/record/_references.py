"""Reading the references that resources and searches carry."""

import re
from functools import cache, lru_cache

from careweave.record._types import all_types

CONTAINED = "#"
FOREIGN = ""
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"

_LAST_TWO = re.compile(r"/([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}$")
_VERSION = re.compile(r"/_history/[A-Za-z0-9.-]{1,64}$")


@cache
def _type_names() -> frozenset[str]:
    return frozenset(all_types())


@lru_cache(maxsize=8192)
def literal(text: str) -> tuple[str, str]:
    """Returns (type, id) of a relative reference, ("#", id) of a contained one, or ("", url).

    Versions are left out. Source: FHIR R4 4.0.1, references.html 2.3.0.1.
    """
    if text.startswith("#"):
        return CONTAINED, text[1:]
    parts = text.split("/")
    n_parts = len(parts)
    if (n_parts == 2 or (n_parts == 4 and parts[2] == "_history")) and parts[0] in _type_names():
        return parts[0], parts[1]
    return FOREIGN, _VERSION.sub("", text)


def type_in_url(url: str) -> str | None:
    """Returns the resource type that an absolute address ends with, as in .../Patient/1."""
    found = _LAST_TWO.search(url)
    return found[1] if found and found[1] in _type_names() else None
