"""The people of the load: 50 resources each, the same mixture as the neutral driver's.

1 Patient, 6 Encounters, 5 Conditions, 5 MedicationRequests, 33 Observations; all codes are invented.
"""

import json
import random
from collections.abc import Callable
from uuid import UUID

CODES = "urn:careweave:bench:codes"
MEASURES = [
    ("m-0801", "Systolic blood pressure", "mm[Hg]", 120), ("m-0802", "Diastolic", "mm[Hg]", 75),
    ("m-0803", "Heart rate", "/min", 70), ("m-0804", "Body weight", "kg", 75),
    ("m-0805", "Body height", "cm", 170), ("m-0806", "Glucose", "mg/dL", 95),
    ("m-0807", "Glycated haemoglobin", "%", 6), ("m-0808", "Haemoglobin", "g/dL", 14),
    ("m-0809", "Creatinine", "mg/dL", 1), ("m-0810", "Cholesterol", "mg/dL", 180),
]  # fmt: skip
PROBLEMS = [(f"p-000{n}", f"Long-term condition {n}") for n in range(1, 6)]
FAMILIES = [
    "Ashdown",
    "Bexley",
    "Carrow",
    "Dunmere",
    "Eastwell",
    "Farrant",
    "Gresham",
    "Hollis",
    "Ings",
    "Jessop",
    "Kettle",
    "Larkin",
    "Marlow",
    "Nettleton",
    "Pemberton",
    "Quayle",
    "Thackray",
    "Varley",
    "Whitlock",
    "Yorke",
]
GIVEN = [
    "Ada",
    "Bronwen",
    "Chidi",
    "Dalia",
    "Edith",
    "Farah",
    "Greta",
    "Hana",
    "Imogen",
    "Joan",
    "Arun",
    "Bertie",
    "Callum",
]
_THO = "http://terminology.hl7.org/CodeSystem"

Resource = dict[str, object]


def nhs_number(rng: random.Random) -> str:
    """Returns a valid number of the test range."""
    while True:
        digits = [9, 9, 9, *(rng.randrange(10) for _ in range(6))]
        check = 11 - sum((10 - at) * digit for at, digit in enumerate(digits)) % 11
        if check != 10:
            return "".join(map(str, [*digits, 0 if check == 11 else check]))


def _day(rng: random.Random) -> str:
    return f"20{rng.randrange(15, 26)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}"


def patient(rng: random.Random) -> Resource:
    """Returns a Patient."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number(rng)}],
        "active": True,
        "name": [{"use": "official", "family": rng.choice(FAMILIES), "given": [rng.choice(GIVEN)]}],
        "gender": rng.choice(["male", "female"]),
        "birthDate": f"{rng.randrange(1930, 2024)}{_day(rng)[4:]}",
        "telecom": [{"system": "phone", "value": f"01632 960{rng.randrange(100, 999)}"}],
        "address": [{"line": [f"{rng.randrange(1, 200)} High Street"], "city": "Northmere",
                     "postalCode": f"NM{rng.randrange(1, 20)} {rng.randrange(1, 9)}AB"}],
    }  # fmt: skip


def observation(rng: random.Random, subject: str, encounter: str | None = None) -> Resource:
    """Returns a measured value of one patient."""
    code, text, unit, middle = rng.choice(MEASURES)
    at = f"{_day(rng)}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00Z"
    made: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {"coding": [{"system": f"{_THO}/observation-category", "code": "vital-signs"}]}
        ],
        "code": {"coding": [{"system": CODES, "code": code, "display": text}], "text": text},
        "subject": {"reference": subject},
        "effectiveDateTime": at,
        "valueQuantity": {
            "value": round(middle * rng.uniform(0.7, 1.3), 1),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }
    if encounter is not None:
        made["encounter"] = {"reference": encounter}
    return made


def person(rng: random.Random, name: "Namer") -> list[tuple[str, Resource]]:
    """Returns the 50 resources of one person, each with the reference that leads to it."""
    subject = name("Patient")
    entries = [(subject, patient(rng))]
    encounters = [name("Encounter") for _ in range(6)]
    entries += [(one, _encounter(rng, subject)) for one in encounters]
    for kind, make in (("Condition", _condition), ("MedicationRequest", _medicine)):
        entries += [(name(kind), make(rng, subject, rng.choice(encounters))) for _ in range(5)]
    while len(entries) < 50:
        entries.append((name("Observation"), observation(rng, subject, rng.choice(encounters))))
    return entries


Namer = Callable[[str], str]
"""Makes a fresh reference to a resource of a type."""


def urns(rng: random.Random) -> Namer:
    """Returns a maker of urn:uuid references, for bundles."""
    return lambda _kind: f"urn:uuid:{_uuid(rng)}"


def places(rng: random.Random) -> Namer:
    """Returns a maker of references of the form Type/id, for files."""
    return lambda kind: f"{kind}/{_uuid(rng)}"


def _uuid(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def _encounter(rng: random.Random, subject: str) -> Resource:
    day = _day(rng)
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": f"{_THO}/v3-ActCode", "code": "AMB"},
        "subject": {"reference": subject},
        "period": {"start": f"{day}T09:00:00Z", "end": f"{day}T09:20:00Z"},
    }


def _condition(rng: random.Random, subject: str, encounter: str) -> Resource:
    code, text = rng.choice(PROBLEMS)
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": f"{_THO}/condition-clinical", "code": "active"}]},
        "code": {"coding": [{"system": CODES, "code": code, "display": text}]},
        "subject": {"reference": subject},
        "encounter": {"reference": encounter},
        "onsetDateTime": f"20{rng.randrange(15, 26)}-03-04",
    }


def _medicine(rng: random.Random, subject: str, encounter: str) -> Resource:
    code = f"x-{rng.randrange(10**8, 10**9)}"
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": subject},
        "encounter": {"reference": encounter},
        "medicationCodeableConcept": {
            "coding": [{"system": CODES, "code": code, "display": "Some drug 10 mg"}]
        },
        "authoredOn": f"20{rng.randrange(15, 26)}-05-06",
    }


def bundle(rng: random.Random) -> bytes:
    """Returns a transaction that creates one person."""
    entries = [
        {"fullUrl": url, "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for url, one in person(rng, urns(rng))
    ]
    whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return json.dumps(whole).encode()
