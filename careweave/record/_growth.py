"""Adding to the dictionaries, in the transaction that needs the new number."""

from collections.abc import Collection, Iterable, Mapping
from typing import cast

from careweave.db import Queries, Session
from careweave.record._dictionaries import (
    AccessClass,
    Dictionaries,
    Triple,
    dictionaries,
    fresh,
    labels_of,
)
from careweave.terms import SourceId

_QUERIES = Queries("careweave.record")


def open_source(session: Session, organisation: str, system: str, feed: str) -> SourceId:
    """Returns the number of a source, which is added if it is new."""
    wanted = (organisation, system, feed)
    found = _find_source(dictionaries(session), wanted)
    if found is not None:
        return found
    session.run(_QUERIES["dictionary_grow"])
    session.run(_QUERIES["source_add"], org=organisation, system=system, feed=feed)
    return cast(SourceId, _find_source(fresh(session), wanted))


def classes_of(session: Session, wanted: Iterable[Triple]) -> Mapping[Triple, AccessClass]:
    """Returns access classes, among them all that are wanted; those that are new are added."""
    known = dictionaries(session).classes
    missing = sorted({triple for triple in wanted if triple not in known})
    if not missing:
        return known
    session.run(_QUERIES["dictionary_grow"])
    bits = [triple[2] for triple in missing]
    names = [" ".join(sorted(labels_of(mask))) for mask in bits]
    session.run(_QUERIES["label_sets_add"], bits=bits, labels=names)
    session.run(
        _QUERIES["classes_add"],
        sources=[triple[0] for triple in missing],
        headings=[triple[1] for triple in missing],
        bits=bits,
    )
    return fresh(session).classes


def orgs_of(session: Session, slugs: Collection[str]) -> Mapping[str, int]:
    """Returns organisation numbers, among them all that are wanted; those that are new are added."""
    known = dictionaries(session).orgs
    missing = sorted({slug for slug in slugs if slug not in known})
    if not missing:
        return known
    session.run(_QUERIES["dictionary_grow"])
    session.run(_QUERIES["orgs_add"], slugs=missing)
    return fresh(session).orgs


def _find_source(known: Dictionaries, wanted: tuple[str, str, str]) -> SourceId | None:
    for source in known.sources.values():
        if (source.organisation, source.system, source.feed) == wanted:
            return source.number
    return None
