"""Which audit pattern an account has, and the codes that patterns are made of. Pure.

Source: IHE BALP 1.1, the profiles named; FHIR R4 4.0.1, AuditEvent; DICOM PS3.16, CID 400 to 402.
"""

from dataclasses import dataclass

from careweave.ledger import Account, Outcome
from careweave.terms import Json

PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
BALP_CODES = "https://profiles.ihe.net/ITI/BALP/CodeSystem/"

_HL7 = "http://terminology.hl7.org/CodeSystem/"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://hl7.org/fhir/restful-interaction"

_SOURCE, _DESTINATION, _APPLICATION = "110153", "110152", "110150"
_ASKED = _SOURCE, _DESTINATION
"""A question flows from the client to the server, an answer the other way."""

_QUERIES = frozenset({"search", "find", "match", "cross", "search-type", "search-many"})
_READS = {
    "read": "read",
    "vread": "vread",
    "history": "history",
    "everything": "read",
    "open": "read",
    "disclose": "read",
}
_WRITES = {
    "create": ("C", "Create"),
    "update": ("U", "Update"),
    "patch": ("U", "Update"),
    "delete": ("D", "Delete"),
}
_OPENINGS = frozenset({"break-glass", "reason"})


def coding(system: str, code: str) -> dict[str, Json]:
    """Returns a code of one of HL7's systems, named by its last part, or of a system of its own."""
    return {"system": system if ":" in system else f"{_HL7}{system}", "code": code}


def concept(system: str, code: str) -> dict[str, Json]:
    """Returns a concept of one code."""
    return {"coding": [coding(system, code)]}


@dataclass(frozen=True, slots=True)
class Pattern:
    """The shape of an AuditEvent: its codes, what client and server are in it, and its profile.

    `profile` is claimed where the event names a patient, `alone` where it names none; '' is none.
    `is_decision` tells of a decision, and names clauses in place of what was asked.
    """

    type: dict[str, Json]
    subtype: dict[str, Json]
    action: str
    profile: str = ""
    alone: str = ""
    client: str = _DESTINATION
    server: str = _SOURCE
    is_query: bool = False
    is_decision: bool = False


def pattern_of(account: Account) -> Pattern:
    """Returns the pattern of an account; what no pattern is for is an operation."""
    action = account.action
    if account.outcome is Outcome.REFUSED or action in _OPENINGS:
        return _decision()
    if action in _READS:
        subtype = coding(_REST, _READS[action].replace("history", "history-instance"))
        return Pattern(_rest(), subtype, "R", "PatientRead", "Read")
    if action in _QUERIES:
        subtype = coding(_REST, "search-type")
        return Pattern(_rest(), subtype, "E", "PatientQuery", "Query", *_ASKED, is_query=True)
    if action in _WRITES:
        letter, name = _WRITES[action]
        return Pattern(_rest(), coding(_REST, action), letter, f"Patient{name}", name, *_ASKED)
    return Pattern(_rest(), coding(_REST, "operation"), "E", "", "", *_ASKED)


def disclosed() -> Pattern:
    """Returns the pattern of what left its organisation, as its source keeps it."""
    return Pattern(
        coding(_DICOM, "110106"),
        coding("iso-21089-lifecycle", "disclose"),
        "R",
        "PrivacyDisclosure.Source",
    )


def role_of(code: str) -> dict[str, Json]:
    """Returns what an agent is in the traffic: its source or its destination."""
    return concept(_DICOM, code)


def _rest() -> dict[str, Json]:
    return coding("audit-event-type", "rest")


def _decision() -> Pattern:
    return Pattern(
        coding(_DICOM, "110113"),
        coding(f"{BALP_CODES}AuthZsubType", "AuthZ-Consent"),
        "E",
        client=_APPLICATION,
        is_decision=True,
    )
