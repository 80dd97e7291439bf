"""Adding to the dictionaries, in the transaction that needs the new number."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from careweave.db import Queries, Session
from careweave.record._dictionaries import (
    AccessClass,
    Dictionaries,
    bits_of,
    dictionaries,
    fresh,
    labels_of,
)
from careweave.record._policy_classes import Triple
from careweave.terms import Fault, Label, SourceId

_QUERIES = Queries("careweave.record")

SEALED = frozenset({Label.S8, Label.VERY_RESTRICTED})
"""Labels that seal an entry: a set with one of them has a number below zero (migration 0006)."""


def open_source(session: Session, organisation: str, system: str, feed: str) -> SourceId:
    """Returns the number of a source, which is added if it is new."""
    wanted = (organisation, system, feed)
    found = _find_source(dictionaries(session), wanted) or _find_source(fresh(session), wanted)
    if found is not None:
        return found
    session.run(_QUERIES["dictionary_grow"])
    session.run(_QUERIES["source_add"], org=organisation, system=system, feed=feed)
    made = _find_source(fresh(session), wanted)
    if made is None:
        raise Fault("A source that was just added is not there.")
    return made


def classes_of(session: Session, wanted: Iterable[Triple]) -> Mapping[Triple, AccessClass]:
    """Returns access classes, among them all that are wanted; those that are new are added."""
    needed = set(wanted)
    known = dictionaries(session).classes
    if needed <= known.keys():
        return known
    # Another process may have added them since this one looked.
    known = fresh(session).classes
    missing = sorted(needed - known.keys())
    if missing:
        _add_classes(session, missing)
        known = fresh(session).classes
    return known


def orgs_of(session: Session, slugs: Collection[str]) -> Mapping[str, int]:
    """Returns organisation numbers, among them all that are wanted; those that are new are added."""
    needed = set(slugs)
    known = dictionaries(session).orgs
    if needed <= known.keys():
        return known
    known = fresh(session).orgs
    missing = sorted(needed - known.keys())
    if missing:
        session.run(_QUERIES["dictionary_grow"])
        session.run(_QUERIES["orgs_add"], slugs=missing)
        known = fresh(session).orgs
    return known


def _add_classes(session: Session, missing: Sequence[Triple]) -> None:
    session.run(_QUERIES["dictionary_grow"])
    bits = [triple[2] for triple in missing]
    names = [" ".join(sorted(labels_of(mask))) for mask in bits]
    session.run(_QUERIES["label_sets_add"], bits=bits, labels=names, sealed=bits_of(SEALED))
    session.run(
        _QUERIES["classes_add"],
        sources=[triple[0] for triple in missing],
        headings=[triple[1] for triple in missing],
        bits=bits,
    )


def _find_source(known: Dictionaries, wanted: tuple[str, str, str]) -> SourceId | None:
    for source in known.sources.values():
        if (source.organisation, source.system, source.feed) == wanted:
            return source.number
    return None
