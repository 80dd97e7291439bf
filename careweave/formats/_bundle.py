"""Reading a bundle in one pass: each entry's resource keeps its own bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from careweave.formats._limits import BUNDLE_LIMITS, Limits
from careweave.formats._read import decoded, made, refusal, refuse
from careweave.formats._resource import Resource
from careweave.formats._scan import (
    UNREADABLE,
    has_odd_strings,
    is_large,
    read_items,
    read_members,
)
from careweave.terms import Incorrect, TooLong

_SPACE = " \t\n\r"
_WRAPPED = 3  # a resource stands in the bundle, its list of entries, and the entry


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One entry of a bundle: a resource, a request, or both; `where` is its FHIRPath."""

    full_url: str | None
    resource: Resource | None
    method: str | None
    url: str | None
    if_match: str | None
    if_none_match: str | None
    if_none_exist: str | None
    if_modified_since: str | None
    where: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it was sent: its type and its entries in order."""

    type: str
    entries: tuple[BundleEntry, ...]


@dataclass(frozen=True, slots=True)
class _Slice:
    value: dict[str, Any]
    start: int
    end: int
    spans: list[int]


# Source: FHIR R4 4.0.1, Bundle: the members that an entry and its request may have.
_ENTRY = frozenset(
    {"id", "extension", "modifierExtension", "link", "fullUrl", "resource", "search", "request"}
    | {"response", "_fullUrl"}
)
_REQUEST = frozenset(
    {"id", "extension", "modifierExtension", "method", "url", "ifNoneMatch", "ifModifiedSince"}
    | {"ifMatch", "ifNoneExist"}
)
_BUNDLE = frozenset(
    {"resourceType", "id", "meta", "implicitRules", "language", "identifier", "type", "timestamp"}
    | {"total", "link", "entry", "signature"}
)


def read_bundle(data: bytes, *, limits: Limits = BUNDLE_LIMITS) -> Bundle:
    """Returns the bundle, or raises Incorrect with the place named."""
    text = decoded(data, limits)
    start = len(text) - len(text.lstrip(_SPACE))
    try:
        value, end = read_members(text, start, {"entry": _read_entries}, [])
    except UNREADABLE:
        raise refusal(text, limits) from None
    if text[end:].strip(_SPACE):
        raise refusal(text, limits)
    if has_odd_strings(text, limits) or _is_large(value, text, limits):
        refuse(text, limits)
    return _bundle(value, text, limits)


def _is_large(value: dict[str, Any], text: str, limits: Limits) -> bool:
    # Resources one by one, and then what is between them: most are too small to need a look.
    entries = value.get("entry")
    if type(entries) is not list or len(text) > limits.nodes:
        return is_large(text, limits)
    inside = replace(limits, depth=limits.depth - _WRAPPED)
    between: list[str] = []
    at = 0
    for held in (entry["resource"] for entry in entries if "resource" in entry):
        if is_large(text[held.start : held.end], inside):
            return True
        between.append(text[at : held.start])
        at = held.end
    return is_large("".join((*between, text[at:])), limits)


def _read_entries(text: str, at: int) -> tuple[list[Any], int]:
    return read_items(text, at, _read_entry)


def _read_entry(text: str, at: int) -> tuple[dict[str, Any], int]:
    return read_members(text, at, {"resource": _read_slice}, [])


def _read_slice(text: str, at: int) -> tuple[_Slice, int]:
    spans: list[int] = []
    value, end = read_members(text, at, {}, spans)
    return _Slice(value, at, end, spans), end


def _bundle(value: dict[str, Any], text: str, limits: Limits) -> Bundle:
    if value.get("resourceType") != "Bundle":
        message = "A Bundle is expected here."
        raise Incorrect(message, where="resourceType", code="structure")
    _know(value, _BUNDLE, "Bundle")
    entries = value.get("entry", [])
    if len(entries) > limits.entries:
        message = f"A bundle has at most {limits.entries} entries."
        raise TooLong(message, where="Bundle.entry")
    kind = _text(value, "type", "Bundle")
    if kind is None:
        message = "A bundle names its type."
        raise Incorrect(message, where="Bundle.type", code="required")
    entry = partial(_entry, text=text)
    return Bundle(kind, tuple(entry(item, f"Bundle.entry[{i}]") for i, item in enumerate(entries)))


def _entry(item: dict[str, Any], where: str, *, text: str) -> BundleEntry:
    _know(item, _ENTRY, where)
    held = item.get("resource")
    resource = _resource(held, text, where) if held is not None else None
    request = item.get("request", {})
    at = f"{where}.request"
    if not isinstance(request, dict):
        message = "The request of an entry is an object."
        raise Incorrect(message, where=at, code="structure")
    _know(request, _REQUEST, at)
    return BundleEntry(
        full_url=_text(item, "fullUrl", where),
        resource=resource,
        method=_text(request, "method", at),
        url=_text(request, "url", at),
        if_match=_text(request, "ifMatch", at),
        if_none_match=_text(request, "ifNoneMatch", at),
        if_none_exist=_text(request, "ifNoneExist", at),
        if_modified_since=_text(request, "ifModifiedSince", at),
        where=where,
    )


def _resource(held: _Slice, text: str, where: str) -> Resource:
    piece = text[held.start : held.end]
    body = piece.encode()
    if len(body) == len(piece):
        cut = tuple(at - held.start for at in held.spans)
    else:
        cut = tuple(len(text[held.start : at].encode()) for at in held.spans)
    return made(held.value, body, cut, where=f"{where}.resource")


def _know(members: Mapping[str, object], names: frozenset[str], where: str) -> None:
    if not members.keys() <= names and any(
        name.removeprefix("_") not in names for name in members.keys() - names
    ):
        message = "There is a member that FHIR R4 does not know here."
        raise Incorrect(message, where=where, code="structure")


def _text(members: Mapping[str, object], name: str, where: str) -> str | None:
    value = members.get(name)
    if value is None or isinstance(value, str):
        return value
    message = "A string is expected here."
    raise Incorrect(message, where=f"{where}.{name}", code="structure")
