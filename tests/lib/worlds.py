"""Seeded small worlds of resources that refer to each other, and queries that fit them.

Values come from a few words, so that conditions meet, nearly meet and just miss.
"""

import json
import random

from careweave.formats import read_json

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
UCUM, NHS = "http://unitsofmeasure.org", "https://fhir.nhs.uk/Id/nhs-number"
MRN, V2 = "http://hospital.example/mrn", "http://terminology.hl7.org/CodeSystem/v2-0203"
CODES = [
    (LOINC, "8480-6"),
    (LOINC, "8462-4"),
    (SNOMED, "44054006"),
    (SNOMED, "A1b"),
    (None, "local"),
]
NAMES = [
    "Smith",
    "SMITHSON",
    "O'Neil",
    "Ångström",
    "de la Cruz",
    "Mu\u0308ller",
    "smi",
    "Jane  Ann",
]
CITIES = ["Leeds", "Leedstown", "Hull", "Saint-Étienne"]
DATES = [
    "2019", "2020", "2020-02", "2020-02-29", "2020-03-29", "2020-03-29T00:30:00Z",
    "2020-03-29T01:30:00+01:00", "2020-10-25T01:30:00", "2020-10-25T02:00:00Z", "2020-06-15",
    "2020-06-15T12:00:00.500Z", "2021-01-01T00:00:00+00:00", "2020-12-31T23:59:59Z",
]  # fmt: skip
NUMBERS = [
    "5",
    "5.0",
    "5.4",
    "5.40",
    "5.45",
    "100",
    "99.5",
    "100.5",
    "100.00",
    "0.1",
    "0",
    "-3",
    "1e2",
]
UNITS = ["mg", "g", "kg", "cm", "m", "mm[Hg]"]
PREFIXES = ["", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
URLS = [
    "http://acme.org/fhir/ValueSet/one", "http://acme.org/fhir/ValueSet/one|1.0",
    "http://acme.org/fhir/ValueSet", "http://acme.org/fhir", "http://acme.org/fhirx", "urn:oid:1.2.3",
]  # fmt: skip
N_OF = {
    "Patient": 5, "Practitioner": 2, "Organization": 2, "Encounter": 4, "Observation": 12,
    "Condition": 5, "MedicationRequest": 4, "AllergyIntolerance": 3, "Procedure": 3,
    "DiagnosticReport": 3, "DocumentReference": 3, "RiskAssessment": 2, "ValueSet": 4,
    "Appointment": 2, "Group": 2, "List": 2, "ChargeItem": 3, "Device": 1,
}  # fmt: skip


class World:
    """One world: resources by type, made from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed = seed
        self.ids = {t: [f"{t[:3].lower()}{seed}-{i}" for i in range(n)] for t, n in N_OF.items()}
        self.values = [self._made(t, i) for t, ids in self.ids.items() for i in ids]

    def resources(self):
        """The resources as they are read at the door."""
        return [read_json(json.dumps(v).encode()) for v in self.values]

    # -- pieces -----------------------------------------------------------------------------

    def pick(self, items):
        return self.random.choice(items)

    def maybe(self, make, share=0.7):
        return make() if self.random.random() < share else None

    def some(self, make, most=2):
        return [make() for _ in range(self.random.randint(1, most))]

    def coding(self):
        system, code = self.pick(CODES)
        return {"system": system, "code": code} if system else {"code": code}

    def concept(self):
        if self.random.random() < 0.1:
            return {"text": "words only"}
        return {"coding": self.some(self.coding)}

    def quantity(self):
        unit = self.pick(UNITS)
        made = {"value": float(self.pick(NUMBERS)), "unit": unit, "system": UCUM, "code": unit}
        kind = self.random.random()
        if kind < 0.15:
            made = {"value": made["value"], "unit": "tablets"}
        elif kind < 0.25:
            made |= {"system": "http://other.example/units", "code": "mg"}
        elif kind < 0.35:
            made["comparator"] = self.pick(["<", "<=", ">", ">="])
        elif kind < 0.4:
            made["unit"] = "milligrams"
        return made

    def period(self):
        start, end = sorted([self.pick(DATES), self.pick(DATES)], key=str)
        made = {"start": start, "end": end}
        drop = self.pick(["", "", "start", "end"])
        return {k: v for k, v in made.items() if k != drop}

    def ref(self, *types):
        target = self.pick(types)
        made = {"reference": f"{target}/{self.pick(self.ids[target])}"}
        kind = self.random.random()
        if kind < 0.06:
            made["reference"] += "/_history/2"
        elif kind < 0.12:
            made = {"type": target, "identifier": self.identifier()}
        elif kind < 0.16:
            made["reference"] = f"http://elsewhere.example/fhir/{target}/77"
        return made

    def identifier(self):
        made = {
            "system": self.pick([NHS, MRN]),
            "value": self.pick(["9000000009", "M1", "m|2", "M3"]),
        }
        if self.random.random() < 0.3:
            made["type"] = {"coding": [{"system": V2, "code": self.pick(["MR", "NH"])}]}
        if self.random.random() < 0.1:
            del made["system"]
        return made

    def name(self):
        made = {"family": self.pick(NAMES), "given": self.some(lambda: self.pick(NAMES))}
        return {k: v for k, v in made.items() if self.random.random() < 0.9}

    def address(self):
        return {"line": ["1 High St"], "city": self.pick(CITIES), "postalCode": "LS1 4AP"}

    def telecom(self):
        return {
            "system": self.pick(["phone", "email"]),
            "value": self.pick(["0113 1", "a@b.example"]),
        }

    def meta(self):
        made = {
            "tag": self.maybe(lambda: self.some(self.coding), 0.3),
            "profile": self.maybe(lambda: [self.pick(URLS)], 0.3),
            "source": self.maybe(lambda: self.pick(URLS), 0.2),
            "security": self.maybe(lambda: self.some(self.coding), 0.2),
        }
        return {k: v for k, v in made.items() if v} or None

    # -- resources --------------------------------------------------------------------------

    def _made(self, type_name, name):
        made = {"resourceType": type_name, "id": name, "meta": self.maybe(self.meta, 0.4)}
        made |= getattr(self, f"_{type_name.lower()}")()
        return {k: v for k, v in made.items() if v is not None}

    def _patient(self):
        said = self.random.random()
        return {
            "identifier": self.maybe(lambda: self.some(self.identifier)),
            "active": self.maybe(lambda: self.pick([True, False])),
            "name": self.maybe(lambda: self.some(self.name), 0.9),
            "telecom": self.maybe(lambda: self.some(self.telecom)),
            "gender": self.maybe(lambda: self.pick(["male", "female", "other"])),
            "birthDate": self.maybe(
                lambda: self.pick(["1980", "1980-05", "1980-05-01", "2001-01-31"])
            ),
            "deceasedBoolean": self.pick([True, False]) if said < 0.3 else None,
            "deceasedDateTime": self.pick(DATES) if said > 0.8 else None,
            "address": self.maybe(lambda: self.some(self.address)),
            "generalPractitioner": self.maybe(
                lambda: self.some(lambda: self.ref("Practitioner", "Organization"))
            ),
            "managingOrganization": self.maybe(lambda: self.ref("Organization")),
            "link": self.maybe(lambda: [{"other": self.ref("Patient"), "type": "seealso"}], 0.3),
            "communication": self.maybe(lambda: [{"language": self.concept()}]),
        }

    def _practitioner(self):
        return {
            "name": self.maybe(lambda: self.some(self.name)),
            "identifier": [self.identifier()],
            "active": True,
        }

    def _organization(self):
        return {
            "name": self.pick(NAMES),
            "alias": [self.pick(NAMES)],
            "type": self.maybe(lambda: [self.concept()]),
            "partOf": self.maybe(lambda: self.ref("Organization"), 0.4),
        }

    def _encounter(self):
        return {
            "status": self.pick(["finished", "in-progress", "entered-in-error"]),
            "class": self.coding(),
            "type": self.maybe(lambda: self.some(self.concept)),
            "subject": self.maybe(lambda: self.ref("Patient", "Group"), 0.9),
            "period": self.maybe(self.period),
            "serviceProvider": self.maybe(lambda: self.ref("Organization")),
            "length": self.maybe(self.quantity),
            "participant": self.maybe(lambda: [{"individual": self.ref("Practitioner")}]),
            "partOf": self.maybe(lambda: self.ref("Encounter"), 0.3),
        }

    def _observation(self):
        made = {
            "identifier": self.maybe(lambda: [self.identifier()], 0.3),
            "status": self.pick(["final", "preliminary", "amended"]),
            "category": self.maybe(lambda: [self.concept()]),
            "code": self.concept(),
            "subject": self.maybe(lambda: self.ref("Patient", "Patient", "Patient", "Group"), 0.9),
            "encounter": self.maybe(lambda: self.ref("Encounter")),
            "performer": self.maybe(
                lambda: self.some(lambda: self.ref("Practitioner", "Organization", "Patient"))
            ),
            "derivedFrom": self.maybe(lambda: [self.ref("Observation")], 0.3),
            "focus": self.maybe(lambda: [self.ref("Patient")], 0.1),
            "component": self.maybe(lambda: self.some(self.component), 0.4),
        }
        made |= self.pick(
            [
                {},
                {"effectiveDateTime": self.pick(DATES)},
                {"effectivePeriod": self.period()},
                {"effectiveTiming": {"event": self.some(lambda: self.pick(DATES))}},
            ]
        )
        made |= self.pick(
            [
                {},
                {"valueQuantity": self.quantity()},
                {"valueQuantity": self.quantity()},
                {"valueCodeableConcept": self.concept()},
                {"valueString": self.pick(NAMES)},
                {"valueDateTime": self.pick(DATES)},
                {"valuePeriod": self.period()},
            ]
        )
        return made

    def component(self):
        return {"code": self.concept()} | self.pick(
            [{"valueQuantity": self.quantity()}, {"valueCodeableConcept": self.concept()}, {}]
        )

    def _condition(self):
        age = {
            "value": self.pick([1, 12, 30]),
            "unit": "yr",
            "system": UCUM,
            "code": self.pick(["a", "mo"]),
        }
        made = {
            "clinicalStatus": self.maybe(self.concept),
            "code": self.maybe(self.concept),
            "subject": self.ref("Patient"),
            "encounter": self.maybe(lambda: self.ref("Encounter")),
            "recordedDate": self.maybe(lambda: self.pick(DATES)),
            "evidence": self.maybe(lambda: [{"detail": [self.ref("Observation")]}], 0.4),
        }
        made |= self.pick(
            [
                {},
                {"onsetDateTime": self.pick(DATES)},
                {"onsetPeriod": self.period()},
                {"onsetAge": age},
                {"onsetString": self.pick(NAMES)},
            ]
        )
        return made | self.pick(
            [
                {},
                {"abatementDateTime": self.pick(DATES)},
                {
                    "abatementRange": {
                        "low": {"value": 1, "system": UCUM, "code": "a"},
                        "high": {"value": 12, "system": UCUM, "code": "a"},
                    }
                },
                {"abatementRange": {"low": {"value": 12, "system": UCUM, "code": "mo"}}},
            ]
        )

    def _medicationrequest(self):
        return {
            "status": self.pick(["active", "stopped"]),
            "intent": "order",
            "medicationCodeableConcept": self.concept(),
            "subject": self.ref("Patient"),
            "authoredOn": self.maybe(lambda: self.pick(DATES)),
            "requester": self.maybe(lambda: self.ref("Practitioner", "Organization")),
            "encounter": self.maybe(lambda: self.ref("Encounter")),
        }

    def _allergyintolerance(self):
        return {
            "code": self.maybe(self.concept),
            "patient": self.ref("Patient"),
            "recordedDate": self.maybe(lambda: self.pick(DATES)),
            "criticality": self.maybe(lambda: self.pick(["low", "high"])),
            "asserter": self.maybe(lambda: self.ref("Patient", "Practitioner")),
        }

    def _procedure(self):
        return {
            "status": "completed",
            "code": self.maybe(self.concept),
            "subject": self.ref("Patient", "Group"),
            "performer": self.maybe(lambda: [{"actor": self.ref("Practitioner", "Patient")}]),
            "instantiatesCanonical": self.maybe(lambda: [self.pick(URLS)], 0.4),
        } | self.pick(
            [
                {},
                {"performedDateTime": self.pick(DATES)},
                {"performedPeriod": self.period()},
                {"performedString": "last year"},
            ]
        )

    def _diagnosticreport(self):
        return {
            "status": "final",
            "code": self.concept(),
            "subject": self.maybe(lambda: self.ref("Patient")),
            "result": self.maybe(lambda: self.some(lambda: self.ref("Observation"), 3)),
            "issued": "2020-06-15T12:00:00Z",
        } | self.pick(
            [{}, {"effectiveDateTime": self.pick(DATES)}, {"effectivePeriod": self.period()}]
        )

    def _documentreference(self):
        return {
            "status": "current",
            "type": self.maybe(self.concept),
            "subject": self.maybe(lambda: self.ref("Patient")),
            "date": "2020-06-15T12:00:00Z",
            "content": [{"attachment": {"contentType": "text/plain", "url": self.pick(URLS)}}],
            "relatesTo": self.maybe(
                lambda: self.some(
                    lambda: {
                        "code": self.pick(["replaces", "appends"]),
                        "target": self.ref("DocumentReference"),
                    }
                )
            ),
        }

    def _riskassessment(self):
        return {
            "status": "final",
            "subject": self.ref("Patient"),
            "prediction": self.some(
                lambda: self.pick(
                    [
                        {"probabilityDecimal": float(self.pick(["0.1", "5.4", "5"]))},
                        {"probabilityRange": {"low": {"value": 5}, "high": {"value": 10}}},
                        {},
                    ]
                )
            ),
        }

    def _valueset(self):
        return {
            "url": self.pick(URLS).partition("|")[0],
            "version": self.pick(["1.0", "2"]),
            "status": "active",
            "name": self.pick(NAMES),
            "date": self.maybe(lambda: self.pick(DATES)),
            "useContext": self.maybe(
                lambda: self.some(
                    lambda: (
                        {"code": self.coding()}
                        | self.pick(
                            [
                                {"valueCodeableConcept": self.concept()},
                                {"valueQuantity": self.quantity()},
                                {
                                    "valueRange": {
                                        "low": {"value": 5, "system": UCUM, "code": "mg"},
                                        "high": {"value": 100, "system": UCUM, "code": "mg"},
                                    }
                                },
                            ]
                        )
                    )
                )
            ),
        }

    def _appointment(self):
        return {
            "status": "booked",
            "participant": self.some(
                lambda: {"actor": self.ref("Patient", "Practitioner"), "status": "accepted"}, 3
            ),
            "start": "2020-06-15T12:00:00Z",
        }

    def _group(self):
        return {
            "type": "person",
            "actual": True,
            "code": self.maybe(self.concept),
            "member": self.some(lambda: {"entity": self.ref("Patient")}),
            "characteristic": self.maybe(
                lambda: [
                    {
                        "code": self.concept(),
                        "valueCodeableConcept": self.concept(),
                        "exclude": False,
                    }
                ]
            ),
        }

    def _list(self):
        return {
            "status": "current",
            "mode": "working",
            "code": self.maybe(self.concept),
            "subject": self.maybe(lambda: self.ref("Patient")),
            "entry": self.some(lambda: {"item": self.ref("Observation", "Condition")}, 3),
        }

    def _chargeitem(self):
        return {
            "status": "billed",
            "code": self.concept(),
            "subject": self.ref("Patient"),
            "factorOverride": self.maybe(lambda: float(self.pick(["5.4", "0.1"]))),
            "priceOverride": self.maybe(
                lambda: {
                    "value": float(self.pick(["5.4", "100"])),
                    "currency": self.pick(["GBP", "EUR"]),
                }
            ),
            "quantity": self.maybe(self.quantity),
        }

    def _device(self):
        return {
            "patient": self.ref("Patient"),
            "type": self.concept(),
            "url": self.pick(URLS).partition("|")[0],
        }
