"""What the way in may know of entries: those of the writer's own sources, for writing."""

from collections.abc import Collection, Sequence

from careweave.db import Queries, Row, Session
from careweave.record._changes import Held
from careweave.record._dictionaries import dictionaries, fresh, heading_of
from careweave.record._types import rt_of, type_of
from careweave.terms import Heading, Label, SourceId

_QUERIES = Queries("careweave.record")

Ref = tuple[str, str]
"""Resource type and public id."""

Kept = tuple[Heading | None, frozenset[Label]]
"""Heading and labels of an entry."""


def held(
    session: Session,
    refs: Collection[Ref],
    *,
    sources: frozenset[SourceId],
    lock: bool,
) -> dict[Ref, Held]:
    """Returns the current state of these entries, as far as they are of these sources.

    With `lock` nobody else can change them, or others of their subjects, before the transaction
    ends; locks are taken in the order of the numbers, so no two writers wait for each other.
    """
    if not refs or not sources:
        return {}
    values = {**_values(refs), "sources": sorted(sources)}
    if lock:
        session.defer(_QUERIES["held_locks"], **values)
    rows = session.rows_of(_QUERIES["held_for_update" if lock else "held"], values)
    found = [_held(session, row) for row in rows]
    wanted = set(refs)
    return {(one.type, one.id): one for one in found if (one.type, one.id) in wanted}


def taken(session: Session, refs: Collection[Ref]) -> set[Ref]:
    """Returns which of these ids are in use by anybody; the answer is never shown."""
    if not refs:
        return set()
    rows = session.rows_of(_QUERIES["taken"], _values(refs))
    return {(type_of(rt), id_) for rt, id_ in rows} & set(refs)


def _values(refs: Collection[Ref]) -> dict[str, Sequence[object]]:
    return {
        "rts": sorted({rt_of(type_name) for type_name, _ in refs}),
        "ids": sorted({id_ for _, id_ in refs}),
    }


def _held(session: Session, row: Row) -> Held:
    number, id_, rid, subject, version, source, heading, label_set, *rest = row
    digest, gone, cut, body, updated, tok, meta = rest
    return Held(
        type=type_of(number),
        id=id_,
        rid=rid,
        subject=subject,
        version=version,
        source=source,
        heading=heading_of(heading),
        labels=_labels(session, label_set),
        digest=digest,
        gone=gone,
        cut=tuple(cut or ()),
        body=body,
        updated=updated,
        tok=tuple(tok),
        meta=meta,
    )


def _labels(session: Session, label_set: int) -> frozenset[Label]:
    known = dictionaries(session).label_sets
    return known[label_set] if label_set in known else fresh(session).label_sets[label_set]


def parents(
    session: Session, refs: Collection[Ref], *, sources: frozenset[SourceId]
) -> dict[Ref, Kept]:
    """Returns heading and labels of these current entries, as far as they are of these sources.

    Entries that draw on them inherit their labels. Source: `reference/record.md` 6.1.
    """
    if not refs or not sources:
        return {}
    wanted = set(refs)
    rows = session.rows_of(_QUERIES["parents"], {**_values(refs), "sources": sorted(sources)})
    found = {
        (type_of(rt), id_): (heading_of(heading), _labels(session, label_set))
        for rt, id_, heading, label_set in rows
    }
    return {ref: kept for ref, kept in found.items() if ref in wanted}
