"""Bundles and outcomes as they are sent: joined from bytes, nothing decoded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from careweave.formats._resource import instant
from careweave.formats._write import quote
from careweave.terms import Issue, Json


def entry_bytes(
    full_url: str | None,
    resource: bytes | None,
    *,
    mode: str | None = None,
    request: tuple[str, str] | None = None,
    response: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Returns one entry of a bundle.

    `mode` is match, include or outcome; `request` is (method, url); `response` has the members of
    Bundle.entry.response, a `bytes` among them is JSON already (the outcome).
    """
    members = [b'"fullUrl":' + _text(full_url)] if full_url is not None else []
    if resource is not None:
        members.append(b'"resource":' + resource)
    if mode is not None:
        members.append(b'"search":{"mode":"%b"}' % mode.encode())
    if request is not None:
        members.append(b'"request":{"method":%b,"url":%b}' % (_text(request[0]), _text(request[1])))
    if response is not None:
        members.append(b'"response":' + _object(response))
    return b"{" + b",".join(members) + b"}"


def bundle_bytes(
    kind: str,
    *,
    total: int | None = None,
    links: Iterable[tuple[str, str]] = (),
    entries: Iterable[bytes] = (),
    id: str | None = None,  # noqa: A002  the name of the member
    updated: datetime | None = None,
) -> bytes:
    """Returns a bundle of this type; `links` are (relation, url), `entries` of `entry_bytes`."""
    members = [b'"resourceType":"Bundle"']
    if id is not None:
        members.append(b'"id":' + _text(id))
    if updated is not None:
        members.append(b'"meta":{"lastUpdated":"%b"}' % instant(updated).encode())
    members.append(b'"type":' + _text(kind))
    if total is not None:
        members.append(b'"total":%d' % total)
    relations = [b'{"relation":%b,"url":%b}' % (_text(name), _text(url)) for name, url in links]
    if relations:
        members.append(b'"link":[%b]' % b",".join(relations))
    body = b",".join(entries)
    if body:
        members.append(b'"entry":[%b]' % body)
    return b"{" + b",".join(members) + b"}"


def outcome(issues: Sequence[Issue], *, request_id: str | None = None) -> dict[str, Json]:
    """Returns an OperationOutcome; without issues it says that all is well.

    Source: FHIR R4 4.0.1 OperationOutcome; the place goes to `expression`, the number of the
    request to `diagnostics`.
    """
    found: list[Json] = [_issue(issue, request_id) for issue in issues]
    if not found:
        found = [
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": "All is well."},
            }
        ]
    return {"resourceType": "OperationOutcome", "issue": found}


def _issue(issue: Issue, request_id: str | None) -> dict[str, Json]:
    value: dict[str, Json] = {
        "severity": str(issue.severity),
        "code": issue.code,
        "details": {"text": issue.message},
    }
    if request_id is not None:
        value["diagnostics"] = request_id
    if issue.where is not None:
        value["expression"] = [issue.where]
    return value


def _text(text: str) -> bytes:
    return quote(text).encode("utf-8", "replace")


def _object(members: Mapping[str, str | bytes]) -> bytes:
    parts = (
        _text(name) + b":" + (value if isinstance(value, bytes) else _text(value))
        for name, value in members.items()
    )
    return b"{" + b",".join(parts) + b"}"
