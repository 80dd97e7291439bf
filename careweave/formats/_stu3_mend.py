"""Values that senders of STU3 write in the wrong type, and what they plainly mean."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from careweave.formats._table import Member

_is_number = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,17})?", re.ASCII).fullmatch
_is_local_time = re.compile(
    r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII
).fullmatch
_is_reference = re.compile(r"[A-Z][A-Za-z]{1,63}/([A-Za-z0-9.-]{1,64})").fullmatch
_search_offset = re.compile(r"(?:Z|[+-]\d{2}:\d{2})$", re.ASCII).search
_NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
_TIMES = frozenset({"dateTime", "instant"})
_BOOLEANS = {"true": True, "false": False}


def mended(value: object, member: Member, zone: tzinfo | None) -> object:
    """Returns the value in the type of its element; the same where there is nothing to mend.

    A number in quotation marks becomes a number, a number where text belongs becomes text, blanks
    around text go, an id that is written as a reference loses its type. A time without a zone is
    of the `zone`; without one only its date is kept.
    """
    if isinstance(value, str):
        return _of_text(value, member, zone)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value if member.type in _NUMBERS else str(value)
    return value


def _of_text(text: str, member: Member, zone: tzinfo | None) -> object:
    if member.type in _NUMBERS and _is_number(text):
        return Decimal(text)
    if member.type == "boolean":
        return _BOOLEANS.get(text, text)
    if member.type in _TIMES:
        return _with_zone(text, zone)
    if member.name == "id":
        found = _is_reference(text)
        return found[1] if found else text
    return text.strip() if member.type in {"uri", "code", "oid"} else text


def _with_zone(text: str, zone: tzinfo | None) -> str:
    found = _is_local_time(text)
    if found is None:
        return text
    if zone is None:
        return found[1]
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return text
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


def bundle_time(bundle: Mapping[str, Any]) -> str | None:
    """Returns when a document or message was made, where the bundle does not say so itself.

    Source: FHIR R4 4.0.1, Bundle bdl-10: a document has a timestamp, which STU3 did not ask for.
    """
    if bundle.get("type") not in ("document", "message"):
        return None
    entries = bundle.get("entry")
    first = _object(entries[0]) if isinstance(entries, list) and entries else {}
    resource = _object(first.get("resource"))
    said = (
        _object(bundle.get("meta")).get("lastUpdated"),
        resource.get("timestamp"),
        resource.get("date"),
        _object(resource.get("meta")).get("lastUpdated"),
    )
    return next((text for text in said if isinstance(text, str) and "T" in text), None)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def same_offset(period: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a period in which an end without an offset has that of the other end."""
    made = dict(period)
    for name, other in (("start", "end"), ("end", "start")):
        text, said = period.get(name), period.get(other)
        if isinstance(text, str) and isinstance(said, str) and _is_local_time(text):
            offset = _search_offset(said)
            made[name] = text + offset[0] if offset else text
    return made
