"""The resources in what a FHIR source sent: one, or those of a bundle of any type.

Source: FHIR R4 4.0.1, bundle.html.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from careweave.sources._reading import Failure, Reason
from careweave.terms import Finding, Incorrect, Severity

_BUNDLES = frozenset(
    {"document", "message", "transaction", "batch", "history", "searchset", "collection"}
)
_ANSWERS = frozenset({"transaction-response", "batch-response"})
_CHANGES = frozenset({"transaction", "batch", "history"})
_MOST_NESTED = 3
_REASONS = frozenset(reason.value for reason in Reason)


def unreadable(reason: Reason, where: str, suggestion: str) -> Incorrect:
    """Returns what to raise when nothing of a message may be stored."""
    return Incorrect(suggestion, where=where, code=reason.value)


def failure_of(error: Incorrect) -> Failure:
    """Returns the failure that an error means: of the closed list, or a fault of the content."""
    code = error.issues[0].code
    reason = Reason(code) if code in _REASONS else Reason.INVALID_RESOURCE
    return Failure(reason, error.where or "", error.message)


@dataclass(frozen=True, slots=True)
class Part:
    """One resource of a message, or (`value` None) one that it deletes, as "Type/id" in `deletes`."""

    value: dict[str, Any] | None
    address: str | None
    where: str
    deletes: str = ""


def parts_of(value: dict[str, Any], findings: list[Finding]) -> list[Part]:
    """Returns the parts of a message in their order; raises Incorrect where it has no parts."""
    if value.get("resourceType") != "Bundle":
        return [Part(value, None, str(value.get("resourceType")))]
    return list(_of_bundle(value, "Bundle", findings, _MOST_NESTED))


def _of_bundle(
    bundle: dict[str, Any], where: str, findings: list[Finding], depth: int
) -> Iterator[Part]:
    kind = str(bundle.get("type"))
    if kind in _ANSWERS:
        raise unreadable(
            Reason.TYPE_NOT_MAPPED, f"{where}.type", "An answer to a write holds nothing to store."
        )
    if kind not in _BUNDLES:
        raise unreadable(
            Reason.INVALID_RESOURCE, f"{where}.type", "The bundle must name one of the R4 types."
        )
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or depth < 1:
        raise unreadable(
            Reason.INVALID_RESOURCE, f"{where}.entry", "Send bundles as a list, at most three deep."
        )
    if not entries:
        findings.append(Finding("bundle-empty", Severity.INFORMATION, where))
    # A history says the newest first. Source: FHIR R4 4.0.1, http.html#history.
    numbered = list(enumerate(entries))
    for i, entry in reversed(numbered) if kind == "history" else numbered:
        yield from _of_entry(entry, kind, f"{where}.entry[{i}]", findings, depth)


def _of_entry(
    entry: object, kind: str, where: str, findings: list[Finding], depth: int
) -> Iterator[Part]:
    if not isinstance(entry, dict):
        raise unreadable(Reason.INVALID_RESOURCE, where, "An entry of a bundle is an object.")
    request = entry.get("request") if kind in _CHANGES else None
    method = request.get("method") if isinstance(request, dict) else "PUT"
    if method == "DELETE" and isinstance(request, dict):
        yield Part(None, None, where, str(request.get("url") or ""))
        return
    if method == "PATCH":
        raise unreadable(
            Reason.TYPE_NOT_MAPPED, f"{where}.request", "Send whole resources; patches need a door."
        )
    resource = entry.get("resource")
    if not isinstance(resource, dict) or _is_outcome(entry):
        findings.append(Finding("entry-skipped", Severity.INFORMATION, where))
        return
    if resource.get("resourceType") == "Bundle":
        yield from _of_bundle(resource, f"{where}.resource", findings, depth - 1)
        return
    address = entry.get("fullUrl")
    yield Part(resource, address if isinstance(address, str) else None, f"{where}.resource")


def _is_outcome(entry: dict[str, Any]) -> bool:
    search = entry.get("search")
    return isinstance(search, dict) and search.get("mode") == "outcome"
