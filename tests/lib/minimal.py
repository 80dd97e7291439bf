"""The smallest valid resource of every R4 type, made of the table of elements, about one Patient."""

import json
from typing import Any

from careweave.formats import check, elements, known_types, read_json, write_json
from careweave.formats._table import Element, codes, members

_PRIMITIVES: dict[str, Any] = {
    "boolean": True,
    "integer": 1,
    "positiveInt": 1,
    "unsignedInt": 1,
    "decimal": 1,
    "string": "x",
    "markdown": "x",
    "code": "x",
    "id": "x",
    "uri": "http://x.example/y",
    "url": "http://x.example/y",
    "canonical": "http://x.example/y",
    "oid": "urn:oid:1.2.3",
    "uuid": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7",
    "date": "2026-01-02",
    "dateTime": "2026-01-02",
    "instant": "2026-01-02T03:04:05Z",
    "time": "03:04:05",
    "base64Binary": "eA==",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
}
_VALUES: dict[str, Any] = {
    "CodeableConcept": {"text": "x"},
    "Coding": {"system": "http://x.example/y", "code": "x"},
    "Identifier": {"system": "http://x.example/y", "value": "x"},
    "Period": {"start": "2026-01-02"},
    "Quantity": {"value": 1},
    "Attachment": {"contentType": "text/plain", "title": "x"},
    "HumanName": {"family": "x"},
    "Money": {"value": 1, "currency": "GBP"},
}
# What invariants ask for beyond the table.
_MORE: dict[str, dict[str, Any]] = {
    "AllergyIntolerance": {
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        }
    },
    "Appointment": {
        "status": "proposed",
        "participant": [{"status": "accepted", "actor": {"reference": "Patient/{patient}"}}],
    },
    "AppointmentResponse": {"participantType": [{"text": "x"}]},
    "CommunicationRequest": {"payload": [{"contentString": "x"}]},
    "Consent": {"policyRule": {"text": "x"}},
    "EventDefinition": {"trigger": [{"type": "named-event", "name": "x"}]},
    "ImmunizationRecommendation": {
        "recommendation": [
            {"vaccineCode": [{"text": "x"}], "forecastStatus": {"text": "x"}},
        ]
    },
    "Organization": {"name": "x"},
    "ImplementationGuide": {"name": "X"},
    "Location": {"name": "x"},
    "Task": {"status": "ready", "intent": "order"},
}
_SUBJECTS = ("subject", "patient", "beneficiary", "for", "individual", "who", "actor")


def smallest(name: str, patient: str, **more: Any) -> dict[str, Any]:
    """The smallest resource of a type, about a Patient where the type can be about one."""
    beyond = json.loads(json.dumps(_MORE.get(name, {})).replace("{patient}", patient))
    made = {"resourceType": name, **_required(name, patient), **beyond}
    table = members(name)
    for key in _SUBJECTS:
        member = table.get(key)
        if member is not None and "Patient" in member.element.targets:
            who = {"reference": f"Patient/{patient}"}
            made[key] = [who] if member.element.is_many else who
    return {**made, **more}


def _required(shape: str, patient: str) -> dict[str, Any]:
    return {
        key: value
        for element in elements(shape)
        if element.is_required and element.name not in ("id", "meta", "text")
        for key, value in _one(element, patient).items()
    }


def _one(element: Element, patient: str) -> dict[str, Any]:
    kind = element.types[0] if element.types else ""
    name = element.name + (kind[0].upper() + kind[1:] if element.is_choice else "")
    value = _value(element, kind, patient)
    return {name: [value] if element.is_many else value}


def _value(element: Element, kind: str, patient: str) -> Any:
    if element.binding and (known := codes(element.binding)):
        code = min(next(iter(known.values())))
        if kind == "code":
            return code
        system = next(iter(known))
        return {"coding": [{"system": system, "code": code}]}
    if kind == "Reference":
        is_about = "Patient" in element.targets
        return {"reference": f"Patient/{patient}"} if is_about else {"display": "x"}
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    if kind in _VALUES:
        return _VALUES[kind]
    if kind == "Resource":
        return {"resourceType": "Basic", "code": {"text": "x"}}
    return _required(element.shape or kind, patient)


def storable() -> tuple[str, ...]:
    """The types of which a smallest resource is valid."""
    return tuple(name for name in known_types() if not _faults(name))


def _faults(name: str) -> list[str]:
    body = write_json(smallest(name, "x"))
    return [one.message for one in check(read_json(body)) if one.severity == "error"]
