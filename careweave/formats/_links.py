"""Links between resources: finding them and rewriting them in the bytes."""

import re
from collections.abc import Callable
from json import loads

from careweave.formats._resource import Resource
from careweave.formats._scan import trusting
from careweave.formats._write import quote

Mapping = Callable[[str], str | None]
_BACKSLASH = ord("\\")

# A quotation mark that is not escaped begins or ends a string, and only a name is followed by a
# colon: so in well-formed JSON these match whole members and nothing inside of a text.
_STRING = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_COLON = rb'"[ \t\n\r]*:[ \t\n\r]*'
_find_references = re.compile(rb'"reference' + _COLON + _STRING, re.DOTALL).finditer

# The members whose values are links: Reference.reference and the elements of type uri, url, oid or
# uuid, but not names of code systems (`system`) and of the resource in its bundle (`fullUrl`).
# Source: FHIR R4 4.0.1, http.html#trules.
_LINKS = (
    rb"reference|ur[il]|[a-zA-Z]+Ur[il]|value(?:Uuid|Oid)|instantiates|source|target|policy|detail"
    rb"|address|location|endpoint|link|protocol|rendering|onlineInformation|project|authority|issuer"
)
# Only names of members with a text are looked up: most strings are neither.
_find_links = re.compile(
    rb'"(?=[a-zA-Z]++' + _COLON + rb'")(div|' + _LINKS + rb")" + _COLON + _STRING, re.DOTALL
).finditer
_find_anchors = re.compile(
    rb"""\b(?:href|src)[ \t]*=[ \t]*(?:\\"|')([^"'\\<>]+)(?:\\"|')"""
).finditer


def references(resource: Resource) -> tuple[str, ...]:
    """Returns the literal references of the resource, contained ones too, each once, in order."""
    body = resource.body
    found = (hit[1] for hit in _find_references(body) if body[hit.start() - 1] != _BACKSLASH)
    return tuple(dict.fromkeys(map(_unquoted, found)))


def relink(resource: Resource, mapping: Mapping) -> Resource:
    """Returns the resource with links replaced where the mapping gives another; other bytes stay.

    The mapping is asked for each value of a link (references, uris, and anchors and images of the
    narrative) and gives None to leave it.
    """
    changes = _changes(resource.body, mapping)
    if not changes:
        return resource
    body = _changed(resource.body, changes)
    text = body.decode()
    value, _ = trusting()(text, text.index("{"))
    cut = tuple(_moved(place, changes) for place in resource.cut)
    return Resource(resource.type, resource.id, value, body, cut)


def relinked(document: bytes, mapping: Mapping) -> bytes:
    """Returns a document with links replaced as by `relink`, before it is read.

    What is not well formed is given back as it is or as badly formed as before: reading refuses it.
    """
    try:
        return _changed(document, _changes(document, mapping))
    except ValueError:
        return document


_Change = tuple[int, int, bytes]


def _changed(body: bytes, changes: list[_Change]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for start, end, new in changes:
        pieces += (body[at:start], new)
        at = end
    pieces.append(body[at:])
    return b"".join(pieces)


def _changes(body: bytes, mapping: Mapping) -> list[_Change]:
    changes: list[_Change] = []
    for found in _find_links(body):
        if body[found.start() - 1] == _BACKSLASH or found[1] == b"fullUrl":
            continue
        if found[1] == b"div":
            changes += _anchor_changes(body, found.start(2), found.end(2), mapping)
            continue
        new = mapping(_unquoted(found[2]))
        if new is not None:
            changes.append((found.start(2), found.end(2), quote(new)[1:-1].encode()))
    return changes


def _anchor_changes(body: bytes, start: int, end: int, mapping: Mapping) -> list[_Change]:
    changes: list[_Change] = []
    for found in _find_anchors(body, start, end):
        new = mapping(found[1].decode().replace("&amp;", "&"))
        if new is not None:
            changes.append((found.start(1), found.end(1), _attribute(new)))
    return changes


def _attribute(text: str) -> bytes:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;")
    return quote(escaped.replace('"', "&#34;"))[1:-1].encode()


def _unquoted(raw: bytes) -> str:
    if b"\\" not in raw:
        return raw.decode()
    text: str = loads(b'"' + raw + b'"')
    return text


def _moved(place: int, changes: list[_Change]) -> int:
    return place + sum(len(new) - (end - start) for start, end, new in changes if end <= place)
