"""Which substances an entry about a medicine or an allergy speaks of. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from careweave.agreements import Notices
from careweave.disclosure._lists import listed
from careweave.terms import Json

_COLUMNS = ("system", "code", "ingredients")
_FILE = "ingredients.csv"


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What medicines are made of: substances by (system, code)."""

    by_code: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def of(self, value: Mapping[str, Json]) -> frozenset[str]:
        """Returns the substances of an entry; what no list knows is known by its own words.

        Empty only for an entry that names nothing.
        """
        concepts = tuple(_concepts(value))
        known = [self.by_code[code] for one in concepts for code in _codes(one) if self._has(code)]
        if known:
            return known[0]
        return frozenset([said] if (said := title(value).casefold()) else ())

    def _has(self, code: tuple[str, str]) -> bool:
        return code in self.by_code


def read_ingredients(files: Mapping[str, bytes], notices: Notices) -> Ingredients:
    """Returns the substances that the files of a region list; none where there is no list."""
    return Ingredients(
        {
            (row["system"], row["code"]): frozenset(
                part.strip().casefold() for part in row["ingredients"].split("|") if part.strip()
            )
            for row in listed(files, _FILE, _COLUMNS, notices)
        }
    )


def title(value: Mapping[str, Json]) -> str:
    """Returns the name of the medicine or the substance as the entry writes it."""
    for one in _concepts(value):
        said = (one.get("text"), *(coding.get("display") for coding in _objects(one.get("coding"))))
        for text in said:
            if isinstance(text, str) and text.strip():
                return " ".join(text.split())
    reference = value.get("medicationReference")
    said_of = reference.get("display") if isinstance(reference, dict) else None
    return " ".join(said_of.split()) if isinstance(said_of, str) else ""


def _concepts(value: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yields what names the medicine: its own concept, or that of the medicine it contains."""
    for name in ("medicationCodeableConcept", "code", "vaccineCode"):
        yield from _objects(value.get(name))
    for inner in _objects(value.get("contained")):
        if inner.get("resourceType") == "Medication":
            yield from _objects(inner.get("code"))


def _codes(concept: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for coding in _objects(concept.get("coding")):
        yield str(coding.get("system", "")), str(coding.get("code", ""))


def _objects(value: Json) -> Iterable[Mapping[str, Json]]:
    if isinstance(value, dict):
        return (value,)
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()
