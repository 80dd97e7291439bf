"""The invariants of Bundle. Source: FHIR R4 4.0.1, the constraints by their keys."""

from careweave.formats._invariants import Invariant, Value, has, parts

_REQUESTED = frozenset({"batch", "transaction", "history"})
_ANSWERED = frozenset({"batch-response", "transaction-response", "history"})


def _total_only_of_a_search(value: Value) -> bool:
    return not has(value, "total") or value.get("type") in {"searchset", "history"}


def _mode_only_of_a_search(value: Value) -> bool:
    return value.get("type") == "searchset" or not any(
        has(entry, "search") for entry in parts(value, "entry")
    )


def _requests_where_due(value: Value) -> bool:
    is_due = value.get("type") in _REQUESTED
    return all(has(entry, "request") == is_due for entry in parts(value, "entry"))


def _responses_where_due(value: Value) -> bool:
    is_due = value.get("type") in _ANSWERED
    return all(has(entry, "response") == is_due for entry in parts(value, "entry"))


def _addresses_differ(value: Value) -> bool:
    if value.get("type") == "history":
        return True
    named = [entry for entry in parts(value, "entry") if "fullUrl" in entry]
    return len({(str(entry["fullUrl"]), str(_version(entry))) for entry in named}) == len(named)


def _version(entry: Value) -> object:
    versions = [m.get("versionId") for r in parts(entry, "resource") for m in parts(r, "meta")]
    return versions[0] if versions else None


def _document_is_identified(value: Value) -> bool:
    identifier = value.get("identifier")
    is_whole = isinstance(identifier, dict) and "system" in identifier and "value" in identifier
    return value.get("type") != "document" or is_whole


def _document_is_dated(value: Value) -> bool:
    return value.get("type") != "document" or "timestamp" in value


def _document_begins_with_composition(value: Value) -> bool:
    return value.get("type") != "document" or _first(value) == "Composition"


def _message_begins_with_header(value: Value) -> bool:
    return value.get("type") != "message" or _first(value) == "MessageHeader"


def _first(value: Value) -> object:
    entries = parts(value, "entry")
    resources = parts(entries[0], "resource") if entries else []
    return resources[0].get("resourceType") if resources else None


def _entry_has_content(value: Value) -> bool:
    return has(value, "resource", "request", "response")


def _address_has_no_version(value: Value) -> bool:
    return "/_history/" not in str(value.get("fullUrl", ""))


BUNDLE_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "Bundle", "bdl-1", "Only a search or a history has a total.", _total_only_of_a_search
    ),
    Invariant("Bundle", "bdl-2", "Only entries of a search have a mode.", _mode_only_of_a_search),
    Invariant(
        "Bundle",
        "bdl-3",
        "Each entry of a batch, transaction or history has a request, no other.",
        _requests_where_due,
    ),
    Invariant(
        "Bundle",
        "bdl-4",
        "Each entry of an answer or history has a response, no other.",
        _responses_where_due,
    ),
    Invariant("Bundle", "bdl-7", "Two entries have the same address.", _addresses_differ),
    Invariant(
        "Bundle",
        "bdl-9",
        "A document has an identifier with system and value.",
        _document_is_identified,
    ),
    Invariant("Bundle", "bdl-10", "A document has a date.", _document_is_dated),
    Invariant(
        "Bundle",
        "bdl-11",
        "A document begins with a Composition.",
        _document_begins_with_composition,
    ),
    Invariant(
        "Bundle", "bdl-12", "A message begins with a MessageHeader.", _message_begins_with_header
    ),
    Invariant(
        "Bundle.entry",
        "bdl-5",
        "An entry has a resource, a request or a response.",
        _entry_has_content,
    ),
    Invariant(
        "Bundle.entry",
        "bdl-8",
        "The address of an entry names no version.",
        _address_has_no_version,
    ),
)
"""The invariants of a bundle and of its entries."""
