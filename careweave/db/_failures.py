"""What PostgreSQL says went wrong, as one of our errors. No value of anybody gets through."""

from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from careweave.terms import (
    Busy,
    CareweaveError,
    Conflict,
    Fault,
    Incorrect,
    TooCostly,
    Unavailable,
)

LOST = "The database does not respond; try again soon."

_EXACT: dict[str, tuple[type[CareweaveError], str]] = {
    "57014": (TooCostly, "This took longer than its budget of time; add a narrower condition."),
    "40001": (Conflict, "Somebody else changed this at the same moment; try again."),
    "40P01": (Conflict, "Somebody else changed this at the same moment; try again."),
    "55P03": (Busy, "Somebody else is changing this; try again soon."),
    "23505": (Conflict, "This is already held."),
    "25006": (Unavailable, "The database is for reading alone just now; try again soon."),
    "25P03": (Unavailable, LOST),
    "25P04": (Unavailable, LOST),
}

_CLASSES: dict[str, tuple[type[CareweaveError], str]] = {
    "08": (Unavailable, LOST),
    "22": (Incorrect, "A value is outside of what can be stored."),
    "53": (Unavailable, "The database is short of space, memory or connections."),
    "57": (Unavailable, LOST),
    "58": (Unavailable, "The database has a fault of its disk."),
    "XX": (Unavailable, "The database has an internal fault."),
}


def failure(state: str | None, *, name: str, constraint: str | None = None) -> CareweaveError:
    """Returns the error of an SQLSTATE; None is a lost connection.

    The text names the statement and the constraint, never a value.
    """
    if state is None:
        return Unavailable(LOST)
    kind, text = _EXACT.get(state) or _CLASSES.get(state[:2], (Fault, ""))
    where = f"{name} {state}" + (f" {constraint}" if constraint else "")
    if kind is Fault:
        return Fault(f"The database refused a statement ({where}).")
    return kind(text, where=name if kind is Incorrect else None)


def failure_of(result: PGresult, name: str) -> CareweaveError:
    """Returns the error that a failed result stands for."""
    state = result.error_field(DiagnosticField.SQLSTATE)
    constraint = result.error_field(DiagnosticField.CONSTRAINT_NAME)
    return failure(
        state.decode() if state else None,
        name=name,
        constraint=constraint.decode() if constraint else None,
    )
