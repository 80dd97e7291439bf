"""Searches by what is masked: refused, or answered by what is shown alone.

Who could search by a hidden value would learn it, one question after the other.
Source: `reference/attacks.md` 11; `reference/agreements.md` 1.5, S12, and 6.5.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from careweave import record
from careweave.db import Session
from careweave.disclosure._actions import PEOPLE
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._clauses import clauses
from careweave.disclosure._narrowed import narrowed
from careweave.disclosure._redact import SECRET
from careweave.disclosure._refusing import refuse
from careweave.record import Kind, Parameter, Search
from careweave.terms import Action, Branch, Forbidden, Role, Sight

Pairs = Sequence[tuple[str, str]]
Asks = Callable[[Session, Search], Sight]

_PLACES = frozenset(
    {
        *("address", "address-city", "address-country", "address-postalcode", "address-state"),
        *("address-use", "phone", "telecom", "email", "near", "general-practitioner", "location"),
    }
)
"""Parameters that ask where somebody is, or how to reach them."""

_MODIFIERS = frozenset(
    {
        *("above", "below", "contains", "exact", "in", "iterate", "missing"),
        *("not", "not-in", "of-type", "text"),
    }
)
"""Source: FHIR R4 4.0.1, search.html section 3.1.1.4.5."""

_OF_PLACES = _PLACES | {"value-string"}
"""Those and what may tell it in words, in entries about a home."""

_BESIDE_SECRETS = frozenset(
    {
        *("_count", "_cursor", "_elements", "_id", "_include", "_lastUpdated", "_revinclude"),
        *("_sort", "_summary", "_total", "_type", "beneficiary", "category", "for", "individual"),
        *("patient", "status", "subject", "type"),
    }
)
"""Parameters by what is shown of how to get in, too."""

_ALWAYS_SHOWN = frozenset(
    {
        *("_count", "_cursor", "_elements", "_id", "_include", "_lastUpdated", "_revinclude"),
        *("_sort", "_summary", "_total", "_type", "beneficiary", "category", "class"),
        *("clinical-status", "code", "patient", "status", "subject", "type", "individual"),
        *("verification-status", "vaccine-code", "medication", "intent"),
    }
)
"""Parameters by what every view of an entry shows. Source: `reference/record.md` 5.1, letter S."""


def check_places(way: Way, asking: Asking, type_name: str, pairs: Pairs) -> None:
    """Raises Forbidden, accounted for, where a person at work searches people by a place.

    It is refused whatever is held, so that it tells nothing of anybody.
    """
    for name, value in pairs:
        asked = (*_words(name), *(_words(value) if name == "_sort" else ()))
        where = next((one for one in asked if one in _PLACES), None)
        if where is not None and _is_of_people(type_name, asked):
            refuse(way, asking, "search", type_name, "masked")
            raise Forbidden("Nobody is searched for by a place or a telephone.", where=where)


def _words(name: str) -> tuple[str, ...]:
    text = name.replace(".", ":").replace(",", ":").replace("-_", "_")
    words = (one.removeprefix("-") for one in text.split(":") if one)
    return tuple(one for one in words if one not in _MODIFIERS and not one[0].isupper())


def _is_of_people(type_name: str, asked: Sequence[str]) -> bool:
    # In a chain, what it passes through may be people.
    return type_name in PEOPLE or len(asked) > 1


def unmasked(session: Session, view: Sight, question: Search, *, is_citizen: bool) -> Sight:
    """Returns the sight under which a search is asked: without what it shows only in part.

    Where all that is asked is shown of every entry, the sight stays as it is. By a place nobody's
    entries are found who might be protected from this reader: only those of living ties.
    """
    names = {one for name, value in question.honoured for one in _asked(name, value)}
    known = record.parameters(question.type)
    asked = {name for name in names if not _is_date(known, name)}
    if not asked <= _ALWAYS_SHOWN:
        view = narrowed(session, view, "unmasked", _whole)
    elif not asked <= _BESIDE_SECRETS:
        view = narrowed(session, view, "without secrets", _without_secrets)
    if not is_citizen and not asked.isdisjoint(_OF_PLACES):
        view = narrowed(session, view, "tied", _tied)
    return view


def whole(session: Session, asking: Asking, view: Sight) -> Sight:
    """Returns the part of a sight from whose entries nothing is taken out, whoever they are about."""
    role = asking.actor.role
    if role is Role.SYSTEM:
        return view
    found = narrowed(session, view, "unmasked", _whole)
    return found if role is Role.CI else narrowed(session, found, "tied", _tied)


def asks(asking: Asking, view: Sight) -> Asks | None:
    """Returns under which sight a writer's conditions are tried: as searches are asked.

    None for a technical system, which is shown all that it may see. Source: `attacks.md` 11, 16.
    """
    role = asking.actor.role
    if role is Role.SYSTEM:
        return None

    def asked(session: Session, question: Search) -> Sight:
        return unmasked(session, view, question, is_citizen=role is Role.CI)

    return asked


def _asked(name: str, value: str) -> Iterator[str]:
    yield from _words(name)
    if name == "_sort":
        yield from _words(value)


def _is_date(known: Mapping[str, Parameter], name: str) -> bool:
    parameter = known.get(name)
    return parameter is not None and parameter.kind is Kind.DATE


def _whole(branches: Iterable[Branch]) -> Iterator[Branch]:
    return (branch for branch in branches if branch.fields is None and not branch.masks)


def _without_secrets(branches: Iterable[Branch]) -> Iterator[Branch]:
    return (branch for branch in branches if SECRET not in branch.masks)


def _tied(branches: Iterable[Branch]) -> Iterator[Branch]:
    """Yields what a living tie lets out, and what is nobody's. Source: `agreements.md` 1.5, S12."""
    for branch in branches:
        if branch.is_reference:
            yield branch
        elif branch.ties:
            now = tuple(replace(one, grace=timedelta(0)) for one in branch.ties)
            yield replace(branch, ties=now)


def at_most(session: Session, asking: Asking, question: Search, view: Sight) -> Search:
    """Returns the search with no larger a page than the clauses that may answer it allow.

    A page of a list never has more rows than people may be on it: so it reaches no more of them.
    Source: `reference/agreements.md` 2.2, rows_per_request and people_per_request.
    """
    if asking.actor.role is Role.SYSTEM:
        return question
    known = clauses(session, asking.at)
    names = {branch.clause for branch in view.branches}
    given = [known[name].quantity for name in names if name in known]
    limits = [one.rows_per_request for one in given]
    if asking.action is Action.LIST:
        limits += [one.people_per_request for one in given]
    return replace(question, count=min(question.count, *limits)) if limits else question
