"""What a handler gives back, and the headers that every answer of a machine door carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

FHIR_JSON = "application/fhir+json; fhirVersion=4.0; charset=utf-8"
FHIR_XML = "application/fhir+xml; fhirVersion=4.0; charset=utf-8"

SECURITY_HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "",
}
"""Sent with every answer. Source: `reference/security.md` section 8, machine doors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: FHIR JSON in `body` unless `media` says otherwise; empty means no body."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    media: str = FHIR_JSON


def http_date(at: datetime) -> str:
    """Returns `at`, in UTC, as an HTTP date. Source: RFC 9110, section 5.6.7."""
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d} "
        f"{at.hour:02d}:{at.minute:02d}:{at.second:02d} GMT"
    )


def etag(version: int) -> str:
    """Returns the weak ETag of one version. Source: FHIR R4 4.0.1, http.html section 3.1.0.3."""
    return f'W/"{version}"'
