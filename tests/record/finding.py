"""Rows made by hand and ways to search them, for the tests of search."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from careweave.record import Row
from careweave.record._keys import Keys
from careweave.record._nodes import (
    Chain,
    Has,
    HasKeys,
    Kind,
    OfSubjects,
    Parameter,
    Place,
    Predicate,
    Search,
)
from careweave.record._search import Found, search
from careweave.terms import Heading
from tests.record.lib import Desk

NOW = datetime(2026, 4, 1, tzinfo=UTC)
KEYS = Keys(b"0123456789abcdef")


def key(*parts: str) -> int:
    """A key that no other parts give."""
    return KEYS.of("Any", *parts)


def day(n: int) -> datetime:
    """Midnight of a day of January 2026, UTC."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n - 1)


def subject_parameter(type_name: str = "Observation", name: str = "subject") -> Parameter:
    """The parameter that is the scalar subject."""
    return Parameter(type_name, name, Kind.REFERENCE, Place.SUBJECT, "subject", ("Patient",))


def to_patient(inner: Predicate, type_name: str = "Observation") -> Chain:
    """A chain along the subject to the Patient."""
    return Chain(subject_parameter(type_name), "Patient", inner, by_subject=True)


def has(type_name: str, inner: Predicate) -> Has:
    """A row of this type about the patient."""
    return Has(type_name, subject_parameter(type_name), inner, by_subject=True)


def code(*parts: str) -> HasKeys:
    """A condition on the main code."""
    return HasKeys(tuple(key("code", part) for part in parts), posted=True, main=True)


def posted(*parts: str) -> HasKeys:
    """A condition on keys that are posted."""
    return HasKeys(tuple(key(part) for part in parts), posted=True)


def tok(*parts: str, negated: bool = False) -> HasKeys:
    """A condition on keys that only filter."""
    return HasKeys(tuple(key(part) for part in parts), negated=negated)


def of(*ids: str) -> OfSubjects:
    """A condition on the patient."""
    return OfSubjects(ids)


def ask(desk: Desk, *where: Predicate, type_name: str = "Observation", **more: object) -> Found:
    """One page of a search, as the desk's own organisation sees it."""
    asked = Search(type_name, where, **more)  # type: ignore[arg-type]
    return search(desk.session, asked, sight=desk.sight, caller="a", now=NOW)


def ids(found: Found) -> list[str]:
    """The ids of a page in order."""
    return [row.id for row in found.rows]


def seek(
    desk: Desk, *where: Predicate, type_name: str = "Observation", **more: object
) -> list[str]:
    """The ids of one page in order."""
    return ids(ask(desk, *where, type_name=type_name, **more))


def pages(desk: Desk, asked: Search, *, caller: str = "a", now: datetime = NOW) -> list[list[str]]:
    """The ids of all pages of a search."""
    from dataclasses import replace

    found: list[list[str]] = []
    while True:
        page = search(desk.session, asked, sight=desk.sight, caller=caller, now=now)
        found.append(ids(page))
        if page.next is None:
            return found
        asked = replace(asked, cursor=page.next)


def observe(
    desk: Desk,
    id_: str,
    *,
    code: Sequence[str] = (),
    further: Sequence[str] = (),
    posted: Sequence[str] = (),
    tok: Sequence[str] = (),
    on: datetime | None = None,
    **more: object,
) -> None:
    """Writes an Observation: its main code, further codings, keys and day."""
    codes = [key("code", one) for one in (*code, *further)]
    kept = [key(one) for one in posted]
    desk.create(
        id_,
        id_,
        code=codes[0] if code else None,
        tok=(*codes, *kept, *(key(one) for one in tok)),
        posted=(*codes[1 if code else 0 :], *kept),
        low=on,
        high=None if on is None else on + timedelta(days=1),
        **more,
    )


def patient(
    desk: Desk, id_: str, *, strings: Sequence[tuple[int, str]] = (), **more: object
) -> None:
    """Writes the Patient of the desk's subject."""
    desk.create(id_, id_, type="Patient", strings=tuple(strings), heading=Heading.DEM, **more)


def rows_of(found: Found) -> list[Row]:
    """The rows of a page."""
    return list(found.rows)
