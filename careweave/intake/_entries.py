"""Reads what each entry of a transaction or batch asks for."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from urllib.parse import unquote_plus

from careweave.formats import BundleEntry, Resource, is_type, read_value
from careweave.intake._requests import Condition, Interaction, WriteRequest
from careweave.terms import CareweaveError, Incorrect, Json

_etag = re.compile(r'(?:W/)?"(\d{1,9})"').fullmatch
_is_id = re.compile(r"[A-Za-z0-9.-]{1,64}").fullmatch
_READS = frozenset({"GET", "HEAD"})
_WRITES = {
    "POST": Interaction.CREATE,
    "PUT": Interaction.UPDATE,
    "PATCH": Interaction.PATCH,
    "DELETE": Interaction.DELETE,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: `request` is what it writes, None when it reads."""

    place: int
    entry: BundleEntry
    request: WriteRequest | None


def read_items(entries: tuple[BundleEntry, ...]) -> list[Item]:
    """Returns what all entries ask for; raises with the first that cannot be read, named."""
    return [read_item(place, entry) for place, entry in enumerate(entries)]


def read_item(place: int, entry: BundleEntry) -> Item:
    """Returns what one entry asks for; raises with the entry named."""
    try:
        return Item(place, entry, _request(entry))
    except CareweaveError as error:
        raise named(error, entry.where) from error


def named(error: CareweaveError, where: str) -> CareweaveError:
    """Returns the error with the place of its entry in front of its own place."""
    issues = tuple(
        type(issue)(issue.severity, issue.code, issue.message, _inside(issue.where, where))
        for issue in error.issues
    )
    place = _inside(error.where, where)
    return type(error)(error.message, where=place, code=error.issues[0].code, issues=issues)


def _inside(inner: str | None, where: str) -> str:
    if inner is None or inner.startswith("Bundle.entry["):
        return inner or where
    head, dot, rest = inner.partition(".")
    if is_type(head):
        return f"{where}.resource{dot}{rest}"
    return f"{where}.{inner}" if inner.startswith(("request", "resource")) else where


def _request(entry: BundleEntry) -> WriteRequest | None:
    method, url = entry.method, entry.url
    if method is None or url is None:
        message = "Each entry has a request with its method and url."
        raise Incorrect(message, where="request", code="required")
    if method in _READS:
        return None
    if method not in _WRITES:
        message = "The methods of an entry are GET, HEAD, POST, PUT, PATCH and DELETE."
        raise Incorrect(message, where="request.method", code="value")
    type_name, key, query = _address(url)
    interaction = _WRITES[method]
    return WriteRequest(
        interaction=interaction,
        type=type_name,
        id=key,
        resource=None if interaction in (Interaction.PATCH, Interaction.DELETE) else entry.resource,
        patch=_patch(entry.resource) if interaction is Interaction.PATCH else None,
        if_match=_version(entry.if_match),
        condition=_condition(interaction, key, query, entry.if_none_exist),
        where=entry.where,
    )


def _address(url: str) -> tuple[str, str | None, str | None]:
    """Returns type, id and query of a relative address."""
    path, mark, query = url.partition("?")
    parts = path.strip("/").split("/")
    if any(part.startswith(("$", "_")) for part in parts):
        message = "Operations and _search are not offered inside a bundle; send them by themselves."
        raise Incorrect(message, where="request.url", code="not-supported")
    if not is_type(parts[0]) or len(parts) > 2:
        message = "The url of an entry is Type, Type/id or Type?criteria, relative to the base."
        raise Incorrect(message, where="request.url", code="value")
    key = parts[1] if len(parts) == 2 else None
    if key is not None and not _is_id(key):
        message = "An id has up to 64 letters, digits, hyphens and points."
        raise Incorrect(message, where="request.url", code="value")
    return parts[0], key, query if mark else None


def _condition(
    interaction: Interaction, key: str | None, query: str | None, if_none_exist: str | None
) -> Condition | None:
    if interaction is Interaction.CREATE:
        if key is not None or query is not None:
            message = "A create is a POST to the type; criteria go to ifNoneExist."
            raise Incorrect(message, where="request.url", code="value")
        return (
            None
            if if_none_exist is None
            else pairs(if_none_exist.partition("?")[2] or if_none_exist)
        )
    if key is not None:
        return None
    if not query:
        message = "Name an id, or criteria, of what is to be changed."
        raise Incorrect(message, where="request.url", code="required")
    return pairs(query)


def pairs(query: str) -> Condition:
    """Returns the pairs of a query, decoded, in order."""
    found = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name:
            found.append((unquote_plus(name), unquote_plus(value)))
    return tuple(found)


def _version(etag: str | None) -> int | None:
    if etag is None:
        return None
    found = _etag(etag.strip())
    if not found:
        message = 'Give one version as W/"n".'
        raise Incorrect(message, where="request.ifMatch", code="value")
    return int(found[1])


def _patch(resource: Resource | None) -> Json | Resource:
    """Returns the patch of an entry: Parameters, or a Binary that holds a JSON Patch.

    Source: FHIR R4 4.0.1, http.html 3.1.0.7 and 3.1.0.11.
    """
    if resource is None or resource.type == "Parameters":
        return resource
    if resource.type != "Binary" or resource.value.get("contentType") != _JSON_PATCH:
        message = "The patch of an entry is a Parameters resource, or a Binary with a JSON Patch."
        raise Incorrect(message, where="resource", code="value")
    try:
        return read_value(b64decode(str(resource.value.get("data", "")), validate=True))
    except NotBase64 as error:
        message = "The data of the Binary are not base64."
        raise Incorrect(message, where="resource.data", code="value") from error


_JSON_PATCH = "application/json-patch+json"
