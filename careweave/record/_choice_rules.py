"""What a choice and a Patient say, made ready for the rows that a predicate tests."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from careweave.agreements import Choice, ChoiceKind
from careweave.record._extract_references import logical_key
from careweave.record._keys import Keys
from careweave.record._nodes import Kind
from careweave.record._parameters import definitions
from careweave.record._paths import at
from careweave.record._prepared import StatedChoice, Trait
from careweave.record._references import FOREIGN, literal
from careweave.record._types import all_types
from careweave.terms import Json

# The parameters by which entries name who wrote them or answers for what they say.
# Source: FHIR R4 4.0.1, search-parameters.json.
_AUTHORS = frozenset(
    {"assessor", "asserter", "author", "operator", "performer", "recorder", "requester"}
    | {"requestor", "sender", "source"}
)
_IDENTIFIER = "identifier "
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The first half of a postcode, in front of a digit and two letters.
# Source: NHS Data Dictionary, POSTCODE.
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) *[0-9][A-Z]{2}")
_NOT_HOME = frozenset({"old", "temp", "billing", "work"})


def stated_choice(choice: Choice, keys: Keys, low: datetime | None) -> StatedChoice:
    """Returns a choice with the keys under which entries of its authors are found.

    A type 1 opt-out holds from the main date of the entry, `low`.
    """
    if choice.kind is ChoiceKind.TYPE_1 and low is not None:
        choice = replace(choice, since=low)
    authors = tuple(_author_keys(choice.authors or choice.authors_others, keys))
    return StatedChoice(choice, authors)


def trait_of(type_name: str, value: dict[str, Json]) -> Trait | None:
    """Returns what cohorts ask of a Patient; None for other types."""
    if type_name != "Patient":
        return None
    return Trait(_born(value), _outward(value))


def _author_keys(names: Collection[str], keys: Keys) -> Iterator[int]:
    for name in sorted(names):
        for type_name, parameter in _author_parameters():
            if name.startswith(_IDENTIFIER):
                system, _, value = name.removeprefix(_IDENTIFIER).rpartition("|")
                yield logical_key(keys, type_name, parameter, (system, value))
                continue
            kind, rest = literal(name.removeprefix("url "))
            parts = ("url", rest) if kind == FOREIGN else ("ref", kind, rest)
            yield keys.of(type_name, parameter, *parts)


@cache
def _author_parameters() -> tuple[tuple[str, str], ...]:
    return tuple(
        (type_name, name)
        for type_name in all_types()
        for name, one in definitions(type_name).items()
        if name in _AUTHORS and one.parameter.kind is Kind.REFERENCE
    )


def _born(value: dict[str, Json]) -> date | None:
    text = value.get("birthDate")
    # A year alone tells no age, so it brings nobody into a cohort.
    return date.fromisoformat(text) if isinstance(text, str) and _DAY.fullmatch(text) else None


def _outward(value: dict[str, Json]) -> str:
    """Returns the first half of the postcode of the first address that is a home now."""
    for address in at(value, "address"):
        if not isinstance(address, dict) or address.get("use") in _NOT_HOME:
            continue
        code = address.get("postalCode")
        if isinstance(code, str) and (found := _POSTCODE.fullmatch(code.strip().upper())):
            return found[1]
    return ""
