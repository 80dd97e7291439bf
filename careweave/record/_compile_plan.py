"""How a search will be answered: what drives it, in which order, and what only filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from careweave.record._compile_bind import Binder
from careweave.record._compile_estimate import KeyCounts, choose, parts_of
from careweave.record._compile_order import After, OrderKey
from careweave.record._compile_terms import (
    DateTerm,
    HopTerm,
    KeysTerm,
    SubjectsTerm,
    Term,
    TextTerm,
    Use,
)
from careweave.record._nodes import (
    AnyOf,
    Chain,
    HasKeys,
    OfSubjects,
    Place,
    Predicate,
    Search,
    Sort,
)
from careweave.record._parameters import parameters
from careweave.record._types import rt_of

MOST_SORTED = 50_000
"""How many rows may be put in order. Source: `reference/store.md` 4.4."""

MOST_WALKED = 20_000
"""How many visible rows are tried where nothing drives. Source: `reference/store.md` 4.4."""

_LEAST_WALKED_FOR = 3_000
"""From how many expected rows on it is quicker to walk the newest than to sort all that match."""

_FEW_CODED = 20
_LEAST_AMONG = 200
_TURN = 300
_MOST_CANDIDATES = 20_000


class Way(StrEnum):
    """How the rows are come by."""

    GATHER = "gather"  # all rows of the driver, then sorted
    FEED = "feed"  # the rows of the type, newest first, until the page is full
    CODE = "code"  # the rows of each main code, in the order of the main date
    HOP_CODE = "hop-code"  # the same for the subjects of a chain
    AMONG = "among"  # as GATHER if the driver finds few, else as FEED


@dataclass(frozen=True, slots=True)
class Plan:
    """The shape of one statement: equal plans are the same SQL.

    `driver` None: nothing drives. `counted` asks for the number of all that match too; `bodies`
    for more than the ids of the rows.
    """

    way: Way
    driver: Term | None
    filters: tuple[Term, ...]
    order: tuple[OrderKey, ...]
    after: After | None = None
    counted: bool = False
    bodies: bool = True

    @property
    def codes(self) -> KeysTerm | None:
        """Returns the condition on main codes among the filters."""
        for term in self.filters:
            if isinstance(term, KeysTerm) and is_main(term):
                return term
        return None

    @property
    def by_update(self) -> tuple[DateTerm, ...]:
        """Returns the filters on when a row was updated."""
        found = (term for term in self.filters if isinstance(term, DateTerm) and term.updated)
        return tuple(found)

    def others(self, *taken: Term | None) -> tuple[Term, ...]:
        """Returns the filters but these."""
        return tuple(term for term in self.filters if term not in taken)


@dataclass(frozen=True, slots=True)
class Bound:
    """A plan with the values of one search, by name."""

    plan: Plan
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class From:
    """Where a page goes on: the last row's keys and `rid`, and when the first page was read."""

    keys: tuple[object, ...]
    rid: int
    began: object


def order_of(search: Search) -> tuple[Sort, ...]:
    """Returns the order asked for, or the default one.

    By default the newest come first: by the main date where a patient's entries or those of a
    code are read, else by when they were last updated. Source: `reference/store.md` 4.6.
    """
    if search.sort:
        return search.sort
    dated = has_main_date(search.type) and any(_is_dated(node) for node in search.where)
    place = Place.DATE if dated else Place.UPDATED
    return (Sort("", place, descending=True),)


@cache
def has_main_date(type_name: str) -> bool:
    """Says whether rows of a type have a main date."""
    return any(one.place is Place.DATE for one in parameters(type_name).values())


def _is_dated(node: Predicate) -> bool:
    match node:
        case OfSubjects() | Chain(by_subject=True):
            return True
        case HasKeys():
            return _is_main(node)
        case AnyOf():
            return any(isinstance(inner, OfSubjects) for inner in node.nodes)
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a search beside its conditions."""

    start: From | None = None
    counted: bool = False
    bodies: bool = True
    may_walk: bool = True


def plan_of(search: Search, counts: KeyCounts, wish: Wish) -> Bound:
    """Returns the plan of a search and its values."""
    nodes = [part for node in search.where for part in parts_of(node)]
    place, rows = _led(nodes, counts)
    binder = Binder(counts)
    terms = binder.terms(nodes)
    order = tuple(_key(binder, sort) for sort in order_of(search))
    after = None if wish.start is None else _after(binder, wish.start)
    driver = None if place is None else terms[place]
    rest = tuple(term for number, term in enumerate(terms) if number != place)
    way = _way(driver, rest, order, rows if wish.may_walk else 0)
    if way is Way.FEED:
        driver, rest = None, terms
    plan = Plan(way, driver, rest, order, after, wish.counted, wish.bodies)
    values = binder.named()
    values["rt"] = rt_of(search.type)
    values["most"] = search.count + 1
    if way in {Way.HOP_CODE, Way.AMONG}:
        values["turn"] = _turn(nodes, counts) if way is Way.HOP_CODE else _TURN
    return Bound(plan, values)


def _led(nodes: Sequence[Predicate], counts: KeyCounts) -> tuple[int | None, int | None]:
    """Returns what drives: beside a frequent code, a chain shows where not to look."""
    place, rows = choose(nodes, counts)
    if place is None or rows is None or rows <= _FEW_CODED or not _is_main(nodes[place]):
        return place, rows
    for number, node in enumerate(nodes):
        if isinstance(node, Chain) and node.by_subject and node.target == "Patient":
            candidates = choose(parts_of(node.inner), counts)[1]
            if candidates is not None and candidates <= _MOST_CANDIDATES:
                return number, rows
    return place, rows


def _is_main(node: Predicate) -> bool:
    return isinstance(node, HasKeys) and node.main and not node.negated


def _key(binder: Binder, sort: Sort) -> OrderKey:
    has_key = sort.place in (Place.STRING, Place.RANGE, Place.QUANTITY)
    return OrderKey(sort.place, sort.descending, binder.slot(sort.key) if has_key else None)


def _after(binder: Binder, start: From) -> After:
    at, *_ = (binder.slot(key) for key in (*start.keys, start.rid, start.began))
    return After(tuple(key is None for key in start.keys), at)


def _way(
    driver: Term | None, rest: tuple[Term, ...], order: tuple[OrderKey, ...], rows: int | None
) -> Way:
    only = order[0].place if len(order) == 1 else None
    if only is Place.DATE:
        return _dated_way(driver, rest)
    if only is not Place.UPDATED or isinstance(driver, SubjectsTerm):
        return Way.GATHER
    if driver is None or (rows is not None and rows > _LEAST_WALKED_FOR):
        return Way.FEED
    return Way.AMONG if _may_be_many(driver) and rows and rows > _LEAST_AMONG else Way.GATHER


def _may_be_many(driver: Term) -> bool:
    """Says whether a driver finds its rows by an index of its own, and nobody knows how many."""
    return isinstance(driver, TextTerm | DateTerm | KeysTerm) and not is_main(driver)


def _dated_way(driver: Term | None, rest: tuple[Term, ...]) -> Way:
    if isinstance(driver, HopTerm) and driver.to_patient and any(map(is_main, rest)):
        return Way.HOP_CODE
    return Way.CODE if is_main(driver) else Way.GATHER


def is_main(term: Term | None) -> bool:
    """Says whether a term asks for main codes."""
    return isinstance(term, KeysTerm) and term.use is Use.MAIN and not term.negated


def _turn(nodes: Sequence[Predicate], counts: KeyCounts) -> int:
    """Returns from how many subjects on it is quicker to walk the code's rows by date.

    Looking into one subject costs about 12 us, a step of the walk about 0.4 us; with n rows of the
    code and h subjects a page of 20 is full after about 20 n / h steps.
    """
    keys = [key for node in nodes if isinstance(node, HasKeys) and node.main for key in node.keys]
    n_rows = counts.rows(keys, unknown=10_000)
    return min(5_000, max(20, int((0.7 * n_rows) ** 0.5)))
