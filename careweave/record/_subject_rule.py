"""Which patients a resource is about: its subject, others, and those in a secondary role.

Source: `reference/store.md` 2.9; FHIR R4 4.0.1, CompartmentDefinition patient.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from careweave.record._extract_references import type_of_target
from careweave.record._paths import at, first_text
from careweave.record._references import CONTAINED, FOREIGN, literal
from careweave.record._values import text_of
from careweave.terms import Json

SUBJECT_ELEMENT = {
    "AdverseEvent": "subject",
    "AllergyIntolerance": "patient",
    "Basic": "subject",
    "BodyStructure": "patient",
    "CarePlan": "subject",
    "CareTeam": "subject",
    "ChargeItem": "subject",
    "Claim": "patient",
    "ClaimResponse": "patient",
    "ClinicalImpression": "subject",
    "Communication": "subject",
    "CommunicationRequest": "subject",
    "Composition": "subject",
    "Condition": "subject",
    "Consent": "patient",
    "Coverage": "beneficiary",
    "CoverageEligibilityRequest": "patient",
    "CoverageEligibilityResponse": "patient",
    "DetectedIssue": "patient",
    "Device": "patient",
    "DeviceRequest": "subject",
    "DeviceUseStatement": "subject",
    "DiagnosticReport": "subject",
    "DocumentManifest": "subject",
    "DocumentReference": "subject",
    "Encounter": "subject",
    "EnrollmentRequest": "candidate",
    "EpisodeOfCare": "patient",
    "ExplanationOfBenefit": "patient",
    "FamilyMemberHistory": "patient",
    "Flag": "subject",
    "Goal": "subject",
    "GuidanceResponse": "subject",
    "ImagingStudy": "subject",
    "Immunization": "patient",
    "ImmunizationEvaluation": "patient",
    "ImmunizationRecommendation": "patient",
    "Invoice": "subject",
    "MeasureReport": "subject",
    "Media": "subject",
    "MedicationAdministration": "subject",
    "MedicationDispense": "subject",
    "MedicationRequest": "subject",
    "MedicationStatement": "subject",
    "MolecularSequence": "patient",
    "NutritionOrder": "patient",
    "Observation": "subject",
    "Procedure": "subject",
    "QuestionnaireResponse": "subject",
    "RelatedPerson": "patient",
    "RequestGroup": "subject",
    "ResearchSubject": "individual",
    "RiskAssessment": "subject",
    "ServiceRequest": "subject",
    "Specimen": "subject",
    "SupplyDelivery": "patient",
    "VisionPrescription": "patient",
}
"""Types whose subject is what one single element refers to, and that element."""

_OTHERS = {
    "Account": ("subject",),
    "Appointment": ("participant.actor",),
    "AppointmentResponse": ("actor",),
    "AuditEvent": ("agent.who", "entity.what"),
    "Binary": ("securityContext",),
    "BiologicallyDerivedProduct": ("collection.source",),
    "Bundle": ("entry.resource.subject",),
    "Contract": ("subject",),
    "Group": ("member.entity",),
    "Linkage": ("item.resource",),
    "List": ("subject", "entry.item"),
    "MessageHeader": ("focus",),
    "Patient": ("link.other",),
    "Person": ("link.target",),
    "Provenance": ("target",),
    "Schedule": ("actor",),
    "SupplyRequest": ("deliverTo",),
    "Task": ("for", "focus"),
    "VerificationResult": ("target",),
}
"""Elements that name patients whom a resource is about, in order."""

_SECONDARY = {
    "AllergyIntolerance": ("recorder", "asserter"),
    "Basic": ("author",),
    "CarePlan": ("activity.detail.performer",),
    "CareTeam": ("participant.member",),
    "Claim": ("payee.party",),
    "Communication": ("sender", "recipient"),
    "CommunicationRequest": ("sender", "recipient", "requester"),
    "Composition": ("author", "attester.party"),
    "Condition": ("asserter", "recorder"),
    "Coverage": ("policyHolder", "subscriber", "payor"),
    "DeviceRequest": ("performer",),
    "DocumentManifest": ("author", "recipient"),
    "DocumentReference": ("author",),
    "ExplanationOfBenefit": ("payee.party",),
    "Invoice": ("recipient",),
    "List": ("source",),
    "MedicationAdministration": ("performer.actor",),
    "MedicationDispense": ("receiver",),
    "Observation": ("performer", "focus"),
    "Procedure": ("performer.actor",),
    "Provenance": ("agent.who",),
    "QuestionnaireResponse": ("author", "source"),
    "RequestGroup": ("action.participant",),
    "ServiceRequest": ("performer",),
    "Task": ("owner", "requester"),
}
"""Elements that name patients in a secondary role."""

_ONLY_PATIENTS = frozenset({"patient", "candidate", "beneficiary"})
_SORTED = frozenset({"Group", "List"})


@dataclass(frozen=True, slots=True)
class About:
    """The patients of a resource: the subject first."""

    primary: tuple[str, ...]
    secondary: tuple[str, ...]


def patients_of(type_name: str, value: dict[str, Json], public_id: str) -> About:
    """Returns the patients that a resource is about, and those in a secondary role.

    Each is a public id, "url ..." or "identifier system|value". A Group or List takes its members
    in sorted order, so that the same members always give the same subject.
    """
    primary = dict.fromkeys(_primary(type_name, value, public_id))
    secondary = (one for path in _SECONDARY.get(type_name, ()) for one in _patients_at(value, path))
    others = dict.fromkeys(one for one in secondary if one not in primary)
    return About(tuple(primary), tuple(others))


def _primary(type_name: str, value: dict[str, Json], public_id: str) -> Iterator[str]:
    if type_name == "Patient":
        yield public_id
    element = SUBJECT_ELEMENT.get(type_name)
    if element is not None:
        subject = tuple(_patients_at(value, element))
        yield from subject
        if type_name == "Observation" and subject:
            # A mother's observation about her child. Where the subject is no patient, the focus
            # does not become it: the column holds what the subject element says, or the shelf.
            yield from _patients_at(value, "focus")
    if type_name == "Bundle" and value.get("type") != "document":
        return
    for path in _OTHERS.get(type_name, ()):
        found = _patients_at(value, path)
        yield from sorted(found) if type_name in _SORTED else found


def _patients_at(value: dict[str, Json], path: str) -> Iterator[str]:
    for reference in at(value, path):
        if isinstance(reference, dict):
            found = _patient(reference, value, only=path in _ONLY_PATIENTS)
            if found is not None:
                yield found


def _patient(reference: dict[str, Json], whole: dict[str, Json], *, only: bool) -> str | None:
    text = text_of(reference.get("reference"))
    target = literal(text) if text else None
    if target is not None and target[0] == CONTAINED:
        return _contained(target[1], whole)
    kind = type_of_target(reference, target) or ("Patient" if only else None)
    if kind != "Patient":
        return None
    if target is None:
        return _by_identifier(reference.get("identifier"))
    return f"url {target[1]}" if target[0] == FOREIGN else target[1]


def _contained(name: str, whole: dict[str, Json]) -> str | None:
    for resource in at(whole, "contained"):
        if isinstance(resource, dict) and resource.get("id") == name:
            found = at(resource, "identifier")
            return (
                next((f for f in map(_by_identifier, found) if f), None)
                if resource.get("resourceType") == "Patient"
                else None
            )
    return None


def _by_identifier(identifier: Json) -> str | None:
    value = first_text(identifier, "value")
    if value is None:
        return None
    return f"identifier {first_text(identifier, 'system') or ''}|{value}"
