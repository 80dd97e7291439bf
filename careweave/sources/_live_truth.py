"""Whether what a live source answered is an answer to what it was asked.

Source: reference/interop.md 9.1; reference/attacks.md 84.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from careweave.formats import BUNDLE_LIMITS, read_json
from careweave.sources._fhir_names import NHS_NUMBER, identifiers
from careweave.sources._fhir_people import patients_of
from careweave.sources._live_questions import may_answer
from careweave.sources._read import peek, read
from careweave.sources._reading import Mapped, Reason
from careweave.sources._source import Source
from careweave.terms import Finding, Heading, Incorrect, Severity


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a source was asked about: the public id of its Patient, and the identifier it was told."""

    heading: Heading
    patient: str
    identifier: str


def check_answer(source: Source, body: bytes, asked: Asked) -> Finding | None:
    """Returns why an answer must not go in: about somebody else, or not what was asked for.

    None for an answer that may, and for one that its reading will refuse anyway.
    """
    head = peek(source, body)
    if head.refusal is not None or head.quarantine is not None:
        return None
    if head.kind != "Bundle":
        return _fault(Reason.INVALID_RESOURCE, "an answer to a search is a bundle")
    reading = read(source, body, head=head)
    return None if reading.failure is not None else _check_entries(reading.resources, asked)


def is_whole(body: bytes) -> bool:
    """Says whether an answer is all there is: one that has a next page leaves something unseen."""
    try:
        links = read_json(body, limits=BUNDLE_LIMITS).value.get("link")
    except Incorrect:
        return True
    listed = links if isinstance(links, list) else []
    return not any(isinstance(link, dict) and link.get("relation") == "next" for link in listed)


def _check_entries(resources: tuple[Mapped, ...], asked: Asked) -> Finding | None:
    if not {one.type for one in resources} <= may_answer(asked.heading):
        return _fault(Reason.INVALID_RESOURCE, "a type that was not asked for")
    if not _is_about(resources, asked):
        return _fault(Reason.IDENTIFIER_CONFLICT, "the answer names another patient")
    return None


def _fault(reason: Reason, about: str) -> Finding:
    return Finding(reason, Severity.ERROR, "Bundle.entry", about)


def _is_about(resources: Iterable[Mapped], asked: Asked) -> bool:
    """Says whether every patient of an answer is the one that was asked for."""
    meant = {asked.patient}
    named: set[str] = set()
    for one in resources:
        if one.type != "Patient":
            named.update(patients_of(one.value))
            continue
        said = identifiers(one.value)
        named.add(one.id)
        if asked.identifier in said:
            meant.add(one.id)
        if any(_is_another(text, asked.identifier) for text in said):
            return False
    return named <= meant


def _is_another(text: str, identifier: str) -> bool:
    """Says whether an identifier is an NHS number other than the one that was asked with."""
    system = f"{NHS_NUMBER}|"
    return text.startswith(system) and identifier.startswith(system) and text != identifier
