"""Where entries come from: one Provenance a message, made of the message alone.

Source: reference/record.md 1.2; FHIR R4 4.0.1, Provenance.
"""

from collections.abc import Iterable

from careweave.formats import Resource, instant, write_json
from careweave.intake._fold_merge import Value
from careweave.intake._lanes import Taken
from careweave.intake._work import Ref
from careweave.sources import Source
from careweave.terms import Json, keyed_id

_ROLES = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_ORGANISATION = "https://fhir.nhs.uk/Id/ods-organization-code"
MAPPING_SYSTEM = "urn:careweave:mapping"


def provenance_ref(
    secret: bytes, source: Source, message: Taken, said: Iterable[tuple[Ref, Value]]
) -> Ref:
    """Returns the Provenance of a message that says this: the same for the same message.

    Another patient makes it another one, since no entry goes over from one patient to another.
    """
    patients = {patient_of(ref, value) for ref, value in said} - {None}
    whose = min(map(str, patients), default="")
    parts = (source.name, message.control_id or "", message.sha256.hex(), whose)
    authority = source.authority or source.organisation
    return "Provenance", keyed_id(secret, authority, "Provenance", *parts)


def patient_of(ref: Ref, value: Value) -> str | None:
    """Returns the patient that an entry names in the usual elements, as its subject."""
    if ref[0] == "Patient":
        return ref[1]
    named = value.get("subject") or value.get("patient")
    reference = named.get("reference") if isinstance(named, dict) else None
    if isinstance(reference, str) and reference.startswith("Patient/"):
        return reference.removeprefix("Patient/")
    return None


def provenance(source: Source, message: Taken, targets: Iterable[Ref]) -> Resource:
    """Returns what tells of a message: its entries, when it happened and came, who sent it.

    `entity` is the message under the id that its sender gave it; the mapping is the assembler.
    """
    value: dict[str, Json] = {
        "resourceType": "Provenance",
        "target": [{"reference": "/".join(ref)} for ref in sorted(targets)],
        "recorded": instant(message.received_at),
        "agent": [_agent("author", _organisation(source))],
        "entity": [{"role": "source", "what": {"identifier": _message(source, message)}}],
    }
    if message.event_at is not None:
        value["occurredDateTime"] = instant(message.event_at)
    if source.mapping is not None:
        device: Json = {"identifier": {"system": MAPPING_SYSTEM, "value": source.mapping.name}}
        value["agent"] = [_agent("author", _organisation(source)), _agent("assembler", device)]
    meta: Json = {"source": f"urn:careweave:source:{source.name}"}
    return Resource("Provenance", None, {**value, "meta": meta}, write_json(value), ())


def _agent(role: str, who: Json) -> Json:
    return {"type": {"coding": [{"system": _ROLES, "code": role}]}, "who": who}


def _organisation(source: Source) -> Json:
    found: dict[str, Json] = {"display": source.organisation_name or source.organisation}
    if source.organisation_code:
        identifier: Json = {"system": _ORGANISATION, "value": source.organisation_code}
        found = {"identifier": identifier, **found}
    return found


def _message(source: Source, message: Taken) -> Json:
    value = message.control_id or message.sha256.hex()
    return {"system": f"urn:careweave:source:{source.name}", "value": value}
