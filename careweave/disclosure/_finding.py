"""Search over one type, and what can be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import BY_ITSELF, ByPerson, account_for, account_of
from careweave.disclosure._asking import Asking, Disclosed, Way
from careweave.disclosure._persons import Named, persons_in, persons_seen
from careweave.disclosure._refusing import refuse
from careweave.disclosure._sight import seen
from careweave.ledger import Outcome
from careweave.record import Found, Parameter, Search
from careweave.terms import Forbidden, Issue, Severity, Sight

Pairs = Sequence[tuple[str, str]]


def parameters(type_name: str) -> Mapping[str, Parameter]:
    """Returns the search parameters of one type that are offered, by name."""
    return _offered(type_name)


@cache
def _offered(type_name: str) -> Mapping[str, Parameter]:
    every = record.parameters(type_name)
    return {name: one for name, one in every.items() if one.place != "none"}


def search(
    way: Way, asking: Asking, type_name: str, pairs: Pairs, *, lenient: bool = False
) -> Disclosed:
    """Returns one page of what matches and may be seen.

    Raises Incorrect with one issue per fault of the parameters, TooCostly over budget, and
    Forbidden when a parameter reaches a type that the token does not.
    """
    if persons_in(type_name, pairs):
        return _of_persons(way, asking, type_name, pairs, lenient=lenient)
    with way.reading() as session:
        question = _question(session, asking, type_name, pairs, lenient=lenient)
        _check_reach(way, asking, question)
        found = _ask(session, asking, question) if record.is_plain(question) else None
    if found is None:
        # Several statements: they see one snapshot.
        with way.reading_pages() as session:
            found = _ask(session, asking, question)
    _account(way, asking, question, found)
    return _disclosed(question, found)


def _of_persons(
    way: Way, asking: Asking, type_name: str, pairs: Pairs, *, lenient: bool
) -> Disclosed:
    """Returns a page of the entries of persons: of all their subjects that the caller may see."""

    def ask(view: Sight) -> tuple[Named, Search, Found]:
        named = persons_seen(session, type_name, pairs, view)
        question = _question(session, asking, type_name, named.pairs, lenient=lenient)
        _check_reach(way, asking, question)
        caller = f"{asking.actor.name} {asking.actor.purpose}"
        found = record.search(session, question, sight=view, caller=caller, now=asking.at)
        return named, question, found

    with way.reading_pages() as session:
        named, question, found = seen(session, asking, ask)
    _account(way, asking, question, found, named.whose((*found.rows, *found.included)))
    shown = _disclosed(question, found)
    return replace(
        shown, honoured=named.as_asked(shown.honoured), issues=(*shown.issues, *named.issues)
    )


def _question(
    session: Session, asking: Asking, type_name: str, pairs: Pairs, *, lenient: bool
) -> Search:
    return record.parse(
        type_name,
        pairs,
        keys=record.keys(session),
        zone=session.zone,
        now=asking.at,
        lenient=lenient,
        base_url=asking.base,
    )


def _ask(session: Session, asking: Asking, question: Search) -> Found:
    actor = asking.actor
    return seen(
        session,
        asking,
        lambda sight: record.search(
            session, question, sight=sight, caller=f"{actor.name} {actor.purpose}", now=asking.at
        ),
    )


def _disclosed(question: Search, found: Found) -> Disclosed:
    return Disclosed(
        rows=tuple(found.rows),
        included=tuple(found.included),
        total=found.total,
        next=found.next,
        previous=found.previous,
        honoured=question.honoured,
        issues=(*found.issues, *map(_dropped, question.ignored)),
        elements=question.elements,
        summary=question.summary.value,
    )


def _dropped(name: str) -> Issue:
    text = "This parameter was left out; the answer is wider than was asked."
    return Issue(Severity.WARNING, "not-supported", text, name)


def _account(
    way: Way, asking: Asking, question: Search, found: Found, whose: ByPerson = BY_ITSELF
) -> None:
    what = _what(question)
    if found.total and not found.rows:
        # A number was shown and nobody's entry.
        account = account_of(asking, "search", what, (), 0)
        way.account((replace(account, outcome=Outcome.PERMIT, reason="count"),))
        return
    account_for(way, asking, "search", what, chain(found.rows, found.included), whose)


def _what(question: Search) -> str:
    """Returns the search by its parameters' names, without any value."""
    names = sorted({name for name, _ in question.honoured})
    return f"{question.type}?{'&'.join(names)}"


def _check_reach(way: Way, asking: Asking, question: Search) -> None:
    if asking.types is None:
        return
    for name, where in record.reach(question):
        if not asking.covers(name):
            refuse(way, asking, "search", question.type, "scope")
            raise Forbidden("The token does not reach a type that this names.", where=where)
