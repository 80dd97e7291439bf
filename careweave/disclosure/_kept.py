"""Which elements the words of a brief view stand for: read once from the packaged table."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from careweave.terms import Heading

_EVERYWHERE = frozenset(
    {"subject", "patient", "beneficiary", "for", "individual", "actor", "policyRule", "policy"}
)
"""Of whom an entry is, and what it would not be valid without: every view of it tells that."""

_TABLE = ("defaults", "fields.csv")


@cache
def _words() -> Mapping[tuple[str, str], frozenset[str]]:
    text = files("careweave.disclosure").joinpath(*_TABLE).read_text(encoding="utf-8")
    return MappingProxyType(
        {
            (row["word"], row["heading"]): frozenset(row["elements"].split())
            for row in csv.DictReader(text.splitlines())
        }
    )


@cache
def kept(words: frozenset[str], heading: Heading | None) -> frozenset[str]:
    """Returns the elements that these words keep of an entry under a heading.

    Source: `reference/record.md` 5.1, letter S.
    """
    table = _words()
    of = "" if heading is None else str(heading)
    found = (table.get((word, where), frozenset[str]()) for word in words for where in ("", of))
    return _EVERYWHERE.union(*found)
