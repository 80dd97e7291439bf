"""Whom the resources of a message are about.

A reference that only says an identifier becomes one that leads to a patient record.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

from careweave.formats import elements, is_type
from careweave.sources._fhir_names import NHS_NUMBER, Names, identifier_text, identifiers

_is_of_spine = re.compile(r"https://[^/]+/personal-demographics/FHIR/R4/Patient/(\d{10})").fullmatch
"""An address of the national service, whose ids are NHS numbers.

Source: NHS England, Personal Demographics Service FHIR API.
"""

_is_condition = re.compile(
    r"([A-Z][A-Za-z]{1,63})\?identifier=([^|&]{1,500})\|([^|&]{1,500})"
).fullmatch
_SUBJECTS = ("subject", "patient", "for", "beneficiary", "individual")
_MAY_BE_NOBODYS = frozenset({"Device", "Task", "Group", "Specimen", "Media", "List", "Provenance"})


@dataclass(slots=True)
class People:
    """Whom and what one message sends, by type and identifier, and who is named but not sent."""

    names: Names
    known: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)

    def meet(self, resource: Mapping[str, Any], public_id: str) -> None:
        """Notes a resource that the message sends."""
        kind = str(resource.get("resourceType"))
        for text in identifiers(resource):
            self.known.setdefault(f"{kind} {text}", public_id)

    def lead(self, value: dict[str, Any]) -> None:
        """Gives the references of a resource that name somebody by identifier alone a target."""
        for reference in references_in(value):
            self._settle_condition(reference)
            self._lead(reference)

    def _settle_condition(self, reference: dict[str, Any]) -> None:
        """Makes a conditional reference a literal one to what the message sends, or a logical one.

        Source: FHIR R4 4.0.1, http.html#trules, conditional references.
        """
        literal = reference.get("reference")
        found = _is_condition(literal) if isinstance(literal, str) else None
        if found is None or not is_type(found[1]):
            return
        kind, identifier = found[1], {"system": unquote(found[2]), "value": unquote(found[3])}
        public_id = self.known.get(f"{kind} {identifier_text(identifier)}")
        if public_id is not None:
            reference["reference"] = f"{kind}/{public_id}"
            return
        del reference["reference"]
        reference.update({"type": kind, "identifier": identifier})

    def _lead(self, reference: dict[str, Any]) -> None:
        text, literal = _patient_text(reference), reference.get("reference")
        if not text:
            return
        if isinstance(literal, str) and literal.startswith("Patient/"):
            # The message may say who that is, and not send the patient.
            self.named.setdefault(literal.removeprefix("Patient/"), text)
        elif not isinstance(literal, str) or not literal.startswith("#"):
            public_id = self.known.get(f"Patient {text}") or self.names.id_of("Patient", text)
            self.named.setdefault(public_id, text)
            reference["reference"] = f"Patient/{public_id}"


def _patient_text(reference: Mapping[str, Any]) -> str:
    """Returns the identifier of the patient that a reference says, "" where it is to another."""
    literal = reference.get("reference")
    spine = _is_of_spine(literal) if isinstance(literal, str) else None
    if spine is not None:
        return f"{NHS_NUMBER}|{spine[1]}"
    text = identifier_text(reference.get("identifier"))
    is_patient = reference.get("type") == "Patient" or text.startswith(f"{NHS_NUMBER}|")
    leads_to_patient = isinstance(literal, str) and literal.startswith("Patient/")
    return text if is_patient or leads_to_patient else ""


def references_in(value: object) -> Iterator[dict[str, Any]]:
    """Gives the objects in a resource that look like references, contained ones too."""
    if isinstance(value, list):
        for item in value:
            yield from references_in(item)
    elif isinstance(value, dict):
        if "reference" in value or ("identifier" in value and "resourceType" not in value):
            yield value
        for item in value.values():
            if isinstance(item, dict | list):
                yield from references_in(item)


def patients_of(value: Mapping[str, Any]) -> Iterator[str]:
    """Gives the public ids of the patients that a resource refers to, in order."""
    for reference in references_in(value):
        literal = reference.get("reference")
        if isinstance(literal, str) and literal.startswith("Patient/"):
            yield literal.removeprefix("Patient/")


@cache
def _subject_elements(type_name: str) -> tuple[str, ...]:
    if not is_type(type_name) or type_name in _MAY_BE_NOBODYS:
        return ()
    return tuple(
        element.name
        for element in elements(type_name)
        if element.name in _SUBJECTS and "Patient" in element.targets
    )


def lacks_patient(value: Mapping[str, Any]) -> bool:
    """Says whether a resource is of a type that is about a person, and names none.

    Source: FHIR R4 4.0.1, the targets of `subject`, `patient` and the like.
    """
    wanted = _subject_elements(str(value.get("resourceType")))
    return bool(wanted) and not any(_names_somebody(value.get(name)) for name in wanted)


def give_patient(value: dict[str, Any], public_id: str) -> None:
    """Says on a resource that names nobody whom it is about."""
    name = _subject_elements(str(value.get("resourceType")))[0]
    value[name] = {"reference": f"Patient/{public_id}"}


def _names_somebody(reference: object) -> bool:
    return isinstance(reference, dict) and isinstance(reference.get("reference"), str)
