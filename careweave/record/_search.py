"""Search: the rows of one type that match and that the caller may see, page by page.

A page is one statement in one snapshot. The pages of one search are several: each row that is there
and unchanged from the first page to the last comes exactly once, since its place in the order stays
and each page goes on behind the last row of the one before. A row that is changed meanwhile is
shown as it is now where its place is still to come; where the order is by update it moves out of
what is left, so it does not come twice, and a new search shows it first. A row that is made
meanwhile comes if its place is still to come and the order is not by update.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from careweave.db import Session
from careweave.record._compile_count import MOST_COUNTED
from careweave.record._compile_plan import From, Wish
from careweave.record._compile_referring import carrying_query
from careweave.record._cursor import cursor_of, start_of, ticket
from careweave.record._nodes import HasKeys, Search, Summary, Total
from careweave.record._policy import told
from careweave.record._row import Row
from careweave.record._search_includes import Included, included
from careweave.record._search_page import Reading, asked, number, page
from careweave.record._search_steps import resolved
from careweave.record._types import rt_of
from careweave.terms import Issue, Severity, Sight, SubjectId


@dataclass(frozen=True, slots=True)
class Found:
    """One page of matches in order, with what comes with them.

    `total` is exact; None where it was not asked for, or too great to count, which `issues` says. `next` is a sealed cursor.
    """

    rows: tuple[Row, ...]
    included: tuple[Row, ...]
    total: int | None
    next: str | None
    previous: str | None
    issues: tuple[Issue, ...]
    search: Search


@dataclass(frozen=True, slots=True)
class Match:
    """One row that meets a condition, by its names inside and outside."""

    type: str
    id: str
    rid: int
    subject: SubjectId


def search(session: Session, search: Search, *, sight: Sight, caller: str, now: datetime) -> Found:
    """Returns one page of what matches, or only the number where `count` is 0.

    `caller` names who asks: a cursor works for nobody else. Where `is_plain` says so this is one
    statement; else the session should show one snapshot. Raises TooCostly over budget, Incorrect
    or Forbidden for a cursor that does not belong here.
    """
    reading = Reading(session, sight, now)
    start = None
    if search.cursor is not None:
        held = ticket(search, caller=caller, sight=told(session, sight))
        start = start_of(session.secret, held, search.cursor, now=now)
    question = resolved(reading, search)
    if search.count == 0 or search.summary is Summary.COUNT:
        return Found((), (), number(reading, question), None, None, (), search)
    found = page(reading, question, Wish(start, search.total is not Total.NONE))
    extra = Included(())
    if search.includes:
        extra = included(reading, search.includes, found.rows)
    issues = extra.issues
    total = found.total
    if total is not None and total > MOST_COUNTED:
        total, issues = None, (*issues, _uncounted())
    following = None
    if found.last is not None:
        began = now if start is None else start.began
        held = ticket(search, caller=caller, sight=told(session, sight))
        following = cursor_of(session.secret, held, From(*found.last, began), now=now)
    return Found(found.rows, extra.rows, total, following, None, issues, search)


def _uncounted() -> Issue:
    return Issue(
        Severity.WARNING,
        "too-costly",
        f"More than {MOST_COUNTED} entries match: they were not counted.",
        "_total",
    )


def find_ids(
    session: Session, search: Search, *, sight: Sight, now: datetime, most: int
) -> tuple[Match, ...]:
    """Returns up to `most` rows that match and may be seen, for conditional operations."""
    reading = Reading(session, sight, now)
    question = resolved(reading, replace(search, sort=(), count=most, cursor=None))
    found = page(reading, question, Wish(bodies=False))
    return tuple(
        Match(row.type, row.id, rid, row.subject)
        for row, rid in zip(found.rows, found.rids, strict=True)
    )


def find_ids_each(
    session: Session, searches: Sequence[Search], *, sight: Sight, now: datetime, most: int
) -> list[tuple[Match, ...]]:
    """Returns what `find_ids` returns for each search, in order.

    Searches by a token that is posted, such as an identifier, are one statement together.
    """
    places = [place for place, one in enumerate(searches) if _by_key(one) is not None]
    together = _carrying(Reading(session, sight, now), searches, places, most) if places else {}
    return [
        together[place]
        if place in together
        else find_ids(session, one, sight=sight, now=now, most=most)
        for place, one in enumerate(searches)
    ]


def _by_key(search: Search) -> HasKeys | None:
    match search.where:
        case (HasKeys(posted=True, main=False, negated=False) as node,):
            return node
        case _:
            return None


def _carrying(
    reading: Reading, searches: Sequence[Search], places: Sequence[int], most: int
) -> dict[int, tuple[Match, ...]]:
    """Returns the rows that carry the keys of the searches at these places."""
    each = [
        (place, key, rt_of(searches[place].type))
        for place in places
        for key in (_by_key(searches[place]) or HasKeys(())).keys
    ]
    values: dict[str, object] = {
        "places": [place for place, _, _ in each],
        "keys": [key for _, key, _ in each],
        "rts": [rt for _, _, rt in each],
        "most": most,
    }
    found: dict[int, dict[Match, None]] = {place: {} for place in places}
    for columns in asked(reading, carrying_query(), values):
        place, id_, rid, subject, _ = cast("tuple[int, str, int, SubjectId, int]", columns)
        found[place][Match(searches[place].type, id_, rid, subject)] = None
    return {place: tuple(matches)[:most] for place, matches in found.items()}
