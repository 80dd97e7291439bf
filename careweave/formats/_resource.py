"""One resource as value and as bytes, and the stamping of id and meta into the bytes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from careweave.formats._write import write_json
from careweave.terms import Json

_START = b'{"resourceType":"'
_match_type = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"resourceType"[ \t\n\r]*:[ \t\n\r]*"\w+"').match
_OF_THE_VERSION = frozenset({"versionId", "lastUpdated", "_versionId", "_lastUpdated"})

Coding = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Resource:
    """A FHIR resource: the parsed `value` and the JSON `body` that it was read from, untouched.

    `cut` holds byte offsets in pairs (start, end): the top-level members `id` and `meta` with one
    comma each. The body without these spans is well formed, so that `splice` can stamp it.
    """

    type: str
    id: str | None
    value: dict[str, Json]
    body: bytes
    cut: tuple[int, ...]


def splice(
    body: bytes,
    cut: tuple[int, ...],
    *,
    id: str,  # noqa: A002  the name of the member
    version: int | str,
    updated: datetime,
    meta: bytes,
) -> bytes:
    """Returns the body with this id and meta in place of its own, every other byte kept.

    `meta` is a fragment of `meta_fragment`. `updated` is aware; it is written in UTC.
    """
    rest = b",".join((_stamp(version, updated), meta)) if meta else _stamp(version, updated)
    stamp = b'"id":"%b","meta":{%b}' % (id.encode(), rest)
    kept = without(body, cut) if cut else body
    at = _insertion(kept)
    if at:
        return b"%b,%b%b" % (kept[:at], stamp, kept[at:])
    at = kept.index(b"{") + 1
    return b"%b%b,%b" % (kept[:at], stamp, kept[at:])


def without(body: bytes, cut: tuple[int, ...]) -> bytes:
    """Returns the body without the spans."""
    if len(cut) == 2:
        return body[: cut[0]] + body[cut[1] :]
    edges = (0, *cut, len(body))
    return b"".join(body[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))


def _stamp(version: int | str, updated: datetime) -> bytes:
    return f'"versionId":"{version}","lastUpdated":"{instant(updated)}"'.encode()


def instant(at: datetime) -> str:
    """Returns a time as a FHIR instant in UTC: milliseconds, or microseconds where it has them."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    precision = "microseconds" if at.microsecond % 1000 else "milliseconds"
    return at.isoformat(timespec=precision)[:-6] + "Z"


def _insertion(kept: bytes) -> int:
    # The place after the value of resourceType when that is the first member; else 0.
    if kept.startswith(_START):
        return kept.index(b'"', len(_START)) + 1
    found = _match_type(kept)
    return found.end() if found else 0


def meta_fragment(
    meta: Mapping[str, Json] | None,
    *,
    tags: Iterable[Coding] = (),
    security: Iterable[Coding] = (),
) -> bytes:
    """Returns the members of meta but version and time, without braces, with codings added.

    A coding that is there already, by system and code, is not added again.
    """
    members = {k: v for k, v in (meta or {}).items() if k not in _OF_THE_VERSION}
    _add(members, "security", security)
    _add(members, "tag", tags)
    return write_json(members)[1:-1]


def _add(members: dict[str, Json], name: str, codings: Iterable[Coding]) -> None:
    there = members.get(name)
    merged: list[Json] = list(there) if isinstance(there, list) else []
    known = {_identity(coding) for coding in merged if isinstance(coding, dict)}
    for coding in codings:
        if _identity(coding) not in known:
            known.add(_identity(coding))
            merged.append(dict(coding))
    if merged:
        members[name] = merged


def _identity(coding: Coding) -> str:
    return repr((coding.get("system"), coding.get("code")))
