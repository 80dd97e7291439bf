"""That what is about a person says about whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from careweave.sources._fhir_parts import Part, unreadable
from careweave.sources._fhir_people import give_patient, lacks_patient, patients_of
from careweave.sources._reading import Mapped, Reason, Write
from careweave.terms import Finding, Severity

Made = Sequence[tuple[Part, Mapped]]
"""The parts of a message with the entries that they give."""


def check_patients(value: Mapping[str, Any], made: Made, findings: list[Finding]) -> None:
    """Raises for what is about a person and names nobody, unless only one can be meant."""
    only = _only_patient(value, made)
    for part, one in made:
        if one.write is Write.MERGE or not lacks_patient(one.value):
            continue
        if only is None:
            raise unreadable(Reason.NO_PATIENT, part.where, "Say whom this is about.")
        give_patient(one.value, only)
        findings.append(Finding("subject-of-message", Severity.WARNING, part.where))


def _only_patient(value: Mapping[str, Any], made: Made) -> str | None:
    """Returns the patient of a message, document or collection that names one and no other.

    Source: NHS England, Booking and Referral Standard: one patient a message; GP Connect Access
    Record: Structured, bundle: the record of one patient.
    """
    if value.get("type") not in ("message", "document", "collection"):
        return None
    found = {one.id for _, one in made if one.type == "Patient"}
    found.update(name for _, one in made for name in patients_of(one.value))
    return found.pop() if len(found) == 1 else None
