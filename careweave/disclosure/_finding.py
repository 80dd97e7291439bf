"""Search over one type, and what can be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import BY_ITSELF, ByPerson, account_for, account_of
from careweave.disclosure._actions import action_of
from careweave.disclosure._along import along, of_the_same
from careweave.disclosure._asking import Asking, Disclosed, Way
from careweave.disclosure._exactly import found_exactly
from careweave.disclosure._leaving import Leaving, leaving
from careweave.disclosure._masked import at_most, check_places, unmasked
from careweave.disclosure._persons import Named, persons_in, persons_seen
from careweave.disclosure._refusing import refuse
from careweave.disclosure._sight import seen
from careweave.ledger import Outcome
from careweave.record import Found, Parameter, Row, Search, Summary, Total
from careweave.terms import Action, Forbidden, Issue, Role, Severity, Sight

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

    A search by exact criteria for a person is that: it finds people, and shows no more of them
    than tells them apart. Raises Incorrect with one issue per fault of the parameters, TooCostly
    over budget, and Forbidden when a parameter reaches a type that the token does not, or asks
    where somebody is who may be protected.
    """
    acting = replace(asking, action=action_of(type_name, pairs))
    if acting.actor.role is not Role.SYSTEM:
        if acting.action is Action.FIND:
            return found_exactly(way, acting, pairs)
        check_places(way, acting, type_name, pairs)
    if persons_in(type_name, pairs):
        return _of_persons(way, acting, type_name, pairs, lenient=lenient)
    with way.reading() as session:
        question = _question(session, acting, type_name, pairs, lenient=lenient)
        _check_reach(way, acting, question)
        is_single = record.is_plain(question) and acting.actor.role is Role.SYSTEM
        found = _ask(session, acting, question) if is_single else None
    if found is None:
        # Several statements: they see one snapshot.
        with way.reading_pages() as session:
            found = _ask(session, acting, question)
    _account(way, acting, question, found)
    return _disclosed(question, found)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found, and what of it leaves: the first `n_rows` match, the others came along.

    `counted` is an entry of the one person of whom no more than a number is told.
    """

    found: Found
    left: Leaving
    n_rows: int
    counted: Leaving | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Returns the matches."""
        return self.left.rows[: self.n_rows]

    @property
    def included(self) -> tuple[Row, ...]:
        """Returns what came with them."""
        return self.left.rows[self.n_rows :]


def _of_persons(
    way: Way, asking: Asking, type_name: str, pairs: Pairs, *, lenient: bool
) -> Disclosed:
    """Returns a page of the entries of persons: of all their subjects that the caller may see."""

    def ask(view: Sight) -> tuple[Named, Search, _Answer]:
        named = persons_seen(session, asking, type_name, pairs, view)
        question = _question(session, asking, type_name, named.pairs, lenient=lenient)
        _check_reach(way, asking, question)
        return named, question, _searched(session, asking, question, view)

    with way.reading_pages() as session:
        named, question, found = seen(session, asking, ask)
    rows = found.left.rows if found.counted is None else found.counted.rows
    _account(way, asking, question, found, named.whose(rows))
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


def _ask(session: Session, asking: Asking, question: Search) -> _Answer:
    return seen(session, asking, lambda view: _searched(session, asking, question, view))


def _searched(session: Session, asking: Asking, question: Search, view: Sight) -> _Answer:
    actor = asking.actor
    narrow = view
    if actor.role is not Role.SYSTEM:
        narrow = unmasked(session, view, question, is_citizen=actor.role is Role.CI)
    found = record.search(
        session,
        at_most(session, asking, question, narrow),
        sight=narrow,
        caller=f"{actor.name} {actor.purpose}",
        now=asking.at,
    )
    rows = leaving(session, asking, narrow, found.rows)
    included = leaving(session, asking, narrow, found.included)
    came = included.rows
    if actor.role is not Role.SYSTEM and asking.action is Action.SEARCH_ONE:
        came = of_the_same(rows.rows, came)
    if rows.is_cut or included.is_cut:
        came = along(rows.rows, came)
    whole = replace(rows, rows=(*rows.rows, *came), hidden=rows.hidden | included.hidden)
    return _Answer(found, whole, len(rows.rows), _counted(session, asking, question, narrow, found))


def _counted(
    session: Session, asking: Asking, question: Search, view: Sight, found: Found
) -> Leaving | None:
    """Returns an entry of whom a number tells, where it is of one person and tells all there is.

    A number is a look at that person like any other: it is accounted for and counts.
    """
    is_of_one = asking.action is Action.SEARCH_ONE and asking.actor.role is not Role.SYSTEM
    if found.rows or not found.total or not is_of_one:
        return None
    one = replace(question, count=1, total=Total.NONE, summary=Summary.FALSE, includes=())
    caller = f"{asking.actor.name} {asking.actor.purpose}"
    rows = record.search(session, one, sight=view, caller=caller, now=asking.at).rows
    return leaving(session, asking, view, rows)


def _disclosed(question: Search, answer: _Answer) -> Disclosed:
    found = answer.found
    return Disclosed(
        rows=answer.rows,
        included=answer.included,
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
    way: Way, asking: Asking, question: Search, answer: _Answer, whose: ByPerson = BY_ITSELF
) -> None:
    what = _what(question)
    if answer.counted is not None and answer.counted.rows:
        account_for(way, asking, "search", what, answer.counted, whose)
        return
    if answer.found.total and not answer.left.rows:
        # A number was shown and nobody's entry.
        account = account_of(asking, "search", what, (), 0)
        way.account((replace(account, outcome=Outcome.PERMIT, reason="count"),))
        return
    account_for(way, asking, "search", what, answer.left, whose)


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
