"""What a resource draws on or belongs to, and so inherits sensitivity labels from."""

from collections.abc import Iterator

from careweave.record._paths import at
from careweave.record._references import CONTAINED, FOREIGN, literal
from careweave.terms import Json

_PATHS = {
    "activity": ("activity.reference",),
    "addresses": ("addresses",),
    "appointment": ("appointment",),
    "authorizingPrescription": ("authorizingPrescription",),
    "basedOn": ("basedOn",),
    "condition": ("condition",),
    "context": ("context", "context.encounter", "context.related"),
    "derivedFrom": ("derivedFrom",),
    "diagnosis": ("diagnosis.condition",),
    "encounter": ("encounter",),
    "entity": ("entity.what",),
    "entry": ("entry.item",),
    "episodeOfCare": ("episodeOfCare",),
    "evidence": ("evidence.detail",),
    "finding": ("finding.itemReference",),
    "focus": ("focus",),
    "hasMember": ("hasMember",),
    "implicated": ("implicated",),
    "investigation": ("investigation.item",),
    "medicationReference": ("medicationReference",),
    "partOf": ("partOf",),
    "reasonReference": ("reasonReference",),
    "replaces": ("replaces",),
    "request": ("request",),
    "result": ("result",),
    "specimen": ("specimen",),
    "supportingInfo": ("supportingInfo",),
    "target": ("target",),
}
"""By top-level element, so that absent ones cost nothing."""

References = tuple[tuple[str, str, str], ...]


def inherited_references(value: dict[str, Json]) -> References:
    """Returns (path, type, id) of what a resource draws on; contained ones have "#" and their id.

    Source: `reference/record.md` 6.2. `section.entry` stands for entries at any depth.
    """
    found: list[tuple[str, str, str]] = []
    for name in value:
        if name in _PATHS:
            found += [one for path in _PATHS[name] for one in _targets(value, path)]
    if "section" in value:
        found += _sections(value)
    if "contained" in value:
        found += _contained(value)
    return tuple(dict.fromkeys(found))


def _targets(value: Json, path: str, shown: str | None = None) -> Iterator[tuple[str, str, str]]:
    for reference in at(value, path):
        text = reference.get("reference") if isinstance(reference, dict) else None
        if isinstance(text, str) and text:
            kind, name = literal(text)
            if kind not in {CONTAINED, FOREIGN}:
                yield shown or path, kind, name


def _sections(value: Json) -> Iterator[tuple[str, str, str]]:
    for section in at(value, "section"):
        yield from _targets(section, "entry", "section.entry")
        yield from _sections(section)


def _contained(value: Json) -> Iterator[tuple[str, str, str]]:
    for resource in at(value, "contained"):
        if isinstance(resource, dict):
            kind, name = resource.get("resourceType"), resource.get("id")
            if isinstance(kind, str) and isinstance(name, str):
                yield "contained", kind, f"#{name}"
