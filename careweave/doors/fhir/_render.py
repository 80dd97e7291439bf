"""Rows as FHIR: one resource, a page of a search, a history; and the forms beside plain JSON."""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from careweave.disclosure import Disclosed, Matched, Row
from careweave.doors.fhir._answer import etag
from careweave.formats import Limits as FormatLimits
from careweave.formats import (
    bundle_bytes,
    entry_bytes,
    outcome,
    read_json,
    splice,
    subset,
    to_xml,
    write_json,
)
from careweave.terms import Fault

Links = list[tuple[str, str]]
Pairs = Sequence[tuple[str, str]]

_METHODS = {"C": "POST", "U": "PUT", "D": "DELETE"}
_STATUSES = {"C": "201 Created", "U": "200 OK", "D": "204 No Content"}

# What we render ourselves may be a bundle of the largest resources.
_OWN = FormatLimits(size=1 << 31, nodes=1 << 31, string=1 << 31, depth=100)

_MATCH = b',"search":{"mode":"match"}}'
_INCLUDE = b',"search":{"mode":"include"}}'

# Not "|", which stands in no URI: strict clients refuse a link that has it.
_is_plain = re.compile(r"[A-Za-z0-9_.~:,/$\-]*").fullmatch

_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def resource_bytes(row: Row) -> bytes:
    """Returns a row as a resource with its id and meta: stored bytes, nothing decoded."""
    if row.body is None:
        raise Fault
    return splice(
        row.body, row.cut, id=row.id, version=row.version, updated=row.updated, meta=row.meta
    )


def narrowed(body: bytes, *, elements: tuple[str, ...], summary: str) -> bytes:
    """Returns a resource with only what `_elements` or `_summary` leaves of it."""
    value = read_json(body, limits=_OWN).value
    return write_json(subset(value, elements=elements, summary=summary))


def search_bundle(found: Disclosed, place: str, form: Pairs, base: str, request_id: str) -> bytes:
    """Returns the searchset of one page at a place; its links ask for the form again."""
    links = _links(found, place, form)
    return bundle_bytes(
        "searchset", total=found.total, links=links, entries=_entries(found, base, request_id)
    )


def _links(found: Disclosed, place: str, form: Pairs) -> Links:
    pairs = [*(pair for pair in found.honoured if pair[0] != "_cursor"), *form]
    cursors = [pair for pair in found.honoured if pair[0] == "_cursor"]
    first = address(place, pairs)
    links = [("self", address(place, [*pairs, *cursors]) if cursors else first)]
    joint = "&" if pairs else "?"
    for relation, cursor in (("next", found.next), ("previous", found.previous)):
        if cursor is not None:
            links.append((relation, f"{first}{joint}_cursor={quote(cursor, safe='')}"))
    return links


def address(place: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Returns a place with its parameters encoded, as links carry it."""
    query = "&".join([f"{_encoded(name)}={_encoded(value)}" for name, value in pairs])
    return f"{place}?{query}" if query else place


def _encoded(text: str) -> str:
    return text if _is_plain(text) else quote(text, safe=":,/$")


def page_bundle(found: Disclosed, base: str, links: Links) -> bytes:
    """Returns the searchset of one page under links of the caller's making."""
    return bundle_bytes("searchset", links=links, entries=_entries(found, base, None))


def _entries(found: Disclosed, base: str, request_id: str | None) -> Iterator[bytes]:
    whole = not found.elements and found.summary == "false"
    start = b'{"fullUrl":' + write_json(base)[:-1]
    for end, rows in ((_MATCH, found.rows), (_INCLUDE, found.included)):
        for row in rows:
            body = resource_bytes(row)
            if not whole:
                body = narrowed(body, elements=found.elements, summary=found.summary)
            # Type and id need no escapes: they are letters, digits, points and hyphens.
            place = f"/{row.type}/{row.id}".encode()
            yield b'%b%b","resource":%b%b' % (start, place, body, end)
    if found.issues:
        note = write_json(outcome(found.issues, request_id=request_id))
        yield entry_bytes(None, note, mode="outcome")


def match_bundle(found: Sequence[Matched], base: str) -> bytes:
    """Returns the searchset of who may be meant: each with its probability and its grade.

    Source: FHIR R4 4.0.1, operation Patient-match; reference/identity.md section 16.
    """
    entries = [_matched(one, base) for one in found]
    return bundle_bytes("searchset", total=len(found), entries=entries)


def _matched(one: Matched, base: str) -> bytes:
    place = write_json(f"{base}/Patient/{one.row.id}")
    grade = write_json([{"url": _GRADE, "valueCode": one.grade}])
    score = f"{one.probability:.4f}".encode()
    return b'{"fullUrl":%b,"resource":%b,"search":{"extension":%b,"mode":"match","score":%b}}' % (
        *(place, resource_bytes(one.row)),
        *(grade, score),
    )


def history_bundle(found: Disclosed, base: str, links: Links) -> bytes:
    """Returns the history of one page: each version with how it came to be."""
    return bundle_bytes(
        "history",
        total=found.total,
        links=links,
        entries=(_change(row, base) for row in found.rows),
    )


def _change(row: Row, base: str) -> bytes:
    created = row.op == "C"
    url = row.type if created else f"{row.type}/{row.id}"
    response = {
        "status": _STATUSES[row.op],
        "location": f"{base}/{row.type}/{row.id}/_history/{row.version}",
        "etag": etag(row.version),
        "lastModified": _instant(row),
    }
    return entry_bytes(
        f"{base}/{row.type}/{row.id}",
        None if row.op == "D" else resource_bytes(row),
        request=(_METHODS[row.op], url),
        response=response,
    )


def _instant(row: Row) -> str:
    return row.updated.isoformat(timespec="microseconds").replace("+00:00", "Z")


def as_xml(body: bytes) -> bytes:
    """Returns FHIR JSON as FHIR XML."""
    return to_xml(read_json(body, limits=_OWN).value)


def indented(body: bytes) -> bytes:
    """Returns JSON with every member on a line of its own; digits and strings stay as they are."""
    out: list[bytes] = []
    depth = 0
    opened = False
    for token in _TOKEN.findall(body):
        if token in (b"}", b"]"):
            depth -= 1
            out.append(token if opened else b"\n" + b"  " * depth + token)
            opened = False
            continue
        if opened:
            out.append(b"\n" + b"  " * depth)
            opened = False
        out.append(_spaced(token, depth))
        if token in (b"{", b"["):
            depth += 1
            opened = True
    return b"".join(out)


def _spaced(token: bytes, depth: int) -> bytes:
    if token == b",":
        return b",\n" + b"  " * depth
    return b": " if token == b":" else token
