"""The request headers that this door understands, as values."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache

from careweave.terms import Incorrect, NotAcceptable

_ETAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')
_OPAQUE = re.compile(r'(?:W/)?"([^"]{0,100})"')


class Form(StrEnum):
    """The forms in which an answer can be given."""

    JSON = "json"
    XML = "xml"


class Return(StrEnum):
    """What a write gives back. Source: FHIR R4 4.0.1, http.html section 3.1.0.1.7."""

    MINIMAL = "minimal"
    REPRESENTATION = "representation"
    OUTCOME = "OperationOutcome"


@dataclass(frozen=True, slots=True)
class Prefer:
    """The preferences honoured; `give` None means that none was named."""

    give: Return | None = None
    lenient: bool = False


_FORMS = {
    "application/fhir+json": Form.JSON,
    "application/json": Form.JSON,
    "text/json": Form.JSON,
    "json": Form.JSON,
    "application/json+fhir": Form.JSON,
    "*/*": Form.JSON,
    "application/*": Form.JSON,
    "application/fhir+xml": Form.XML,
    "application/xml": Form.XML,
    "text/xml": Form.XML,
    "text/*": Form.XML,
    "xml": Form.XML,
    "application/xml+fhir": Form.XML,
}
_PATCHES = {
    "application/json-patch+json": "json-patch",
    "application/merge-patch+json": "merge-patch",
}
_VERSIONS = frozenset({"4.0", "4.0.0", "4.0.1"})


def _parts(text: str) -> tuple[str, dict[str, str]]:
    kind, *rest = (part.strip() for part in text.split(";"))
    pairs = (part.partition("=") for part in rest)
    return kind.lower(), {k.strip().lower(): v.strip().strip('"') for k, _, v in pairs}


def _weight(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _ranked(accept: str) -> list[tuple[float, Form]]:
    found = []
    for text in accept.split(",")[:50]:
        kind, parameters = _parts(text)
        known = parameters.get("fhirversion", "4.0") in _VERSIONS
        if kind in _FORMS and known and _weight(parameters) > 0:
            found.append((_weight(parameters), _FORMS[kind]))
    return found


@lru_cache(maxsize=512)
def form_of(accept: str | None, asked: str | None) -> Form:
    """Returns the form to answer in: `_format` wins over Accept.

    Source: FHIR R4 4.0.1, http.html section 3.1.0.1.11.
    """
    if asked is not None:
        kind, parameters = _parts(asked.replace(" ", "+"))
        if kind not in _FORMS or parameters.get("fhirversion", "4.0") not in _VERSIONS:
            raise NotAcceptable(
                "Answers are given in JSON or XML: name one of them.", where="_format"
            )
        return _FORMS[kind]
    if accept is None or not accept.strip():
        return Form.JSON
    ranked = _ranked(accept)
    if not ranked:
        raise NotAcceptable(
            "Answers are given as application/fhir+json or application/fhir+xml of FHIR 4.0.",
            where="Accept",
        )
    best = max(weight for weight, _ in ranked)
    return next(form for weight, form in ranked if weight == best)


@lru_cache(maxsize=512)
def content_of(content_type: str | None) -> str | None:
    """Returns "json", "xml", "json-patch", "merge-patch", "form" or None for what the body is said to be."""
    kind, parameters = _parts(content_type or "")
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        return None
    if parameters.get("fhirversion", "4.0") not in _VERSIONS:
        return None
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if "*" in kind or "/" not in kind:
        return None
    return _PATCHES.get(kind) or _FORMS.get(kind)


@lru_cache(maxsize=256)
def packs(header: str | None) -> bool:
    """Says whether an answer may be packed with gzip. Source: RFC 9110, section 12.5.3."""
    for part in (header or "").split(","):
        kind, parameters = _parts(part)
        if kind in ("gzip", "*"):
            return _weight(parameters) > 0
    return False


@lru_cache(maxsize=256)
def prefer_of(header: str | None) -> Prefer:
    """Returns the preferences named; what isn't known is passed over, as RFC 7240 wants."""
    give, lenient = None, False
    for part in re.split(r"[,;]", header or ""):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name.lower() == "return":
            give = next((known for known in Return if known.lower() == value.lower()), give)
        elif name.lower() == "handling":
            lenient = value.lower() == "lenient"
    return Prefer(give, lenient)


def version_of(header: str | None) -> int | None:
    """Returns the version that If-Match names, or None where the header is absent."""
    if header is None:
        return None
    found = _ETAG.fullmatch(header.strip())
    if not found:
        raise Incorrect('Give one version as W/"n".', where="If-Match", code="value")
    return int(found[1])


def is_known(header: str | None, version: int) -> bool:
    """Says whether If-None-Match names this version, so that 304 is the answer."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return str(version) in (found[1] for found in _OPAQUE.finditer(header[:2000]))


def moment_of(header: str | None) -> datetime | None:
    """Returns the time of If-Modified-Since; a date that can't be read counts as absent.

    Source: RFC 9110, section 13.1.3.
    """
    if header is None:
        return None
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
