"""The search rows of entries: sent together, only as many statements as there are kinds."""

from collections.abc import Sequence
from operator import attrgetter
from typing import cast

from careweave.db import Queries, Session
from careweave.record._written import Written, placed
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.record")

_KINDS = (
    ("strings_add", attrgetter("strings"), ("key", "v")),
    ("dates_add", attrgetter("dates"), ("key", "lo", "hi")),
    ("quantities_add", attrgetter("quantities"), ("key", "unit", "lo", "hi")),
)


def defer_rows(session: Session, written: Sequence[Written]) -> None:
    """Sends the search rows and further subjects along with the next statement.

    The tokens of new entries are written by `create` itself.
    """
    rows = {"subject": [one.subject for one in written], "rid": [one.rid for one in written]}
    for query, kind, columns in _KINDS:
        found, place = placed(written, kind)
        if found:
            values = zip(*cast("list[tuple[object, ...]]", found), strict=True)
            named = dict(zip(columns, map(list, values), strict=True))
            session.defer(_QUERIES[query], **rows, **named, place=place)
    _defer_tokens(session, written)
    _defer_extras(session, written)


def _defer_tokens(session: Session, written: Sequence[Written]) -> None:
    changed = [one for one in written if one.change.op == "U"]
    token, place = placed(changed, lambda prepared: prepared.posted)
    if token:
        session.defer(
            _QUERIES["tokens_add"],
            subject=[one.subject for one in changed],
            rid=[one.rid for one in changed],
            token=token,
            place=place,
        )


def _defer_extras(session: Session, written: Sequence[Written]) -> None:
    found = [
        (extra, extra in about, number)
        for number, one in enumerate(written, start=1)
        if one.change.op != "D"
        for about in (_about(one),)
        for extra in sorted(set(one.change.extras) - {one.subject})
    ]
    if found:
        extras, are_primary, places = map(list, zip(*found, strict=True))
        session.defer(
            _QUERIES["extras_add"],
            subject=[one.subject for one in written],
            rid=[one.rid for one in written],
            extra=extras,
            is_primary=are_primary,
            place=places,
        )


def _about(written: Written) -> frozenset[SubjectId]:
    """Returns the further subjects that an entry is about, not only by, for or with.

    A Patient that names others by its links is about none but itself.
    """
    prepared = written.prepared
    if prepared is None or prepared.type == "Patient" or not prepared.primary:
        return frozenset()
    return frozenset(written.change.extras[: prepared.primary - 1])
