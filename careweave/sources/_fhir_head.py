"""What is known of a FHIR message before it is mapped."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from careweave.sources._fhir_names import NHS_NUMBER, identifier_text, identifiers
from careweave.sources._fhir_people import references_in
from careweave.sources._reading import Head

_LONG = 200


def head_of(
    value: Mapping[str, Any], resources: Sequence[Mapping[str, Any]], lanes: tuple[str, ...]
) -> Head:
    """Returns the head of a message; it waits in the lane of every patient that it names."""
    first = resources[0] if resources else {}
    is_whole = str(value.get("type")) in {"message", "document"}
    return Head(
        control_id=_control_id(value, first) if is_whole else None,
        kind=str(value.get("resourceType")),
        event_at=_event_at(value, first),
        sent_at=_time(value.get("timestamp")),
        lanes=lanes,
        patients=_patients(resources),
    )


def _control_id(bundle: Mapping[str, Any], first: Mapping[str, Any]) -> str | None:
    """Returns what names a message once and for all; other bundles have no such name."""
    said = identifier_text(bundle.get("identifier")) or first.get("id")
    return said[:_LONG] if isinstance(said, str) and said else None


def _event_at(value: Mapping[str, Any], first: Mapping[str, Any]) -> datetime | None:
    said = (value.get("timestamp"), first.get("timestamp"), _updated(value), _updated(first))
    return next((at for text in said if (at := _time(text)) is not None), None)


def _updated(resource: Mapping[str, Any]) -> object:
    meta = resource.get("meta")
    return meta.get("lastUpdated") if isinstance(meta, dict) else None


def _time(text: object) -> datetime | None:
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _patients(resources: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Returns the identifiers of the patients, those of references too where they say one."""
    found: dict[str, None] = {}
    for one in resources:
        if one.get("resourceType") == "Patient":
            found |= dict.fromkeys(identifiers(one))
        for reference in references_in(one):
            text = identifier_text(reference.get("identifier"))
            if text.startswith(f"{NHS_NUMBER}|"):
                found[text] = None
    return tuple(found)
