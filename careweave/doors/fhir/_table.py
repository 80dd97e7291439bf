"""The table of addresses: everything that this door serves, once."""

from careweave.doors.fhir import (
    _bundles,
    _capability,
    _crossing,
    _emergency,
    _finding,
    _matching,
    _openapi,
    _operate,
    _reads,
    _searches,
    _validating,
    _writes,
)
from careweave.doors.fhir._routes import Mark, OpenRoute, Route

BASE = "/fhir"
_TYPE = BASE + "/{type}"
_ENTRY = _TYPE + "/{id}"
_PATIENT = BASE + "/Patient/{id}/$everything"
_PEOPLE = BASE + "/Patient"
_PERSON = _PEOPLE + "/{id}"

_P = "Patient"
_OUT, _IN = Mark.DISCLOSES, Mark.RECEIVES

ROUTES: tuple[Route, ...] = (
    Route("GET", _ENTRY, _reads.read, _OUT, "read", "r"),
    Route("GET", _ENTRY + "/_history/{version}", _reads.vread, _OUT, "vread", "r"),
    Route("GET", _ENTRY + "/_history", _reads.history, _OUT, "history-instance", "r"),
    Route("GET", _TYPE + "/_history", _reads.type_history, _OUT, "history-type", "rs"),
    Route("GET", _TYPE, _searches.search, _OUT, "search-type", "s"),
    Route("POST", _TYPE + "/_search", _searches.search_by_post, _OUT, "search-type", "s"),
    Route("GET", _PATIENT, _searches.everything, _OUT, "$everything", "rs", "Patient"),
    Route("POST", _PATIENT, _searches.everything, _OUT, "$everything", "rs", "Patient"),
    Route("POST", _PEOPLE + "/$match", _matching.match, _OUT, "$match", "rs", "Patient"),
    Route("POST", _PEOPLE + "/$find", _finding.find, _OUT, "$find", "rs", "Patient"),
    Route("GET", _PEOPLE + "/$ihe-pix", _crossing.cross, _OUT, "$ihe-pix", "rs", "Patient"),
    Route("POST", _PEOPLE + "/$ihe-pix", _crossing.cross, _OUT, "$ihe-pix", "rs", "Patient"),
    Route("POST", _PERSON + "/$break-glass", _emergency.break_glass, _OUT, "$break-glass", "r", _P),
    Route("POST", _PERSON + "/$reason", _emergency.reason, _OUT, "$reason", "r", _P),
    Route("POST", _PERSON + "/$end-episode", _emergency.end_episode, _OUT, "$end-episode", "r", _P),
    Route("POST", _TYPE + "/$validate", _validating.validate, _OUT, "$validate", "r"),
    Route("POST", _ENTRY + "/$validate", _validating.validate, _OUT, "$validate", "r"),
    Route("GET", _ENTRY + "/$validate", _validating.validate, _OUT, "$validate", "r"),
    Route("POST", _TYPE, _writes.create, _IN, "create", "c"),
    Route("PUT", _ENTRY, _writes.update, _IN, "update", "u"),
    Route("PATCH", _ENTRY, _writes.patch, _IN, "patch", "u"),
    Route("DELETE", _ENTRY, _writes.delete, _IN, "delete", "d"),
    Route("PUT", _TYPE, _writes.update_where, _IN, "conditional-update", "cus"),
    Route("PATCH", _TYPE, _writes.patch_where, _IN, "conditional-patch", "us"),
    Route("DELETE", _TYPE, _writes.delete_where, _IN, "conditional-delete", "ds"),
    Route("POST", BASE, _bundles.bundle, _IN, "transaction"),
)

OPEN_ROUTES: tuple[OpenRoute, ...] = (
    OpenRoute("GET", BASE + "/metadata", _capability.metadata, Mark.PUBLIC, "capabilities"),
    OpenRoute("GET", BASE + "/openapi.json", _openapi.document, Mark.PUBLIC, "openapi"),
    OpenRoute("GET", "/health", _operate.health, Mark.PUBLIC, "health"),
    OpenRoute("GET", "/ready", _operate.ready, Mark.PUBLIC, "ready"),
    OpenRoute("GET", "/metrics", _operate.metrics, Mark.OPERATES, "metrics"),
)
