"""Reading FHIR from a source: R4 or STU3, JSON or XML, one resource or a bundle of any type.

Source: reference/interop.md 6.1, 9.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from careweave.formats import (
    BUNDLE_LIMITS,
    Resource,
    read_json,
    read_stu3,
    read_xml,
    relink,
    stu3_to_r4,
    write_json,
)
from careweave.sources._fhir_deletes import deletion
from careweave.sources._fhir_head import head_of
from careweave.sources._fhir_names import Names, identifiers, own_key, relative
from careweave.sources._fhir_parts import Part, failure_of, parts_of, unreadable
from careweave.sources._fhir_people import People, patients_of
from careweave.sources._fhir_subjects import check_patients
from careweave.sources._mapping import Input, SourceMapping
from careweave.sources._reading import Coverage, Head, Mapped, Reading, Reason, Write
from careweave.terms import Finding, Incorrect, Severity, TooLong

_MACHINERY = frozenset(
    {"OperationOutcome", "Parameters", "CapabilityStatement", "TerminologyCapabilities"}
)
"""Types that say something about a conversation and not about a person or a service."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FhirFeed:
    """What is known of a source that sends FHIR: its name, its ids, its release, its clock.

    `accept` are the types of resources or the codes of message events that it may send; empty: all.
    """

    source: str
    names: Names
    input: Input
    zone: str
    accept: frozenset[str] = frozenset()


def fhir_mapping(
    feed: FhirFeed,
    *,
    id: str = "",  # noqa: A002  the word of the mapping language
    version: int = 1,
    digest: str = "",
    body: bytes = b"",
) -> SourceMapping:
    """Returns the mapping of a source that sends FHIR: there is nothing in it to write by hand."""
    return SourceMapping(
        id=id or feed.input.value,
        version=version,
        input=feed.input,
        accept=feed.accept,
        digest=digest,
        body=body,
        read=partial(_read, feed),
        peek=partial(peek_fhir, feed),
    )


def _read(feed: FhirFeed, body: bytes, _head: Head) -> Reading:
    return read_fhir(feed, body)


def peek_fhir(feed: FhirFeed, body: bytes) -> Head:
    """Returns what is known of a message before it is mapped; never raises for what is in it."""
    try:
        head = _head(feed, _value(feed, body))
    except TooLong as error:
        head = Head(lanes=_nobody(feed), refusal=_finding(error))
    except Incorrect as error:
        head = Head(lanes=_nobody(feed), quarantine=_finding(error))
    return replace(head, version="STU3" if feed.input is Input.FHIR_STU3 else "R4")


def _nobody(feed: FhirFeed) -> tuple[str, ...]:
    return (f"{feed.source}:*unknown*",)


def _finding(error: Incorrect) -> Finding:
    said = failure_of(error)
    return Finding(said.reason, Severity.ERROR, said.where, said.suggestion)


def _head(feed: FhirFeed, value: dict[str, Any]) -> Head:
    parts = parts_of(value, [])
    people, found = People(feed.names), dict[str, None]()
    for part, key in zip(parts, _keys(parts), strict=True):
        if part.value is not None and part.value.get("resourceType") == "Patient" and key:
            public_id = feed.names.id_of("Patient", key)
            people.meet(part.value, public_id)
            found[public_id] = None
    resources = [part.value for part in parts if part.value is not None]
    for resource in resources:
        people.lead(resource)
        found |= dict.fromkeys(patients_of(resource))
    lanes = tuple(f"{feed.source}:{name}" for name in sorted(found)) or _nobody(feed)
    return head_of(value, resources, lanes)


def read_fhir(feed: FhirFeed, body: bytes) -> Reading:
    """Returns all that a message says; never raises for what is in it."""
    findings: list[Finding] = []
    try:
        return _reading(feed, _value(feed, body), findings)
    except Incorrect as error:
        return Reading(findings=tuple(findings), failure=failure_of(error))


def _value(feed: FhirFeed, body: bytes) -> dict[str, Any]:
    """Returns the resource with its links leading to where things will be."""
    if not body.strip():
        raise unreadable(Reason.EMPTY, "", "There is nothing in the message.")
    resource = _resource(feed, body)
    links = replace(feed.names, addresses=_addresses(feed.names, resource.value))
    return relink(resource, links.link).value


def _resource(feed: FhirFeed, body: bytes) -> Resource:
    if feed.input is Input.FHIR_STU3:
        value = read_stu3(body, limits=BUNDLE_LIMITS)
        return Resource(str(value.get("resourceType")), None, value, write_json(value), ())
    if body.removeprefix(_BOM).lstrip()[:1] == b"<":
        return read_xml(body, limits=BUNDLE_LIMITS)
    return read_json(body.removeprefix(_BOM), limits=BUNDLE_LIMITS)


def _addresses(names: Names, value: Mapping[str, Any]) -> dict[str, str]:
    """Returns what the full addresses of a bundle stand for, also at a server of its own."""
    found: dict[str, str] = {}
    try:
        parts = parts_of(dict(value), [])
    except Incorrect:
        return found
    keys = _keys(parts)
    for part, key in zip(parts, keys, strict=True):
        if part.value is None or part.address is None or key is None:
            continue
        kind = str(part.value.get("resourceType"))
        link = names.link(f"{kind}/x")
        if link is not None:
            public = f"{link.partition('/')[0]}/{names.id_of(kind, key)}"
            found[part.address] = public
            local = relative(part.address)
            if local is not None:
                found.setdefault(local, public)
    return found


def _keys(parts: list[Part]) -> list[str | None]:
    """Returns what the source calls each part."""
    count = Counter(
        f"{part.value.get('resourceType')}|{text}"
        for part in parts
        if part.value is not None and "id" not in part.value
        for text in identifiers(part.value)
    )
    shared = {text.partition("|")[2] for text, n in count.items() if n > 1}
    return [
        None if part.value is None else own_key(part.value, part.address, shared) for part in parts
    ]


def _reading(feed: FhirFeed, value: dict[str, Any], findings: list[Finding]) -> Reading:
    parts = parts_of(value, findings)
    people = People(feed.names)
    made: list[tuple[Part, Mapped]] = []
    for part, key in zip(parts, _keys(parts), strict=True):
        one = _deleted(part, findings) if part.value is None else _mapped(feed, part, key, findings)
        if one is not None:
            made.append((part, one))
            people.meet(one.value, one.id)
    _check_accepted(feed, made)
    for _, one in made:
        people.lead(one.value)
    check_patients(value, made, findings)
    resources = _once([one for _, one in made], is_history=value.get("type") == "history")
    coverage = _coverage(resources, findings)
    return Reading((*_named(people, resources), *resources), tuple(findings), coverage)


def _mapped(feed: FhirFeed, part: Part, key: str | None, findings: list[Finding]) -> Mapped | None:
    value: dict[str, Any] = dict(part.value or {})
    kind = value.get("resourceType")
    if not isinstance(kind, str):
        raise unreadable(Reason.INVALID_RESOURCE, part.where, "It does not say its resourceType.")
    if kind in _MACHINERY:
        if part.where == kind:
            raise unreadable(Reason.TYPE_NOT_MAPPED, kind, "This holds no entry for the record.")
        findings.append(Finding("entry-skipped", Severity.INFORMATION, part.where))
        return None
    if key is None:
        raise unreadable(Reason.NO_KEY, part.where, "Send an id, an identifier or a fullUrl.")
    if feed.input is Input.FHIR_STU3:
        value = _of_stu3(feed, value, part.where, findings)
    _check_release(value, part.where)
    value.pop("id", None)
    return Mapped(str(value["resourceType"]), feed.names.id_of(kind, key), value)


def _of_stu3(
    feed: FhirFeed, value: dict[str, Any], where: str, findings: list[Finding]
) -> dict[str, Any]:
    made, found = stu3_to_r4(value, zone=ZoneInfo(feed.zone))
    root = str(value.get("resourceType"))
    findings += (replace(one, where=where + one.where.removeprefix(root)) for one in found)
    if not made:
        raise unreadable(Reason.TYPE_NOT_MAPPED, where, "R4 has no such type of resource.")
    return dict(made[0])


def _check_release(value: Mapping[str, Any], where: str) -> None:
    """Raises for what says of itself that it is of another release than R4."""
    meta = value.get("meta")
    said = meta.get("profile") if isinstance(meta, dict) else None
    if isinstance(said, list) and any("/STU3/" in str(profile) for profile in said):
        place = f"{where}.meta.profile"
        hint = "This is STU3; give the source a mapping with `input: fhir-stu3`."
        raise unreadable(Reason.INVALID_RESOURCE, place, hint)


def _deleted(part: Part, findings: list[Finding]) -> Mapped | None:
    """Returns what a deletion leaves; its address is public already, as all links are."""
    kind, _, public_id = part.deletes.partition("/")
    made = deletion(kind, public_id) if public_id and "?" not in part.deletes else None
    if made is None:
        place = f"{part.where}.request"
        raise unreadable(Reason.TYPE_NOT_MAPPED, place, "This cannot be deleted by its source.")
    findings.append(Finding("deleted-by-source", Severity.INFORMATION, part.where))
    return made


def _check_accepted(feed: FhirFeed, made: list[tuple[Part, Mapped]]) -> None:
    if not feed.accept:
        return
    for part, one in made:
        if one.type not in feed.accept and not _events(one.value) & feed.accept:
            hint = "The mapping does not accept this; add it to `accept`."
            raise unreadable(Reason.TYPE_NOT_MAPPED, part.where, hint)
        if one.type == "MessageHeader":
            return


def _events(value: Mapping[str, Any]) -> set[str]:
    coding = value.get("eventCoding")
    return {str(coding.get("code"))} if isinstance(coding, dict) else set()


def _once(resources: list[Mapped], *, is_history: bool) -> list[Mapped]:
    """Returns each entry once; raises where a message says two things of one entry."""
    found: dict[tuple[str, str], Mapped] = {}
    for one in resources:
        before = found.get((one.type, one.id))
        if before is not None and before.value != one.value and not is_history:
            hint = "Two entries of the message have the same id and are not the same."
            raise unreadable(Reason.IDENTIFIER_CONFLICT, one.type, hint)
        found[one.type, one.id] = one
    return list(found.values())


def _named(people: People, resources: list[Mapped]) -> list[Mapped]:
    """Returns the patients that the message names by identifier and does not send."""
    sent = {one.id for one in resources if one.type == "Patient"}
    return [
        Mapped("Patient", public_id, _patient(text), write=Write.SEED)
        for public_id, text in people.named.items()
        if public_id not in sent
    ]


def _patient(text: str) -> dict[str, Any]:
    system, _, value = text.rpartition("|")
    return {"resourceType": "Patient", "identifier": [{"system": system, "value": value}]}


def _coverage(resources: list[Mapped], findings: list[Finding]) -> Coverage:
    mapped = frozenset(
        f"{one.type}.{name}" for one in resources for name in one.value if name != "resourceType"
    )
    dropped = (one.where for one in findings if one.code == "stu3-element-dropped")
    return Coverage(mapped, tuple((where, "") for where in dropped))
