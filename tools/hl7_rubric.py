"""The rubric by which HL7 v2 mappings are compared with another converter's results.

Resources are aligned by type and business key; of each pair the clinical core is compared leaf by
leaf after normalisation. References are compared through what they point to, ids never.
Source: reference/interop.md 12.2.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Resource = dict[str, Any]
Leaf = tuple[str, Any]
"""An element of the clinical core and its normalised value."""

MADE_UP = "http://example.com/v2-to-fhir-converter/"
"""Systems that the other converter made up (README of data/hl7v2)."""

OWN = "urn:careweave:"
_V2_TABLES = re.compile(r"http://terminology\.hl7\.org/CodeSystem/v2-(\d{4})")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T")

HEADLINE = {"Patient": 0.2, "Encounter": 0.2, "Observation": 0.25}
OTHERS = (
    "DiagnosticReport",
    "Condition",
    "AllergyIntolerance",
    "Procedure",
    "ServiceRequest",
    "RelatedPerson",
    "Appointment",
    "DocumentReference",
    "Immunization",
)
BESIDE = ("Specimen", "MedicationRequest", "MedicationDispense")
"""Scored and printed, but the rubric gives no core elements and no weight."""
SCORED = (*HEADLINE, *OTHERS, *BESIDE)


@dataclass
class World:
    """The resources of one result, by reference."""

    resources: dict[str, Resource]
    aliases: dict[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[tuple[str, Resource]]:
        """Returns the resources of a type with their references."""
        return [(at, one) for at, one in self.resources.items() if one["resourceType"] == kind]

    def target(self, reference: Any) -> Resource | None:
        """Returns what a reference points to, if it is here."""
        at = reference.get("reference") if isinstance(reference, dict) else None
        return self.resources.get(at) if at else None


# -- values --------------------------------------------------------------------------------------


def words(text: Any) -> str:
    """Returns text without case and without blanks at the ends or doubled."""
    return " ".join(str(text).casefold().split())


def moment(text: Any) -> Any:
    """Returns an instant in UTC for a time, the text for a date: both can be compared coarsely."""
    text = str(text)
    if not _TIME.match(text):
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def same_moment(one: Any, other: Any) -> bool:
    """Whether two dates or instants are equal at the coarser precision."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one == other
    if isinstance(one, datetime) or isinstance(other, datetime):
        at, text = (one, other) if isinstance(one, datetime) else (other, one)
        return at.date().isoformat().startswith(str(text)[:10])
    short = min(len(one), len(other))
    return one[:short] == other[:short]


def number(value: Any) -> Any:
    """Returns a number as a decimal, whatever it was written as."""
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return words(value)


def digits(text: Any) -> str:
    """Returns the digits of a telephone number, an address of another kind without case."""
    text = str(text)
    return words(text) if "@" in text else re.sub(r"\D", "", text) or words(text)


@dataclass(frozen=True)
class Concept:
    """A coded value: its codes as (system, code), and its text."""

    codes: frozenset[tuple[str, str]]
    text: str

    def matches(self, other: "Concept") -> bool:
        """Whether a code is common; texts count only where one side has no code."""
        if self.codes and other.codes:
            return bool(self.codes & other.codes)
        return bool(self.text) and self.text == other.text

    def __str__(self) -> str:
        listed = sorted(f"{system}|{code}" for system, code in self.codes)
        return " ".join(listed) or f"'{self.text}'"


@dataclass(frozen=True)
class Named:
    """An identifier: its system (`*` for one of our own namespaces) and its value."""

    system: str
    value: str

    def matches(self, other: "Named") -> bool:
        """Whether both name the same thing."""
        return self.value == other.value and (
            self.system == other.system or "*" in (self.system, other.system)
        )

    def __str__(self) -> str:
        return f"{self.system}|{self.value}"


@dataclass(frozen=True)
class Who:
    """A person, place or organisation that is pointed to: its numbers and the words of its name."""

    numbers: frozenset[str]
    name: frozenset[str]

    def matches(self, other: "Who") -> bool:
        """Whether a number is common, or one name holds the other."""
        if self.numbers and other.numbers and self.numbers & other.numbers:
            return True
        if not self.name or not other.name:
            return False
        return self.name <= other.name or other.name <= self.name

    def __str__(self) -> str:
        return " ".join([*sorted(self.numbers), *sorted(self.name)]) or "?"


@dataclass(frozen=True)
class Together:
    """Several values that only count together, such as role and person."""

    parts: tuple[Any, ...]

    def matches(self, other: "Together") -> bool:
        """Whether all parts match."""
        pairs = zip(self.parts, other.parts, strict=True)
        return len(self.parts) == len(other.parts) and all(equal(a, b) for a, b in pairs)

    def __str__(self) -> str:
        return " / ".join(str(part) for part in self.parts)


def equal(one: Any, other: Any) -> bool:
    """Whether two normalised values are the same."""
    if one is None or other is None:
        return one is other
    if isinstance(one, (Concept, Named, Who, Together)):
        return type(one) is type(other) and one.matches(other)
    if isinstance(one, datetime) or isinstance(other, datetime):
        return same_moment(one, other)
    return bool(one == other)


class Normal:
    """Normalises the values of one result."""

    def __init__(self, world: World) -> None:
        self.world = world

    def system(self, uri: str | None) -> str:
        """Returns a system: made-up and own ones by their local name, others after the aliases."""
        uri = uri or ""
        if uri.startswith(MADE_UP):
            made_up = uri.removeprefix(MADE_UP).partition("/")[2]
            table = re.fullmatch(r"HL7(\d{4})", made_up)
            plain = f"v2-{table[1]}" if table else f"local:{made_up}"
            return self.world.aliases.get(plain, plain)
        if uri.startswith(OWN):
            rest = uri.split(":", 3)[3] if uri.count(":") >= 3 else ""
            return "local:" + (rest.partition(":")[2] if rest.startswith("code") else rest)
        if not uri:
            return "local:"
        found = _V2_TABLES.fullmatch(uri)
        uri = f"v2-{found[1]}" if found else uri
        return self.world.aliases.get(uri, uri)

    def concept(self, value: Any) -> Concept | None:
        """Returns a CodeableConcept or a Coding."""
        if not isinstance(value, dict):
            return None
        codings = value.get("coding", [value] if "code" in value else [])
        codes = frozenset(
            (self.system(one.get("system")), words(one["code"])) for one in codings if "code" in one
        )
        shown = next((one["display"] for one in codings if "display" in one), "")
        text = words(value.get("text") or shown or value.get("display") or "")
        return Concept(codes, text) if codes or text else None

    def named(self, value: Any) -> Named | None:
        """Returns an Identifier."""
        if not isinstance(value, dict) or not value.get("value"):
            return None
        uri = value.get("system") or ""
        system = "*" if uri.startswith(OWN) else self.system(uri)
        return Named("local" if system.startswith("local:") else system, words(value["value"]))

    def who(self, reference: Any) -> Who | None:
        """Returns what a reference means, whether it is resolved or only described."""
        if not isinstance(reference, dict):
            return None
        found = self.world.target(reference) or {}
        numbers = {words(one["value"]) for one in found.get("identifier", []) if "value" in one}
        if "value" in reference.get("identifier", {}):
            numbers.add(words(reference["identifier"]["value"]))
        texts = [reference.get("display", "")] if not found else self._names(found)
        name = frozenset(re.findall(r"\w+", " ".join(texts).casefold()))
        if found.get("resourceType") == "PractitionerRole":
            return self.who(found.get("practitioner")) or self.who(found.get("organization"))
        if found.get("resourceType") == "Location":
            numbers = set()
        return Who(frozenset(numbers), name) if numbers or name else None

    def _names(self, found: Resource) -> list[str]:
        name = found.get("name")
        if isinstance(name, str):
            return [name]
        texts = []
        for one in name or []:
            texts += [one.get("family", ""), *one.get("given", []), one.get("text", "")]
        return texts


# -- the clinical core ---------------------------------------------------------------------------

Core = Callable[[Normal, Resource], Iterator[Leaf]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value is not None else []


def _each(resource: Resource, name: str, of: Callable[[Any], Any]) -> Iterator[Leaf]:
    for one in _list(resource.get(name)):
        found = of(one)
        if found is not None and found != "":
            yield name, found


def _choice(n: Normal, resource: Resource, prefix: str) -> Iterator[Leaf]:
    for name, value in resource.items():
        if not name.startswith(prefix) or not name[len(prefix) : len(prefix) + 1].isupper():
            continue
        kind = name[len(prefix) :]
        yield from _value(n, prefix + "[x]", kind, value)


def _value(n: Normal, at: str, kind: str, value: Any) -> Iterator[Leaf]:
    if kind == "Quantity":
        yield f"{at}.value", number(value.get("value"))
        if value.get("comparator"):
            yield f"{at}.comparator", value["comparator"]
        unit = value.get("code") or value.get("unit")
        if unit:
            yield f"{at}.unit", words(unit)
    elif kind == "CodeableConcept":
        found = n.concept(value)
        if found:
            yield at, found
    elif kind in {"DateTime", "Instant", "Date"}:
        yield at, moment(value)
    elif kind == "Period":
        for end in ("start", "end"):
            if end in value:
                yield f"{at}.{end}", moment(value[end])
    elif isinstance(value, (bool, str, int, float, Decimal)):
        yield at, words(value) if isinstance(value, str) else value
    else:
        yield at, words(value)


def _patient(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _names(r)
    yield from _address(r)
    yield from _each(r, "telecom", lambda one: digits(one["value"]) if "value" in one else None)
    yield from _each(r, "birthDate", moment)
    yield from _each(r, "gender", words)
    yield from _each(r, "maritalStatus", n.concept)
    yield from _each(r, "communication", lambda one: n.concept(one.get("language")))
    yield from _choice(n, r, "deceased")
    yield from _choice(n, r, "multipleBirth")


def _names(r: Resource) -> Iterator[Leaf]:
    for name in r.get("name", []):
        if name.get("family"):
            yield "name.family", words(name["family"])
        for given in name.get("given", []):
            yield "name.given", words(given)


def _address(r: Resource) -> Iterator[Leaf]:
    for one in r.get("address", []):
        for line in one.get("line", []):
            yield "address.line", words(line)
        for part in ("city", "postalCode"):
            if one.get(part):
                yield f"address.{part}", words(one[part])


def _encounter(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _each(r, "status", words)
    yield from _each(r, "class", n.concept)
    for end, value in r.get("period", {}).items():
        yield f"period.{end}", moment(value)
    if n.world.target(r.get("subject")) or r.get("subject"):
        yield "subject", "the patient"
    yield from _each(r, "location", lambda one: n.who(one.get("location")))
    for one in r.get("participant", []):
        roles = [n.concept(kind) for kind in one.get("type", [])]
        who = n.who(one.get("individual"))
        if who:
            yield "participant", Together((roles[0] if roles else None, who))
    yield from _each(r, "serviceType", n.concept)
    yield from _hospitalization(n, r.get("hospitalization", {}))


def _hospitalization(n: Normal, h: Resource) -> Iterator[Leaf]:
    for name in ("admitSource", "dischargeDisposition", "reAdmission"):
        found = n.concept(h.get(name))
        if found:
            yield f"hospitalization.{name}", found
    for name in ("dietPreference", "specialCourtesy", "specialArrangement"):
        for one in h.get(name, []):
            yield f"hospitalization.{name}", n.concept(one)
    if h.get("preAdmissionIdentifier"):
        yield "hospitalization.preAdmissionIdentifier", n.named(h["preAdmissionIdentifier"])
    if h.get("destination"):
        yield "hospitalization.destination", n.who(h["destination"])


def _observation(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "status", words)
    yield from _each(r, "code", n.concept)
    yield from _choice(n, r, "value")
    yield from _choice(n, r, "effective")
    yield from _each(r, "interpretation", n.concept)
    yield from _each(r, "referenceRange", lambda one: words(one.get("text", "")))
    for one in r.get("component", []):
        for at, value in _choice(n, one, "value"):
            yield f"component.{at}", value
    yield from _each(r, "note", lambda one: words(one.get("text", "")))
    yield from _pointed(n, r, "specimen")
    yield from _pointed(n, r, "basedOn")


def _pointed(n: Normal, r: Resource, name: str) -> Iterator[Leaf]:
    for one in _list(r.get(name)):
        found = n.world.target(one)
        yield name, short(n, found) if found else n.who(one) or "something"


def short(n: Normal, r: Resource) -> Any:
    """Returns what tells a resource apart when another points to it."""
    code = n.concept(r.get("code") or r.get("type"))
    numbers = frozenset(words(one["value"]) for one in r.get("identifier", []) if "value" in one)
    return Who(numbers, frozenset(re.findall(r"\w+", str(code or ""))))


def _report(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _each(r, "status", words)
    yield from _each(r, "code", n.concept)
    yield from _choice(n, r, "effective")
    yield from _each(r, "issued", moment)
    yield from _pointed(n, r, "result")
    yield from _attachments(_list(r.get("presentedForm")), "presentedForm")


def _attachments(found: list[Any], at: str) -> Iterator[Leaf]:
    for one in found:
        if one.get("contentType"):
            yield f"{at}.contentType", words(one["contentType"])
        if one.get("data") or one.get("url"):
            yield f"{at}.content", "there"


def _condition(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "code", n.concept)
    yield from _each(r, "clinicalStatus", n.concept)
    yield from _each(
        r, "category", lambda one: words(one) if isinstance(one, str) else n.concept(one)
    )
    yield from _each(r, "criticality", words)
    yield from _choice(n, r, "onset")
    yield from _choice(n, r, "performed")
    for one in r.get("reaction", []):
        for sign in one.get("manifestation", []):
            yield "reaction.manifestation", n.concept(sign)
        for name in ("onset", "severity"):
            if one.get(name):
                yield f"reaction.{name}", moment(one[name])
    for one in r.get("performer", []):
        who = n.who(one.get("actor"))
        if who:
            yield "performer", who


def _request(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _each(r, "status", words)
    yield from _each(r, "code", n.concept)
    yield from _each(r, "requester", n.who)
    yield from _each(r, "authoredOn", moment)


def _kin(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _names(r)
    yield from _each(r, "relationship", n.concept)
    yield from _each(r, "telecom", lambda one: digits(one["value"]) if "value" in one else None)
    yield from _address(r)


def _appointment(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _each(r, "start", moment)
    yield from _each(r, "end", moment)
    yield from _each(r, "status", words)
    for one in r.get("participant", []):
        target = n.world.target(one.get("actor")) or {}
        is_patient = target.get("resourceType") == "Patient"
        who = "the patient" if is_patient else n.who(one.get("actor"))
        if who:
            yield "participant", who


def _document(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "type", n.concept)
    yield from _each(r, "docStatus", words)
    yield from _each(r, "masterIdentifier", n.named)
    forms = [one.get("attachment", {}) for one in r.get("content", [])]
    yield from _attachments(forms, "attachment")


def _vaccination(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "vaccineCode", n.concept)
    yield from _choice(n, r, "occurrence")
    if r.get("doseQuantity"):
        yield from _value(n, "dose", "Quantity", r["doseQuantity"])
    yield from _each(r, "lotNumber", words)


def _medicine(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _each(r, "status", words)
    found = n.world.target(r.get("medicationReference"))
    code = n.concept(found.get("code")) if found else n.concept(r.get("medicationCodeableConcept"))
    if code:
        yield "medication", code


def _specimen(n: Normal, r: Resource) -> Iterator[Leaf]:
    yield from _each(r, "identifier", n.named)
    yield from _each(r, "type", n.concept)
    yield from _choice(n, r.get("collection", {}), "collected")


CORE: dict[str, Core] = {
    "Patient": _patient,
    "Encounter": _encounter,
    "Observation": _observation,
    "DiagnosticReport": _report,
    "Condition": _condition,
    "AllergyIntolerance": _condition,
    "Procedure": _condition,
    "ServiceRequest": _request,
    "RelatedPerson": _kin,
    "Appointment": _appointment,
    "DocumentReference": _document,
    "Immunization": _vaccination,
    "MedicationRequest": _medicine,
    "MedicationDispense": _medicine,
    "Specimen": _specimen,
}


def leaves(n: Normal, resource: Resource) -> list[Leaf]:
    """Returns the clinical core of a resource, normalised."""
    return [leaf for leaf in CORE[resource["resourceType"]](n, resource) if leaf[1] is not None]


# -- alignment and comparison --------------------------------------------------------------------

KEYS = {
    "Patient": ("identifier", "name.family", "birthDate"),
    "Encounter": ("identifier", "period.start", "subject"),
    "Observation": ("code",),
    "DiagnosticReport": ("identifier", "code"),
    "Condition": ("code",),
    "AllergyIntolerance": ("code",),
    "Procedure": ("code",),
    "ServiceRequest": ("identifier", "code"),
    "RelatedPerson": ("name.family", "name.given", "telecom", "relationship"),
    "Appointment": ("identifier",),
    "DocumentReference": ("masterIdentifier",),
    "Immunization": ("vaccineCode",),
    "MedicationRequest": ("identifier", "medication"),
    "MedicationDispense": ("medication",),
    "Specimen": ("identifier", "type"),
}


@dataclass
class Pair:
    """Two resources that mean the same, or one that has no partner."""

    kind: str
    wanted: list[Leaf] | None
    found: list[Leaf] | None

    def compare(self) -> tuple[list[Leaf], list[Leaf], list[Leaf]]:
        """Returns the leaves in both, those that are missed, and those that are ours alone."""
        left = list(self.found or [])
        hits: list[Leaf] = []
        missed: list[Leaf] = []
        for leaf in self.wanted or []:
            at = next((i for i, own in enumerate(left) if same(leaf, own)), None)
            if at is None:
                missed.append(leaf)
            else:
                hits.append(leaf)
                del left[at]
        return hits, missed, left


def same(one: Leaf, other: Leaf) -> bool:
    """Whether two leaves stand at the same element and are equal."""
    return one[0] == other[0] and equal(one[1], other[1])


def _has_key(kind: str, one: list[Leaf], other: list[Leaf]) -> bool:
    names = KEYS[kind]
    return any(same(a, b) for a in one if a[0] in names for b in other if b[0] in names)


def align(wanted: World, found: World) -> Iterator[Pair]:
    """Gives pairs of resources: by business key, the most alike first; then those without one."""
    for kind in SCORED:
        n, m = Normal(wanted), Normal(found)
        theirs = [leaves(n, one) for _, one in wanted.of(kind)]
        ours = [leaves(m, one) for _, one in found.of(kind)]
        yield from _pairs(kind, theirs, ours)


def _pairs(kind: str, theirs: list[list[Leaf]], ours: list[list[Leaf]]) -> Iterator[Pair]:
    scored = sorted(
        (
            (-len(Pair(kind, one, other).compare()[0]), i, j)
            for i, one in enumerate(theirs)
            for j, other in enumerate(ours)
            if _has_key(kind, one, other) or (kind == "Patient" and len(theirs) == len(ours) == 1)
        ),
        key=lambda row: row,
    )
    left, right = set(range(len(theirs))), set(range(len(ours)))
    for _, i, j in scored:
        if i in left and j in right:
            left.discard(i)
            right.discard(j)
            yield Pair(kind, theirs[i], ours[j])
    for i in sorted(left):
        yield Pair(kind, theirs[i], None)
    for j in sorted(right):
        yield Pair(kind, None, ours[j])


def world_of_bundle(bundle: Resource, aliases: dict[str, str]) -> World:
    """Returns the resources of an expected Bundle."""
    found = [entry["resource"] for entry in bundle.get("entry", []) if entry.get("resource")]
    named = {f"{one['resourceType']}/{one.get('id')}": one for one in found}
    return World(named, aliases)


def world_of(entries: Iterable[tuple[str, str, Resource]], aliases: dict[str, str]) -> World:
    """Returns what our mapping made, from (type, id, value)."""
    return World(
        {f"{kind}/{at}": {"resourceType": kind, **value} for kind, at, value in entries}, aliases
    )
