"""Addresses of STU3 that have another name in R4: code systems, profiles, extensions, types."""

import re
from collections.abc import Mapping
from typing import Any

from careweave.formats._stu3_table import rules

CROSS = "http://hl7.org/fhir/3.0/StructureDefinition/extension-"
"""What begins the name of an extension that carries an STU3 element which R4 does not have.

Source: FHIR R4 4.0.1, versions.html#extensions.
"""

_is_uk_profile = re.compile(
    r"https?://fhir\.(?:hl7\.org\.uk|nhs\.uk)/(?:STU3/)?StructureDefinition/[\w-]+-\d+"
).fullmatch
_is_uk_core = re.compile(r"https://fhir\.hl7\.org\.uk/StructureDefinition/UKCore-\w+").fullmatch
_find_types = re.compile(
    r"(?:^|(?<=/))([A-Z][A-Za-z]{1,63})(?=/[A-Za-z0-9.-]{1,64}(?:$|/_history))"
)
_SCT_DESCRIPTION = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-CodingSCTDescId"
_SNOMED_CT = "http://snomed.info/sct"
_PARTS = {"descriptionid": "descriptionId", "descriptiondisplay": "descriptionDisplay"}


def r4_system(system: str) -> str:
    """Returns the R4 name of a code system. Source: FHIR R4 4.0.1, terminologies-systems.html."""
    known = rules().systems.get(system)
    if known is not None:
        return known
    for old, new in rules().system_prefixes.items():
        if system.startswith(old):
            return new + system.removeprefix(old)
    return system


def r4_profile(profile: str, stu3_type: str) -> str | None:
    """Returns the profile that R4 has in its place; None where it has none."""
    if _is_uk_core(profile) or not _is_uk_profile(profile):
        return profile
    return rules().profiles.get(stu3_type)


def r4_reference(reference: str) -> str:
    """Returns a literal reference with the R4 name of its type."""
    renamed = rules().types
    return _find_types.sub(lambda hit: renamed.get(hit[1], hit[1]), reference)


def r4_extension(extension: dict[str, Any]) -> dict[str, Any]:
    """Returns a converted extension under its UK Core name, where it has one."""
    url = extension.get("url")
    known = rules().extensions.get(url) if isinstance(url, str) else None
    if known is None:
        return extension
    if known == _SCT_DESCRIPTION:
        extension = {**extension, "extension": [*map(_part, extension.get("extension", []))]}
    return {**extension, "url": known}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    # UK Core holds the id of a description as an identifier; senders spell its name in four ways.
    made = {name: value for name, value in part.items() if name not in {"valueId", "url"}}
    said = part.get("url")
    name = _PARTS.get(said.lower(), said) if isinstance(said, str) else said
    number = part.get("valueId", part.get("valueString") if name == "descriptionId" else None)
    if name == "descriptionId" and number is not None:
        made.pop("valueString", None)
        made["valueIdentifier"] = {"system": _SNOMED_CT, "value": number}
    elif "valueId" in part:
        made["valueId"] = part["valueId"]
    return {"url": name, **made}
