"""One page of rows by one statement, and the plan it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from careweave.db import Query, Session
from careweave.record._compile_estimate import KeyCounts
from careweave.record._compile_plan import Bound, Plan, Way, Wish, plan_of
from careweave.record._compile_referring import counts_query
from careweave.record._compile_statement import count_query, page_query
from careweave.record._nodes import Search
from careweave.record._policy import seen
from careweave.record._row import ROW_COLUMNS, Row, row_of
from careweave.terms import Sight, TooCostly

Rows = list[tuple[object, ...]]

_WALKS = (Way.FEED, Way.AMONG)
_COUNTS_LAST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page with the total, and the place of its last row where more follow."""

    rows: tuple[Row, ...]
    rids: tuple[int, ...]
    total: int | None
    last: tuple[tuple[object, ...], int] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """By whom and when something is read in a session."""

    session: Session
    sight: Sight
    now: datetime


def page(reading: Reading, search: Search, wish: Wish) -> Page:
    """Returns the rows of a page in order; raises TooCostly over budget."""
    counts = key_counts(reading)
    bound = plan_of(search, counts, wish)
    found = asked(reading, page_query(bound.plan), bound.values)
    if _is_over(bound.plan, found) and bound.plan.way in _WALKS and wish.may_walk:
        slower = Wish(wish.start, wish.counted, wish.bodies, may_walk=False)
        again = plan_of(search, counts, slower)
        if again.plan.way is not Way.FEED:
            bound = again
            found = asked(reading, page_query(bound.plan), bound.values)
    if _is_over(bound.plan, found):
        raise _too_costly(bound.plan)
    return _page(bound, found, search.count)


def number(reading: Reading, search: Search) -> int:
    """Returns how many rows match and may be seen, exactly."""
    bound = plan_of(search, key_counts(reading), Wish())
    found = asked(reading, count_query(bound.plan), bound.values)
    return cast(int, found[0][0])


def key_counts(reading: Reading) -> KeyCounts:
    """Returns how often the frequent keys occur, as this process counted lately."""

    def load(session: Session) -> KeyCounts:
        rows = session.rows(counts_query())
        return KeyCounts(dict(cast("list[tuple[int, int]]", rows)), reading.now)

    counts = reading.session.memo(KeyCounts, load)
    if reading.now - counts.at > _COUNTS_LAST:
        reading.session.forget(KeyCounts)
        counts = reading.session.memo(KeyCounts, load)
    return counts


def asked(reading: Reading, query: Query, values: Mapping[str, object]) -> Rows:
    """Returns the rows of a statement under the policy; it takes of the values what it names."""
    return seen(reading.session, reading.sight, query, values)


def _is_over(plan: Plan, found: Rows) -> bool:
    at = ROW_COLUMNS + 1 + len(plan.order)
    return bool(found[-1][at] or found[0][at])


def _page(bound: Bound, found: Rows, count: int) -> Page:
    first = found[0]
    n_keys = len(bound.plan.order)
    rows = [columns for columns in found if columns[1] is not None]
    kept = rows[:count]
    last = None
    if len(rows) > count and kept:
        columns = kept[-1]
        keys = columns[ROW_COLUMNS + 1 : ROW_COLUMNS + 1 + n_keys]
        last = (keys, cast(int, columns[ROW_COLUMNS]))
    return Page(
        tuple(row_of(columns) for columns in kept),
        tuple(cast(int, columns[ROW_COLUMNS]) for columns in kept),
        cast("int | None", first[ROW_COLUMNS + 2 + n_keys]),
        last,
    )


def _too_costly(plan: Plan) -> TooCostly:
    what = "a patient, an identifier or a code" if plan.driver is None else "a patient"
    return TooCostly(
        f"This search would look at too many entries; add {what}, a narrower date, or another"
        " condition that few entries meet.",
    )
