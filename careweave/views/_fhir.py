"""Reading pieces of FHIR R4 for people: what a concept, a reference, a period say. Never raises."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache

from careweave.terms import Json

Value = Mapping[str, Json]

_DATES: Mapping[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("recordedDate", "onsetDateTime", "lastOccurrence"),
    "Appointment": ("start", "created"),
    "CarePlan": ("period.start", "created"),
    "CareTeam": ("period.start",),
    "ClinicalImpression": ("date", "effectiveDateTime", "effectivePeriod.start"),
    "Communication": ("sent", "received"),
    "Composition": ("date",),
    "Condition": ("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "Consent": ("dateTime", "provision.period.start"),
    "DeviceRequest": ("authoredOn", "occurrenceDateTime"),
    "DeviceUseStatement": ("recordedOn", "timingPeriod.start", "timingDateTime"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod.start", "issued"),
    "DocumentReference": ("date", "context.period.start"),
    "Encounter": ("period.start",),
    "EpisodeOfCare": ("period.start",),
    "FamilyMemberHistory": ("date",),
    "Flag": ("period.start",),
    "Goal": ("startDate", "statusDate"),
    "Immunization": ("occurrenceDateTime", "recorded"),
    "List": ("date",),
    "MedicationAdministration": ("effectiveDateTime", "effectivePeriod.start"),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod.start", "dateAsserted"),
    "Observation": ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued"),
    "Procedure": ("performedDateTime", "performedPeriod.start"),
    "QuestionnaireResponse": ("authored",),
    "RelatedPerson": ("period.start",),
    "RequestGroup": ("authoredOn",),
    "ResearchSubject": ("period.start",),
    "RiskAssessment": ("occurrenceDateTime", "occurrencePeriod.start"),
    "ServiceRequest": ("authoredOn", "occurrenceDateTime", "occurrencePeriod.start"),
    "Task": ("authoredOn", "executionPeriod.start"),
}
_ENDS = (
    *("period.end", "effectivePeriod.end", "onsetPeriod.end", "abatementDateTime"),
    *("provision.period.end", "occurrencePeriod.end", "performedPeriod.end", "executionPeriod.end"),
    *("timingPeriod.end", "end"),
)
_AUTHORS = (
    *("recorder", "asserter", "author", "requester", "sender", "assessor", "source"),
    *("informationSource", "careManager", "performer", "participant"),
)


def at(value: Json | Value, *path: str) -> Json:
    """Returns what stands at a path of member names, None where nothing does.

    Of a list on the way, the first item counts.
    """
    found: Json | Value = value
    for name in path:
        if isinstance(found, list):
            found = found[0] if found else None
        # What was read is a dict: asking that first spares the slow question of an abstract class.
        found = found.get(name) if isinstance(found, (dict, Mapping)) else None
    if found is None or isinstance(found, (str, dict)) or not isinstance(found, Mapping):
        return found
    return dict(found)


def table(value: Json) -> Value:
    """Returns an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> tuple[dict[str, Json], ...]:
    """Returns the objects of a list; an object alone is a list of one."""
    if isinstance(value, dict):
        return (value,)
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def words(value: Json) -> str:
    """Returns a text without spaces at its ends, "" for anything else."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def concept(value: Json) -> str:
    """Returns what a CodeableConcept says: its text, else the first display, else the first code.

    Of several concepts, the first that says something.
    """
    for one in items(value):
        codings = items(one.get("coding"))
        said = (words(one.get("text")), *(words(coding.get("display")) for coding in codings))
        for text in (*said, *(words(coding.get("code")) for coding in codings)):
            if text:
                return text
    return ""


def codes(value: Json) -> frozenset[tuple[str, str]]:
    """Returns each system and code of one or several concepts."""
    return frozenset(
        (words(coding.get("system")), words(coding.get("code")))
        for one in items(value)
        for coding in items(one.get("coding"))
    )


def code(value: Json) -> str:
    """Returns the first code of a concept, "" without one."""
    return words(at(value, "coding", "code"))


def main_date(value: Value) -> str:
    """Returns the date that an entry is about, as it is written; "" without one."""
    return _first(value, _DATES.get(words(value.get("resourceType")), ()))


def end_date(value: Value) -> str:
    """Returns when what an entry tells of ended or is to end, as it is written."""
    return _first(value, _ENDS)


def _first(value: Value, places: tuple[str, ...]) -> str:
    for place in places:
        if said := words(at(value, *_path(place))):
            return said
    return ""


@cache
def _path(place: str) -> tuple[str, ...]:
    return tuple(place.split("."))


def author(value: Value) -> str:
    """Returns who wrote an entry, where it names them itself; "" otherwise."""
    for name in _AUTHORS:
        for one in items(value.get(name)):
            if said := _named(one):
                return said
    return ""


def author_reference(value: Value) -> str:
    """Returns the reference to who wrote an entry, "" without one."""
    for name in _AUTHORS:
        for one in items(value.get(name)):
            for inner in (one, one.get("individual"), one.get("actor")):
                said = words(at(inner, "reference"))
                if said.startswith("Practitioner"):
                    return said
    return ""


def _named(one: dict[str, Json]) -> str:
    inner = (one.get(name) for name in ("individual", "actor", "member"))
    said = (words(at(part, "display")) for part in (one, *inner))
    return next((text for text in said if text), "")


def human_name(value: Json) -> str:
    """Returns a name in the order in which it is spoken; its text where it has no parts."""
    for one in items(value):
        given = one.get("given")
        parts = [*(given if isinstance(given, list) else ()), one.get("family")]
        said = " ".join(word for part in parts if (word := words(part))) or words(one.get("text"))
        if said:
            return said
    return ""


def phone(value: Json) -> str:
    """Returns the first telephone number of contact points, "" without one."""
    found = (words(one.get("value")) for one in items(value) if one.get("system") == "phone")
    return next((one for one in found if one), "")


def number(value: Json) -> Decimal | None:
    """Returns a number as it is written, None for anything else."""
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


def notes(value: Value) -> str:
    """Returns the annotations of an entry as one text."""
    return "; ".join(said for one in items(value.get("note")) if (said := words(one.get("text"))))


def answers(value: Value) -> Iterator[tuple[str, Json]]:
    """Yields each question of a QuestionnaireResponse with each of its answers, in order."""
    for item in items(value.get("item")):
        asked = words(item.get("text")) or words(item.get("linkId"))
        for answer in items(item.get("answer")):
            for name, said in answer.items():
                if name.startswith("value"):
                    yield asked, said
        yield from answers(item)
