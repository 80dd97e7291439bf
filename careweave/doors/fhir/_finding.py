"""Looking for a person: the search that answers as the national demographic service does."""

from collections.abc import Iterable

from careweave import disclosure
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._body import parameters_of
from careweave.doors.fhir._call import Call
from careweave.doors.fhir._render import match_bundle
from careweave.doors.fhir._words import Fault, read_search
from careweave.formats import write_json
from careweave.terms import Json

CODES = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"
"""Source: NHS England, Personal Demographics Service FHIR API, error codes."""

_TOO_MANY = Fault("TOO_MANY_MATCHES", "multiple-matches", "Too many people match this search.")


def find(call: Call) -> Answer:
    """Answers who is meant by a few terms, or that too many could be.

    The terms come in the body, so that no address carries what is known of anybody.
    Source: reference/identity.md section 16.
    """
    asked = read_search((*call.pairs, *parameters_of(call)))
    if isinstance(asked, tuple):
        return Answer(400, _outcome(asked, "error", call.asking.request_id))
    found = disclosure.find(call.way, call.asking, asked)
    if found.is_too_many:
        return Answer(200, _outcome((_TOO_MANY,), "information", call.asking.request_id))
    return Answer(200, match_bundle(found.found, call.parts.base))


def _outcome(faults: Iterable[Fault], severity: str, request_id: str) -> bytes:
    issues: list[Json] = [_issue(fault, severity, request_id) for fault in faults]
    return write_json({"resourceType": "OperationOutcome", "issue": issues})


def _issue(fault: Fault, severity: str, request_id: str) -> Json:
    details: Json = {"coding": [{"system": CODES, "code": fault.code}], "text": fault.text}
    found: dict[str, Json] = {
        "severity": severity,
        "code": fault.issue,
        "details": details,
        "diagnostics": request_id,
    }
    return found if fault.where is None else {**found, "expression": [fault.where]}
