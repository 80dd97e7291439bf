"""The versions of entries, newest first."""

from dataclasses import dataclass
from datetime import datetime

from careweave.db import FOREVER, NEVER, Queries, Query, Session
from careweave.db import Row as Columns
from careweave.record._policy import scope, seen
from careweave.record._row import ROW_COLUMNS, Row, row_of
from careweave.record._seals import seal, unseal
from careweave.record._types import rt_of
from careweave.terms import Incorrect, Sight

_QUERIES = Queries("careweave.record")
_LAST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Versions, newest first; `next` continues after the last one, None when there is no more."""

    rows: tuple[Row, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question for history, so that its parts travel together."""

    type_name: str
    id_: str | None
    since: datetime | None
    at: datetime | None
    count: int


def history(  # noqa: PLR0913  each is one part of the question, as doors ask it
    session: Session,
    type_name: str,
    id_: str | None,
    *,
    sight: Sight,
    since: datetime | None = None,
    at: datetime | None = None,
    count: int = 20,
    cursor: str | None = None,
) -> HistoryPage:
    """Returns the versions of one entry, or of all visible entries of the type if `id_` is None.

    `since` leaves out versions before that time; `at` keeps those that were current at that time.
    The class that an entry has now decides about its old versions. The order is by time; versions
    of one entry are in the order of their numbers.
    """
    asked = _Asked(type_name, id_, since, at, count)
    named = scope(session, sight, "history", type_name, id_, since, at)
    after = _after(session.secret, named, cursor)
    query, values = _question(asked, after)
    rows = seen(session, sight, query, values)
    page = rows[:count]
    more = len(rows) > count
    return HistoryPage(
        tuple(row_of(columns) for columns in page),
        seal(session.secret, named, _place(page[-1])) if more and page else None,
    )


def _question(asked: _Asked, after: tuple[datetime, int, int]) -> tuple[Query, dict[str, object]]:
    newest, rid, ver = after
    values: dict[str, object] = {
        "rt": rt_of(asked.type_name),
        "since": asked.since or NEVER,
        "most": asked.count + 1,
    }
    if asked.id_ is not None:
        values |= {"id": asked.id_, "at": asked.at, "before": ver}
        return _QUERIES["history_of_entry"], values
    values |= {"newest": newest, "rid": rid, "ver": ver}
    if asked.at is None:
        return _QUERIES["history_of_type"], values
    return _QUERIES["type_as_of"], values | {"at": asked.at}


def _place(columns: Columns) -> tuple[str, int, int]:
    """Returns where a row stands in the order: time, row number, version."""
    return columns[3].isoformat(), columns[ROW_COLUMNS], columns[2]


def _after(secret: bytes, named: str, cursor: str | None) -> tuple[datetime, int, int]:
    if cursor is None:
        return FOREVER, 0, _LAST_VERSION
    match unseal(secret, named, cursor):
        case [str(updated), int(rid), int(ver)]:
            return datetime.fromisoformat(updated), rid, ver
        case _:
            raise Incorrect("This page link is not one of ours.", where="_cursor", code="value")
