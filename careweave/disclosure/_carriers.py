"""In which types of entries a heading mainly comes, so that a page knows whose silence matters. Pure.

Source: `reference/record.md` section 1, column "FHIR R4", and 4.5.
"""

from collections.abc import Mapping

from careweave.terms import Heading

_BY_TYPE: Mapping[str, str] = {
    "AllergyIntolerance": "ALG",
    "Appointment": "FUT",
    "CarePlan": "SAF SVC CSP CTG ASP EOL",
    "CareTeam": "SAF PRO CSP",
    "ClinicalImpression": "FRM",
    "Communication": "CON",
    "Composition": "DIS DOC",
    "Condition": "REQ SAF PRB PSR",
    "Consent": "LEG RES EOL",
    "Device": "MED EQP",
    "DeviceRequest": "EQP",
    "DeviceUseStatement": "EQP",
    "DiagnosticReport": "INV",
    "DocumentReference": "DOC EOL ASP LEG",
    "Encounter": "LEG CON ADM DIS",
    "EpisodeOfCare": "LEG SAF SVC PSR",
    "FamilyMemberHistory": "FAM",
    "Flag": "ALR REQ SAF EOL SOC RSK LEG RES",
    "Goal": "CSP",
    "Immunization": "VAC",
    "List": "ALG",
    "Location": "SOC",
    "MedicationAdministration": "MED",
    "MedicationDispense": "MED",
    "MedicationRequest": "MED",
    "MedicationStatement": "MED",
    "Observation": "EXM INV PRG SOC REQ ASM LEG EOL CSP RSK",
    "Patient": "DEM GPP",
    "PractitionerRole": "GPP PRO",
    "Procedure": "PRC",
    "QuestionnaireResponse": "ABM ASM EOL LEG",
    "RelatedPerson": "LEG PER",
    "RequestGroup": "CTG",
    "ResearchSubject": "RES",
    "RiskAssessment": "RSK",
    "ServiceRequest": "SAF REF SVC IRQ PLN",
    "Task": "PLN REF ASM SAF CSP",
}

CARRIERS: Mapping[Heading, frozenset[str]] = {
    heading: frozenset(
        name for name, headings in _BY_TYPE.items() if heading.value in headings.split()
    )
    for heading in Heading
}
"""The types that carry each heading."""
