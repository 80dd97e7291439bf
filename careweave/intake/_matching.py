"""Conditional operations: what their criteria match among what the caller may see.

Source: reference/store.md 6.4; FHIR R4 4.0.1, http.html 3.1.0.8 and following.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b

from careweave import record
from careweave.db import Queries, Session
from careweave.intake._draft import Drafter
from careweave.intake._requests import Condition, Interaction, WriteRequest, Writing, Written
from careweave.record import Match, Search
from careweave.terms import Ambiguous, Incorrect, NotFound

_QUERIES = Queries("careweave.intake")


def lock(session: Session, texts: Iterable[str]) -> None:
    """Makes those who ask for the same thing take turns until their transactions end."""
    keys = sorted({_number(text) for text in texts})
    session.defer(_QUERIES["lock"], keys=keys)


def share(session: Session, texts: Iterable[str]) -> None:
    """Makes those who `lock` the same thing wait until this transaction ends, and the reverse."""
    keys = sorted({_number(text) for text in texts})
    session.defer(_QUERIES["share"], keys=keys)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def parsed(type_name: str, condition: Condition, writing: Writing, drafter: Drafter) -> Search:
    """Returns the criteria as a search; a parameter that is not known is refused."""
    search = record.parse(
        type_name, condition, keys=drafter.keys, zone=drafter.zone, now=writing.at
    )
    if not search.where:
        message = "A conditional operation names at least one criterion."
        raise Incorrect(message, where=type_name, code="required")
    return search


def canonical(search: Search, writing: Writing) -> str:
    """Returns what two requests with the same criteria for the same authority have in common."""
    pairs = sorted(search.honoured)
    parts = [writing.actor.authority, search.type, *(f"{k}={v}" for k, v in pairs)]
    return "\x1f".join(parts)


def matches(
    session: Session, searches: Sequence[Search], writing: Writing
) -> list[tuple[Match, ...]]:
    """Returns up to two visible entries for each of the criteria, in their order."""
    asks, now = writing.asks, writing.at
    if asks is None:
        return record.find_ids_each(session, searches, sight=writing.sight, now=now, most=2)
    return [
        record.find_ids(session, one, sight=asks(session, one), now=now, most=2) for one in searches
    ]


def settled(request: WriteRequest, found: tuple[Match, ...]) -> WriteRequest | None:
    """Returns the request on the entry that was found, or None when there is nothing to do.

    More than one match is Ambiguous. An update without a match creates; with an id of its own it
    goes on as an update of that id.
    """
    if len(found) > 1:
        raise Ambiguous(where=request.where)
    plain = replace(request, condition=None)
    if request.interaction is Interaction.CREATE:
        return None if found else plain
    if found:
        return replace(plain, id=_agreed(request, found[0].id))
    if request.interaction is Interaction.UPDATE:
        return _unmatched(plain)
    if request.interaction is Interaction.DELETE:
        return None
    raise NotFound(where=request.where)


def _agreed(request: WriteRequest, key: str) -> str:
    said = request.resource.id if request.resource is not None else None
    if said is not None and said != key:
        message = "The id of the resource is not that of the entry which the condition matches."
        raise Incorrect(message, where=f"{request.type}.id", code="value")
    return key


def _unmatched(request: WriteRequest) -> WriteRequest:
    said = request.resource.id if request.resource is not None else None
    if said is not None:
        return replace(request, id=said)
    return replace(request, interaction=Interaction.CREATE)


def found_already(
    session: Session, request: WriteRequest, found: tuple[Match, ...], writing: Writing
) -> Written:
    """Returns the answer when nothing is to be done: the entry is there, or nothing to delete."""
    if request.interaction is Interaction.DELETE:
        return Written(204, request.type, "", 0, writing.at, None, changed=False)
    row = record.read(session, found[0].type, found[0].id, sight=writing.sight)
    if row is None:
        raise NotFound(where=request.where)
    return Written(200, row.type, row.id, row.version, row.updated, row.subject, changed=False)
