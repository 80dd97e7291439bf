"""The rules of normalisation as the region sets them: kept once, in force in every process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from careweave.db import Queries, Row, Session
from careweave.identity._fold import fold
from careweave.identity._rules import Rules, rules
from careweave.identity._shared import with_shared
from careweave.terms import Incorrect, Json

_QUERIES = Queries("careweave.identity")

_FOLDED = ("name_words", "titles", "suffixes", "communal_words")
_LOWER = ("birth_dates", "phones", "emails", "role_emails")
_UPPER = ("postcodes",)
_LISTS = (*_FOLDED, *_LOWER, *_UPPER)
_SCHEMES = ("uk", "free")
_FLAGS = ("test_numbers",)


@dataclass(frozen=True, slots=True)
class _InForce:
    """The rules that this process remembers, and `as_of` what the database had them."""

    rules: Rules
    as_of: Row | None


def rules_of(document: Mapping[str, Json]) -> Rules:
    """Returns the rules of the package with what a region adds; raises Incorrect with its faults.

    `test_numbers` takes NHS numbers of the test range, `postcode_scheme` is `uk` or `free`, and
    `placeholders` adds to the lists of what stands for nothing.
    """
    known = (*_FLAGS, "postcode_scheme", "placeholders")
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise _wrong(f"only {', '.join(known)} are known")
    accepts = document.get("test_numbers", False)
    scheme = document.get("postcode_scheme", _SCHEMES[0])
    if not isinstance(accepts, bool):
        raise _wrong("test_numbers is true or false")
    if not isinstance(scheme, str) or scheme not in _SCHEMES:
        raise _wrong(f"postcode_scheme is one of {', '.join(_SCHEMES)}")
    # Each list is the field of its name.
    lists = cast("dict[str, Any]", _lists(document.get("placeholders", {})))
    return replace(rules(), accepts_test=accepts, postcode_scheme=scheme, **lists)


def _lists(said: Json) -> dict[str, frozenset[str]]:
    """Returns the lists that a region adds to, whole, by the field of the rules."""
    if not isinstance(said, dict):
        raise _wrong("placeholders is an object of lists")
    found: dict[str, frozenset[str]] = {}
    for name, items in said.items():
        if name not in _LISTS:
            raise _wrong(f"placeholders has only {', '.join(_LISTS)}")
        if not isinstance(items, list):
            raise _wrong(f"placeholders.{name} is a list")
        held: frozenset[str] = getattr(rules(), name)
        found[name] = held | {_word(name, str(item)) for item in items}
    return found


def _word(name: str, text: str) -> str:
    """Returns a word of a list as the list has its words."""
    if name in _FOLDED:
        return fold(text)
    return text.upper() if name in _UPPER else text.casefold()


def _wrong(what: str) -> Incorrect:
    return Incorrect(f"The rules of identity are not in order: {what}.", where="identity")


def keep_rules(session: Session, document: Mapping[str, Json], *, at: datetime) -> None:
    """Puts rules in force unless they are; raises Incorrect, and keeps nothing, when they are wrong."""
    rules_of(document)
    text = json.dumps(document, sort_keys=True)
    session.run(_QUERIES["rules_keep"], document=text, at=at)


def rules_in_force(session: Session) -> Rules:
    """Returns the rules as the region sets them, or those of the package where it says nothing.

    They know what too many persons of the region share. A process remembers them, and asks each
    time whether they are still the ones: others count, and others adopt a region.
    """
    now = session.row(_QUERIES["rules_now"])
    known = session.memo(_InForce, _read)
    if known.as_of != now:
        session.forget(_InForce)
        known = session.memo(_InForce, _read)
    return known.rules


def _read(session: Session) -> _InForce:
    as_of = session.row(_QUERIES["rules_now"])
    row = session.row(_QUERIES["rules_newest"])
    found = rules() if row is None else rules_of(row[0])
    return _InForce(with_shared(session, found), as_of)
