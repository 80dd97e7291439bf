"""The public ids of what a FHIR source sends, and where its references then lead.

Source: reference/interop.md 6.1.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from careweave.formats import is_type
from careweave.terms import keyed_id

_is_local = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?"
).fullmatch
_is_address = re.compile(r"(https?://.{1,500}/)([A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64})").fullmatch
_RENAMED = {"ReferralRequest": "ServiceRequest", "ProcedureRequest": "ServiceRequest"}
"""The STU3 types that share a name in R4: their ids stay apart by the old name."""


@dataclass(frozen=True, slots=True)
class Names:
    """The ids of one source: ids that begin with its own `prefix` stay as they are.

    `base` begins the full addresses that are the source's own. `addresses` are those that the
    message itself gives, with what they stand for.
    """

    secret: bytes
    authority: str
    prefix: str = ""
    base: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)

    def id_of(self, type_name: str, original: str) -> str:
        """Returns the public id of what the source calls `original`."""
        if self.prefix and original.startswith(self.prefix):
            return original
        return keyed_id(self.secret, self.authority, type_name, original)

    def link(self, text: str) -> str | None:
        """Returns what a link becomes, None where it stays as it is."""
        known = self.addresses.get(text)
        if known is not None:
            return known
        if self.base and text.startswith(self.base):
            text = text.removeprefix(self.base)
        local = _is_local(text.removeprefix("/"))
        if local is None or not (is_type(local[1]) or local[1] in _RENAMED):
            return None
        return f"{_RENAMED.get(local[1], local[1])}/{self.id_of(local[1], local[2])}"


def own_key(resource: Mapping[str, Any], address: str | None, taken: Iterable[str]) -> str | None:
    """Returns what a source calls a resource: its id, its first identifier, or its full address.

    `taken` are the identifiers that are on several resources of the message and so name none.
    """
    said = resource.get("id")
    if isinstance(said, str) and said:
        return said
    for text in identifiers(resource):
        if text not in taken:
            return text
    return address or _list_key(resource)


def _list_key(resource: Mapping[str, Any]) -> str | None:
    """Returns what names the one list of its kind that a person has.

    Source: GP Connect Access Record: Structured, whose lists have no id.
    """
    subject, code = resource.get("subject"), resource.get("code")
    if resource.get("resourceType") != "List" or not isinstance(code, dict):
        return None
    leads_to = subject.get("reference") if isinstance(subject, dict) else None
    codes = [one.get("code") for one in code.get("coding", []) if isinstance(one, dict)]
    if not leads_to or not codes:
        return None
    return "|".join(map(str, (leads_to, *codes, resource.get("title", ""))))


def identifiers(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the identifiers of a resource as "system|value", those without a system left out."""
    listed = resource.get("identifier")
    given = listed if isinstance(listed, list) else [listed]
    return tuple(text for one in given if (text := identifier_text(one)))


def identifier_text(identifier: object) -> str:
    """Returns an identifier as "system|value", blanks in an NHS number taken away; "" for none."""
    if not isinstance(identifier, dict):
        return ""
    system, value = identifier.get("system"), identifier.get("value")
    if not (isinstance(system, str) and isinstance(value, str) and system and value.strip()):
        return ""
    return f"{system}|{value.replace(' ', '') if system == NHS_NUMBER else value.strip()}"


NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
"""The system of NHS numbers. Source: NHS England, FHIR naming systems."""


def relative(address: str) -> str | None:
    """Returns the "Type/id" at the end of a full address, None where there is none."""
    found = _is_address(address)
    return found[2] if found else None
