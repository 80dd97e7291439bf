"""Everything about some subjects: as it is kept, newest first, or as it was known at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.db import FOREVER, NEVER, Queries, Session
from careweave.db import Row as Columns
from careweave.record._compile_known import Known, as_known
from careweave.record._dictionaries import number_of
from careweave.record._policy import scope, seen
from careweave.record._row import ROW_COLUMNS, Row, row_of
from careweave.record._seals import seal, unseal
from careweave.record._types import rt_of
from careweave.terms import Heading, Incorrect, Sight, SubjectId

_QUERIES = Queries("careweave.record")


@dataclass(frozen=True, slots=True)
class Rows:
    """Entries; `next` continues after the last one, None when there is no more."""

    rows: tuple[Row, ...]
    next: str | None


def entries_of(  # noqa: PLR0913  each is one part of the question, as doors ask it
    session: Session,
    subjects: Sequence[SubjectId],
    *,
    sight: Sight,
    types: Collection[str] | None = None,
    since: datetime | None = None,
    count: int = 50,
    cursor: str | None = None,
) -> Rows:
    """Returns the visible current entries that concern these subjects, in the order they are kept.

    Entries of others that name them as further subjects are among them. `types` None means all;
    `since` leaves out what the platform has known for longer.
    """
    if not subjects:
        return Rows((), None)
    named = scope(session, sight, "entries_of", sorted(subjects), types and sorted(types), since)
    subject, rid = (0, 0) if cursor is None else _stored_after(session.secret, named, cursor)
    values: dict[str, object] = {
        "subjects": sorted(subjects),
        "rts": None if types is None else sorted(map(rt_of, types)),
        "since": since or NEVER,
        "subject": subject,
        "rid": rid,
        "most": count + 1,
    }
    rows = seen(session, sight, _QUERIES["entries_of"], values)
    page = rows[:count]
    return Rows(
        tuple(row_of(columns) for columns in page),
        seal(session.secret, named, _stored(page[-1])) if page and len(rows) > count else None,
    )


def timeline(
    session: Session,
    subjects: Sequence[SubjectId],
    *,
    sight: Sight,
    headings: Collection[Heading | None] | None = None,
    count: int = 50,
    cursor: str | None = None,
) -> Rows:
    """Returns the visible current entries that concern these subjects, newest main date first.

    Entries without a date come last. `headings` None means all.
    """
    if not subjects:
        return Rows((), None)
    wanted = None if headings is None else sorted(map(number_of, headings))
    named = scope(session, sight, "timeline", sorted(subjects), wanted)
    before, rid = (FOREVER, 0) if cursor is None else _dated_after(session.secret, named, cursor)
    values: dict[str, object] = {
        "subjects": sorted(subjects),
        "headings": wanted,
        "before": before,
        "rid": rid,
        "most": count + 1,
    }
    rows = seen(session, sight, _QUERIES["timeline"], values)
    page = rows[:count]
    return Rows(
        tuple(row_of(columns) for columns in page),
        seal(session.secret, named, _dated(page[-1])) if page and len(rows) > count else None,
    )


def as_of(
    session: Session, subjects: Sequence[SubjectId], at: datetime, *, sight: Sight
) -> tuple[Row, ...]:
    """Returns the visible entries of these subjects as the platform knew them at a time.

    What was deleted by then is left out. The class that an entry has now decides.
    Source: `reference/store.md` section 3.
    """
    return tuple(row for row, _ in as_of_dated(session, subjects, at, sight=sight))


def as_of_dated(
    session: Session,
    subjects: Sequence[SubjectId],
    at: datetime,
    *,
    sight: Sight,
    known: Known | None = None,
) -> tuple[tuple[Row, datetime | None], ...]:
    """Returns the same, each with the main date that the entry has now."""
    if not subjects or not sight.branches:
        return ()
    more, shape = as_known(known)
    values = {**more, "subjects": sorted(subjects), "at": at}
    rows = seen(session, sight, _QUERIES["as_of"], values, shape)
    return tuple((row_of(columns), columns[ROW_COLUMNS + 1]) for columns in rows)


def _stored(columns: Columns) -> tuple[int, int]:
    return columns[4], columns[ROW_COLUMNS]


def _stored_after(secret: bytes, named: str, cursor: str) -> tuple[int, int]:
    match unseal(secret, named, cursor):
        case [int(subject), int(rid)]:
            return subject, rid
        case _:
            raise _foreign()


def _dated(columns: Columns) -> tuple[str, int]:
    return columns[ROW_COLUMNS + 1].isoformat(), columns[ROW_COLUMNS]


def _dated_after(secret: bytes, named: str, cursor: str) -> tuple[datetime, int]:
    match unseal(secret, named, cursor):
        case [str(date), int(rid)]:
            return datetime.fromisoformat(date), rid
        case _:
            raise _foreign()


def _foreign() -> Incorrect:
    return Incorrect("This page link is not one of ours.", where="_cursor", code="value")
