"""What a live source is asked for each heading: searches, as a packaged table.

Source: FHIR R4 4.0.1, search parameters of the types; reference/record.md 1.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from urllib.parse import quote

from careweave.terms import Heading

_COMPANIONS = frozenset(
    {
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Location",
        "HealthcareService",
        "Medication",
        "Binary",
        "Provenance",
        "OperationOutcome",
    }
)
"""What may come along with what was asked: whom and what the entries name."""


@cache
def _table() -> Mapping[Heading, tuple[str, ...]]:
    text = (files("careweave.sources") / "live" / "questions.csv").read_text(encoding="utf-8")
    found: dict[Heading, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        heading = Heading(row["heading"])
        found[heading] = (*found.get(heading, ()), row["query"])
    return MappingProxyType(found)


def queries_of(heading: Heading, identifier: str) -> tuple[str, ...]:
    """Returns the searches for a heading of a person, relative to the base of a source.

    `identifier` is "system|value".
    """
    who = quote(identifier, safe="")
    return tuple(query.replace("{who}", who) for query in _table().get(heading, ()))


def may_answer(heading: Heading) -> frozenset[str]:
    """Returns the types of resources that an answer for a heading may hold."""
    asked = {query.partition("?")[0] for query in _table().get(heading, ())}
    return _COMPANIONS | asked
