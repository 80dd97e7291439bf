"""Every error has its place in the tree, one status, one issue code and one exit code."""

from collections.abc import Iterator

import pytest

from careweave.terms import CareweaveError

# Source: FHIR R4 4.0.1, value set issue-type.
ISSUE_TYPES = frozenset(
    [
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    ]
)


def _all(kind: type[CareweaveError]) -> Iterator[type[CareweaveError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _all(child)


@pytest.mark.parametrize("kind", sorted(_all(CareweaveError), key=lambda k: k.__name__))
def test_an_error_has_a_status_a_code_an_exit_code_and_says_what_to_do(
    kind: type[CareweaveError],
) -> None:
    assert 400 <= kind.status <= 599
    assert kind.code in ISSUE_TYPES
    assert 64 <= kind.exit_code <= 78
    error = kind()
    assert error.message == (kind.__doc__ or "").strip()
    assert error.issues[0].code == kind.code


def test_there_are_eight_categories() -> None:
    names = {kind.__name__ for kind in CareweaveError.__subclasses__()}
    expected = "Incorrect Forbidden NotFound Conflict Unsupported Busy Unavailable Fault"
    assert names == set(expected.split())
