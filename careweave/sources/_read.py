"""Reading what came from a source."""

from careweave.sources._reading import Failure, Head, Reading, Reason
from careweave.sources._source import Source
from careweave.terms import Finding, Severity


def peek(source: Source, body: bytes) -> Head:
    """Returns what is known of a message before it is mapped; never raises for what is in it."""
    if source.mapping is None:
        finding = Finding("type-not-mapped", Severity.ERROR, "", "the source has no mapping")
        return Head(lanes=(f"{source.name}:*unknown*",), quarantine=finding)
    return source.mapping.peek(body)


def read(source: Source, body: bytes, *, head: Head | None = None) -> Reading:
    """Returns all that a message says; never raises for what is in it."""
    if source.mapping is None:
        return Reading(failure=Failure(Reason.TYPE_NOT_MAPPED, "", "Give the source a mapping."))
    return source.mapping.read(body, head or peek(source, body))
