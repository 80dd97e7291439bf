"""The literal references of a resource: their shape, and where they lead."""

import re
from collections.abc import Mapping

from careweave.formats import Resource, references
from careweave.terms import Incorrect, Json, Unprocessable

_is_local = re.compile(
    r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?"
).fullmatch
_has_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:").match


def is_conditional(reference: str) -> bool:
    """Says whether a reference is a search to be resolved, as "Patient?identifier=..."."""
    return "?" in reference and not _has_scheme(reference)


def check_references(resource: Resource) -> None:
    """Raises when a literal reference has no shape that FHIR R4 knows, or leads nowhere inside.

    Source: FHIR R4 4.0.1, references.html 2.3.0; invariant ref-1 for contained resources.
    """
    for reference in references(resource):
        if reference.startswith("#"):
            if len(reference) > 1 and reference[1:] not in _contained_ids(resource.value):
                message = "A reference leads to a contained resource that is not there."
                raise Unprocessable(message, where=resource.type, code="invariant")
        elif not (_is_local(reference) or _has_scheme(reference)):
            _refuse(reference, resource)


def _refuse(reference: str, resource: Resource) -> None:
    if is_conditional(reference):
        message = "A conditional reference is resolved in a transaction only; name the id here."
        raise Incorrect(message, where=resource.type, code="not-supported")
    message = "A literal reference is written as Type/id, as an absolute address, or as #id."
    raise Incorrect(message, where=resource.type, code="value")


def _contained_ids(value: Mapping[str, Json]) -> set[Json]:
    contained = value.get("contained")
    if not isinstance(contained, list):
        return set()
    return {each.get("id") for each in contained if isinstance(each, dict)}
