"""An entry with less in it: the elements of a brief view, addresses and secrets taken out. Pure.

What is left validates, says that it is a part (SUBSETTED), and is the same when cut again.
Source: `reference/agreements.md` 1.4, 1.5 and 5 (7); `reference/record.md` 5.1 and 6.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from careweave.disclosure._kept import kept
from careweave.disclosure._portrait import current
from careweave.formats import Member, members, read_json, read_value, write_json
from careweave.record import Row
from careweave.terms import Heading, Json

ADDRESS = "address"
"""The mask of a protected person: nothing tells where they are."""

SECRET = "access-secret"  # noqa: S105  the name of a label
"""The mask of how to get in: that there is a way, and not which."""

Item = dict[str, Json]

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: *[0-9][A-Z]{2})?")
"""The outward part of a postcode, and the inward. Source: BS 7666, postcodes."""

_WORDS_BESIDE_A_SECRET = frozenset({"status", "date", "source", "type"})
_NOT_SHOWN = "Not shown"

_TALE = frozenset({"Extension", "Narrative", "Annotation", "xhtml"})
"""Parts that may say anything: never in an entry that something was taken out of."""

_WHEREABOUTS = frozenset({"Address", "ContactPoint"})
_PLACES = frozenset({"Location", "Endpoint"})
_HOMES = frozenset({Heading.SOC, Heading.DEM})
_LEADS = frozenset({"generalPractitioner", "position", "physicalType", "alias", "hoursOfOperation"})
_ATTACHED = frozenset({"contentType", "language", "creation", "size", "hash"})
_PLAIN_MODIFIER = frozenset({"url", "valueBoolean", "valueCode", "valueInteger"})
_WITHIN = frozenset({"actor", "type", "uri", "authority"})
_TARGET = "Goal.target"
_AIM = frozenset({"measure", "detail"})
"""What is aimed at: a goal in brief says it. Source: `reference/record.md` 5.1, CSP at level S."""

_SECTION = "Composition.section"
_TOLD = frozenset({"entry", "section", "text"})
_CHANGING = frozenset({"name", "identifier", "address", "telecom"})
_HEAD = frozenset({"resourceType", "implicitRules"})
_META = frozenset({"security", "tag", "source"})
_SUBSETTED: dict[str, Json] = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


@dataclass(frozen=True, slots=True)
class View:
    """How much of an entry is shown: `fields` are words of a brief view, None for all of it."""

    fields: frozenset[str] | None = None
    masks: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Says that nothing is taken out."""
        return self.fields is None and not self.masks


def redacted(row: Row, view: View) -> Row:
    """Returns the row with what the view leaves of its body; its version stays its version."""
    if view.is_whole or row.body is None or row.heading is None:
        # What has no heading is nobody's.
        return row
    value = read_json(row.body).value
    cut = _Cut(row.type, row.heading, view)
    return replace(row, body=write_json(cut.entry(value)), cut=(), meta=_meta(row.meta))


def without_former(row: Row, today: date) -> Row:
    """Returns a Patient without the names, numbers, addresses and contacts of the past.

    Who sees what is current of somebody sees no history of who they were and where they lived.
    Source: `reference/record.md` 5.1, DEM at level C.
    """
    if row.type != "Patient" or row.body is None:
        return row
    value = read_json(row.body).value
    kept: Item = {}
    for name, part in value.items():
        is_history = name in _CHANGING and isinstance(part, list)
        left: Json = list[Json](current(value, name, today)) if is_history else part
        kept |= {name: left} if left or not is_history else {}
    if kept == value:
        return row
    return replace(row, body=write_json(kept), cut=(), meta=_meta(row.meta))


def is_partial(row: Row) -> bool:
    """Says whether something was taken out of a row, here or where it comes from."""
    return b'"SUBSETTED"' in row.meta


def _meta(fragment: bytes) -> bytes:
    """Returns the rest of meta with what may stay of it, and the tag that something is missing."""
    said = read_value(b"{%b}" % fragment) if fragment else {}
    told = {name: value for name, value in _object(said).items() if name in _META}
    tags = [one for one in _list(told.get("tag")) if one != _SUBSETTED]
    told["tag"] = [*tags, dict(_SUBSETTED)]
    security = [_bare(one) for one in _list(told.get("security"))]
    told |= {"security": security} if security else {}
    return write_json(dict(told))[1:-1]


def _listed(items: list[Json]) -> Json:
    return items or None


def _bare(one: Json) -> Json:
    return {name: part for name, part in _object(one).items() if name in ("system", "code")}


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


class _Cut:
    """Cuts one entry. Elements are judged by the R4 table; what the table has not goes."""

    def __init__(self, type_name: str, heading: Heading | None, view: View) -> None:
        self._type = type_name
        self._heading = heading
        self._hides_address = ADDRESS in view.masks
        self._hides_secret = SECRET in view.masks
        words = view.fields
        if self._hides_secret:
            words = _WORDS_BESIDE_A_SECRET & (words or _WORDS_BESIDE_A_SECRET)
        self._words = words
        self._names = None if words is None else kept(words, heading)

    def entry(self, value: Mapping[str, Json]) -> Item:
        """Returns what is left of a whole entry."""
        found: Item = {name: part for name, part in value.items() if name in _HEAD}
        table = members(self._type)
        for key, part in value.items():
            member = table.get(key)
            if member is not None and self._is_kept(member):
                left = self._part(part, member)
                found |= {} if left is None else {key: left}
        return self._patient(found) if self._type == "Patient" else found

    def _is_kept(self, member: Member) -> bool:
        element = member.element
        if element.name in ("id", "meta", "text", "contained", "extension", "language"):
            return False
        if element.name == "modifierExtension":
            return True
        if self._hides_address and self._leads_home(member):
            return False
        if self._is_told_freely(member):
            return element.is_required
        is_wanted = self._names is None or not self._names.isdisjoint((element.name, member.name))
        return is_wanted or element.is_required or element.is_modifier

    def _is_told_freely(self, member: Member) -> bool:
        """Says whether it is free text that a brief view leaves out; of a document it is the title.

        Source: `reference/record.md` 5.1, S.
        """
        is_text = member.name == "description" and member.type in ("string", "markdown")
        return is_text and self._names is not None and self._heading is not Heading.DOC

    def _leads_home(self, member: Member) -> bool:
        if member.element.is_required:
            return False
        if member.name in _LEADS or member.type in _WHEREABOUTS:
            return True
        if self._type in _PLACES:
            return not member.element.is_modifier and member.name != "type"
        return self._heading in _HOMES and member.name in ("valueString", "comment", "description")

    def _part(self, part: Json, member: Member) -> Json:
        """Returns what is left of an element; None where nothing is."""
        if isinstance(part, list):
            items = (self._part(item, member) for item in part)
            return _listed([one for one in items if one is not None])
        if member.element.name == "modifierExtension":
            return self._modifier(part)
        if member.type in _TALE:
            return None
        if not isinstance(part, dict):
            return part
        return self._value(part, member)

    def _value(self, part: Item, member: Member) -> Json:
        known = self._special().get(member.type)
        if known is not None:
            return known(part, member)
        is_backbone = "." in member.shape
        left: Item = {}
        for key, inner in part.items():
            at = members(member.shape).get(key) if member.shape else None
            is_aim = at is not None and member.shape == _TARGET and at.element.name in _AIM
            if at is not None and (not is_backbone or is_aim or self._is_within(at)):
                kept_of = self._part(inner, at)
                left |= {} if kept_of is None else {key: kept_of}
        is_empty_section = member.shape == _SECTION and _TOLD.isdisjoint(left)
        return None if is_empty_section else left or None

    def _is_within(self, member: Member) -> bool:
        """Says whether a part of a part stays: in a brief view only what must be there."""
        if member.element.name in ("id", "extension"):
            return False
        if self._hides_address and member.type in _WHEREABOUTS and not member.element.is_required:
            return False
        is_wanted = self._names is None or member.name in _WITHIN
        return is_wanted or member.element.is_required

    def _special(self) -> Mapping[str, Callable[[Item, Member], Json]]:
        return {
            "Reference": self._reference,
            "Attachment": self._attachment,
            "Coding": lambda part, _member: _bare(part),
            "CodeableConcept": self._concept,
            **(_NOWHERE if self._hides_address else {}),
        }

    def _reference(self, part: Item, member: Member) -> Json:
        said = str(part.get("reference", ""))
        is_home = self._hides_address and said.partition("/")[0] in _PLACES
        found: Item = {name: part[name] for name in ("reference", "type") if name in part}
        if not said and isinstance(part.get("identifier"), dict):
            found["identifier"] = _identifier(part["identifier"])
        # What was contained is gone, so nothing can refer to it.
        if is_home or said.startswith("#") or not found:
            is_needed = member.element.is_required or member.name == "actor"
            return {"display": _NOT_SHOWN} if is_needed else None
        return found

    def _attachment(self, part: Item, _member: Member) -> Json:
        return {name: value for name, value in part.items() if name in _ATTACHED} or {
            "contentType": "application/octet-stream"
        }

    def _concept(self, part: Item, member: Member) -> Json:
        if self._hides_secret and member.name not in _PLAIN_CONCEPTS:
            return {"text": _NOT_SHOWN}
        codings: list[Json] = [_coding(one) for one in _list(part.get("coding"))]
        found: Item = {"coding": codings} if codings else {}
        return found | {"text": part["text"]} if isinstance(part.get("text"), str) else found

    def _modifier(self, part: Json) -> Json:
        """Returns a modifier that says no more than a code; others would tell anything."""
        told = _object(part)
        return dict(told) if told.keys() <= _PLAIN_MODIFIER else None

    def _patient(self, found: Item) -> Item:
        if self._words is None:
            return found
        if "identifier" in found:
            numbers = [one for one in _list(found["identifier"]) if _is_national(one)]
            found = _with(found, "identifier", numbers)
        if "postcode-outward" in self._words and "address" not in self._words:
            outwards = [_outward(one) for one in _list(found.get("address"))][:1]
            found = _with(found, "address", [one for one in outwards if one])
        return found


_PLAIN_CONCEPTS = frozenset({"category", "type", "status", "clinicalStatus", "verificationStatus"})


_NOWHERE: Mapping[str, Callable[[Item, Member], Json]] = {
    # What must be there, such as the input of a task, is there and says nothing.
    "Address": lambda _part, _member: {"text": _NOT_SHOWN},
    "ContactPoint": lambda _part, _member: {"system": "other", "value": _NOT_SHOWN},
}


def _with(found: Item, name: str, items: list[Json]) -> Item:
    rest = {key: value for key, value in found.items() if key != name}
    return rest | {name: items} if items else rest


def _coding(one: Json) -> Json:
    names = ("system", "version", "code", "display", "userSelected")
    return {name: part for name, part in _object(one).items() if name in names}


def _identifier(one: Json) -> Json:
    return {name: part for name, part in _object(one).items() if name in ("system", "value")}


_NATIONAL = frozenset(
    {
        "https://fhir.nhs.uk/Id/nhs-number",
        "http://fhir.scot.nhs.uk/Id/chi-number",
        "https://fhir.hscni.net/Id/hcn",
    }
)


def _is_national(one: Json) -> bool:
    return _object(one).get("system") in _NATIONAL


def _outward(one: Json) -> Json:
    code = _object(one).get("postalCode")
    found = _POSTCODE.fullmatch(code.strip().upper()) if isinstance(code, str) else None
    return {"postalCode": found[1]} if found else None
