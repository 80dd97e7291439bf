"""Gives the entries of a transaction their ids, and rewrites the references between them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from careweave.db import Session
from careweave.formats import Resource, references, relink
from careweave.intake._draft import Drafter
from careweave.intake._entries import Item, named, pairs
from careweave.intake._matching import canonical, lock, matches, parsed
from careweave.intake._references import is_conditional
from careweave.intake._requests import WriteRequest, Writing
from careweave.record import Match, Search
from careweave.terms import Ambiguous, CareweaveError, Incorrect

_ends_with_type_and_id = re.compile(
    r"https?://.+/([A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64})"
).fullmatch

Found = Mapping[str, tuple[Match, ...]]
"""What each criterion matches, by its text: "Type?query"."""


def check_unique(items: Iterable[Item]) -> None:
    """Raises when two entries have one full address or change one entry."""
    addresses: set[str] = set()
    targets: set[tuple[str, str]] = set()
    for item in items:
        address, request = item.entry.full_url, item.request
        if address is not None and request is not None:
            if address in addresses:
                message = "Two entries have the same fullUrl; each has its own."
                raise Incorrect(message, where=f"{item.entry.where}.fullUrl", code="duplicate")
            addresses.add(address)
        if request is not None and request.id is not None:
            if (request.type, request.id) in targets:
                message = "Two entries of a transaction change the same resource."
                raise Incorrect(message, where=item.entry.where, code="duplicate")
            targets.add((request.type, request.id))


def check_apart(items: Iterable[Item], settled: Mapping[int, WriteRequest]) -> None:
    """Raises when two entries, now that their criteria are settled, make or change one entry.

    Source: FHIR R4 4.0.1, http.html 3.1.0.11.2: overlapping identities fail the transaction.
    """
    seen: set[object] = set()
    for item in items:
        asked, on = item.request, settled.get(item.place)
        if asked is None or on is None or (on.id is None and asked.condition is None):
            continue
        made = on.id if on.id is not None else tuple(sorted(asked.condition or ()))
        if (on.type, made) in seen:
            message = "Two entries of a transaction make or change the same resource."
            raise Incorrect(message, where=item.entry.where, code="duplicate")
        seen.add((on.type, made))


def text_of(request: WriteRequest) -> str:
    """Returns the criterion of a conditional request as text."""
    query = "&".join(f"{name}={value}" for name, value in request.condition or ())
    return f"{request.type}?{query}"


def find_all(session: Session, items: Sequence[Item], writing: Writing, drafter: Drafter) -> Found:
    """Returns what the criteria of all requests and conditional references match, each once.

    Those of requests are locked first, so that two that say the same take turns.
    """
    searches: dict[str, Search] = {}
    locked: list[str] = []
    for item in items:
        if item.request is None:
            continue
        try:
            _criteria(item.request, writing, drafter, searches, locked)
        except CareweaveError as error:
            raise named(error, item.entry.where) from error
    if locked:
        lock(session, locked)
    if not searches:
        return {}
    found = matches(session, list(searches.values()), writing)
    return dict(zip(searches, found, strict=True))


def _criteria(
    request: WriteRequest,
    writing: Writing,
    drafter: Drafter,
    searches: dict[str, Search],
    locked: list[str],
) -> None:
    if request.condition is not None:
        search = parsed(request.type, request.condition, writing, drafter)
        searches[text_of(request)] = search
        locked.append(canonical(search, writing))
    if request.resource is not None and b"?" in request.resource.body:
        for text in references(request.resource):
            if is_conditional(text) and text not in searches:
                kind, _, query = text.partition("?")
                searches[text] = parsed(kind, pairs(query), writing, drafter)


def addresses_of(items: Iterable[Item], ids: Mapping[int, str]) -> dict[str, str]:
    """Returns the reference that each full address of the bundle stands for."""
    links: dict[str, str] = {}
    for item in items:
        address, request = item.entry.full_url, item.request
        if address is None or request is None or item.place not in ids:
            continue
        own = f"{request.type}/{ids[item.place]}"
        links[address] = own
        said = _ends_with_type_and_id(address)
        if said and said[1] != own:
            links[said[1]] = own
    return links


def linked(request: WriteRequest, links: Mapping[str, str], found: Found) -> WriteRequest:
    """Returns the request with the references of its resource leading to where things will be."""
    resource = request.resource
    if resource is None:
        return request
    resolved = dict(links)
    if b"?" in resource.body:
        resolved |= _resolved(resource, found)
    return replace(request, resource=relink(resource, resolved.get)) if resolved else request


def _resolved(resource: Resource, found: Found) -> dict[str, str]:
    links = {}
    for text in references(resource):
        if text in found:
            if len(found[text]) != 1:
                message = "A conditional reference matches nothing that you may see, or several."
                raise Ambiguous(message, where=resource.type, code="multiple-matches")
            match = found[text][0]
            links[text] = f"{match.type}/{match.id}"
    return links
