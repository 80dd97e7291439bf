"""Every error as an OperationOutcome, in one shape."""

from careweave.doors.fhir._answer import Answer
from careweave.formats import outcome, write_json
from careweave.terms import (
    Busy,
    CareweaveError,
    Fault,
    Issue,
    OverBudget,
    Unauthenticated,
    Unavailable,
)

_MOST_ISSUES = 100
_RETRY = (("retry-after", "1"),)
_CHALLENGE = (("www-authenticate", 'Bearer realm="careweave"'),)


def answer_of(error: CareweaveError, request_id: str) -> Answer:
    """Returns the answer that an error becomes. Source: `reference/store.md` section 8."""
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(error, OverBudget):
        headers = (("retry-after", str(error.retry_s)),)
    elif isinstance(error, Busy | Unavailable):
        headers = _RETRY
    elif isinstance(error, Unauthenticated):
        headers = _CHALLENGE
    return Answer(error.status, outcome_bytes(error.issues, request_id), headers)


def fault_of(request_id: str) -> Answer:
    """Returns the answer to a mistake of ours: a request number and nothing else."""
    return answer_of(Fault(), request_id)


def outcome_bytes(issues: tuple[Issue, ...], request_id: str) -> bytes:
    """Returns an OperationOutcome as JSON."""
    return write_json(outcome(issues[:_MOST_ISSUES], request_id=request_id))
